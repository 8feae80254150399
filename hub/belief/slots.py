"""What each tag's four best antennas heard of it: the memory of the belief. Pure.

One slot is (antenna, history of its last 32 looks as bits, how loud, when, how readable). A slot is touched only when its
tag is heard: silence is the difference between the antenna's count of looks and the count when the slot was last
touched, so a silent tag costs nothing.

72 bytes a tag. The arrays are flat (row * SLOTS + slot), so that an update touches single values.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.likelihood import HISTORY, Likelihood

SLOTS: Final = 4
"""Antennas remembered of one tag: its own, and three neighbours. A fifth gets a slot when one of them falls silent."""
NOBODY: Final = 65_535
SLOT_IDLE_S: Final = 3_600
"""A slot that was not touched for an hour gives way to any antenna that hears the tag: its antenna may be dead."""
READABLE_STEP: Final = 1 / 16
"""Weight of one look in the long-run readability: slow, so that one shaded hour does not make a tag unreadable."""
READABLE_GAP: Final = 8
"""Misses before a hit that count against readability: a book that was on loan for weeks was not unreadable."""
READABLE_FIRST: Final = 0.7
LOUD_STEP: Final = 0.3
LATE_S: Final = 60
"""Twice the watermark: a tag heard elsewhere so much later was moved since; the older word says nothing about now."""

Ints = NDArray[np.int64]


class Slots:
    """Arrays of `rows` × `SLOTS`."""

    _ARRAYS: Final = ("antenna", "look", "mask", "loud_dbm", "heard_s", "readable")

    def __init__(self, rows: int) -> None:
        size = rows * SLOTS
        self.antenna = np.full(size, NOBODY, dtype=np.uint16)
        self.look = np.zeros(size, dtype=np.uint32)
        self.mask = np.zeros(size, dtype=np.uint32)
        self.loud_dbm = np.zeros(size, dtype=np.float16)
        self.heard_s = np.zeros(size, dtype=np.uint32)
        self.readable = np.full(size, READABLE_FIRST, dtype=np.float16)

    def hear(
        self,
        likelihood: Likelihood,
        row: Ints,
        antenna: Ints,
        look: Ints,
        loud_dbm: NDArray[np.float32],
        at_s: Ints,
    ) -> None:
        """Apply reads in the given order (columns of equal length); rows may repeat.

        Reads of one row depend on each other, so the n-th reads of all rows are applied together, n = 1, 2 ….
        """
        order = np.argsort(row, kind="stable")
        sorted_rows = row[order]
        first = np.flatnonzero(np.r_[True, sorted_rows[1:] != sorted_rows[:-1]]) if len(row) else order
        count = np.diff(np.r_[first, len(row)])
        for turn in range(int(count.max(initial=0))):
            now = order[first[count > turn] + turn]
            self._hear_once(likelihood, row[now], antenna[now], look[now], loud_dbm[now], at_s[now])

    def _hear_once(
        self,
        likelihood: Likelihood,
        row: Ints,
        antenna: Ints,
        look: Ints,
        loud_dbm: NDArray[np.float32],
        at_s: Ints,
    ) -> None:
        """As `hear`, each row once."""
        base = row * SLOTS
        match = self.antenna[base[:, None] + np.arange(SLOTS)] == antenna[:, None]
        found = match.any(axis=1)
        at = base + match.argmax(axis=1)
        self._again(at[found], look[found], loud_dbm[found], at_s[found])
        if not found.all():
            new = ~found
            self._first(likelihood, base[new], antenna[new], look[new], loud_dbm[new], at_s[new])

    def _again(self, at: Ints, look: Ints, loud_dbm: NDArray[np.float32], at_s: Ints) -> None:
        gap = np.maximum(look - self.look[at], 0)
        history = self.mask[at].astype(np.uint64) << np.minimum(gap, HISTORY).astype(np.uint64)
        heard_before = self.mask[at] != 0
        self.mask[at] = (history | np.uint64(1)).astype(np.uint32)
        self.look[at] = np.maximum(look, self.look[at])
        self.heard_s[at] = np.maximum(at_s, self.heard_s[at])
        loud = self.loud_dbm[at].astype(np.float32)
        self.loud_dbm[at] = np.where(heard_before, loud + LOUD_STEP * (loud_dbm - loud), loud_dbm)
        misses = np.minimum(np.maximum(gap - 1, 0), READABLE_GAP)
        kept = self.readable[at].astype(np.float32) * (1 - READABLE_STEP) ** misses
        step = READABLE_STEP * (gap > 0)
        self.readable[at] = kept + step * (1 - kept)

    def _first(
        self,
        likelihood: Likelihood,
        base: Ints,
        antenna: Ints,
        look: Ints,
        loud_dbm: NDArray[np.float32],
        at_s: Ints,
    ) -> None:
        """A new antenna takes an empty slot, an idle one, or one that is weaker than a single fresh hit."""
        cells = base[:, None] + np.arange(SLOTS)
        owner = self.antenna[cells].astype(np.int64)
        silent = np.clip(self._looks_now[owner] - self.look[cells], 0, HISTORY).astype(np.uint64)
        mask = ((self.mask[cells].astype(np.uint64) << silent) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        strength = likelihood.hits(mask).astype(np.float64)
        idle = at_s[:, None] - self.heard_s[cells].astype(np.int64) > SLOT_IDLE_S
        strength = np.where(owner == NOBODY, -1.0, np.where(idle, strength * 0.01, strength))
        weakest = strength.argmin(axis=1)
        takes = strength[np.arange(len(base)), weakest] < 1.0
        at = (base + weakest)[takes]
        self.antenna[at] = antenna[takes]
        self.look[at] = look[takes]
        self.mask[at] = 1
        self.loud_dbm[at] = loud_dbm[takes]
        self.heard_s[at] = at_s[takes]
        self.readable[at] = READABLE_FIRST

    def follow(self, looks: Ints) -> None:
        """Tell the counts of looks of all antennas, with one more entry for `NOBODY`, before `hear`."""
        self._looks_now = np.append(looks, np.zeros(NOBODY + 1 - len(looks), dtype=np.int64))

    def last_heard(self, row: Ints) -> tuple[Ints, Ints]:
        """When (seconds, 0: never) and by which antenna (`NOBODY`: none) each row was last heard."""
        cells = row[:, None] * SLOTS + np.arange(SLOTS)
        heard = self.heard_s[cells].astype(np.int64)
        best = heard.argmax(axis=1)
        pick = np.arange(len(row))
        when = heard[pick, best]
        who = np.where(when > 0, self.antenna[cells[pick, best]].astype(np.int64), NOBODY)
        return when, who

    def forget_antenna(self, antenna: int) -> None:
        """An antenna hangs somewhere else now: what it heard there says nothing about here."""
        gone = self.antenna == antenna
        self.antenna[gone] = NOBODY
        self.mask[gone] = 0
        self.heard_s[gone] = 0

    def dump(self) -> dict[str, Any]:
        """The arrays by name."""
        return {name: getattr(self, name).copy() for name in self._ARRAYS}

    @classmethod
    def load(cls, state: dict[str, Any]) -> Slots:
        """The slots as `dump` left them."""
        slots = cls(0)
        for name in cls._ARRAYS:
            setattr(slots, name, np.array(state[name], dtype=getattr(slots, name).dtype))
        return slots
