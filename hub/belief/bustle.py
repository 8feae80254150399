"""How busy the house is, seen from the shelves: well-heard books that fall silent. Pure.

Books leave and disturb each other where people are. Opening hours say when that can be; what the shelves show says whether it is
so: a vacation, a holiday that nobody entered, a night shift. Half of what was seen is forgotten each hour.

How busy it *was* is kept for a week: a book that fell silent at noon did so in the bustle of noon, whenever it is asked about.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.hours import Hours

FORGET_S: Final = 3_600.0
"""Shorter: one reader with an armful of books is a crowd; longer: the evening counts all night."""
FIRST: Final = 0.1
"""Departures taken for granted, so that a small library, or a hub that has just begun, goes by the usual rate."""
LEAST: Final = 0.001
"""However quiet it is, somebody may come in."""
MOST: Final = 3.0
PIECE_S: Final = 900
"""Distance of what is kept of the past."""
PIECES: Final = 672
"""A week of them."""

Floats = NDArray[np.float64]


class Bustle:
    """Departures lately, against those of a usual open hour, and how busy the past week was."""

    def __init__(self) -> None:
        self.left = 0.0
        self.usual = 0.0
        """How many would have left meanwhile in a usual open hour."""
        self.at_s = 0
        """Up to when the time has been told."""
        self._times: list[int] = []
        self._busy_h: list[float] = []
        """Busy hours up to each of those times: hours of a usual open library that tell as much."""
        self._until_now_h = 0.0

    def pass_time(self, now_s: int, tags: int, taken_per_1000_h: float, weight: float = 1.0) -> None:
        """Forget, and expect more. `weight`: of the time since it was told last; 1 in open hours, less at night.

        Time that goes back forgets what was lately. In a gap nobody looked (the hub was off): then it was as busy as usual.
        """
        span_s = now_s - self.at_s
        if self.at_s == 0 or span_s < 0:
            self.left, self.usual, span_s = 0.0, 0.0, 0
        kept = 0.5 ** (span_s / FORGET_S)
        # As much as comes and is forgotten again meanwhile, so that it does not matter how often the time is told.
        hours = FORGET_S / math.log(2.0) * (1.0 - kept) / 3600.0
        expected = tags / 1000.0 * taken_per_1000_h * hours
        share = self.share
        if span_s > PIECE_S:
            share = 1.0
            self._keep(at_once=True)
            self.left = self.usual = expected
        else:
            self.left *= kept
            self.usual = self.usual * kept + expected
        self._until_now_h += share * weight * span_s / 3600.0
        self.at_s = now_s
        self._keep()

    def open_doors(self) -> None:
        """The night says nothing of the morning: it begins as a usual one."""
        self.left = self.usual = 0.0

    def _keep(self, *, at_once: bool = False) -> None:
        """A piece of the past is over, or ends before a gap. What a clock that was set back has seen already did not happen."""
        while self._times and self._times[-1] > self.at_s:
            self._times.pop()
            self._until_now_h = self._busy_h.pop()
        if not self._times or self.at_s - self._times[-1] >= (1 if at_once else PIECE_S):
            self._times.append(self.at_s)
            self._busy_h.append(self._until_now_h)
            del self._times[:-PIECES], self._busy_h[:-PIECES]

    def see(self, left: int) -> None:
        """So many well-heard tags fell silent."""
        self.left += left

    @property
    def kept_from_s(self) -> int:
        """Since when it is known how busy it was."""
        return self._times[0] if self._times else self.at_s

    @property
    def share(self) -> float:
        """Of the usual bustle of an open hour."""
        return min(max((self.left + FIRST) / (self.usual + FIRST), LEAST), MOST)

    def busy_h(self, from_s: NDArray[Any], to_s: NDArray[Any], hours: Hours, closed_share: float) -> Floats:
        """Busy hours between two times. Of what lies before the kept past only the opening hours are known."""
        from_s, to_s = np.asarray(from_s, dtype=np.int64), np.asarray(to_s, dtype=np.int64)
        first = self._times[0] if self._times else np.iinfo(np.int64).max
        early_from, early_to = np.minimum(from_s, first), np.minimum(to_s, first)
        open_s = hours.open_s(early_from, early_to)
        found: Floats = (open_s + closed_share * (early_to - early_from - open_s)) / 3600.0
        if self._times:
            times, busy = [*self._times, self.at_s], [*self._busy_h, self._until_now_h]
            found += np.interp(to_s, times, busy) - np.interp(from_s, times, busy)
        return found

    def past(self) -> tuple[NDArray[np.int64], Floats]:
        """(middle, busy hours) of each kept piece of the past."""
        times = np.array([*self._times, self.at_s], dtype=np.int64)
        return (times[1:] + times[:-1]) // 2, np.diff([*self._busy_h, self._until_now_h])

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "left": self.left,
            "usual": self.usual,
            "at_s": self.at_s,
            "times": list(self._times),
            "busy_h": [*self._busy_h, self._until_now_h],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it; an older hub's snapshot has none, or nothing of the past."""
        self.left, self.usual = float(state.get("left", 0.0)), float(state.get("usual", 0.0))
        self.at_s, self._times = int(state.get("at_s", 0)), list(state.get("times", ()))
        *self._busy_h, self._until_now_h = state.get("busy_h", (0.0,))
