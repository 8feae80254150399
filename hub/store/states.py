"""The loan state of items, as acts and library systems change it between two listings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from hub.catalog.digest import DROPPED, with_state
from hub.store.rows import Row, chunks
from hub.store.tables import items

A_QUESTION: Final = 5_000
"""Items in one question; SQLite takes 32,766 values."""

_SET: Final = (
    update(items)
    .where(items.c.site == bindparam("the_site"), items.c.item_id == bindparam("the_item"))
    .values(
        status=bindparam("the_status"),
        source_status=bindparam("the_word"),
        flags=bindparam("the_flags"),
        digest=bindparam("the_digest"),
        changed_at_us=bindparam("the_time"),
    )
)


def set_states(connection: Connection, site: str, states: Mapping[int, Row]) -> list[int]:
    """Write new states (`hub.store.rows`); the items of which there is no row.

    The digest follows, so that the next listing is compared with what is known now. An item that a listing dropped stays
    dropped for it: whatever the next one says of it is new.
    """
    wanted = select(items.c.item_id, items.c.status, items.c.source_status, items.c.flags, items.c.digest)
    unknown: list[int] = []
    for some in chunks(states, A_QUESTION):
        old = {
            row.item_id: row
            for row in connection.execute(wanted.where(items.c.site == site, items.c.item_id.in_(some)))
        }
        unknown += [item_id for item_id in some if item_id not in old]
        rows = [_row(site, states[item_id], old[item_id]) for item_id in some if item_id in old]
        if rows:
            connection.execute(_SET, rows)
    return unknown


def _row(site: str, new: Row, old: Any) -> Row:
    flags: Sequence[str] = old.flags if new["flags"] is None else new["flags"]
    digest = old.digest
    if digest not in {None, DROPPED}:
        before = (old.status, old.source_status, old.flags)
        digest = with_state(digest, before, (new["status"], new["source_status"], flags))
    return {
        "the_site": site,
        "the_item": old.item_id,
        "the_status": new["status"],
        "the_word": new["source_status"],
        "the_flags": list(flags),
        "the_digest": digest,
        "the_time": new["at_us"],
    }
