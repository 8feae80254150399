"""Covered looks: when which shelf was really listened to, and which of those looks are independent. Pure.

A dwell covers a shelf if its antenna is meant for it and heard at least half of its reference tags. Two looks are independent if a book was put there or taken
away between them, or the hour differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Delivery, Heard, Int64
from shelfwire.site.model import Site

HOUR_US: Final = 3_600_000_000
HALF: Final = 0.5
_VERSIONS: Final = 1 << 20
"""More changes of one shelf than any run has."""


class Looks:
    """Listens with the subjects and notes every covered dwell by its true time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._parts: list[tuple[NDArray[np.int32], Int64]] = []
        numbers = {tag.epc: number for number, tag in enumerate(site.reference_tags)}
        count = len(numbers)
        pairs = [
            (a, numbers[epc]) for a, antenna in enumerate(site.antennas) for epc in antenna.reference_tags
        ]
        self._width = max(1, count)
        self._pairs = np.array(sorted(a * self._width + n for a, n in pairs), dtype=np.int64)
        """(antenna, reference tag) that belong together, as one number."""
        self._references = (
            np.bincount([a for a, _ in pairs], minlength=len(site.antennas))
            if pairs
            else (np.zeros(len(site.antennas), np.int64))
        )
        self._times: dict[int, Int64] = {}
        self._independent: dict[int, Int64] = {}

    def take(self, delivery: Delivery) -> None:
        """Dwells that reached the subjects."""
        if delivery.lost:
            return
        heard = delivery.heard
        good = self._covers(heard)
        if delivery.doubtful is not None:
            good &= ~delivery.doubtful
        if good.any():
            self._parts.append((heard.dwells.antenna[good], heard.dwells.ended_us[good]))

    def _covers(self, heard: Heard) -> Bools:
        """By dwell: enough of its antenna's reference tags; without any, at least one tag."""
        dwells, antenna = len(heard.dwells), heard.dwells.antenna.astype(np.int64)
        marks = np.flatnonzero(heard.tag < 0)
        dwell = heard.dwell_of[marks]
        keys = antenna[dwell] * self._width + (-1 - heard.tag[marks].astype(np.int64))
        own = np.bincount(dwell[np.isin(keys, self._pairs)], minlength=dwells)
        needed = self._references[antenna]
        result: Bools = np.where(needed > 0, own >= HALF * needed, np.diff(heard.first) > 0)
        return result

    def finish(self, changes: Iterable[tuple[int, int]]) -> None:
        """The run is over; `changes`: (shelf, time) of everything put there or taken away, in order."""
        antenna = np.concatenate([part[0] for part in self._parts] or [np.zeros(0, np.int32)])
        ended = np.concatenate([part[1] for part in self._parts] or [np.zeros(0, np.int64)])
        by_antenna: dict[int, Int64] = {}
        order = np.lexsort((ended, antenna))
        antenna, ended = antenna[order], ended[order]
        names, first = np.unique(antenna, return_index=True)
        ends = [*first[1:].tolist(), len(ended)]
        for name, begin, end in zip(names.tolist(), first.tolist(), ends, strict=False):
            by_antenna[name] = np.unique(ended[begin:end])
        moves: dict[int, list[int]] = {}
        for shelf, at_us in changes:
            moves.setdefault(shelf, []).append(at_us)
        places = {one.id: at for at, one in enumerate(self._site.antennas)}
        for shelf_id, antennas in self._site.heard_by.items():
            shelf = self._site.shelf_by_id[shelf_id].index
            parts = [by_antenna[places[one.id]] for one in antennas if places[one.id] in by_antenna]
            times = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
            self._times[shelf] = times
            self._independent[shelf] = _first_of_each(times, np.array(moves.get(shelf, []), dtype=np.int64))

    def times(self, shelf: int) -> Int64:
        """Ends of all covered dwells of a shelf."""
        return self._times.get(shelf, _NONE)

    def independent(self, shelf: int) -> Int64:
        """Times of its independent looks."""
        return self._independent.get(shelf, _NONE)

    def count(self, shelf: int, from_us: int, to_us: int) -> int:
        """Independent looks in a span."""
        looks = self.independent(shelf)
        return int(np.searchsorted(looks, to_us) - np.searchsorted(looks, from_us))

    def nth_us(self, shelf: int, from_us: Int64, number: int) -> Int64:
        """When the n-th independent look after each time was; a far future where there was none. `number` from 1."""
        looks = np.append(self.independent(shelf), np.full(number, FAR_US, dtype=np.int64))
        return looks[np.minimum(np.searchsorted(looks, from_us) + number - 1, len(looks) - 1)]

    def live_us(self, shelf: int, from_us: int, wanted_us: int, gap_us: int) -> int | None:
        """When `wanted_us` of live coverage had passed since `from_us`; a gap longer than `gap_us` counts as that long."""
        times = self.times(shelf)
        times = times[np.searchsorted(times, from_us) :]
        spans = np.minimum(np.diff(np.concatenate([[from_us], times])), gap_us)
        reached = np.flatnonzero(np.cumsum(spans) >= wanted_us)
        return int(times[reached[0]]) if len(reached) else None


FAR_US: Final = 1 << 62
_NONE: Final = np.zeros(0, dtype=np.int64)


def _first_of_each(times: Int64, changes: Int64) -> Int64:
    """The first look of each hour and arrangement."""
    if not len(times):
        return times
    key: NDArray[Any] = times // HOUR_US * _VERSIONS + np.searchsorted(changes, times, side="right")
    fresh = np.ones(len(times), dtype=np.bool_)
    fresh[1:] = key[1:] != key[:-1]
    result: Int64 = times[fresh]
    return result
