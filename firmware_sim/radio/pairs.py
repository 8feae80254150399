"""The fixed part of the link budget for each pair of antenna and tag that could ever hear each other, kept until their shelf changes. Pure.

Pairs that no drift and no channel could wake are left out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Float32, Int16, Int32, Int64
from firmware_sim.radio.geometry import Links, spans
from firmware_sim.radio.margins import Margins, Rows

ROOM: Final = 1.25
"""A shelf's room over its need, so that one more book fits where the shelf stands now."""
WHOLE: Final = 1.3
"""The store's size over the expected need; what is never used takes no memory."""
LEAST_ROWS: Final = 1 << 14
FULL: Final = 0.75
"""When the store is full and more than this of it is needed, it begins anew in half as much room again; else in the same."""
_BATCH: Final = 300_000
"""Rows (antenna, tag) worked on at a time."""


class Pairs:
    """Columns of pairs; those of a link are `start[link]:start[link] + length[link]`."""

    def __init__(self, margins: Margins) -> None:
        self.links: Links = margins.links
        count = len(self.links)
        self.start: Int64 = np.zeros(count, dtype=np.int64)
        self.length: Int32 = np.zeros(count, dtype=np.int32)
        self.headroom_db = 0.0
        """Power above 30 dBm that the store was built for."""
        self._margins = margins
        shelves = len(self.links.shelf_first) - 1
        self._built: Int64 = np.full(shelves, -1, dtype=np.int64)
        self._room_from: Int64 = np.zeros(shelves, dtype=np.int64)
        self._room: Int64 = np.zeros(shelves, dtype=np.int64)
        self._size = 0
        self._begin_anew()

    def freshen(self, antennas: Int32, headroom_db: float) -> None:
        """Bring the pairs of these antennas up to date with the world. `headroom_db`: power over 30 dBm that will be asked for."""
        if headroom_db > self.headroom_db:
            self.headroom_db = headroom_db
            self._begin_anew()
        stale = self._stale(antennas)
        while len(stale):
            part = stale[: self._batch(stale)]
            lacking = self._keep(self._margins.rows(part, self.headroom_db))
            if lacking:
                self._begin_anew(lacking)
                stale = self._stale(antennas)
            else:
                stale = stale[len(part) :]

    def least(self, over_db: Float32) -> Int32:
        """Margins above which pairs are looked at, for so much power over 30 dBm; 1/256 dB."""
        return self._margins.least(over_db)

    @property
    def bytes(self) -> int:
        """Memory in use for the links."""
        each = self.tag.itemsize + self.key.itemsize + self.margin.itemsize
        return self._end * each + self.start.nbytes + self.length.nbytes + self._built.nbytes * 3

    def _stale(self, antennas: Int32) -> NDArray[np.intp]:
        links = self.links
        wanted = np.zeros(len(self._built), dtype=np.bool_)
        wanted[links.shelf[spans(links.first[antennas], links.first[antennas + 1])]] = True
        wanted &= self._built != self._margins.world.revision
        return np.flatnonzero(wanted)

    def _batch(self, shelves: NDArray[np.intp]) -> int:
        rows = np.cumsum(self._margins.expected_rows(shelves))
        return max(1, int(np.searchsorted(rows, _BATCH, side="right")))

    def _keep(self, rows: Rows) -> int:
        """Write the rows of whole shelves. More than 0: there is no room for so many, and nothing was written."""
        need = np.bincount(rows.shelf_at, minlength=len(rows.shelves)).astype(np.int64)
        move = np.flatnonzero(need > self._room[rows.shelves])
        if len(move):
            room = (need[move] * ROOM).astype(np.int64) + 8
            if self._end + int(room.sum()) > self._size:
                return int(room.sum())
            self._room_from[rows.shelves[move]] = self._end + np.cumsum(room) - room
            self._room[rows.shelves[move]] = room
            self._end += int(room.sum())
        upto = np.cumsum(need) - need
        at = np.arange(len(rows.tag)) + np.repeat(self._room_from[rows.shelves] - upto, need)
        self.tag[at] = rows.tag
        self.key[at] = rows.key
        self.margin[at] = rows.margin
        lengths = np.bincount(rows.link_at, minlength=len(rows.links)).astype(np.int64)
        begins = np.cumsum(lengths) - lengths
        shift = np.repeat(self._room_from[rows.shelves] - upto, rows.links_each)
        self.start[rows.links] = begins + shift
        self.length[rows.links] = lengths
        self._built[rows.shelves] = self._margins.world.revision[rows.shelves]
        return 0

    def _begin_anew(self, lacking: int = 0) -> None:
        """Forget all pairs. Cheaper than mending holes, and rare: after as many changes as the whole library has books."""
        used = int(self._room.sum()) + lacking
        wish = int(self._margins.expected_pairs(self.headroom_db) * WHOLE * ROOM) + LEAST_ROWS
        grown = used * 3 // 2 if used > FULL * self._size else self._size
        self._size = max(wish, grown)
        self.tag: Int32 = np.empty(self._size, dtype=np.int32)
        """World tag number, or a reference tag (`hearing.reference`)."""
        self.key: NDArray[np.uint32] = np.empty(self._size, dtype=np.uint32)
        """Name of the pair as it stands now: drift and channels are thrown by it."""
        self.margin: Int16 = np.empty(self._size, dtype=np.int16)
        """In 1/256 dB at 30 dBm."""
        self._built[:] = -1
        self._room[:] = 0
        self._end = 0
