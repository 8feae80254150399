"""What one antenna's dwells in a span of time say of one tag's margin there, one table over `air.GRID` a span. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Float32, Int64
from firmware_sim.oracle import air
from firmware_sim.oracle.memory import Memory
from firmware_sim.radio.hops import QUARTER_US
from firmware_sim.radio.settings import RadioSettings

TURN_STEP: Final = 0.25
MOST_TURNS: Final = 4.0


@dataclass(frozen=True, slots=True)
class _Line:
    """All dwells of one antenna in the order of time."""

    ended_us: Int64
    quarter: Int64
    hops: Int64
    dwell: Int64
    turns: dict[int, float]
    """By hops: how often the reader goes through all that are awake."""


class Spans:
    """Asked for (antenna, from, to]; silence is remembered by how many dwells a quarter of an hour held."""

    def __init__(self, memory: Memory, settings: RadioSettings, antennas: int) -> None:
        self._settings = settings
        self._lines = _lines(memory, antennas)
        self._still: dict[tuple[tuple[int, float, int], ...], Float32] = {}

    def dwells(self, antenna: int, from_us: int, to_us: int) -> int:
        """How many there were."""
        low, high = np.searchsorted(self._lines[antenna].ended_us, [from_us, to_us], side="right")
        return int(high - low)

    def silent(self, antenna: int, from_us: int, to_us: int) -> Float32:
        """Log-likelihood of not being heard in any of them, by the margin."""
        return self.heard(antenna, from_us, to_us, np.zeros(0, np.int64), np.zeros(0, np.float32))

    def heard(self, antenna: int, from_us: int, to_us: int, dwell: Int64, seen: Float32) -> Float32:
        """The same of being heard in those dwells, that loud, and in no other; `dwell` in rising order."""
        line = self._lines[antenna]
        low, high = np.searchsorted(line.ended_us, [from_us, to_us], side="right").tolist()
        quarters, hops = line.quarter[low:high], line.hops[low:high]
        spoke = np.isin(line.dwell[low:high], dwell)
        loud = np.flatnonzero(np.isin(quarters, quarters[spoke]))
        found = self._quiet(
            line, quarters[~np.isin(quarters, quarters[spoke])], hops[~np.isin(quarters, quarters[spoke])]
        )
        for quarter in np.unique(quarters[loud]).tolist():
            here = np.flatnonzero(quarters == quarter)
            logs = np.zeros(air.POINTS, dtype=np.float32)
            for at in here.tolist():
                turns = line.turns[int(hops[at])]
                if spoke[at]:
                    row = air.seen_row(seen[np.flatnonzero(dwell == line.dwell[low + at])])[0]
                    logs += air.heard(self._settings, int(hops[at]), turns)[row]
                else:
                    logs += air.silent(self._settings, int(hops[at]), turns)
            found = found + air.blurred(logs, self._settings.pass_spread_db)
        return found

    def _quiet(self, line: _Line, quarters: Int64, hops: Int64) -> Float32:
        """Quarters in which nothing was heard: those with the same dwells say the same."""
        found = np.zeros(air.POINTS, dtype=np.float32)
        kinds = np.unique(hops)
        if not len(kinds):
            return found
        names, which = np.unique(quarters, return_inverse=True)
        counts = np.stack(
            [np.bincount(which[hops == kind], minlength=len(names)) for kind in kinds.tolist()], axis=1
        )
        for row, times in zip(*np.unique(counts, axis=0, return_counts=True), strict=True):
            key = tuple(
                (int(kind), line.turns[int(kind)], int(count))
                for kind, count in zip(kinds.tolist(), row.tolist(), strict=True) if count
            )  # fmt: skip
            found += np.float32(times) * self._one(key)
        return found

    def _one(self, key: tuple[tuple[int, float, int], ...]) -> Float32:
        if key not in self._still:
            logs = np.zeros(air.POINTS, dtype=np.float32)
            for hops, turns, count in key:
                logs += np.float32(count) * air.silent(self._settings, hops, turns)
            self._still[key] = air.blurred(logs, self._settings.pass_spread_db)
        return self._still[key]


def _lines(memory: Memory, antennas: int) -> list[_Line]:
    dwelt = memory.dwelt()
    order = np.lexsort((dwelt.ended_us, dwelt.antenna))
    first = np.searchsorted(dwelt.antenna[order], np.arange(antennas + 1)).tolist()
    found = []
    for antenna in range(antennas):
        mine = order[first[antenna] : first[antenna + 1]]
        hops = dwelt.hops[mine].astype(np.int64)
        found.append(
            _Line(
                dwelt.ended_us[mine], dwelt.started_us[mine] // QUARTER_US, hops, mine.astype(np.int64),
                {kind: _mean_turns(dwelt.turns[mine][hops == kind]) for kind in np.unique(hops).tolist()},
            )
        )  # fmt: skip
    return found


def _mean_turns(turns: NDArray[np.float32]) -> float:
    known = turns[~np.isnan(turns)]
    mean = float(known.mean()) if len(known) else MOST_TURNS
    return min(MOST_TURNS, max(TURN_STEP, round(mean / TURN_STEP) * TURN_STEP))
