"""Many rows at once: COPY and arrays for PostgreSQL, one prepared statement for SQLite; several times as fast as row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Connection, Table, any_, bindparam
from sqlalchemy.dialects import postgresql

from hub.store.engine import to_json


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` (all columns given), none of which is there yet, in the transaction of `connection`."""
    if not rows:
        return
    names = [column.name for column in table.columns]
    shaped = _shaper(table, names)
    fields = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name != "postgresql":
        marks = ", ".join("?" * len(names))
        statement = f'INSERT INTO "{table.name}" ({fields}) VALUES ({marks})'  # noqa: S608 (names of our own tables)
        connection.exec_driver_sql(statement, [tuple(shaped(row)) for row in rows])
        return
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f'COPY "{table.name}" ({fields}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(shaped(row))
    finally:
        cursor.close()


def update_rows(  # noqa: PLR0917 (all of them are needed, in the order in which they are said)
    connection: Connection,
    table: Table,
    site: str,
    key: str,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Set the columns `names` of the rows of one site: each of `rows` is the value of `key`, then those of `names`.

    None of them may be JSON.
    """
    if not rows:
        return
    fields = ", ".join(f'"{name}"' for name in (key, *names))
    if connection.dialect.name != "postgresql":
        sets = ", ".join(f'"{name}" = ?' for name in names)
        statement = f'UPDATE "{table.name}" SET {sets} WHERE site = ? AND "{key}" = ?'  # noqa: S608 (names of our own tables)
        connection.exec_driver_sql(statement, [(*row[1:], site, row[0]) for row in rows])
        return
    kinds = [table.columns[name].type.compile(postgresql.dialect()) for name in (key, *names)]  # type: ignore[no-untyped-call]  # SQLAlchemy
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    sets = ", ".join(f'"{name}" = new."{name}"' for name in names)
    statement = (
        f'UPDATE "{table.name}" SET {sets} FROM unnest({arrays}) AS new ({fields}) '  # noqa: S608 (names of our own tables)
        f'WHERE "{table.name}".site = %s AND "{table.name}"."{key}" = new."{key}"'
    )
    columns = [list(values) for values in zip(*rows, strict=True)]
    connection.exec_driver_sql(statement, (*columns, site))


def one_of(connection: Connection, column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether `column` is one of many values: an array for PostgreSQL, which would read each value of a list as text anew."""
    if connection.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(bindparam(None, list(values), type_=postgresql.ARRAY(column.type)))


def _shaper(table: Table, names: Sequence[str]) -> Callable[[Mapping[str, Any]], list[Any]]:
    """A row as COPY wants it: in the order of columns, JSON as text."""
    pick = itemgetter(*names)
    as_json = [place for place, name in enumerate(names) if isinstance(table.columns[name].type, JSON)]

    def shaped(row: Mapping[str, Any]) -> list[Any]:
        values = list(pick(row))
        for place in as_json:
            values[place] = to_json(values[place])
        return values

    return shaped
