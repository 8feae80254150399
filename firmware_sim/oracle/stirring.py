"""The moments at which anything changed for a book, as the oracle is told them: it was taken up or put down, or a book beside it was. Not which. Pure."""

from __future__ import annotations

import numpy as np

from firmware_sim.hearing import Int32, Int64
from firmware_sim.world import World


class Stirring:
    """Looks at the world with every report, so a moment is known to some seconds; what was heard before it was heard as things were before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._books = world.stock.count
        self._before = world.arrangement[: self._books].copy()
        self._tag: list[Int32] = []
        self._at_us: list[Int64] = []
        self._first: Int64 | None = None
        self._sorted: Int64 = np.zeros(0, np.int64)

    def look(self) -> None:
        """Note what has changed since the last look."""
        now = self._world.arrangement[: self._books]
        changed = np.flatnonzero(now != self._before)
        if len(changed):
            self._tag.append(changed.astype(np.int32))
            self._at_us.append(np.full(len(changed), self._world.now_us, dtype=np.int64))
            self._before[changed] = now[changed]

    def of(self, tag: int, until_us: int) -> Int64:
        """All moments of a book up to then, in order."""
        if self._first is None:
            tags = np.concatenate([np.zeros(0, np.int32), *self._tag])
            times = np.concatenate([np.zeros(0, np.int64), *self._at_us])
            order = np.argsort(tags, kind="stable")
            self._sorted = times[order]
            self._first = np.searchsorted(tags[order], np.arange(self._books + 1)).astype(np.int64)
        mine = self._sorted[int(self._first[tag]) : int(self._first[tag + 1])]
        return mine[: int(np.searchsorted(mine, until_us, side="right"))]

    def last(self, until_us: int, otherwise_us: int) -> Int64:
        """By book: its last moment up to then; `otherwise_us` for those without one."""
        found = np.full(self._books, otherwise_us, dtype=np.int64)
        for tags, times in zip(self._tag, self._at_us, strict=True):
            if int(times[0]) <= until_us:
                found[tags] = times
        return found
