"""What all readers share: the engine, the site, and JSON → structs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Select

from hub.effects import Evidence
from hub.store.engine import open_engine, reading

MAX_LIMIT: Final = 10_000
"""Rows in one answer, whatever the caller asks for: web passes on what a browser sent."""


class Reader:
    """Reads the rows of one site."""

    def __init__(self, target: str | Engine, site: str) -> None:
        self._engine = open_engine(target)
        self._ours = self._engine is not target
        self._site = site

    def close(self) -> None:
        """Give the connections back."""
        if self._ours:
            self._engine.dispose()

    def _all(self, wanted: Select[Any]) -> Sequence[Any]:
        with reading(self._engine, "read the hub's rows") as connection:
            return connection.execute(wanted).all()


def rows_of(connection: Connection, wanted: Select[Any]) -> Sequence[Any]:
    """All rows of `wanted`."""
    return connection.execute(wanted).all()


def evidence_of(value: Any) -> list[Evidence]:
    """A JSON column → evidence."""
    return msgspec.convert(value, list[Evidence])


def candidates_of(value: Any) -> list[tuple[str, float]]:
    """A JSON column → candidates."""
    return [(str(shelf), float(share)) for shelf, share in value]


def plain_row(row: Any) -> dict[str, Any]:
    """A row as a dict without its site."""
    mapping: Mapping[str, Any] = row._mapping  # noqa: SLF001 (its public name in SQLAlchemy)
    return {name: value for name, value in mapping.items() if name != "site"}


def bounded(limit: int, offset: int = 0) -> tuple[int, int]:
    """A limit and an offset that cannot hurt."""
    return max(0, min(limit, MAX_LIMIT)), max(0, min(offset, 2**53))
