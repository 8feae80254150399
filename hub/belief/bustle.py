"""How busy the house is, seen from the shelves: well-heard books that fall silent. Pure.

Books leave and disturb each other where people are. Opening hours say when that can be; what the shelves show says whether it is
so: a vacation, a holiday that nobody entered, a night shift. Half of what was seen is forgotten each hour.
"""

from __future__ import annotations

import math
from typing import Any, Final

FORGET_S: Final = 3_600.0
"""Shorter: one reader with an armful of books is a crowd; longer: the evening counts all night."""
FIRST: Final = 1.0
"""Departures taken for granted, so that a small library, or a hub that has just begun, goes by the usual rate."""
LEAST: Final = 0.02
"""However quiet it is, somebody may come in."""
MOST: Final = 3.0


class Bustle:
    """Departures lately, against those of a usual open hour."""

    def __init__(self) -> None:
        self.left = 0.0
        self.usual = 0.0
        """How many would have left meanwhile in a usual open hour."""
        self._at_s = 0

    def pass_time(self, now_s: int, tags: int, taken_per_1000_h: float) -> None:
        """Forget, and expect more. Time that goes back, or stood still for long, forgets all."""
        span_s = now_s - self._at_s
        if self._at_s == 0 or span_s < 0:
            self.left, self.usual, span_s = 0.0, 0.0, 0
        self._at_s = now_s
        kept = 0.5 ** (span_s / FORGET_S)
        self.left *= kept
        # As much as comes and is forgotten again meanwhile, so that it does not matter how often the time is told.
        hours = FORGET_S / math.log(2.0) * (1.0 - kept) / 3600.0
        self.usual = self.usual * kept + tags / 1000.0 * taken_per_1000_h * hours

    def see(self, left: int) -> None:
        """So many well-heard tags fell silent."""
        self.left += left

    @property
    def share(self) -> float:
        """Of the usual bustle of an open hour."""
        return min(max((self.left + FIRST) / (self.usual + FIRST), LEAST), MOST)

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        return {"left": self.left, "usual": self.usual, "at_s": self._at_s}

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it; an older hub's snapshot has none."""
        self.left, self.usual = float(state.get("left", 0.0)), float(state.get("usual", 0.0))
        self._at_s = int(state.get("at_s", 0))
