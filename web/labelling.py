"""Tables of labels for the pages: what waits, what it would change, what could be learned. The deciding is the hub's."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from hub.catalog.labels.check import Examined
from hub.catalog.labels.learning import Learning
from hub.catalog.labels.work import learned_table, look, proposed
from hub.catalog.model import RowFault
from hub.store.labels import LabelKind, LabelSet
from shelfwire.callnumbers.labels import Row
from web.library import Library
from web.memo import WAIT_S

WAITING: Final = ("staged", "refused")
LEARNED_S: Final = 600
"""How long a proposal is shown before the shelves are looked at again; borders move by a book a day."""


def label_set(of: Library, labels_id: str) -> LabelSet | None:
    """One table, whatever its state."""
    return next((one for one in of.reader.label_sets() if one.labels_id == labels_id), None)


def in_force(sets: Sequence[LabelSet]) -> dict[str, LabelSet]:
    """The table of each kind that holds now; `sets` newest first."""
    found: dict[str, LabelSet] = {}
    for one in sets:
        if one.state in {"applied", "applying"}:
            found.setdefault(one.kind, one)
    return found


def examined(of: Library, one: LabelSet, rows: Sequence[Row], wait_s: float = WAIT_S) -> Examined | None:
    """What a table that waits would change; None: it is being compared with the catalogue."""
    key = ("labels", one.labels_id, one.staged_at_us, _homes_of(of))
    return of.slow.get(key, lambda: look(of.reader, of.site, one.kind, rows), wait_s)


def home_sources(of: Library, wait_s: float = WAIT_S) -> dict[str, int] | None:
    """How many items have their home from what; None: they are being counted."""
    return of.slow.get(("homes", _homes_of(of)), of.reader.home_sources, wait_s)


def proposals(of: Library, now_us: int, wait_s: float = WAIT_S) -> Learning | None:
    """Borders learned from where the books stand now, or stood some minutes ago; None: they are being learned."""
    key = ("learned", now_us // (LEARNED_S * 1_000_000))
    return of.slow.get(key, lambda: proposed(of.reader, of.site), wait_s)


def homes_changed(of: Library, made: Learning, now_us: int, wait_s: float = WAIT_S) -> int | None:
    """How many homes would change if all that agree well were taken; None: they are being counted."""
    chosen = [one for one in made.proposals if one.good]
    if not chosen:
        return 0
    rows = learned_table(of.reader, of.site, made, chosen)
    key = ("learned homes", now_us // (LEARNED_S * 1_000_000), _homes_of(of))
    found = of.slow.get(key, lambda: look(of.reader, of.site, "learned", rows), wait_s)
    return None if found is None else found.difference.changed


def stage(of: Library, rows: Sequence[Row], kind: LabelKind, source: str, faults: Sequence[RowFault]) -> str:
    """Put a table aside for approval; its id."""
    labels_id = f"labels-{secrets.token_hex(8)}"
    of.stage_labels(labels_id, rows, kind, source, faults)
    return labels_id


def _homes_of(of: Library) -> tuple[str, ...]:
    """A name for the homes as they are: the newest import and the tables of labels that they were made by."""
    newest = next((one.import_id for one in of.reader.imports() if one.state == "applied"), "")
    holding = in_force(of.reader.label_sets()).values()
    return (newest, *sorted(f"{one.labels_id} {one.state}" for one in holding))
