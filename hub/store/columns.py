"""The whole catalogue as columns, for the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import intern
from typing import Any

from sqlalchemy import Connection, Engine, select

from hub.catalog.identifiers import flag_bits, identifier_digest
from hub.events import CatalogColumns
from hub.store.engine import reading
from hub.store.tables import imports, items, links


def columns(engine: Engine, site: str, import_id: str, shelf_index: Mapping[str, int]) -> CatalogColumns:
    """The catalogue as it stood after `import_id` (an empty one: as it stands now).

    A home on a shelf that the site no longer has becomes -1.
    """
    result = CatalogColumns(import_id, [], [], [], [], [], [], [], [])
    flags: list[int] = []
    with reading(engine, "read the catalogue") as connection:
        at_us = connection.execute(
            select(imports.c.staged_at_us).where(imports.c.site == site, imports.c.import_id == import_id)
        ).scalar_one_or_none()
        for item in _items(connection, site, at_us):
            result.item_id.append(item.item_id)
            result.barcode.append(item.barcode)
            result.status.append(intern(item.status))
            first, last = shelf_index.get(item.home_from, -1), shelf_index.get(item.home_to, -1)
            known = first >= 0 and last >= 0
            result.home_from.append(first if known else -1)
            result.home_to.append(last if known else -1)
            result.home_source.append(intern(item.home_source) if known else "none")
            flags.append(flag_bits(item.flags) if item.flags else 0)
            for identifier in item.alternative_ids:
                result.alias_digest.append(identifier_digest(identifier))
                result.alias_item.append(item.item_id)
        _links(connection, site, result)
    if any(flags):
        result.flag_bits.extend(flags)
    return result


def _links(connection: Connection, site: str, result: CatalogColumns) -> None:
    """The links in force of the items in `result`, by item and part. One number object an item, however many speak of it."""
    item_ids = {item_id: item_id for item_id in result.item_id}
    in_force = select(links.c.tag_key, links.c.item_id, links.c.part).where(
        links.c.site == site, links.c.valid_to_us.is_(None)
    )
    parts: list[int] = []
    as_they_come = True
    before, number = 0, 0
    rows = connection.execute(in_force.order_by(links.c.item_id, links.c.part, links.c.tag_key))
    for key, item_id, part in rows:
        if item_id not in item_ids:
            continue
        number = number + 1 if item_id == before else 1
        before = item_id
        as_they_come &= part == number
        result.link_key.append(key)
        result.link_item.append(item_ids[item_id])
        parts.append(part)
    if not as_they_come:
        result.link_part.extend(parts)


def _items(connection: Connection, site: str, at_us: int | None) -> Iterator[Any]:
    wanted = select(
        items.c.item_id,
        items.c.barcode,
        items.c.status,
        items.c.home_from,
        items.c.home_to,
        items.c.home_source,
        items.c.flags,
        items.c.alternative_ids,
    ).where(items.c.site == site)
    if at_us is not None:
        # In a replay later imports may have brought more items; the engine must see no item before its time.
        wanted = wanted.where(items.c.since_us <= at_us)
    connection.execution_options(yield_per=10_000)  # of this transaction: the links too are read so
    yield from connection.execute(wanted.order_by(items.c.item_id))
