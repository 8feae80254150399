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
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, func, select, update
from sqlalchemy import Row as SqlRow

from hub.store import searchtext
from hub.store.engine import reading, upsert, writing
from hub.store.links import Import, fault, relink
from hub.store.rows import Row
from hub.store.tables import import_faults, import_rows, imports, item_texts, items, links
from shelfwire.errors import InputError

CHUNK: Final = 2_000
"""Rows a transaction: some tenths of a second in which no other writer gets in."""

COMPARED: Final = ("title", "author", "call_number", "status", "source_status", "home_from", "home_to")


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
    task = Import(site, import_id, found.staged_at_us, shelf_index)
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


def _faults_of(task: Import) -> Any:
    return and_(import_faults.c.site == task.site, import_faults.c.import_id == task.id)


def _chunk(connection: Connection, task: Import, last: int) -> Sequence[SqlRow[Any]]:
    mine = (import_rows.c.site == task.site, import_rows.c.import_id == task.id, import_rows.c.number > last)
    return connection.execute(
        select(import_rows).where(*mine).order_by(import_rows.c.number).limit(CHUNK)
    ).all()


def _once_a_barcode(rows: Sequence[SqlRow[Any]]) -> list[SqlRow[Any]]:
    """The first row of each barcode. `hub.catalog.merge` lets no second one through; if one came, it must not stop the hub."""
    return list({row.barcode: row for row in reversed(rows)}.values())[::-1]


def _take_chunk(connection: Connection, task: Import, rows: Sequence[SqlRow[Any]]) -> None:
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
    relink(connection, task, [item["item_id"] for item in taken], wanted, faults)
    if faults:
        upsert(connection, import_faults, _numbered(connection, task, faults))


def _item(task: Import, row: SqlRow[Any], old: SqlRow[Any] | None, item_id: int, faults: list[Row]) -> Row:
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


def _home(task: Import, row: SqlRow[Any], faults: list[Row]) -> tuple[str | None, str | None]:
    if not row.home_from:
        return None, None
    first, last = row.home_from, row.home_to or row.home_from
    for shelf in dict.fromkeys((first, last)):
        if shelf not in task.shelf_index:
            what = f"home {shelf} is no shelf of the site; the item has no home until the list or the site is corrected"
            faults.append(fault(task, row.barcode, what))
            return None, None
    if task.shelf_index[last] < task.shelf_index[first]:
        faults.append(
            fault(task, row.barcode, f"home {first} … {last} runs backwards; taken as {last} … {first}")
        )
        return last, first
    return first, last


def _numbered(connection: Connection, task: Import, faults: list[Row]) -> list[Row]:
    wanted = select(func.max(import_faults.c.number)).where(
        _faults_of(task), import_faults.c.phase == "taken"
    )
    last = connection.execute(wanted).scalar()
    start = 0 if last is None else last + 1
    return [fault | {"number": number} for number, fault in enumerate(faults, start)]


def _finish(connection: Connection, task: Import) -> None:
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
