"""Sweeps and the rows of their reports."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, select

from hub.store.read.base import Reader, bounded, plain_row
from hub.store.tables import items, sweep_rows, sweeps
from hub.views import SweepRowView, SweepView


class SweepReader(Reader):
    """Sweeps of one site."""

    def sweeps(self, limit: int = 100, offset: int = 0) -> list[SweepView]:
        """Sweeps, newest first."""
        rows, start = bounded(limit, offset)
        wanted = select(sweeps).where(sweeps.c.site == self._site)
        page = wanted.order_by(sweeps.c.started_at_us.desc(), sweeps.c.id).limit(rows).offset(start)
        return [SweepView(**plain_row(row)) for row in self._all(page)]

    def sweep(self, sweep_id: str) -> SweepView | None:
        """One sweep."""
        found = self._all(select(sweeps).where(sweeps.c.site == self._site, sweeps.c.id == sweep_id))
        return SweepView(**plain_row(found[0])) if found else None

    def sweep_rows(
        self,
        sweep_id: str,
        outcomes: Collection[str] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[SweepRowView]:
        """The report of a finished sweep, in the hub's order (None: all rows, for a file)."""
        joined = sweep_rows.outerjoin(
            items, and_(items.c.site == sweep_rows.c.site, items.c.item_id == sweep_rows.c.item_id)
        )
        wanted = (
            select(
                sweep_rows.c.outcome,
                sweep_rows.c.item_id,
                items.c.barcode,
                items.c.title,
                items.c.call_number,
                sweep_rows.c.home,
                sweep_rows.c.heard,
                sweep_rows.c.confidence,
            )
            .select_from(joined)
            .where(sweep_rows.c.site == self._site, sweep_rows.c.sweep == sweep_id)
            .order_by(sweep_rows.c.number)
        )
        if outcomes is not None:
            wanted = wanted.where(sweep_rows.c.outcome.in_(list(outcomes)))
        if limit is not None:
            rows, start = bounded(limit, offset)
            wanted = wanted.limit(rows).offset(start)
        return [SweepRowView(**plain_row(row)) for row in self._all(wanted)]
