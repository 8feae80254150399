"""The links of one chunk of an import: which begin, which end. All times are the staging time of the import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, select, update
from sqlalchemy import Row as SqlRow

from hub.catalog.digest import DROPPED
from hub.catalog.filing import Filing
from hub.catalog.homes import Home, Homes
from hub.store.bulk import insert_rows, one_of
from hub.store.engine import upsert
from hub.store.rows import READ_FROM_TAG, Row, chunks
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
    unsaid: frozenset[str] = frozenset()
    """What its source says of no item."""
    moved: Mapping[int, Home] = MappingProxyType({})
    """Items of a moved range that a person approved → what the catalogue had said (`hub.store.moved`)."""


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


def relink(  # noqa: PLR0917 (all of them are needed, in the order in which they are said)
    connection: Connection,
    task: Import,
    item_ids: list[int],
    new_ids: AbstractSet[int],
    wanted: dict[tuple[str, int], tuple[int, int]],
    faults: list[Row],
) -> None:
    """Make `wanted` ((tag key, item) → (part, of parts)) the links in force of `item_ids` and of the items `new_ids`.

    A link that a tag told itself ends only where the import names that tag.
    """
    mine = set(item_ids)
    named = {key for key, _ in wanted}
    kept: set[tuple[str, int]] = set()
    ended: list[SqlRow[Any]] = []
    for link in _links_in_force(connection, task.site, item_ids, named):
        pair = (link.tag_key, link.item_id)
        told_by_tag = link.import_id == READ_FROM_TAG
        if pair in wanted and (link.part, link.parts) == wanted[pair] and not told_by_tag:
            kept.add(pair)
        elif link.tag_key in named and (pair in wanted or told_by_tag):
            ended.append(link)
        elif link.item_id in mine:
            if not told_by_tag:
                ended.append(link)
        elif link.held_by != task.id or link.digest == DROPPED:
            ended.append(link)
            faults.append(
                fault(task, link.barcode, f"its tag {link.tag_key} is now on another item; the link ended")
            )
    # Where only the part of a tag changed, it stands where it stood.
    _forget_places(
        connection, task.site, [link for link in ended if (link.tag_key, link.item_id) not in wanted]
    )
    _end_links(connection, task, ended)
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
    fresh = [row for row in added if row["item_id"] in new_ids]
    insert_rows(connection, links, fresh)
    upsert(connection, links, [row for row in added if row["item_id"] not in new_ids])


def _links_in_force(
    connection: Connection, site: str, item_ids: list[int], keys: Iterable[str]
) -> Iterable[SqlRow[Any]]:
    """The links of some items and of some tag keys, each once, with the barcode and last import of their items."""
    joined = and_(items.c.site == links.c.site, items.c.item_id == links.c.item_id)
    wanted = select(links, items.c.barcode, items.c.import_id.label("held_by"), items.c.digest).join(
        items, joined
    )
    wanted = wanted.where(links.c.site == site, links.c.valid_to_us.is_(None))
    found: dict[tuple[str, int], SqlRow[Any]] = {}
    for which in (
        *(one_of(connection, links.c.item_id, some) for some in chunks(item_ids, VALUES)),
        *(one_of(connection, links.c.tag_key, some) for some in chunks(keys, VALUES)),
    ):
        found |= {(row.tag_key, row.item_id): row for row in connection.execute(wanted.where(which))}
    return found.values()


def _end_links(connection: Connection, task: Import, ended: list[SqlRow[Any]]) -> None:
    one = and_(
        links.c.site == bindparam("the_site"),
        links.c.tag_key == bindparam("the_key"),
        links.c.item_id == bindparam("the_item"),
        links.c.valid_from_us == bindparam("the_start"),
    )
    for statement, some in (
        (delete(links).where(one), [link for link in ended if link.valid_from_us >= task.at_us]),
        (
            update(links).where(one).values(valid_to_us=task.at_us),
            [link for link in ended if link.valid_from_us < task.at_us],
        ),
    ):
        if some:
            connection.execute(
                statement,
                [
                    {
                        "the_site": task.site,
                        "the_key": link.tag_key,
                        "the_item": link.item_id,
                        "the_start": link.valid_from_us,
                    }
                    for link in some
                ],
            )


def _forget_places(connection: Connection, site: str, gone: list[SqlRow[Any]]) -> None:
    part = and_(places.c.item_id == bindparam("the_item"), places.c.tag_key == bindparam("the_key"))
    if gone:
        connection.execute(
            delete(places).where(places.c.site == site, part),
            [{"the_item": link.item_id, "the_key": link.tag_key} for link in gone],
        )
