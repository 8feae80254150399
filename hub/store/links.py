"""The links of one chunk of an import: which begin, which end. All times are the staging time of the import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, delete, select, update
from sqlalchemy import Row as SqlRow

from hub.catalog.filing import Filing
from hub.catalog.homes import Homes
from hub.store.engine import upsert
from hub.store.rows import Row, chunks
from hub.store.tables import items, links, places

VALUES: Final = 10_000
"""Values in one question; SQLite takes 32,766."""


class Import(NamedTuple):
    """The import that is being taken."""

    site: str
    id: str
    at_us: int
    shelf_index: Mapping[str, int]
    filing: Filing
    homes: Homes


def fault(task: Import, barcode: str, what: str) -> Row:
    """A row of `import_faults`, still without its number."""
    place = f"barcode {barcode}"
    return {
        "site": task.site,
        "import_id": task.id,
        "phase": "taken",
        "place": place,
        "what": what,
        "taken": True,
    }


def relink(
    connection: Connection,
    task: Import,
    item_ids: list[int],
    wanted: dict[tuple[str, int], tuple[int, int]],
    faults: list[Row],
) -> None:
    """Make `wanted` ((tag key, item) → (part, of parts)) the links in force of `item_ids`."""
    mine = set(item_ids)
    moved = {key for key, _ in wanted}
    kept: set[tuple[str, int]] = set()
    ended: list[SqlRow[Any]] = []
    for link in _links_in_force(connection, task.site, item_ids, moved):
        pair = (link.tag_key, link.item_id)
        if pair in wanted and (link.part, link.parts) == wanted[pair]:
            kept.add(pair)
        elif link.item_id in mine:
            ended.append(link)
        elif link.held_by != task.id and link.tag_key in moved:
            ended.append(link)
            faults.append(
                fault(task, link.barcode, f"its tag {link.tag_key} is now on another item; the link ended")
            )
    for link in ended:
        _end_link(connection, task, link)
        if (
            link.tag_key,
            link.item_id,
        ) not in wanted:  # else only its part changed, and it stands where it stood
            _forget_place(connection, task.site, link)
    added = [
        {
            "site": task.site,
            "tag_key": key,
            "item_id": item_id,
            "valid_from_us": task.at_us,
            "valid_to_us": None,
            "part": part,
            "parts": parts,
            "import_id": task.id,
        }
        for (key, item_id), (part, parts) in wanted.items()
        if (key, item_id) not in kept
    ]
    upsert(connection, links, added)


def _links_in_force(
    connection: Connection, site: str, item_ids: list[int], keys: Iterable[str]
) -> Iterable[SqlRow[Any]]:
    """The links of some items and of some tag keys, each once, with the barcode and last import of their items."""
    joined = and_(items.c.site == links.c.site, items.c.item_id == links.c.item_id)
    wanted = select(links, items.c.barcode, items.c.import_id.label("held_by")).join(items, joined)
    wanted = wanted.where(links.c.site == site, links.c.valid_to_us.is_(None))
    found: dict[tuple[str, int], SqlRow[Any]] = {}
    for which in (
        *(links.c.item_id.in_(some) for some in chunks(item_ids, VALUES)),
        *(links.c.tag_key.in_(some) for some in chunks(keys, VALUES)),
    ):
        found |= {(row.tag_key, row.item_id): row for row in connection.execute(wanted.where(which))}
    return found.values()


def _end_link(connection: Connection, task: Import, link: SqlRow[Any]) -> None:
    one = and_(
        links.c.site == task.site,
        links.c.tag_key == link.tag_key,
        links.c.item_id == link.item_id,
        links.c.valid_from_us == link.valid_from_us,
    )
    if link.valid_from_us >= task.at_us:  # a replay stands before the import that made it
        connection.execute(delete(links).where(one))
    else:
        connection.execute(update(links).where(one).values(valid_to_us=task.at_us))


def _forget_place(connection: Connection, site: str, link: SqlRow[Any]) -> None:
    part = and_(places.c.item_id == link.item_id, places.c.tag_key == link.tag_key)
    connection.execute(delete(places).where(places.c.site == site, part))
