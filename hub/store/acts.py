"""Acts: what a person or program asked for. Clients insert, the hub's one task answers, nobody changes the rest."""

from __future__ import annotations

import time

import msgspec
from sqlalchemy import Engine, select

from hub.events import ActAsked
from hub.store.engine import open_engine, reading, upsert, writing
from hub.store.rows import clean
from hub.store.tables import acts
from shelfwire.errors import InputError

MAX_BODY_BYTES = 64 * 1024
"""The largest body in use is a list of a few hundred ids; more is a mistake or an attack."""


class ActAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub answered."""

    id: str
    ok: bool
    detail: str
    answered_at_us: int


def insert_act(target: str | Engine, site: str, act: ActAsked) -> None:
    """Hand in an act. When this returns it is on the disk. The same id again changes nothing (a tablet may ask twice).

    Raises `InputError` for a body beyond `MAX_BODY_BYTES`, `AwayError`, `FullError`. Thread-safe.
    """
    try:
        size = len(msgspec.json.encode(act.body))
    except (UnicodeEncodeError, TypeError) as fault:
        raise InputError(f"act {act.id!r}: its body cannot be kept: {fault}") from fault
    if size > MAX_BODY_BYTES:
        raise InputError(f"act {act.id}: its body is larger than {MAX_BODY_BYTES} bytes")
    row = {field: clean(getattr(act, field)) for field in act.__struct_fields__}
    row |= {"site": site, "received_at_us": time.time_ns() // 1000}
    row |= {"ok": None, "detail": None, "answered_at_us": None}
    engine = open_engine(target)
    try:
        with writing(engine, "keep what was asked for") as connection:
            upsert(connection, acts, [row], replace=False)
    finally:
        if engine is not target:
            engine.dispose()


def act_answer(target: str | Engine, site: str, act_id: str) -> ActAnswer | None:
    """The hub's answer; None: not yet, or no such act. Raises `AwayError`. Thread-safe."""
    engine = open_engine(target)
    wanted = select(acts.c.ok, acts.c.detail, acts.c.answered_at_us).where(
        acts.c.site == site, acts.c.id == act_id, acts.c.answered_at_us.is_not(None)
    )
    try:
        with reading(engine, "read the answer to an act") as connection:
            row = connection.execute(wanted).one_or_none()
    finally:
        if engine is not target:
            engine.dispose()
    if row is None:
        return None
    return ActAnswer(id=act_id, ok=bool(row.ok), detail=row.detail or "", answered_at_us=row.answered_at_us)


def pending(engine: Engine, site: str, limit: int) -> list[ActAsked]:
    """Acts without an answer, in the order in which they arrived."""
    wanted = (
        select(acts.c.id, acts.c.role, acts.c.asked_at_us, acts.c.kind, acts.c.subject, acts.c.body)
        .where(acts.c.site == site, acts.c.answered_at_us.is_(None))
        .order_by(acts.c.received_at_us, acts.c.id)
        .limit(limit)
    )
    with reading(engine, "look for acts") as connection:
        return [ActAsked(**row._mapping) for row in connection.execute(wanted)]  # noqa: SLF001 (its public name in SQLAlchemy)
