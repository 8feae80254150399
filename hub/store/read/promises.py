"""How findings ended, counted by kind, day and promise."""

from __future__ import annotations

from typing import Final

from sqlalchemy import case, func, select

from hub.findings.kept import EDGES, Count
from hub.store.read.base import Reader
from hub.store.tables import promises

DAY_US: Final = 86_400_000_000
_BIN: Final = case(
    *[(promises.c.promised < edge, n) for n, edge in enumerate(EDGES[1:-1])], else_=len(EDGES) - 2
)


class PromiseReader(Reader):
    """Promises of one site."""

    def newest_promise_us(self) -> int:
        """When the last finding ended; 0: none has. Quick: what was counted before holds until it moves."""
        newest = select(func.max(promises.c.ended_at_us)).where(promises.c.site == self._site)
        return int(self._all(newest)[0][0] or 0)

    def promises(self, from_us: int = 0) -> list[Count]:
        """Counts of what ended since `from_us`, at most one a kind, day and bin: the database adds up, however many ended."""
        each = (
            select(
                promises.c.kind,
                (promises.c.ended_at_us // DAY_US).label("day"),
                _BIN.label("place"),
                promises.c.outcome,
                promises.c.promised,
            )
            .where(promises.c.site == self._site, promises.c.ended_at_us >= from_us)
            .subquery()
        )
        by = (each.c.day, each.c.kind, each.c.place)
        sums = [
            func.sum(case((each.c.outcome == name, 1), else_=0)).label(name)
            for name in ("right", "wrong", "untold")
        ]
        said = func.sum(case((each.c.outcome != "untold", each.c.promised), else_=0.0))
        return [
            Count(
                kind=kind,
                day=int(day),
                bin=int(place),
                right=int(right),
                wrong=int(wrong),
                untold=int(untold),
                promised=float(promised),
            )
            for day, kind, place, right, wrong, untold, promised in self._all(
                select(*by, *sums, said).group_by(*by).order_by(*by)
            )
        ]
