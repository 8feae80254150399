"""What is removed when it is old. Findings, sweeps and acts stay: they are small, and the error rates are made of them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Column, Engine, Table, delete, select, tuple_, update

from hub.store.config import StoreConfig
from hub.store.engine import reading, writing
from hub.store.rows import UNKNOWN_KEY_US
from hub.store.tables import (
    findings,
    import_faults,
    import_rows,
    imports,
    item_events,
    labels,
    sessions,
    sources,
)

DAY_US: Final = 86_400 * 1_000_000
CHUNK: Final = 5_000
"""Rows removed in one transaction: short enough that no other writer waits long."""


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows went."""

    item_events: int
    imports: int
    sessions: int
    tag_keys: int = 0
    """Findings that lost the key of an unknown tag; the finding stays."""


def remove_old(engine: Engine, retention: StoreConfig, now_us: int) -> Removed:
    """Remove what is older than its time. Raises `AwayError`; what was removed until then stays removed."""
    oldest_us = now_us - retention.item_events_days * DAY_US
    return Removed(
        item_events=_remove(engine, item_events, item_events.c.at_us < oldest_us),
        imports=_old_imports(engine, retention.imports, now_us),
        sessions=_remove(engine, sessions, sessions.c.expires_at_us < now_us),
        tag_keys=_unknown_keys(engine, now_us),
    )


def _remove(engine: Engine, table: Table, *which: Any) -> int:
    keys: list[Column[Any]] = list(table.primary_key)
    some = select(*keys).where(*which).limit(CHUNK)
    removed = 0
    while True:
        with writing(engine, "remove old rows") as connection:
            gone = connection.execute(delete(table).where(tuple_(*keys).in_(some))).rowcount
        removed += gone
        if gone < CHUNK:
            return removed


def _unknown_keys(engine: Engine, now_us: int) -> int:
    """The keys of unknown tags, a day after their finding opened: what is no item's may be a person's."""
    old = (
        findings.c.kind == "unknown_tag",
        findings.c.tag_key.is_not(None),
        findings.c.opened_at_us <= now_us - UNKNOWN_KEY_US,
    )
    with writing(engine, "forget keys of unknown tags") as connection:
        return connection.execute(update(findings).where(*old).values(tag_key=None)).rowcount


def _old_imports(engine: Engine, keep: int, now_us: int) -> int:
    """Applied imports but the newest `keep` of each site and kind, those that were refused, and staging that was broken off.

    All only when they are older than a day, so that a person can still look at them. A listing of a followed system may take
    longer than that; it goes on.
    """
    columns = ("site", "import_id", "kind", "state", "staged_at_us")
    newest_first = (imports.c.applied_at_us.desc().nulls_first(), imports.c.staged_at_us.desc())
    wanted = select(*(imports.c[name] for name in columns)).order_by(imports.c.site, *newest_first)
    with reading(engine, "look for old imports") as connection:
        rows = connection.execute(wanted.order_by(imports.c.import_id)).all()
        followed = connection.execute(select(sources.c.site, sources.c.listing))
        listings = {(row.site, row.listing) for row in followed}
    kept: dict[tuple[str, str], int] = {}
    removed = 0
    for site, import_id, kind, state, staged_at_us in rows:
        if state == "applied":
            kept[site, kind] = kept.get((site, kind), 0) + 1
        useless = state in {"staging", "refused"} or (state == "applied" and kept[site, kind] > keep)
        if useless and staged_at_us < now_us - DAY_US and (site, import_id) not in listings:
            for table in (import_rows, import_faults, labels, imports):
                _remove(engine, table, table.c.site == site, table.c.import_id == import_id)
            removed += 1
    return removed
