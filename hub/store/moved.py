"""Homes that a person gave to a moved range: written, undone, and kept until the catalogue brings another home.

What the catalogue gave these items before stands in `meta`, one row an approval: so that an approval can be undone, and so that an
import that says the same as before the move does not undo it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select

from hub.catalog.homes import Home, HomeSource
from hub.effects import HomesMoved, HomesRestored
from hub.store.bulk import one_of, update_rows
from hub.store.engine import upsert
from hub.store.tables import items, meta

PREFIX: Final = "moved:"
"""Of the rows in `meta`; the time and the finding's id follow, so that they are in the order in which they were approved."""
COLUMNS: Final = ("home_from", "home_to", "home_source")


class Before(msgspec.Struct, frozen=True, array_like=True):
    """The home of one item before an approval, and what the catalogue had said."""

    item_id: int
    first: str | None
    last: str | None
    source: HomeSource
    said_first: str | None
    said_last: str | None
    said_source: HomeSource

    @property
    def said(self) -> Home:
        """What the catalogue had said; another home than this one ends the move."""
        return Home(self.said_first, self.said_last, self.said_source)


def apply(connection: Connection, site: str, changes: Sequence[HomesMoved | HomesRestored]) -> None:
    """Write approvals and their undoing, in order. Idempotent, also when a replay writes them again."""
    for change in changes:
        if isinstance(change, HomesMoved):
            _move(connection, site, change)
        else:
            _restore(connection, site, change)


def said_before(
    connection: Connection, site: str, item_ids: Collection[int] | None = None
) -> dict[int, Home]:
    """By item: the home that the catalogue gave it when it was moved; only of items that are where they were moved to."""
    known = {one.item_id: one.said for _, rows in _kept(connection, site) for one in rows}
    if not known:
        return {}
    wanted = known.keys() if item_ids is None else known.keys() & set(item_ids)
    here = select(items.c.item_id).where(
        items.c.site == site, items.c.home_source == "moved", one_of(connection, items.c.item_id, sorted(wanted))
    )  # fmt: skip
    return {item_id: known[item_id] for item_id in connection.execute(here).scalars()}


def stays(said: Home, new: Home) -> bool:
    """Whether a moved home outlives what the catalogue says `new`: it says what it said before, or nothing."""
    return (new.first, new.last) in {(said.first, said.last), (None, None)}


def _move(connection: Connection, site: str, change: HomesMoved) -> None:
    kept = dict(_kept(connection, site))
    name = f"{PREFIX}{change.at_us:020d}:{change.finding}"
    if name not in kept:
        said = {one.item_id: one.said for rows in kept.values() for one in rows}
        wanted = [item_id for item_id, _, _ in change.homes]
        question = select(items.c.item_id, *(items.c[column] for column in COLUMNS)).where(
            items.c.site == site, one_of(connection, items.c.item_id, wanted)
        )
        rows = []
        for row in connection.execute(question.order_by(items.c.item_id)):
            home = Home(row.home_from, row.home_to, row.home_source)
            before = said.get(row.item_id, home) if row.home_source == "moved" else home
            rows.append(Before(row.item_id, *home, *before))
        value = msgspec.json.encode(rows).decode()
        upsert(connection, meta, [{"site": site, "name": name, "value": value}])
    changed = [(item_id, first, last, "moved") for item_id, first, last in change.homes]
    update_rows(connection, items, site, "item_id", COLUMNS, changed)


def _restore(connection: Connection, site: str, change: HomesRestored) -> None:
    for name, before in _kept(connection, site):
        if name.rpartition(":")[2] != change.finding:
            continue
        moved = said_before(connection, site, [one.item_id for one in before])
        back = [(one.item_id, one.first, one.last, one.source) for one in before if one.item_id in moved]
        update_rows(connection, items, site, "item_id", COLUMNS, back)
        connection.execute(delete(meta).where(meta.c.site == site, meta.c.name == name))


def _kept(connection: Connection, site: str) -> list[tuple[str, list[Before]]]:
    """All approvals, as they stand in `meta`."""
    wanted = select(meta.c.name, meta.c.value).where(meta.c.site == site, meta.c.name.startswith(PREFIX))
    return [
        (row.name, msgspec.json.decode(row.value, type=list[Before])) for row in connection.execute(wanted.order_by(meta.c.name))
    ]  # fmt: skip
