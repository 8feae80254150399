"""Which books are silent since something changed for them, and how probably each is off the shelves: asked for any moment of a run. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from firmware_sim.hearing import Bools, Int64
from firmware_sim.oracle.absence import Absence, Reads
from firmware_sim.oracle.memory import Memory
from firmware_sim.oracle.stirring import Stirring
from firmware_sim.scoring.history import EXPECTED, History, Stay
from hub.catalog.model import STATUSES

Told = tuple[int, str, int]
"""(book, status, when the desk told it)."""


class Silence:
    """All reads of one run, arranged by book."""

    def __init__(
        self, memory: Memory, stirring: Stirring, absence: Absence, history: History, told: Sequence[Told]
    ) -> None:
        self._stirring = stirring
        self._absence = absence
        self._history = history
        self._told = told
        self._start_us = history.start.us
        reads, dwelt = memory.reads(), memory.dwelt()
        order = np.lexsort((dwelt.ended_us[reads.dwell], reads.tag))
        self._tag = reads.tag[order]
        self._dwell = reads.dwell[order]
        self._ended = dwelt.ended_us[self._dwell]
        self._antenna = dwelt.antenna[self._dwell]
        self._seen = reads.seen[order]
        self._first = np.searchsorted(self._tag, np.arange(history.books + 1))

    def silent(self, at_us: int) -> Bools:
        """By book: the catalogue expects it, and nobody has heard it since something changed for it."""
        n = self._history.books
        expected = EXPECTED[self._history.start.status[:n]].copy()
        told_us = np.full(n, self._start_us, dtype=np.int64)
        for book, status, changed_us in self._told:
            if changed_us <= at_us:
                expected[book], told_us[book] = EXPECTED[STATUSES.index(status)], changed_us
        changed_us_of = self._stirring.last(at_us, self._start_us)
        found: Bools = expected & (self._heard_us(at_us) <= changed_us_of) & (told_us <= changed_us_of)
        return found

    def chance(self, book: int, at_us: int) -> float:
        """Probability that it is off the shelves then."""
        moments = self._stirring.of(book, at_us)
        low, high = int(self._first[book]), int(self._first[book + 1])
        high = low + int(np.searchsorted(self._ended[low:high], at_us, side="right"))
        shelf = -1
        if high > low:
            last_us = int(self._ended[high - 1])
            shelf, since_us = _stood(self._history.stays(book), last_us, self._start_us)
            low += int(np.searchsorted(self._ended[low:high], since_us, side="right"))
        reads = Reads(
            self._ended[low:high],
            self._antenna[low:high].astype(np.int64),
            self._dwell[low:high].astype(np.int64),
            self._seen[low:high],
        )
        return self._absence.chance(book, shelf, moments, reads, at_us)

    def _heard_us(self, at_us: int) -> Int64:
        found = np.full(self._history.books, -1, dtype=np.int64)
        known = self._ended <= at_us
        np.maximum.at(found, self._tag[known], self._ended[known])
        return found


def _stood(stays: Sequence[Stay], heard_us: int, start_us: int) -> tuple[int, int]:
    """(shelf, since when) of a book when it was heard last: also if it had been taken up in the very seconds before, for a run goes in strokes."""
    shelved = [stay for stay in stays if stay.place >= 0 and stay.from_us < heard_us]
    if not shelved:
        return -1, start_us
    shelf = shelved[-1].place
    return shelf, min(stay.from_us for stay in shelved if stay.place == shelf)
