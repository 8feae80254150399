"""Tables of shelf labels in the store: staged, taken with the act ``catalog.labels``, and in force until the next one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from hub.catalog.model import RowFault
from hub.store.engine import open_engine, reading, upsert, writing
from hub.store.imports import import_row
from hub.store.rows import Row, chunks, clean
from hub.store.tables import import_faults, imports, labels
from shelfwire.callnumbers.labels import MAX_ROWS
from shelfwire.callnumbers.labels import Row as LabelRow
from shelfwire.errors import InputError

LabelKind = Literal["label", "learned"]
CHUNK: Final = 5_000


class LabelSet(msgspec.Struct, frozen=True, kw_only=True):
    """One table of labels."""

    labels_id: str
    kind: LabelKind
    """``label``: written by people; ``learned``: from where the books stand, approved by a person."""
    state: str
    """As in `imports`: ``staged``, ``applying``, ``applied``, ``refused``."""
    source: str
    """Where it came from, for people: a file's name."""
    rows: int
    staged_at_us: int
    applied_at_us: int | None
    changed: int
    """How many items got another home when it was taken."""


def stage_labels(  # noqa: PLR0917 (all of them are needed, in the order in which they are said)
    target: str | Engine,
    site: str,
    labels_id: str,
    rows: Sequence[LabelRow],
    kind: LabelKind,
    source: str,
    faults: Iterable[RowFault] = (),
) -> int:
    """Put a table of labels aside for the act ``catalog.labels`` ``{"labels_id": …}``; how many rows.

    Where the site names no scheme (``AUTO``), rows are to say theirs (`hub.catalog.labels.check.with_schemes`): a label alone is
    too short to guess by. It replaces the whole table of its kind when it is taken; an empty one takes the table away. `faults`: what the reading of the
    file and `shelfwire.callnumbers.labels.table` found, for people. Staging the same id again starts anew; one that was taken
    is refused with `InputError`. Raises `AwayError`, `FullError`.
    """
    if len(rows) > MAX_ROWS:
        raise InputError(f"{source}: has {len(rows)} rows; {MAX_ROWS} is the most")
    engine = open_engine(target)
    mine = (imports.c.site == site, imports.c.import_id == labels_id)
    try:
        with writing(engine, "put labels aside") as connection:
            if connection.execute(select(imports.c.state).where(*mine)).scalar_one_or_none() == "applied":
                raise InputError(f"labels {labels_id}: were taken already; use a new id")
            for table in (labels, import_faults):
                connection.execute(delete(table).where(table.c.site == site, table.c.import_id == labels_id))
            head = import_row(site, labels_id, clean(source), time.time_ns() // 1000, kind=kind)
            upsert(connection, imports, [head])
        for some in chunks(enumerate(rows), CHUNK):
            with writing(engine, "put labels aside") as connection:
                connection.execute(
                    insert(labels), [_label(site, labels_id, number, row) for number, row in some]
                )
        with writing(engine, "put labels aside") as connection:
            kept = [_fault(site, labels_id, number, fault) for number, fault in enumerate(faults)]
            if kept:
                connection.execute(insert(import_faults), kept)
            done = update(imports).where(*mine)
            connection.execute(done.values(state="staged", items=len(rows), staged=len(rows)))
    finally:
        if engine is not target:
            engine.dispose()
    return len(rows)


def label_sets(target: str | Engine, site: str) -> list[LabelSet]:
    """Tables of labels, newest first; in force is the first applied one of each kind. Raises `AwayError`."""
    engine = open_engine(target)
    wanted = (
        select(imports)
        .where(imports.c.site == site, imports.c.kind.in_(("label", "learned")), imports.c.state != "staging")
        .order_by(imports.c.applied_at_us.desc().nulls_first(), imports.c.staged_at_us.desc())
    )
    try:
        with reading(engine, "look for labels") as connection:
            return [
                LabelSet(
                    labels_id=row.import_id,
                    kind=row.kind,
                    state=row.state,
                    source=row.source,
                    rows=row.items,
                    staged_at_us=row.staged_at_us,
                    applied_at_us=row.applied_at_us,
                    changed=row.changed,
                )
                for row in connection.execute(wanted)
            ]
    finally:
        if engine is not target:
            engine.dispose()


def label_rows(target: str | Engine, site: str, labels_id: str) -> list[tuple[LabelRow, str]]:
    """The rows of a table in the order in which the boards stand, each with its fault (empty: used as it stands).

    Faults are known when the table was taken. Raises `AwayError`.
    """
    engine = open_engine(target)
    try:
        with reading(engine, "read labels") as connection:
            return rows_of(connection, site, labels_id)
    finally:
        if engine is not target:
            engine.dispose()


def rows_of(connection: Connection, site: str, labels_id: str) -> list[tuple[LabelRow, str]]:
    """As `label_rows`, inside a transaction."""
    wanted = select(labels).where(labels.c.site == site, labels.c.import_id == labels_id)
    return [
        (
            LabelRow(shelf=row.shelf, start=row.start, end=row.end, line=row.line, scheme=row.scheme),
            row.fault,
        )
        for row in connection.execute(wanted.order_by(labels.c.number))
    ]


def _label(site: str, labels_id: str, number: int, row: LabelRow) -> Row:
    made: Row = {"site": site, "import_id": labels_id, "number": number, "line": row.line or number + 1}
    made |= {name: clean(getattr(row, name)) for name in ("shelf", "start", "end", "scheme")}
    return made | {"fault": ""}


def _fault(site: str, labels_id: str, number: int, fault: RowFault) -> Row:
    made: Row = {"site": site, "import_id": labels_id, "phase": "read", "number": number}
    return made | {"place": clean(fault.where), "what": clean(fault.what), "taken": fault.taken}


def drop_labels(target: str | Engine, site: str, labels_id: str) -> bool:
    """Throw a table away that waits and that nobody wants; whether there was one. One that was taken stays.

    Raises `AwayError`, `FullError`.
    """
    engine = open_engine(target)
    waits = imports.c.kind.in_(("label", "learned")) & imports.c.state.in_(("staging", "staged", "refused"))
    mine = (imports.c.site == site, imports.c.import_id == labels_id)
    try:
        with writing(engine, "throw labels away") as connection:
            if connection.execute(select(imports.c.state).where(*mine, waits)).scalar_one_or_none() is None:
                return False
            for table in (labels, import_faults):
                connection.execute(delete(table).where(table.c.site == site, table.c.import_id == labels_id))
            connection.execute(delete(imports).where(*mine))
            return True
    finally:
        if engine is not target:
            engine.dispose()
