"""Where a book ends that is not put in its place. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from firmware_sim.hearing import Int32
from firmware_sim.world.start import far_from
from firmware_sim.world.state import State
from firmware_sim.world.throws import Throws

_TRIES: Final = 32
_FUSSY: Final = 24
"""Tries in which a board must have room for the book; then it is pressed in."""
_HALF: Final = 0.5
NEARBY: Final = 30
"""Staff who err put a book within so many boards of its home half of the time. Assumption."""


class Targets:
    """Shelves of a site that an antenna hears."""

    def __init__(self, state: State) -> None:
        site = state.site
        self._state = state
        self._watched: Int32 = np.array(
            [shelf.index for shelf in site.shelves if shelf.id in site.heard_by], dtype=np.int32
        )
        self.mass_to: dict[int, int] = {}
        """Books of a range that is being moved → the shelf to which they go."""

    def anywhere(self, throws: Throws, to: str | None = None) -> int:
        """A shelf in `to` (range, face, bay or shelf), else anywhere."""
        pool = self._within(to)
        return int(pool[throws.below(len(pool))])

    def elsewhere(self, tag: int, throws: Throws, to: str | None = None) -> int:
        """Well away from the home: in `to`, else in another range, else wherever there is such a shelf; where there is none, its home."""
        for pool, other_range in ((self._within(to), to is None), (self._watched, False)):
            for number in range(_TRIES):
                shelf = int(pool[throws.below(len(pool))])
                if not self._far(tag, shelf) or (other_range and self._same_range(tag, shelf)):
                    continue
                if number >= _FUSSY or self._has_room(tag, shelf):
                    return shelf
        far = [int(shelf) for shelf in self._watched if self._far(tag, int(shelf))]
        return far[throws.below(len(far))] if far else self._state.home_of(tag)

    def wrong_nearby(self, tag: int, throws: Throws) -> int:
        """Where staff put a book wrongly: half of the time some boards off, else anywhere."""
        if throws.one() < _HALF:
            at = int(np.searchsorted(self._watched, self._state.home_of(tag)))
            for _ in range(_TRIES):
                off = at - NEARBY + throws.below(2 * NEARBY + 1)
                if 0 <= off < len(self._watched) and self._far(tag, int(self._watched[off])):
                    return int(self._watched[off])
        return self.elsewhere(tag, throws)

    def beside(self, shelf: int, throws: Throws) -> int:
        """The board before or after, in walking order."""
        step = 1 if throws.one() < _HALF else -1
        last = len(self._state.site.shelves) - 1
        return shelf + step if 0 <= shelf + step <= last else max(0, shelf - step)

    def moved(self, tag: int, throws: Throws, to: str | None) -> tuple[int, int]:
        """Where a book of a moved range goes: behind those that are there."""
        shelf = self.mass_to.pop(tag, None)
        if shelf is None:
            shelf = self.anywhere(throws, to)
        self._state.moved_home[tag] = shelf
        return shelf, len(self._state.on_shelf(shelf))

    def _within(self, to: str | None) -> Int32:
        first, end = self._state.site.spans.get(to or "", (0, len(self._state.site.shelves)))
        low, high = np.searchsorted(self._watched, [first, end])
        return self._watched[low:high] if high > low else self._watched

    def _far(self, tag: int, shelf: int) -> bool:
        stock = self._state.stock
        return far_from(int(stock.home_from[tag]), int(stock.home_to[tag]), shelf)

    def _has_room(self, tag: int, shelf: int) -> bool:
        shelving = self._state.shelving
        return shelving.used_mm(shelf) + int(shelving.thickness_mm[tag]) <= int(shelving.width_mm[shelf])

    def _same_range(self, tag: int, shelf: int) -> bool:
        shelves = self._state.site.shelves
        return shelves[int(self._state.stock.home[tag])].range == shelves[shelf].range
