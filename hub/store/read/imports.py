"""Imports: what was read, what was wrong with it, and what it lacks."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import func, select

from hub.catalog.model import RowFault
from hub.store.engine import reading
from hub.store.read.base import Reader, bounded, plain_row
from hub.store.tables import import_faults, import_rows, imports, items


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """One import."""

    import_id: str
    source: str
    state: str
    """``staging``, ``staged``, ``applying``, ``applied`` or ``refused``."""
    staged_at_us: int
    applied_at_us: int | None
    items: int
    """In the source, also those that are as they were."""
    added: int
    changed: int
    """Items that are not as they were, without those that it dropped."""
    absent: int
    """Items of the catalogue that this import lacked; nothing was done to them unless it was `complete`."""
    faults: int
    complete: bool
    """The source has all items of the library: those that it lacks are dropped."""
    known: int
    """Items in the catalogue when it was compared."""
    gone: int
    """Of these, how many it drops."""
    staged: int
    """Rows to apply."""
    done: int
    """Of these, how many are applied."""
    from_source: str | None
    """The followed system that this is a listing of."""
    detail: str
    """Why it was refused."""

    @property
    def drop_share(self) -> float:
        """How much of the catalogue it would drop, from 0 to 1."""
        return self.gone / self.known if self.known else 0.0


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
        shown = [imports.c[name] for name in ImportView.__struct_fields__ if name != "faults"]
        wanted = select(*shown, faults.label("faults")).where(imports.c.kind == "items", *which)
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
        """Barcodes of items that `import_id` lacks, and how many there are in all.

        Of an import that was compared before it was staged, all that it drops, else the first `hub.store.imports.ABSENT_LISTED`.
        """
        rows, start = bounded(limit, offset)
        mine = (imports.c.site == self._site, imports.c.import_id == import_id)
        lacked = (import_rows.c.site == self._site, import_rows.c.import_id == import_id)
        with reading(self._engine, "look for absent items") as connection:
            found = connection.execute(select(imports.c.base, imports.c.absent).where(*mine)).one_or_none()
            if found is None:
                return [], 0
            page = select(items.c.barcode).where(items.c.site == self._site, items.c.import_id != import_id)
            page = page.order_by(items.c.barcode)
            if found.base is not None:
                page = select(import_rows.c.barcode).where(
                    *lacked, import_rows.c.kind.in_(("gone", "absent"))
                )
                page = page.order_by(import_rows.c.number)
            return [row.barcode for row in connection.execute(page.limit(rows).offset(start))], found.absent
