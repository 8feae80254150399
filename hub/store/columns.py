"""The whole catalogue as columns, for the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, select

from hub.events import CatalogColumns
from hub.store.engine import reading
from hub.store.tables import imports, items, links


def columns(engine: Engine, site: str, import_id: str, shelf_index: Mapping[str, int]) -> CatalogColumns:
    """The catalogue as it stood after `import_id` (an empty one: as it stands now).

    A home on a shelf that the site no longer has becomes -1.
    """
    result = CatalogColumns(import_id, [], [], [], [], [], [], [], [])
    with reading(engine, "read the catalogue") as connection:
        at_us = connection.execute(
            select(imports.c.staged_at_us).where(imports.c.site == site, imports.c.import_id == import_id)
        ).scalar_one_or_none()
        item_ids = set[int]()
        for item in _items(connection, site, at_us):
            item_ids.add(item.item_id)
            result.item_id.append(item.item_id)
            result.barcode.append(item.barcode)
            result.status.append(item.status)
            first, last = shelf_index.get(item.home_from, -1), shelf_index.get(item.home_to, -1)
            known = first >= 0 and last >= 0
            result.home_from.append(first if known else -1)
            result.home_to.append(last if known else -1)
            result.home_source.append(item.home_source if known else "none")
        in_force = select(links.c.tag_key, links.c.item_id).where(
            links.c.site == site, links.c.valid_to_us.is_(None)
        )
        for key, item_id in connection.execute(
            in_force.order_by(links.c.item_id, links.c.part, links.c.tag_key)
        ):
            if item_id in item_ids:
                result.link_key.append(key)
                result.link_item.append(item_id)
    return result


def _items(connection: Connection, site: str, at_us: int | None) -> Iterator[Any]:
    wanted = select(
        items.c.item_id,
        items.c.barcode,
        items.c.status,
        items.c.home_from,
        items.c.home_to,
        items.c.home_source,
    ).where(items.c.site == site)
    if at_us is not None:
        # In a replay later imports may have brought more items; the engine must see the catalogue of that moment.
        wanted = wanted.where(items.c.since_us <= at_us)
    yield from connection.execution_options(yield_per=10_000).execute(wanted.order_by(items.c.item_id))
