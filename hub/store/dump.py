"""All rows as one portable stream, for backup, and for moving from SQLite to PostgreSQL or back.

JSON lines: a head (format, revision of the tables), for each table a line with its columns and lines with up to
`ROWS_A_LINE` rows, and an end with the number of rows of each table, so that a stream that was cut is never taken for
whole. A dump of an older revision is loaded into tables of that revision, and then brought to this one.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import msgspec
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Engine,
    LargeBinary,
    TableClause,
    column,
    func,
    insert,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from hub.store import search_index
from hub.store.engine import open_engine, reading, writing
from hub.store.faults import guarded
from hub.store.migrate import HEAD, known_revisions, require_current, revision_of, upgrade
from hub.store.tables import metadata
from shelfwire.errors import InputError

FORMAT: Final = 1
ROWS_A_LINE: Final = 500
MAX_LINE_BYTES: Final = 256 * 1024 * 1024
"""500 rows of the longest kind have less than a tenth of it; a longer line is no dump of ours."""

LEFT_OUT: Final = frozenset({"sessions"})
"""A restored backup logs nobody in."""

_encode: Final = msgspec.json.Encoder().encode


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shelfwire_rows: int
    revision: str


class _Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    table: str
    columns: dict[str, str]
    """Name → ``json``, ``bool``, ``bytes`` (as base64) or ``plain``."""


class _End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: dict[str, int]


def dump(target: str | Engine, out: BinaryIO) -> dict[str, int]:
    """Write all rows of all sites to `out`, as they are at one moment, while the hub goes on; how many of each table.

    Raises `AwayError`; `InputError` when the tables are not of this version.
    """
    engine = open_engine(target)
    try:
        require_current(engine)
        with guarded(engine, "read all rows"), engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                return _write_all(connection, lambda line: out.write(_encode(line) + b"\n"))
    finally:
        if engine is not target:
            engine.dispose()


def _write_all(connection: Connection, write: Callable[[Any], object]) -> dict[str, int]:
    counts: dict[str, int] = {}
    write(_Head(FORMAT, HEAD))
    for one in metadata.sorted_tables:
        if one.name in LEFT_OUT:
            continue
        write(_Columns(str(one.name), {str(c.name): _kind(c.type) for c in one.columns}))
        counts[str(one.name)] = 0
        rows = connection.execution_options(yield_per=ROWS_A_LINE).execute(select(one))
        for some in rows.partitions():
            write([list(row) for row in some])
            counts[str(one.name)] += len(some)
    write(_End(counts))
    return counts


def _kind(kind: Any) -> str:
    kinds = ((JSON, "json"), (Boolean, "bool"), (LargeBinary, "bytes"))
    return next((name for one, name in kinds if isinstance(kind, one)), "plain")


def load(target: str | Engine, source: BinaryIO) -> dict[str, int]:
    """Fill an empty database from a dump, all or nothing; how many rows of each table.

    Raises `InputError` when the database has rows already, when the dump is damaged, cut or of a newer version; `AwayError`,
    `FullError`.
    """
    engine = open_engine(target)
    try:
        lines = _lines(source)
        head = _decoded(next(lines, b""), _Head)
        if head.shelfwire_rows != FORMAT or head.revision not in known_revisions():
            raise InputError(
                f"backup: is of version {head.revision}, this Shelfwire knows up to {HEAD}; use the newer one"
            )
        _refuse_filled(engine)
        upgrade(engine, head.revision)
        try:
            with writing(engine, "write all rows") as connection:
                counts = _read_all(connection, lines)
                if inspect(connection).has_table(search_index.INDEX):
                    search_index.make_anew(connection)
        except (IntegrityError, DataError, StatementError) as fault:
            raise InputError(f"backup: is damaged: {getattr(fault, 'orig', fault)}") from fault
        upgrade(engine)
        return counts
    finally:
        if engine is not target:
            engine.dispose()


def _refuse_filled(engine: Engine) -> None:
    revision = revision_of(engine)
    if revision is None:
        return
    with reading(engine, "look whether it is empty") as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        names = {name for name in tables if not search_index.is_index(name)}
        filled = [
            name
            for name in sorted(names)
            if connection.execute(select(func.count()).select_from(table(name))).scalar()
        ]
    if filled:
        where = engine.url.render_as_string(hide_password=True)
        raise InputError(
            f"{where}: has rows already (in {', '.join(filled)}); restore into an empty database"
        )
    if revision != HEAD:
        raise InputError("database: has empty tables of another version; remove them, or name a new database")


def _lines(source: BinaryIO) -> Iterator[bytes]:
    while line := source.readline(MAX_LINE_BYTES):
        yield line


def _decoded(line: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise InputError(f"backup: is damaged, or no backup of rows: {fault}") from fault


def _read_all(connection: Connection, lines: Iterator[bytes]) -> dict[str, int]:
    known = inspect(connection)
    names = set(known.get_table_names())
    counts: dict[str, int] = {}
    into: TableClause | None = None
    packed: list[int] = []
    for line in lines:
        if line.startswith(b"["):
            if into is None:
                raise InputError("backup: is damaged: rows before the name of their table")
            rows = _decoded(line, list[list[Any]])
            fields = [c.name for c in into.columns]
            if any(len(row) != len(fields) for row in rows):
                raise InputError(f"backup: is damaged: a row of {into.name} has another number of columns")
            _unpack(rows, packed)
            connection.execute(insert(into), [dict(zip(fields, row, strict=True)) for row in rows])
            counts[into.name] += len(rows)
            continue
        said = _decoded(line, _Columns) if line.startswith(b'{"table"') else _decoded(line, _End)
        if isinstance(said, _End):
            if said.rows != counts:
                raise InputError("backup: is damaged: it has not as many rows as it says")
            return counts
        if said.table not in names or not {c["name"] for c in known.get_columns(said.table)} >= set(
            said.columns
        ):
            raise InputError(f"backup: is damaged: there is no table {said.table[:60]!r} with such columns")
        into = table(said.table, *(column(name, _type(kind)) for name, kind in said.columns.items()))
        packed = [place for place, kind in enumerate(said.columns.values()) if kind == "bytes"]
        counts[said.table] = 0
    raise InputError("backup: ends in the middle; it was cut when it was made or copied")


def _unpack(rows: list[list[Any]], places: list[int]) -> None:
    """Turn base64 into bytes. Raises `InputError`."""
    for row in rows:
        for place in places:
            if row[place] is not None:
                try:
                    row[place] = b64decode(row[place], validate=True)
                except (ValueError, TypeError) as fault:
                    raise InputError(f"backup: is damaged: {fault}") from fault


def _type(kind: str) -> Any:
    return {"json": JSON(), "bool": Boolean(), "bytes": LargeBinary()}.get(kind)
