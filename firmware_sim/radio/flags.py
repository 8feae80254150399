"""Session flags: a tag that answered a single-target inventory is silent until its flag falls, for every antenna. Pure.

Gen2 air interface: S0 holds while powered (a hop ends it); S1 falls 0.5–5 s after the answer, powered or not; S2 and S3 hold while powered and at least 2 s longer.
Dual-target inventories turn flags to and fro; they neither look at these columns nor write them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from firmware_sim.dice import uniform
from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.radio.settings import RadioSettings

_FLAG: Final = 0xF1A6
_UNSET: Final = -(1 << 62)


class Flags:
    """When each tag's flag falls, by session. Columns are made when a single-target dwell comes."""

    def __init__(self, references: int, settings: RadioSettings, *, seed: int) -> None:
        self._references = references
        self._settings = settings
        self._seed = seed ^ _FLAG
        self._falls_us: dict[int, Int64] = {}

    def free(self, tag: Int32, session: int, from_us: int, to_us: int) -> Bools:
        """Which of these powered tags answer at all between the two times."""
        if session == 0:
            return np.ones(len(tag), dtype=np.bool_)
        falls = self._column(tag, session)
        rows = tag + self._references
        if session == 1:
            found: Bools = falls[rows] < to_us
            return found
        silent = falls[rows] > from_us
        held = falls[rows[silent]]
        falls[rows[silent]] = np.maximum(held, to_us + self._hold_us(tag[silent], self._settings.flag_hold_s))
        return ~silent

    def answered(self, tag: Int32, session: int, from_us: int, to_us: int) -> Int64:
        """Set the flags of tags that were free and had their turn; how often each answered."""
        if session == 0:
            return np.ones(len(tag), dtype=np.int64)
        falls = self._column(tag, session)
        rows = tag + self._references
        if session == 1:
            hold = self._hold_us(tag, self._settings.flag_s)
            first = np.maximum(falls[rows], from_us)
            times = 1 + (to_us - 1 - first) // hold
            falls[rows] = first + times * hold
            return times
        falls[rows] = to_us + self._hold_us(tag, self._settings.flag_hold_s)
        return np.ones(len(tag), dtype=np.int64)

    def _hold_us(self, tag: Int32, span_s: tuple[float, float]) -> Int64:
        shortest, longest = span_s
        throws = uniform(self._seed, (tag + self._references).astype(np.uint64))
        found: Int64 = ((shortest + (longest - shortest) * throws) * 1e6).astype(np.int64) + 1
        return found

    def _column(self, tag: Int32, session: int) -> Int64:
        column = self._falls_us.get(session, np.empty(0, dtype=np.int64))
        need = (int(tag.max()) if len(tag) else 0) + self._references + 1
        if need > len(column):
            more = np.full(max(need, len(column) * 5 // 4), _UNSET, dtype=np.int64)
            more[: len(column)] = column
            column = self._falls_us[session] = more
        return column
