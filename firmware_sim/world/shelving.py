"""What stands where, to the millimetre: the rows of all boards, left to right. Pure.

The rows at the start are one sorted column; a row that changes becomes an array of its own. When a book is put in or taken out, its own arrangement and that
of two books on each side is drawn anew, and the whole row moves up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Int32, Int64, UInt16
from firmware_sim.world.places import AWAY
from shelfwire.site.model import Site

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]

BESIDE: Final = 2
"""Books on each side whose air changes with one that comes or goes."""
STRANGER_MM: Final = 20
_PART: Final = 1 << 14
"""Boards settled at a time."""


class Shelving:
    """Columns over all tags (books, then strangers). Arrays are replaced when strangers need more room: ask anew each time."""

    def __init__(self, site: Site, thickness_mm: UInt8, place: Int32, order: Int32) -> None:
        """`place`: a place for each tag, strangers to come included (`AWAY`). `order`: all tags that are on shelves, by shelf and left to right."""
        count = len(place)
        self.place = place
        self.lying: Bools = np.zeros(count, dtype=np.bool_)
        self.arrangement: UInt32 = np.zeros(count, dtype=np.uint32)
        self.x_mm: UInt16 = np.zeros(count, dtype=np.uint16)
        self.revision: UInt32 = np.zeros(len(site.shelves), dtype=np.uint32)
        self.thickness_mm: UInt8 = np.full(count, STRANGER_MM, dtype=np.uint8)
        self.thickness_mm[: len(thickness_mm)] = thickness_mm
        self.width_mm: Int32 = np.array(
            [round(shelf.width_m * 1000) for shelf in site.shelves], dtype=np.int32
        )
        self._order = order
        order.flags.writeable = False
        self._first: Int64 = np.zeros(len(site.shelves) + 1, dtype=np.int64)
        for at in range(0, len(order), 1 << 22):
            here = np.bincount(place[order[at : at + (1 << 22)]], minlength=len(site.shelves))
            self._first[1:] += here
        np.cumsum(self._first, out=self._first)
        self._changed: dict[int, Int32] = {}

    def row(self, shelf: int) -> Int32:
        """Tags of a board from left to right, lying ones at the place above which they lie; not to be written to."""
        changed = self._changed.get(shelf)
        if changed is not None:
            return changed
        return self._order[self._first[shelf] : self._first[shelf + 1]]

    def used_mm(self, shelf: int) -> int:
        """How much of the board is taken."""
        row = self.row(shelf)
        return int(self.thickness_mm[row[~self.lying[row]]].sum(dtype=np.int64))

    def put(self, tag: int, shelf: int, at: int, *, lying: bool = False) -> None:
        """Onto a board, before what is `at`th there now. The tag must be on none."""
        row = self.row(shelf)
        self._changed[shelf] = np.concatenate([row[:at], np.array([tag], dtype=np.int32), row[at:]])
        self.place[tag] = shelf
        self.lying[tag] = lying
        self._stir(shelf, at - BESIDE, at + BESIDE + 1)

    def take(self, tag: int, to: int) -> None:
        """From its board to a place that is none. Nothing to take: only the place changes."""
        shelf = int(self.place[tag])
        self.place[tag] = to
        self.lying[tag] = False
        if shelf < 0:
            return
        at = self.index(tag, shelf)
        row = self.row(shelf)
        self._changed[shelf] = np.concatenate([row[:at], row[at + 1 :]])
        self.arrangement[tag] += np.uint32(1)
        self._stir(shelf, at - BESIDE, at + BESIDE)

    def index(self, tag: int, shelf: int) -> int:
        """Its place in the row where it is."""
        return int(np.flatnonzero(self.row(shelf) == tag)[0])

    def settle(self) -> None:
        """Push all rows together, at the start: as `_settle` for each board, in large pieces."""
        for shelf in range(0, len(self.revision), _PART):
            ends = min(shelf + _PART, len(self.revision))
            self._settle_many(shelf, ends)

    def grow(self, capacity: int) -> None:
        """Room for more strangers."""
        more = capacity - len(self.place)
        self.place = np.concatenate([self.place, np.full(more, AWAY, dtype=np.int32)])
        self.lying = np.concatenate([self.lying, np.zeros(more, dtype=np.bool_)])
        self.arrangement = np.concatenate([self.arrangement, np.zeros(more, dtype=np.uint32)])
        self.x_mm = np.concatenate([self.x_mm, np.zeros(more, dtype=np.uint16)])
        self.thickness_mm = np.concatenate([self.thickness_mm, np.full(more, STRANGER_MM, dtype=np.uint8)])

    def _stir(self, shelf: int, first: int, end: int) -> None:
        row = self._changed[shelf]
        self.arrangement[row[max(0, first) : max(0, end)]] += np.uint32(1)
        self.revision[shelf] += np.uint32(1)
        wide = np.where(self.lying[row], 0, self.thickness_mm[row]).astype(np.int64)
        ends = np.cumsum(wide)
        if len(row):
            self.x_mm[row] = _middles(ends, wide, ends[-1:], self.width_mm[shelf : shelf + 1])

    def _settle_many(self, shelf: int, end: int) -> None:
        rows = self._order[self._first[shelf] : self._first[end]]
        counts = np.diff(self._first[shelf : end + 1])
        wide = np.where(self.lying[rows], 0, self.thickness_mm[rows]).astype(np.int64)
        upto = np.concatenate([[0], np.cumsum(wide)])
        firsts = self._first[shelf : end + 1] - self._first[shelf]
        totals = np.diff(upto[firsts])
        ends = upto[1:] - np.repeat(upto[firsts[:-1]], counts)
        self.x_mm[rows] = _middles(
            ends, wide, np.repeat(totals, counts), np.repeat(self.width_mm[shelf:end], counts)
        )


def _middles(ends: Int64, wide: Int64, total: Int64, board_mm: Int32) -> UInt16:
    """The middle of each book from the left end of its board; a row that is longer than the board is pressed together."""
    middle = ends - wide // 2
    pressed = middle * board_mm // np.maximum(total, 1)
    return np.where(total > board_mm, pressed, middle).astype(np.uint16)
