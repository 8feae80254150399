"""Taking a staged import into items and links.

What holds:

- An import is taken once. Up to `ONE_TRANSACTION` rows nothing of it can be seen before all of it; a larger one is taken in
  parts, its row says ``applying`` and how far it is, and a hub that was stopped goes on there before anything else.
- `item_id` is given once to a barcode and never changes; nothing is deleted. What a complete listing lacks becomes
  ``withdrawn`` and keeps its links, so that such a book is news where it is heard.
- All times are the staging time of the import, never the time of the taking.
- A link that the import no longer holds ends at that time. A tag found on another item than before leaves the old one,
  also when that one is absent from the import (then it is a fault that a person can read).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, and_, func, select, update
from sqlalchemy import Row as SqlRow

from hub.catalog.digest import barcode_key
from hub.catalog.filing import STANDARD, Filing
from hub.store.bulk import one_of
from hub.store.difference import BASE, base_of, default_drop_share
from hub.store.engine import reading, upsert, writing
from hub.store.homes import homes_in_force
from hub.store.homing import refresh
from hub.store.links import Import
from hub.store.moved import said_before
from hub.store.part import Part
from hub.store.rows import Row, chunks
from hub.store.sources import change_source
from hub.store.tables import import_rows, imports, items, links, meta
from shelfwire.errors import InputError

CHUNK: Final = 2_000
"""Rows a transaction of a large import: some tenths of a second in which no other writer gets in."""

ONE_TRANSACTION: Final = 10_000
"""Rows that are taken all at once: two seconds, well inside the ten that other writers wait. A night changes fewer."""


class Taken(msgspec.Struct):
    """What taking a part came to."""

    added: int = 0
    changed: int = 0
    gone: int = 0


def take_import(
    engine: Engine,
    site: str,
    import_id: str,
    shelf_index: Mapping[str, int],
    *,
    filing: Filing = STANDARD,
    accepted_share: float = 0.0,
) -> None:
    """Take a staged import, or go on with one that a stop left in the middle; nothing for one that was taken.

    `accepted_share`: the share of the catalogue that a complete listing may drop beyond `default_drop_share`, as a person
    said. Raises `InputError` when there is none, when another import was taken since it was compared, or when it would drop
    more; nothing is changed then.
    """
    found = _found(engine, site, import_id)
    if found.state == "applied":
        return
    refresh(engine, site, shelf_index, filing)
    with reading(engine, "read the labels in force") as connection:
        homes = homes_in_force(connection, site, shelf_index, filing)
        moved = said_before(connection, site)
    unsaid = frozenset(found.unsaid)
    task = Import(site, import_id, found.staged_at_us, shelf_index, filing, homes, unsaid, moved)
    if found.state == "staged":
        _may_be_taken(engine, found, accepted_share)
    if found.staged <= ONE_TRANSACTION:
        with writing(engine, "take an import") as connection:
            _take_part(connection, task, found, -1, None)
            _finish(connection, task, found)
        return
    number = 0
    while _take_part_alone(engine, task, found, plan=number.bit_count() == 1):
        number += 1  # statistics are made anew before the second chunk, the third, the fifth, the ninth …


def _found(engine: Engine, site: str, import_id: str) -> SqlRow[Any]:
    wanted = select(imports).where(imports.c.site == site, imports.c.import_id == import_id)
    with reading(engine, "look for an import") as connection:
        found = connection.execute(wanted.where(imports.c.kind == "items")).one_or_none()
    if found is None or found.state == "staging":
        raise InputError(
            f"import {import_id}: there is no such finished import for site {site}; import the file again"
        )
    if found.state == "refused":
        raise InputError(f"import {import_id}: was refused before: {found.detail}")
    return found


def _may_be_taken(engine: Engine, found: SqlRow[Any], accepted_share: float) -> None:
    with writing(engine, "look whether an import may be taken") as connection:
        base = base_of(connection, found.site)
        if found.base is not None and found.base != base:
            what = (
                f"was compared with the catalogue before import {base} was taken; import the same file again"
            )
        elif found.gone and found.complete and not found.items:
            what = f"has no item at all, and would drop {found.gone}; look at its source"
        else:
            what = ""
        if what:
            mine = (imports.c.site == found.site, imports.c.import_id == found.import_id)
            connection.execute(update(imports).where(*mine).values(state="refused", detail=what))
    if what:
        raise InputError(f"import {found.import_id}: {what}")
    share = found.gone / found.known if found.known else 0.0
    if found.complete and share > max(default_drop_share(found.known), accepted_share):
        raise InputError(
            f"import {found.import_id}: would drop {found.gone} of {found.known} items ({share:.1%}); nothing was changed. "
            "Look at what is missing from the source; if it is right, approve this share"
        )


def _take_part_alone(engine: Engine, task: Import, found: SqlRow[Any], *, plan: bool) -> bool:
    """One chunk of a large import in a transaction of its own; whether there may be more."""
    mine = (imports.c.site == task.site, imports.c.import_id == task.id)
    with writing(engine, "take an import") as connection:
        if plan:
            _plan_anew(connection)
        done = connection.execute(select(imports.c.done).where(*mine)).scalar_one()
        if _take_part(connection, task, found, done - 1, CHUNK):
            return True
        _finish(connection, task, found)
        return False


def _plan_anew(connection: Connection) -> None:
    """PostgreSQL plans by statistics; those of tables that were empty a moment ago make a large import take hours."""
    if connection.dialect.name == "postgresql":
        for table in (items, links):
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _take_part(connection: Connection, task: Import, found: SqlRow[Any], last: int, limit: int | None) -> int:
    """Take the rows behind number `last` (all, or `limit` of them), and note how far it is; how many."""
    rows = connection.execute(
        select(import_rows)
        .where(import_rows.c.site == task.site, import_rows.c.import_id == task.id)
        .where(import_rows.c.number > last, import_rows.c.kind != "absent")
        .order_by(import_rows.c.number)
        .limit(limit)
    ).all()
    taken = Taken()
    for some in chunks(rows, CHUNK):
        _take_chunk(connection, task, some, taken, whole=found.base is None)
    if rows:
        mine = (imports.c.site == task.site, imports.c.import_id == task.id)
        progress = {"state": "applying", "done": rows[-1].number + 1}
        counted = {
            "added": imports.c.added + taken.added,
            "changed": imports.c.changed + taken.changed,
        }
        connection.execute(update(imports).where(*mine).values(**progress, **counted))
    return len(rows)


def _take_chunk(
    connection: Connection, task: Import, rows: Sequence[SqlRow[Any]], taken: Taken, *, whole: bool
) -> None:
    by_key = {barcode_key(row.barcode): row for row in reversed(rows)}  # the first row of each barcode
    known = _known(connection, task.site, by_key, rows)
    newest = select(func.max(items.c.item_id)).where(items.c.site == task.site)
    next_id = (connection.execute(newest).scalar() or 0) + 1
    part = Part(task)
    for key, row in reversed(by_key.items()):
        old = known.get(key)
        if row.kind == "gone":
            part.drop(row, old)
        elif old is None:
            part.add(row, key, next_id)
            next_id += 1
        else:
            part.change(row, key, old, touch=whole)
    part.write(connection)
    taken.added += len(part.added)
    taken.changed += part.really_changed


def _known(
    connection: Connection, site: str, by_key: Mapping[str, SqlRow[Any]], rows: Sequence[SqlRow[Any]]
) -> dict[str, SqlRow[Any]]:
    """The items that rows speak of: of the same barcode, else the first one whose barcode differs in case or blanks only."""
    found: dict[str, SqlRow[Any]] = {}
    exact = {row.barcode for row in rows}
    wanted = select(items).where(items.c.site == site, one_of(connection, items.c.barcode_key, list(by_key)))
    for old in connection.execute(wanted.order_by(items.c.item_id.desc())):
        held = found.get(old.barcode_key)
        if held is None or held.barcode not in exact or old.barcode in exact:
            found[old.barcode_key] = old
    return found


def _finish(connection: Connection, task: Import, found: SqlRow[Any]) -> None:
    """All rows are taken: say so, and let what is compared or listed from now on begin behind it."""
    values: Row = {"state": "applied", "applied_at_us": time.time_ns() // 1000, "done": found.staged}
    if found.base is None:
        here = and_(items.c.site == task.site, items.c.import_id != task.id)
        values["absent"] = connection.execute(
            select(func.count()).select_from(items).where(here)
        ).scalar_one()
    mine = (imports.c.site == task.site, imports.c.import_id == task.id)
    connection.execute(update(imports).where(*mine).values(**values))
    upsert(connection, meta, [{"site": task.site, "name": BASE, "value": task.id}])
    if found.from_source is not None:
        more: Row = {"cursor": found.cursor}
        if found.complete:
            more["last_full_at_us"] = found.staged_at_us
        change_source(connection, task.site, found.from_source, **more)
