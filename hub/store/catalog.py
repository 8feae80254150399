"""Taking a staged import into items and links, and the catalogue as columns for the engine.

What holds, also when an import is taken again in a replay of the journal:

- An import never deletes. Items that it lacks keep their row and status; they are counted as `absent`.
- `item_id` is given once to a barcode and never changes.
- All times are the staging time of the import, never the time of the taking, so that a second taking gives the same rows.
- A link that the import no longer holds ends at that time. A tag found on another item than before leaves the old one,
  also when that one is absent from the import (then it is a fault that a person can read).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, and_, delete, func, select, update
from sqlalchemy import Row as SqlRow

from hub.events import CatalogColumns
from hub.store import searchtext
from hub.store.engine import reading, upsert, writing
from hub.store.rows import Row, chunks
from hub.store.tables import import_faults, import_rows, imports, item_texts, items, links, places
from shelfwire.errors import InputError

CHUNK: Final = 2_000
"""Rows a transaction: some tenths of a second in which no other writer gets in."""

VALUES: Final = 10_000
"""Values in one question; SQLite takes 32,766."""

COMPARED: Final = ("title", "author", "call_number", "status", "source_status", "home_from", "home_to")


class _Import(NamedTuple):
    site: str
    id: str
    at_us: int
    shelf_index: Mapping[str, int]


def take_import(engine: Engine, site: str, import_id: str, shelf_index: Mapping[str, int]) -> None:
    """Upsert the rows of a staged import by (site, barcode), in chunks. Raises `InputError` when there is none."""
    wanted = select(imports.c.state, imports.c.staged_at_us).where(
        imports.c.site == site, imports.c.import_id == import_id
    )
    with reading(engine, "look for an import") as connection:
        found = connection.execute(wanted).one_or_none()
    if found is None or found.state == "staging":
        raise InputError(
            f"import {import_id}: there is no such finished import for site {site}; import the file again"
        )
    task = _Import(site, import_id, found.staged_at_us, shelf_index)
    with writing(engine, "take an import") as connection:
        connection.execute(delete(import_faults).where(_faults_of(task), import_faults.c.phase == "taken"))
    last = -1
    for number in count():
        with writing(engine, "take an import") as connection:
            if number.bit_count() == 1:  # after the first chunk, the second, the fourth …
                _plan_anew(connection)
            rows = _chunk(connection, task, last)
            if not rows:
                if found.state != "applied":
                    _finish(connection, task)
                return
            _take_chunk(connection, task, _once_a_barcode(rows))
        last = rows[-1].number


def _plan_anew(connection: Connection) -> None:
    """PostgreSQL plans by statistics; those of tables that were empty a moment ago make a large import take hours."""
    if connection.dialect.name == "postgresql":
        for table in (items, links):
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _faults_of(task: _Import) -> Any:
    return and_(import_faults.c.site == task.site, import_faults.c.import_id == task.id)


def _chunk(connection: Connection, task: _Import, last: int) -> Sequence[SqlRow[Any]]:
    mine = (import_rows.c.site == task.site, import_rows.c.import_id == task.id, import_rows.c.number > last)
    return connection.execute(
        select(import_rows).where(*mine).order_by(import_rows.c.number).limit(CHUNK)
    ).all()


def _once_a_barcode(rows: Sequence[SqlRow[Any]]) -> list[SqlRow[Any]]:
    """The first row of each barcode. `hub.catalog.merge` lets no second one through; if one came, it must not stop the hub."""
    return list({row.barcode: row for row in reversed(rows)}.values())[::-1]


def _take_chunk(connection: Connection, task: _Import, rows: Sequence[SqlRow[Any]]) -> None:
    barcodes = [row.barcode for row in rows]
    known = {
        old.barcode: old
        for old in connection.execute(
            select(items).where(items.c.site == task.site, items.c.barcode.in_(barcodes))
        )
    }
    newest = (
        connection.execute(select(func.max(items.c.item_id)).where(items.c.site == task.site)).scalar() or 0
    )
    faults: list[Row] = []
    taken: list[Row] = []
    for row in rows:
        old = known.get(row.barcode)
        if old is None:
            newest += 1
        taken.append(_item(task, row, old, old.item_id if old is not None else newest, faults))
    upsert(connection, items, taken)
    upsert(connection, item_texts, [_texts(item) for item in taken])
    wanted = {
        (key, item["item_id"]): (part, len(row.tag_keys))
        for row, item in zip(rows, taken, strict=True)
        for part, key in enumerate(row.tag_keys, start=1)
    }
    _relink(connection, task, [item["item_id"] for item in taken], wanted, faults)
    if faults:
        upsert(connection, import_faults, _numbered(connection, task, faults))


def _item(task: _Import, row: SqlRow[Any], old: SqlRow[Any] | None, item_id: int, faults: list[Row]) -> Row:
    home_from, home_to = _home(task, row, faults)
    new: Row = {name: getattr(row, name) for name in COMPARED} | {"home_from": home_from, "home_to": home_to}
    same = old is not None and all(getattr(old, name) == new[name] for name in COMPARED)
    return new | {
        "site": task.site,
        "item_id": item_id,
        "barcode": row.barcode,
        "home_source": "list" if home_from is not None else "none",
        "import_id": task.id,
        "since_us": old.since_us if old is not None else task.at_us,
        "changed_at_us": old.changed_at_us if old is not None and same else task.at_us,
    }


def _texts(item: Row) -> Row:
    texts = searchtext.columns(item["title"], item["author"], item["call_number"], item["barcode"])
    return {"site": item["site"], "item_id": item["item_id"]} | texts._asdict()


def _home(task: _Import, row: SqlRow[Any], faults: list[Row]) -> tuple[str | None, str | None]:
    if not row.home_from:
        return None, None
    first, last = row.home_from, row.home_to or row.home_from
    for shelf in dict.fromkeys((first, last)):
        if shelf not in task.shelf_index:
            what = f"home {shelf} is no shelf of the site; the item has no home until the list or the site is corrected"
            faults.append(_fault(task, row.barcode, what))
            return None, None
    if task.shelf_index[last] < task.shelf_index[first]:
        faults.append(
            _fault(task, row.barcode, f"home {first} … {last} runs backwards; taken as {last} … {first}")
        )
        return last, first
    return first, last


def _fault(task: _Import, barcode: str, what: str) -> Row:
    place = f"barcode {barcode}"
    return {
        "site": task.site,
        "import_id": task.id,
        "phase": "taken",
        "place": place,
        "what": what,
        "taken": True,
    }


def _numbered(connection: Connection, task: _Import, faults: list[Row]) -> list[Row]:
    wanted = select(func.max(import_faults.c.number)).where(
        _faults_of(task), import_faults.c.phase == "taken"
    )
    last = connection.execute(wanted).scalar()
    start = 0 if last is None else last + 1
    return [fault | {"number": number} for number, fault in enumerate(faults, start)]


def _relink(
    connection: Connection,
    task: _Import,
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
                _fault(task, link.barcode, f"its tag {link.tag_key} is now on another item; the link ended")
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


def _end_link(connection: Connection, task: _Import, link: SqlRow[Any]) -> None:
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


def _finish(connection: Connection, task: _Import) -> None:
    """Count from the rows themselves: right also when an earlier taking was broken off."""
    here = items.c.site == task.site
    held = and_(here, items.c.import_id == task.id)
    new = items.c.since_us == task.at_us
    changed = and_(items.c.changed_at_us == task.at_us, items.c.since_us < task.at_us)

    def number_of(*which: Any) -> int:
        return connection.execute(select(func.count()).select_from(items).where(*which)).scalar_one()

    done = update(imports).where(imports.c.site == task.site, imports.c.import_id == task.id)
    connection.execute(
        done.values(
            state="applied",
            applied_at_us=time.time_ns() // 1000,
            added=number_of(held, new),
            changed=number_of(held, changed),
            absent=number_of(here, items.c.import_id != task.id),
        )
    )


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
