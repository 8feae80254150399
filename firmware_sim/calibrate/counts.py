"""What walks through a shop are counted by, the same for recorded and simulated ones. Pure.

The definitions are those of the published table: a tag is read in a walk if it answered at least once; a stray is a tag that is read and is not expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Int32, Int64


@dataclass(frozen=True, slots=True)
class Trip:
    """The reads of one walk; columns of equal length."""

    session: int
    at_ms: Int64
    tag: Int32
    """Expected ones are 0 … `expected` − 1, strays follow."""
    rssi_dbm: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of all walks together."""

    rates: tuple[float, ...]
    """Share of the expected tags read, by walk."""
    sessions: tuple[int, ...]
    seen_in: tuple[int, ...]
    """How many expected tags were seen in 0, 1, 2 … of the walks."""
    after: tuple[int, ...]
    """Expected tags seen after the first walk, the first two …"""
    once: tuple[int, ...]
    """Expected tags read a single time, by walk."""
    strays: tuple[int, ...]
    stray_reads: tuple[float, ...]
    """Share of the reads, by walk."""
    stray_seen_in: tuple[int, ...]
    """Likewise of strays; 0 of none, because a recording knows of no other."""
    rssi_expected: tuple[float, ...]
    """Median, dBm."""
    rssi_stray: tuple[float, ...]
    reads_a_second: tuple[float, ...]
    jump_db: float
    """Spread of one tag's loudness within a second of session 0: standard deviation of the difference of neighbouring reads, over √2. nan: too few."""

    @property
    def rate(self) -> float:
        """Mean share of the expected tags read in a walk."""
        return sum(self.rates) / len(self.rates)

    @property
    def expected_if_independent(self) -> list[float]:
        """How many tags would be seen in 0, 1, 2 … walks if every miss were thrown anew, with the rates of the walks."""
        chance = [1.0]
        for rate in self.rates:
            missed = [part * (1.0 - rate) for part in chance] + [0.0]
            read = [0.0] + [part * rate for part in chance]
            chance = [one + other for one, other in zip(missed, read, strict=True)]
        return [part * sum(self.seen_in) for part in chance]

    @property
    def overdispersion(self) -> float:
        """Variance over tags of the number of walks that saw it, over what independent misses would give: 1 if no tag is harder than another."""
        tags = sum(self.seen_in)
        mean = sum(n * count for n, count in enumerate(self.seen_in)) / tags
        spread = sum((n - mean) ** 2 * count for n, count in enumerate(self.seen_in)) / tags
        return spread / sum(rate * (1.0 - rate) for rate in self.rates)

    def mean(self, values: Sequence[float], session: int) -> float:
        """Over the walks in that session."""
        chosen = [value for value, mine in zip(values, self.sessions, strict=True) if mine == session]
        return sum(chosen) / len(chosen)


_SECOND_MS: Final = 1000
_ENOUGH: Final = 50


def count(trips: Sequence[Trip], expected: int) -> Counts:
    """Count walks through a shop with `expected` known tags."""
    tags = max([expected, *(int(trip.tag.max()) + 1 for trip in trips if len(trip.tag))])
    reads = np.stack([np.bincount(trip.tag, minlength=tags) for trip in trips])
    seen: Bools = reads > 0
    known, stray = seen[:, :expected], seen[:, expected:]
    return Counts(
        rates=_floats(known.mean(axis=1)),
        sessions=tuple(trip.session for trip in trips),
        seen_in=_whole(np.bincount(known.sum(axis=0), minlength=len(trips) + 1)),
        after=tuple(int(known[: n + 1].any(axis=0).sum()) for n in range(len(trips))),
        once=_whole((reads[:, :expected] == 1).sum(axis=1)),
        strays=_whole(stray.sum(axis=1)),
        stray_reads=_floats(reads[:, expected:].sum(axis=1) / reads.sum(axis=1)),
        stray_seen_in=(0, *_whole(np.bincount(stray.sum(axis=0), minlength=len(trips) + 1)[1:])),
        rssi_expected=tuple(_median(trip.rssi_dbm[trip.tag < expected]) for trip in trips),
        rssi_stray=tuple(_median(trip.rssi_dbm[trip.tag >= expected]) for trip in trips),
        reads_a_second=tuple(
            1000.0 * len(trip.tag) / float(trip.at_ms[-1] - trip.at_ms[0]) for trip in trips
        ),
        jump_db=_jump([trip for trip in trips if trip.session == 0], expected),
    )


def _jump(trips: Sequence[Trip], expected: int) -> float:
    jumps: list[float] = []
    for trip in trips:
        order = np.lexsort((trip.at_ms, trip.tag))
        tag, at_ms, rssi = trip.tag[order], trip.at_ms[order], trip.rssi_dbm[order]
        near = (np.diff(tag) == 0) & (np.diff(at_ms) < _SECOND_MS) & (tag[1:] < expected)
        jumps += np.diff(rssi)[near].tolist()
    return float(np.std(jumps) / np.sqrt(2.0)) if len(jumps) >= _ENOUGH else float("nan")


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _whole(values: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
