"""Tables of labels for the pages: what waits, what it would change, what could be learned. The deciding is the hub's."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from hub.catalog.homes import HomeSource
from hub.catalog.labels_check import ORDER, Examined, examine, usual_scheme, with_schemes
from hub.catalog.learning import SURE, Proposal, chosen_of, propose, table_of
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

    def make() -> Examined:
        return look(of, one.kind, rows)

    return of.slow.get(("labels", one.labels_id, one.staged_at_us, newest, holding), make)


def look(of: Library, kind: LabelKind, rows: Sequence[Row]) -> Examined:
    """What a table would change if it took the place of the one of its kind."""
    tables: dict[HomeSource, Sequence[Row]] = {
        each: rows if each == kind else of.reader.labels_in_force(each) for each in ORDER
    }
    site = of.site.callnumbers
    return examine(tables, kind, of.reader.filed_items(), of.shelf_index, site.scheme, site.rules)


def stage(of: Library, rows: Sequence[Row], kind: LabelKind, source: str, faults: Sequence[RowFault]) -> str:
    """Put a table aside for approval; its id. Rows that say no scheme get one where the site says none."""
    rows = with_schemes(rows, of.site.callnumbers.scheme, usual_scheme(of.reader.some_keys()))
    labels_id = f"labels-{secrets.token_hex(8)}"
    of.stage_labels(labels_id, rows, kind, source, faults)
    return labels_id


def proposals(of: Library, now_us: int) -> list[Proposal]:
    """Borders learned from where the books stand now, or stood some minutes ago."""
    return of.slow.get(("learned", now_us // (LEARNED_S * 1_000_000)), lambda: _propose(of))


def _propose(of: Library) -> list[Proposal]:
    rows = [row for kind in ORDER for row in of.reader.labels_in_force(kind)]
    shelves = [shelf.id for shelf in of.site.shelves]
    site = of.site.callnumbers
    return propose(of.reader.heard_books(of.shelf_index, SURE), shelves, rows, site.scheme, site.rules)


def learned_table(of: Library, found: Sequence[Proposal], names: Sequence[str]) -> list[Row]:
    """The table of learned starts with the chosen proposals in it; empty when none of them is proposed any more."""
    chosen = chosen_of(found, set(names))
    if not chosen:
        return []
    return table_of(chosen, of.reader.labels_in_force("learned"), of.shelf_index)
