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

from hub.belief.batch import TagReads
from hub.belief.likelihood import HISTORY, Likelihood

SLOTS: Final = 4
"""Antennas remembered of one tag: its own, and three neighbours. A fifth gets a slot when one of them falls silent."""
NOBODY: Final = 65_535
SLOT_IDLE_S: Final = 3_600
"""A slot that was not touched for an hour gives way to any antenna that hears the tag: its antenna may be dead."""
READABLE_STEP: Final = 0.1
"""Weight of one look in the long-run readability. Slower: a book must stand for an hour before its silence counts; faster: one
shaded hour makes it unreadable."""
READABLE_GAP: Final = 8
"""Misses before a hit that count against readability: a book that was on loan for weeks was not unreadable."""
READABLE_FIRST: Final = 0.3
"""After a single read: a tag that was heard once may be one that is hardly ever heard, and its silence proves little."""
READABLE_GUESS: Final = 0.7
"""Of a tag never heard, by the antenna of its home."""
_KEPT: Final = ((1 - READABLE_STEP) ** np.arange(READABLE_GAP + 1)).astype(np.float32)
LOUD_STEP_FIRST: Final = 0.3
LOUD_STEP: Final = 0.1
"""Weight of one look in the mean loudness, in its first looks and later: drift of a quarter of an hour must not pass for the margin."""
LONG_HEARD: Final = 1 << 8
"""Of a history as a number: a hit nine looks ago or earlier."""
LOUDER_DB: Final = 6.0
"""A newcomer so much louder than the quietest slot takes it: four neighbours of a loud tag must not keep its own antenna out. Own
shelves are 8 to 10 dB louder than neighbours, a still tag varies by 1 dB; below 3 dB antennas would push each other out for ever."""
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

    def hear(self, likelihood: Likelihood, looks: Ints, reads: TagReads) -> None:
        """Apply reads in the given order; rows may repeat. `looks`: counts of looks of all antennas, now.

        Reads of one row depend on each other, so the n-th reads of all rows are applied together, n = 1, 2 ….
        """
        outdated = self._outdated(reads)
        if len(outdated):
            reads = reads.pick(np.delete(np.arange(len(reads.row)), outdated))
        order = np.argsort(reads.row, kind="stable")
        rows = reads.row[order]
        first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else order
        if len(first) == len(rows):
            self._hear_once(likelihood, looks, reads)
            return
        count = np.diff(np.r_[first, len(rows)])
        for turn in range(int(count.max(initial=0))):
            self._hear_once(likelihood, looks, reads.pick(order[first[count > turn] + turn]))

    def _outdated(self, reads: TagReads) -> Ints:
        """Places of reads of tags that another antenna has heard much later."""
        late = np.flatnonzero(largest(_slots_of(self.heard_s, reads.row)) > reads.at_s + LATE_S)
        if len(late):
            late = late[self.last_heard(reads.row[late])[1] != reads.antenna[late]]
        return late

    def _hear_once(self, likelihood: Likelihood, looks: Ints, reads: TagReads) -> None:
        """As `hear`, each row once."""
        owner = _slots_of(self.antenna, reads.row)
        slot = np.full(len(owner), SLOTS)
        for one in range(SLOTS - 1, -1, -1):
            slot[owner[:, one] == reads.antenna] = one
        at = reads.row * SLOTS + slot
        new = np.flatnonzero(slot == SLOTS)
        if not len(new):
            self._again(at, reads)
        else:
            old = np.flatnonzero(slot < SLOTS)
            self._again(at[old], reads.pick(old))
            self._first(likelihood, looks, reads.pick(new))

    def _again(self, at: Ints, reads: TagReads) -> None:
        gap = np.maximum(reads.look - self.look[at], 0)
        before = self.mask[at]
        history = before.astype(np.uint64) << np.minimum(gap, HISTORY).astype(np.uint64)
        self.mask[at] = (history | np.uint64(1)).astype(np.uint32)
        self.look[at] = np.maximum(reads.look, self.look[at])
        first_read = self.heard_s[at] == 0
        self.heard_s[at] = np.maximum(reads.at_s, self.heard_s[at])
        loud = self.loud_dbm[at].astype(np.float32)
        step = np.where(before >= LONG_HEARD, LOUD_STEP, np.where(before != 0, LOUD_STEP_FIRST, 1.0))
        self.loud_dbm[at] = loud + step.astype(np.float32) * (reads.loud_dbm - loud)
        misses = np.minimum(np.maximum(gap - 1, 0), READABLE_GAP)
        kept = self.readable[at].astype(np.float32) * _KEPT[misses]
        learned = kept + (READABLE_STEP * (gap > 0)) * (1 - kept)
        self.readable[at] = np.where(first_read, READABLE_FIRST, learned)

    def _first(self, likelihood: Likelihood, looks: Ints, reads: TagReads) -> None:
        """A new antenna takes an empty slot, an idle one, one that is weaker than a single fresh hit, or one that is much quieter."""
        cells = reads.row[:, None] * SLOTS + np.arange(SLOTS)
        owner = self.antenna[cells].astype(np.int64)
        now = np.append(looks, 0)[np.minimum(owner, len(looks))]
        silent = np.clip(now - self.look[cells], 0, HISTORY).astype(np.uint64)
        mask = ((self.mask[cells].astype(np.uint64) << silent) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        strength = likelihood.hits(mask).astype(np.float64)
        idle = reads.at_s[:, None] - self.heard_s[cells].astype(np.int64) > SLOT_IDLE_S
        strength = np.where(owner == NOBODY, -1.0, np.where(idle, strength * 0.01, strength))
        weakest = strength.argmin(axis=1)
        pick = np.arange(len(weakest))
        weak = strength[pick, weakest] < 1.0
        loud = np.where(owner == NOBODY, np.inf, self.loud_dbm[cells].astype(np.float64))
        quietest = loud.argmin(axis=1)
        louder = reads.loud_dbm >= loud[pick, quietest] + LOUDER_DB
        takes = np.flatnonzero(weak | louder)
        at, taken = cells[takes, np.where(weak, weakest, quietest)[takes]], reads.pick(takes)
        self.antenna[at] = taken.antenna
        self.look[at] = taken.look
        self.mask[at] = 1
        self.loud_dbm[at] = taken.loud_dbm
        self.heard_s[at] = taken.at_s
        self.readable[at] = READABLE_FIRST

    def take(self, other: Slots, kept: Ints) -> None:
        """Copy rows: row i from row `kept[i]` of `other`; -1: stays as it is."""
        have = np.flatnonzero(kept >= 0)
        to = (have[:, None] * SLOTS + np.arange(SLOTS)).ravel()
        source = (kept[have][:, None] * SLOTS + np.arange(SLOTS)).ravel()
        for name in self._ARRAYS:
            getattr(self, name)[to] = getattr(other, name)[source]

    def grow(self, rows: int) -> None:
        """So many empty rows behind the others."""
        empty = Slots(rows)
        for name in self._ARRAYS:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(empty, name)]))

    def expect(self, row: Ints, antenna: Ints, looks: Ints) -> None:
        """Listen for tags never heard: `antenna` (`NOBODY`: none) guards the home of `row`, and its silence counts from now on."""
        at = row * SLOTS
        self.antenna[at] = antenna
        self.look[at] = np.append(looks, 0)[np.minimum(antenna, len(looks))]
        self.readable[at] = READABLE_GUESS

    def last_heard(self, row: Ints) -> tuple[Ints, Ints]:
        """When (seconds, 0: never) and by which antenna (`NOBODY`: none) each row was last heard."""
        heard = _slots_of(self.heard_s, row).astype(np.int64)
        best = heard.argmax(axis=1)
        when = heard[np.arange(len(row)), best]
        who = np.where(when > 0, self.antenna[row * SLOTS + best].astype(np.int64), NOBODY)
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


def _slots_of(values: NDArray[Any], rows: Ints) -> NDArray[Any]:
    """The slots of some rows, shape (rows, `SLOTS`); `take` fetches short rows four times faster than an index."""
    return values.reshape(-1, SLOTS).take(rows, axis=0)


def largest(cells: NDArray[Any]) -> NDArray[Any]:
    """The largest of each row of `SLOTS` cells; four columns are compared faster than many short rows."""
    found = cells[:, 0]
    for slot in range(1, SLOTS):
        found = np.maximum(found, cells[:, slot])
    return found
