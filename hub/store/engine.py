"""Opens the database: one place for what SQLite and PostgreSQL need to behave alike.

SQLite runs in WAL mode, so that pages read while the hub writes, and with ``synchronous=FULL``. With ``NORMAL`` a power
cut may take the last commits back; then an act that a tablet was told is safe would be gone, and rows could be older
than the hub's snapshot, which nothing would ever write again. The price is one fsync a group of effects, at most 20 a
second beside the journal's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from hub.sqlitefile import make_file
from hub.store.faults import guarded
from shelfwire.errors import InputError

BUSY_TIMEOUT_MS: Final = 10_000
"""How long one writer waits for another. The longest transaction (one chunk of an import) takes well under a second."""

CONNECT_TIMEOUT_S: Final = 5

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def to_json(value: Any) -> str:
    """How JSON columns are written: structs as objects, no spaces."""
    return _encode(value).decode()


Target = str | Engine
"""A URL, or an engine that is kept by the caller."""


def open_engine(target: Target, *, pooled: bool = True) -> Engine:
    """An engine for a URL (``sqlite:///file`` or ``postgresql+psycopg://…``); an engine is returned as it is.

    Not `pooled`: nothing holds the SQLite file open between two uses, so that one which keeps its engine for days uses the file
    that a restore has put in its place. Does not connect. Raises `InputError` for a URL that is none of these. Thread-safe.
    """
    if isinstance(target, Engine):
        return target
    url = parse_url(target)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, None if pooled else NullPool)
    try:
        return create_engine(
            url,
            json_serializer=to_json,
            json_deserializer=_decode,
            pool_pre_ping=True,  # a server that was restarted is used again without an error
            pool_timeout=BUSY_TIMEOUT_MS / 1000,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
        )
    except ModuleNotFoundError as fault:
        raise InputError(
            "database: PostgreSQL needs its driver; pip install 'shelfwire[postgres]'"
        ) from fault


def parse_url(text: str) -> URL:
    """A checked URL; ``postgresql://`` means psycopg 3. Raises `InputError`."""
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as fault:
        raise InputError(
            "database: is no URL; write sqlite:///file or postgresql+psycopg://host/name"
        ) from fault
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url.set(drivername="sqlite")
    raise InputError(
        f"database: {backend} in this form is not supported; write sqlite:///file or postgresql+psycopg://host/name"
    )


def _open_sqlite(url: URL, pool: type[NullPool] | None) -> Engine:
    assert url.database is not None
    folder = Path(url.database).parent
    if not folder.is_dir():
        raise InputError(f"database: there is no folder {folder}; make it or change `database`")
    engine = create_engine(url, json_serializer=to_json, json_deserializer=_decode, poolclass=pool)
    file = Path(url.database)

    @event.listens_for(engine, "do_connect")
    def _make(*_: Any) -> None:
        make_file(file)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")  # first: the next one may meet a lock
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -32768")  # 32 MiB: the hot pages of a million items' places
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for another writer; so writers say it at once.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def writing(engine: Engine, what: str) -> Iterator[Connection]:
    """One transaction that writes: all of it or nothing. Raises `AwayError`, `FullError`, `InputError`."""
    with guarded(engine, what), engine.connect() as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine, what: str) -> Iterator[Connection]:
    """One transaction that reads. Raises `AwayError`, `InputError`."""
    with guarded(engine, what), engine.connect() as connection, connection.begin():
        yield connection


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = True
) -> None:
    """Insert `rows` (all columns given); where the key is there, replace the row, or leave it if not `replace`."""
    if not rows:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    if replace:
        new = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=new)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, list(rows))
