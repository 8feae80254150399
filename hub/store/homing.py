"""Sort keys and homes of items that are in the store, made anew when what they are made of changed.

A table of labels is taken with the act ``catalog.labels``; how the site orders its books, its shelves and the format of keys
are looked at before each taking and when the hub starts with another site file or version. Every step writes only what differs, so one that
a stop broke off is finished by doing it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy import Row as SqlRow

from hub.catalog.filing import STANDARD, Filing
from hub.catalog.homes import Home, Homes
from hub.store.bulk import insert_rows, update_rows
from hub.store.engine import reading, upsert, writing
from hub.store.homes import PRECEDENCE, homes_in_force, in_force
from hub.store.labels import rows_of
from hub.store.moved import said_before, stays
from hub.store.rows import Row, chunks
from hub.store.tables import import_faults, imports, items, labels, meta
from shelfwire.callnumbers.labels import Fault
from shelfwire.errors import InputError

CHUNK: Final = 5_000
"""Rows a transaction."""
PAGE: Final = 20_000
"""Rows that are read at once."""
ONE_TRANSACTION: Final = 20_000
"""Homes that change all at once; of more, parts of the catalogue follow the new labels some seconds before others."""

KEYS: Final = "callnumber_format"
HOMES: Final = "homes_format"
"""Names in `meta`: by what all keys and homes of the site are made."""

Change = tuple[int, str | None, str | None, str]
"""item_id, home_from, home_to, home_source."""


def take_labels(
    engine: Engine, site: str, labels_id: str, shelf_index: Mapping[str, int], filing: Filing = STANDARD
) -> None:
    """Take a staged table of labels and give every item that no list gives a home the one that follows from it.

    Nothing for one that was taken. Raises `InputError` when there is none.
    """
    refresh(engine, site, shelf_index, filing)
    mine = (imports.c.site == site, imports.c.import_id == labels_id)
    wanted = select(imports).where(*mine, imports.c.kind.in_(PRECEDENCE))
    with reading(engine, "look for labels") as connection:
        found = connection.execute(wanted).one_or_none()
        if found is None or found.state == "staging":
            raise InputError(f"labels {labels_id}: there is no such finished table for site {site}")
        if found.state == "applied":
            return
        homes, faults = _with(connection, found, shelf_index, filing)
    changes = _changes(engine, site, homes)
    first = list(islice(changes, ONE_TRANSACTION))
    more = next(changes, None)
    if more is None:
        with writing(engine, "take labels") as connection:
            _write(connection, site, first)
            _done(connection, found, faults, len(first), shelf_index, filing)
        return
    for some in chunks(chain(first, (more,), changes), CHUNK):
        with writing(engine, "take labels") as connection:
            _write(connection, site, some)
            count = imports.c.changed + len(some)
            connection.execute(update(imports).where(*mine).values(state="applying", changed=count))
    with writing(engine, "take labels") as connection:
        _done(connection, found, faults, 0, shelf_index, filing)


def refresh(engine: Engine, site: str, shelf_index: Mapping[str, int], filing: Filing = STANDARD) -> bool:
    """Bring keys and homes to the site and to this version; whether anything had to be looked at. Raises `AwayError`."""
    keys = str(filing.format)
    with reading(engine, "look how keys and homes were made") as connection:
        noted = select(meta.c.name, meta.c.value).where(meta.c.site == site, meta.c.name.in_((KEYS, HOMES)))
        found = {row.name: row.value for row in connection.execute(noted)}
        homes_format = _homes_format(connection, site, shelf_index, filing)
        homes = homes_in_force(connection, site, shelf_index, filing)
    if found.get(KEYS) == keys and found.get(HOMES) == homes_format:
        return False
    if found.get(KEYS) != keys:
        _refresh_keys(engine, site, filing)
    if found.get(HOMES) is not None or homes:
        for some in chunks(_changes(engine, site, homes), CHUNK):
            with writing(engine, "give items their homes") as connection:
                _write(connection, site, some)
    with writing(engine, "note how keys and homes are made") as connection:
        _note(connection, site, keys, homes_format)
    return True


def _with(
    connection: Connection, found: SqlRow[Any], shelf_index: Mapping[str, int], filing: Filing
) -> tuple[Homes, list[Fault]]:
    """The tables in force as they will be with a new one; what is wrong with its rows."""
    homes = Homes(shelf_index)
    faults: list[Fault] = []
    for kind in PRECEDENCE:
        labels_id = found.import_id if kind == found.kind else in_force(connection, found.site, kind)
        if labels_id is not None:
            rows = [row for row, _ in rows_of(connection, found.site, labels_id)]
            wrong = homes.add(kind, rows, filing.scheme, filing.rules)
            faults = wrong if kind == found.kind else faults
    return homes, faults


def _changes(engine: Engine, site: str, homes: Homes) -> Iterator[Change]:
    """The items whose home is not the one that labels give; homes of a list stay."""
    wanted = (
        select(
            items.c.item_id,
            items.c.sort_key,
            items.c.callnumber_fault,
            items.c.home_from,
            items.c.home_to,
            items.c.home_source,
        )
        .where(items.c.site == site, items.c.home_source != "list")
        .order_by(items.c.item_id)
        .limit(PAGE)
    )
    with reading(engine, "read the moved ranges") as connection:
        moved = said_before(connection, site)
    for rows in _pages(engine, wanted):
        for row in rows:
            home = homes.of(row.sort_key, row.callnumber_fault)
            said = moved.get(row.item_id)
            if said is not None and (said.source == "list" or stays(said, home)):
                continue
            if home != Home(row.home_from, row.home_to, row.home_source):
                yield row.item_id, home.first, home.last, home.source


def _refresh_keys(engine: Engine, site: str, filing: Filing) -> None:
    wanted = (
        select(items.c.item_id, items.c.call_number, items.c.scheme)
        .where(items.c.site == site, items.c.key_format != filing.format)
        .order_by(items.c.item_id)
        .limit(PAGE)
    )
    names = ("sort_key", "callnumber_fault", "key_format")
    for rows in _pages(engine, wanted):
        for some in chunks(rows, CHUNK):
            made = [(row.item_id, *filing.filed(row.call_number, row.scheme), filing.format) for row in some]
            with writing(engine, "file items anew") as connection:
                update_rows(connection, items, site, "item_id", names, made)


def _pages(engine: Engine, wanted: Any) -> Iterator[Sequence[SqlRow[Any]]]:
    last = 0
    while True:
        with reading(engine, "read the catalogue") as connection:
            rows = connection.execute(wanted.where(items.c.item_id > last)).all()
        if not rows:
            return
        yield rows
        last = rows[-1].item_id


def _write(connection: Connection, site: str, changes: Sequence[Change]) -> None:
    names = ("home_from", "home_to", "home_source")
    update_rows(connection, items, site, "item_id", names, changes)


def _done(  # noqa: PLR0917 (all of them are needed)
    connection: Connection,
    found: SqlRow[Any],
    faults: Sequence[Fault],
    changed: int,
    shelf_index: Mapping[str, int],
    filing: Filing,
) -> None:
    """All homes follow: say so, and what was wrong with which row."""
    mine = (imports.c.site == found.site, imports.c.import_id == found.import_id)
    values: Row = {"state": "applied", "applied_at_us": time.time_ns() // 1000, "done": found.staged}
    connection.execute(update(imports).where(*mine).values(**values, changed=imports.c.changed + changed))
    first: dict[tuple[int, str], str] = {}
    for fault in faults:
        first.setdefault((fault.line, fault.shelf), fault.what)
    place = {"site": found.site, "import_id": found.import_id}
    for (line, shelf), what in first.items():
        row = (labels.c.site == found.site, labels.c.import_id == found.import_id, labels.c.line == line)
        connection.execute(update(labels).where(*row, labels.c.shelf == shelf).values(fault=what))
    listed = (import_faults.c.site == found.site, import_faults.c.import_id == found.import_id)
    start = connection.execute(
        select(func.count()).select_from(import_faults).where(*listed, import_faults.c.phase == "taken")
    ).scalar_one()
    made = [
        place | {"phase": "taken", "number": number, "place": f"line {fault.line}, shelf {fault.shelf}", "what": fault.what, "taken": True}
        for number, fault in enumerate(faults, start)
    ]  # fmt: skip
    insert_rows(connection, import_faults, made)
    homes_format = _homes_format(connection, found.site, shelf_index, filing)
    _note(connection, found.site, str(filing.format), homes_format)


def _note(connection: Connection, site: str, keys: str, homes: str) -> None:
    rows = [{"site": site, "name": KEYS, "value": keys}, {"site": site, "name": HOMES, "value": homes}]
    upsert(connection, meta, rows)


def _homes_format(connection: Connection, site: str, shelf_index: Mapping[str, int], filing: Filing) -> str:
    """A number that another set of shelves, labels or keys does not have."""
    tables = [in_force(connection, site, kind) for kind in PRECEDENCE]
    shelves = sorted(shelf_index, key=shelf_index.__getitem__)
    return str(crc32(repr((filing.format, tables, shelves)).encode()))
