"""Where a subject says the books are, held against where they are, every ten minutes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.scoring.history import watched
from firmware_sim.scoring.reliability import Reliability
from firmware_sim.scoring.subject import NEVER_HEARD, NOWHERE, Places
from firmware_sim.world import World
from shelfwire.site.model import Site

EVERY_US: Final = 600_000_000
"""Distance of the moments at which all are asked."""
SETTLED_US: Final = 1_800_000_000
"""A book is settled after this time and six cycles, whichever is longer: then nobody can say that the look was still to come."""
SETTLED_CYCLES: Final = 6


class PlaceCounts(msgspec.Struct, kw_only=True):
    """Settled books, counted in each moment."""

    books: int = 0
    shelf: int = 0
    """Their shelf was named, or they are nowhere and were said to be."""
    bay: int = 0
    standing: int = 0
    """Of the books: on a watched shelf."""
    standing_shelf: int = 0
    standing_bay: int = 0
    lost_sight: int = 0
    """Standing, heard before, and said to be nowhere."""


@dataclass
class Watch:
    """What one subject said in all moments."""

    counts: PlaceCounts = field(default_factory=PlaceCounts)
    nowhere: list[NDArray[np.uint8]] = field(default_factory=list)
    """One bit a book and moment: it was shown away (or never heard)."""
    reliability: Reliability = field(default_factory=Reliability)
    """Of the last moment."""
    by_time: list[tuple[int, float, float]] = field(default_factory=list)
    """(moment, share right at shelf, at bay)."""


class Moments:
    """The truth beside the subjects, moment by moment."""

    def __init__(self, world: World, *, start_us: int, cycle_us: int) -> None:
        self._world = world
        self._bay = bays(world.site)
        self._watched = watched(world.site)
        self._settled_us = max(SETTLED_US, SETTLED_CYCLES * cycle_us)
        self._start_us = start_us
        self._changed_us: Int64 = np.full(world.stock.count, start_us, dtype=np.int64)
        self._deeds = len(world.log)
        self.times: list[int] = []

    def look(self, now_us: int) -> tuple[Int32, Bools]:
        """The true place of each book now (−1: on no watched shelf), and which ones are settled."""
        n = self._world.stock.count
        news = self._world.log.columns(self._deeds)
        self._deeds += len(news.tag)
        books = news.tag < n
        np.maximum.at(self._changed_us, news.tag[books], news.at_us[books])
        self.times.append(now_us)
        place: Int32 = self._world.place[:n].copy()
        place[~((place >= 0) & self._watched[np.maximum(place, 0)])] = NOWHERE
        return place, self._changed_us <= now_us - self._settled_us

    def judge(self, watch: Watch, said: Places, true: Int32, settled: Bools) -> None:
        """One subject's answer in the last moment."""
        shelf = np.where(said.shelf == NEVER_HEARD, NOWHERE, said.shelf).astype(np.int32)
        watch.nowhere.append(np.packbits(shelf == NOWHERE))
        same = shelf == true
        near = same | ((shelf >= 0) & (true >= 0) & (self._bay[shelf] == self._bay[true]))
        standing, n = settled & (true >= 0), int(settled.sum())
        if not n:
            return
        counts = watch.counts
        counts.books += n
        counts.shelf += int((same & settled).sum())
        counts.bay += int((near & settled).sum())
        counts.standing += int(standing.sum())
        counts.standing_shelf += int((same & standing).sum())
        counts.standing_bay += int((near & standing).sum())
        counts.lost_sight += int((standing & (said.shelf == NOWHERE)).sum())
        watch.by_time.append(
            (self.times[-1], float((same & settled).sum() / n), float((near & settled).sum() / n))
        )
        promised = settled & ~np.isnan(said.confidence)
        watch.reliability = Reliability.of(said.confidence[promised], same[promised])


def bays(site: Site) -> Int32:
    """By shelf index: a number of its bay."""
    names: dict[str, int] = {}
    numbers = [names.setdefault(shelf.bay, len(names)) for shelf in site.shelves]
    return np.array(numbers or [0], dtype=np.int32)
