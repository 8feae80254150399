"""The loudest antenna is where the book is. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from firmware_sim.hearing import Float32, Int32
from firmware_sim.rivals.base import NOBODY, Known, Reads, Rival

WINDOW_CYCLES: Final = 2
"""Two cycles at least, so that every antenna has had its say; a reader that never pauses has a window of 10 s, and one decision is never shorter."""
_SILENCE: Final = np.float32(-1e9)


class Loudest(Rival):
    """Place: the antenna of the loudest read in a window of two decisions. Without a read it stays, until it has been silent too long."""

    name = "loudest"

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        shape = (WINDOW_CYCLES, self._books)
        self._rssi: Float32 = np.full(shape, _SILENCE, dtype=np.float32)
        self._by: Int32 = np.full(shape, NOBODY, dtype=np.int32)
        """The loudest of this cycle, of the one before …"""
        self._place: Int32 = np.full(self._books, NOBODY, dtype=np.int32)

    def _hear(self, reads: Reads) -> None:
        self._rssi = np.roll(self._rssi, 1, axis=0)
        self._by = np.roll(self._by, 1, axis=0)
        self._rssi[0], self._by[0] = _SILENCE, NOBODY
        order = np.argsort(reads.rssi, kind="stable")
        self._rssi[0, reads.tag[order]] = reads.rssi[order]
        self._by[0, reads.tag[order]] = reads.antenna[order]

    def _where(self, now_us: int) -> Int32:
        best = np.argmax(self._rssi, axis=0)
        heard = np.take_along_axis(self._by, best[None, :], axis=0)[0]
        self._place = np.where(heard >= 0, heard, self._place).astype(np.int32)
        silent = now_us - self._heard_us > self._known.silent_us
        return np.where(silent | (self._heard_us < 0), NOBODY, self._place).astype(np.int32)

    def _extend(self, tags: int) -> None:
        short = tags - self._by.shape[1]
        self._rssi = np.pad(self._rssi, ((0, 0), (0, short)), constant_values=_SILENCE)
        self._by = np.pad(self._by, ((0, 0), (0, short)), constant_values=NOBODY)
        self._place = np.pad(self._place, (0, short), constant_values=NOBODY)
