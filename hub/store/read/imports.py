"""Imports: what was read, what was wrong with it, and what it lacks."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import func, select

from hub.catalog.model import RowFault
from hub.store.engine import reading
from hub.store.read.base import Reader, bounded, plain_row
from hub.store.tables import import_faults, imports, items


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """One import."""

    import_id: str
    source: str
    state: str
    """``staging``, ``staged`` or ``applied``."""
    staged_at_us: int
    applied_at_us: int | None
    items: int
    added: int
    changed: int
    absent: int
    """Items of the catalogue that this import lacked when it was taken; nothing was done to them."""
    faults: int


class ImportReader(Reader):
    """Imports of one site."""

    def imports(self) -> list[ImportView]:
        """Imports, newest first."""
        return self._imports(imports.c.site == self._site)

    def import_(self, import_id: str) -> ImportView | None:
        """One import."""
        found = self._imports(imports.c.site == self._site, imports.c.import_id == import_id)
        return found[0] if found else None

    def _imports(self, *which: Any) -> list[ImportView]:
        faults = (
            select(func.count())
            .select_from(import_faults)
            .where(import_faults.c.site == imports.c.site, import_faults.c.import_id == imports.c.import_id)
            .scalar_subquery()
        )
        wanted = select(imports, faults.label("faults")).where(*which)
        rows = self._all(wanted.order_by(imports.c.staged_at_us.desc(), imports.c.import_id))
        return [ImportView(**plain_row(row)) for row in rows]

    def import_faults(self, import_id: str, limit: int | None = None, offset: int = 0) -> list[RowFault]:
        """What was wrong with the rows of an import: first what its source had, then what the hub found."""
        mine = (import_faults.c.site == self._site, import_faults.c.import_id == import_id)
        wanted = select(import_faults.c.place, import_faults.c.what, import_faults.c.taken).where(*mine)
        wanted = wanted.order_by(import_faults.c.phase, import_faults.c.number)
        if limit is not None:
            rows, start = bounded(limit, offset)
            wanted = wanted.limit(rows).offset(start)
        return [RowFault(where=row.place, what=row.what, taken=bool(row.taken)) for row in self._all(wanted)]

    def absent(self, import_id: str, limit: int = 100, offset: int = 0) -> tuple[list[str], int]:
        """Barcodes of items that `import_id`, the newest import, lacks; and how many there are in all."""
        rows, start = bounded(limit, offset)
        mine = (items.c.site == self._site, items.c.import_id != import_id)
        page = select(items.c.barcode).where(*mine).order_by(items.c.barcode).limit(rows).offset(start)
        with reading(self._engine, "look for absent items") as connection:
            total = connection.execute(select(func.count()).select_from(items).where(*mine)).scalar_one()
            return [row.barcode for row in connection.execute(page)], total
