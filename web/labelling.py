"""Tables of labels for the pages: what waits, what it would change, what could be learned. The deciding is the hub's."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from hub.catalog.labels_check import Examined
from hub.catalog.labels_work import look, proposed
from hub.catalog.learning import Proposal
from hub.catalog.model import RowFault
from hub.store.labels import LabelKind, LabelSet
from shelfwire.callnumbers.labels import Row
from web.library import Library

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


def examined(of: Library, one: LabelSet, rows: Sequence[Row]) -> Examined:
    """What a table that waits would change. A million items take some seconds; then it is kept until labels or items change."""
    newest = next((each.import_id for each in of.reader.imports() if each.state == "applied"), "")
    holding = tuple(sorted(each.labels_id for each in in_force(of.reader.label_sets()).values()))

    key = ("labels", one.labels_id, one.staged_at_us, newest, holding)
    return of.slow.get(key, lambda: look(of.reader, of.site, one.kind, rows))


def stage(of: Library, rows: Sequence[Row], kind: LabelKind, source: str, faults: Sequence[RowFault]) -> str:
    """Put a table aside for approval; its id."""
    labels_id = f"labels-{secrets.token_hex(8)}"
    of.stage_labels(labels_id, rows, kind, source, faults)
    return labels_id


def proposals(of: Library, now_us: int) -> list[Proposal]:
    """Borders learned from where the books stand now, or stood some minutes ago."""
    key = ("learned", now_us // (LEARNED_S * 1_000_000))
    return of.slow.get(key, lambda: proposed(of.reader, of.site))
