"""The library systems that are followed: one row each, written by the process that follows them and read by the map."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select, update

from hub.store.engine import open_engine, reading, upsert, writing
from hub.store.rows import Row, clean
from hub.store.tables import sources

MAX_CURSOR_CHARS = 4_000
"""As `hub.catalog.source.Mark` says."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one followed system. Fields as in `hub.store.tables.sources`."""

    source: str
    """Its name in ``catalogs:`` of hub.yaml."""
    kind: str
    """The connector: ``koha``, ``sip2`` …"""
    state: str = "new"
    """``new``, ``listing``, ``waiting`` (for the next time), ``held`` (until a person approves what it would drop), ``away``,
    ``wrong`` (a person must look at the configuration)."""
    detail: str = ""
    """One line for people: who answered, or what is wrong."""
    cursor: str | None = None
    """Where the next listing begins; None: with all items."""
    listing: str | None = None
    """The import as which a listing under way is staged."""
    listing_cursor: str | None = None
    """Up to where it is staged."""
    listing_full: bool = False
    counts: dict[str, int] = {}
    """Whole numbers to show: rows, items, faults, asked, answered …"""
    changed_at_us: int = 0
    last_at_us: int | None = None
    """When it was asked something last."""
    ok_at_us: int | None = None
    """When it answered well last."""
    last_full_at_us: int | None = None
    """The staging time of the last complete listing that was applied."""
    next_at_us: int | None = None
    """When it will be listed next."""


def list_sources(target: str | Engine, site: str) -> list[Source]:
    """All followed systems of a site, by name. Raises `AwayError`."""
    engine = open_engine(target)
    try:
        with reading(engine, "look for followed systems") as connection:
            found = connection.execute(
                select(sources).where(sources.c.site == site).order_by(sources.c.source)
            )
            return [_source(row) for row in found]
    finally:
        if engine is not target:
            engine.dispose()


def put_source(target: str | Engine, site: str, source: str, kind: str, **values: Any) -> Source:
    """Make or change the row of `source`: only the fields in `values` (of `Source`); the whole row as it is then.

    `cursor` and `last_full_at_us` are the hub's, which writes them with the listing that it applies; `listing` and
    `listing_cursor` belong to `hub.store.imports.Staging`. Raises `AwayError`, `FullError`.
    """
    engine = open_engine(target)
    try:
        with writing(engine, "keep the state of a followed system") as connection:
            return change_source(connection, site, source, kind=kind, **values)
    finally:
        if engine is not target:
            engine.dispose()


def change_source(connection: Connection, site: str, source: str, **values: Any) -> Source:
    """As `put_source`, inside a transaction."""
    mine = (sources.c.site == site, sources.c.source == source)
    found = connection.execute(select(sources).where(*mine)).one_or_none()
    values = {name: clean(value) for name, value in values.items()}
    if found is None:
        made = Source(**({"source": source, "kind": ""} | values))
        row: Row = {"site": site} | msgspec.structs.asdict(made)
        upsert(connection, sources, [row])
        return made
    if values:
        connection.execute(update(sources).where(*mine).values(**values))
    return msgspec.structs.replace(_source(found), **values)


def _source(row: Any) -> Source:
    return Source(**{name: getattr(row, name) for name in Source.__struct_fields__})
