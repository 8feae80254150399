"""Many new rows at once: COPY into PostgreSQL, one prepared statement into SQLite; five times as fast as row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Connection, Table, insert

from hub.store.engine import to_json


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` (all columns given), none of which is there yet, in the transaction of `connection`."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), list(rows))
        return
    names = [column.name for column in table.columns]
    shaped = _shaper(table, names)
    quoted = ", ".join(f'"{name}"' for name in names)
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(shaped(row))
    finally:
        cursor.close()


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
