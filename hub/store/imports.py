"""Staging an import: what a connector read, put beside the catalogue until the hub takes it with the act ``catalog.import``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from hub.catalog.model import Item, RowFault
from hub.store.engine import open_engine, upsert, writing
from hub.store.rows import Row, chunks, clean
from hub.store.tables import import_faults, import_rows, imports
from shelfwire.errors import InputError, PeerError
from shelfwire.tags.key import tag_key

CHUNK: Final = 2_000
"""Rows a transaction: the hub, which writes to the same file, waits some milliseconds, not the whole import."""

MAX_BARCODE_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 4_000
"""The longest title of the Library of Congress has fewer; the rest is cut, the item stays."""
MAX_TAGS_AN_ITEM: Final = 100
"""A boxed set has one a part; a longer list is a broken file."""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """What was put aside."""

    import_id: str
    items: int
    faults: int
    """With those that staging itself found."""


def stage_import(  # noqa: PLR0917 (all of them are needed, in the order in which they are said)
    target: str | Engine,
    site: str,
    import_id: str,
    items: Iterable[Item],
    faults: Sequence[RowFault],
    source: str,
) -> Staged:
    """Put an import aside. Items come one a barcode and one a tag (`hub.catalog.merge` decides that before).

    Staging the same `import_id` again starts anew; one that was taken already is refused
    with `InputError`. Raises `AwayError`, `FullError`: the import then stays unfinished and is never taken.
    """
    engine = open_engine(target)
    try:
        return _Stage(engine, site, import_id).run(items, faults, source)
    finally:
        if engine is not target:
            engine.dispose()


class _Stage:
    def __init__(self, engine: Engine, site: str, import_id: str) -> None:
        self._engine = engine
        self._site = site
        self._import = import_id
        self._faults: list[RowFault] = []
        self._count = 0

    def run(self, items: Iterable[Item], faults: Sequence[RowFault], source: str) -> Staged:
        with self._writing() as connection:
            self._begin(connection, clean(source))
        for rows in chunks(self._rows(items), CHUNK):
            with self._writing() as connection:
                connection.execute(insert(import_rows), rows)
        fault_rows = [self._fault_row(n, fault) for n, fault in enumerate(chain(faults, self._faults))]
        for some in chunks(fault_rows, CHUNK):
            with self._writing() as connection:
                connection.execute(insert(import_faults), some)
        with self._writing() as connection:
            done = update(imports).where(imports.c.site == self._site, imports.c.import_id == self._import)
            connection.execute(done.values(state="staged", items=self._count))
        return Staged(import_id=self._import, items=self._count, faults=len(fault_rows))

    def _writing(self) -> Any:
        return writing(self._engine, "put an import aside")

    def _begin(self, connection: Connection, source: str) -> None:
        mine = (imports.c.site == self._site, imports.c.import_id == self._import)
        if connection.execute(select(imports.c.state).where(*mine)).scalar_one_or_none() == "applied":
            raise InputError(f"import {self._import}: was taken already; use a new id")
        for table in (import_rows, import_faults):
            connection.execute(
                delete(table).where(table.c.site == self._site, table.c.import_id == self._import)
            )
        row: Row = {"site": self._site, "import_id": self._import, "source": source, "state": "staging"}
        row |= {"staged_at_us": time.time_ns() // 1000, "applied_at_us": None}
        row |= {"items": 0, "added": 0, "changed": 0, "absent": 0}
        upsert(connection, imports, [row])

    def _rows(self, items: Iterable[Item]) -> Iterator[Row]:
        for item in items:
            row = self._row(item)
            if row is not None:
                yield row
                self._count += 1

    def _row(self, item: Item) -> Row | None:
        barcode = clean(item.barcode)
        if not barcode or len(barcode) > MAX_BARCODE_CHARS:
            what = f"a barcode has 1 to {MAX_BARCODE_CHARS} characters; left out"
            self._faults.append(RowFault(where=f"barcode {barcode[:40]!r}", what=what, taken=False))
            return None
        row: Row = {"site": self._site, "import_id": self._import, "number": self._count, "barcode": barcode}
        for name in ("title", "author", "call_number", "source_status", "home_from", "home_to"):
            row[name] = self._text(barcode, name, getattr(item, name))
        row["status"] = item.status
        row["tag_keys"] = self._tag_keys(barcode, item.tags[:MAX_TAGS_AN_ITEM])
        if len(item.tags) > MAX_TAGS_AN_ITEM:
            what = f"more than {MAX_TAGS_AN_ITEM} tags; the rest is left out"
            self._faults.append(RowFault(where=f"barcode {barcode}", what=what, taken=True))
        return row

    def _tag_keys(self, barcode: str, epcs: Sequence[str]) -> list[str]:
        keys: dict[str, None] = {}
        for epc in epcs:
            try:
                keys[tag_key(epc, None)] = None
            except PeerError as fault:
                what = f"{fault}; this tag is left out"
                self._faults.append(RowFault(where=f"barcode {barcode}", what=what, taken=True))
        return list(keys)

    def _text(self, barcode: str, name: str, text: str) -> str:
        if len(text) > MAX_TEXT_CHARS:
            what = f"{name} is longer than {MAX_TEXT_CHARS} characters; cut"
            self._faults.append(RowFault(where=f"barcode {barcode}", what=what, taken=True))
        kept: str = clean(text[:MAX_TEXT_CHARS])
        return kept

    def _fault_row(self, number: int, fault: RowFault) -> Row:
        row: Row = {"site": self._site, "import_id": self._import, "phase": "read", "number": number}
        return row | {"place": clean(fault.where), "what": clean(fault.what), "taken": fault.taken}
