"""Every morning the oracle says of each silent book how probably it is gone; held against the truth, for every threshold at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from firmware_sim.hearing import Int64
from firmware_sim.oracle.absence import Absence, Reads
from firmware_sim.oracle.counts import BINS, NightsReached, bins
from firmware_sim.oracle.memory import Memory
from firmware_sim.oracle.stirring import Stirring
from firmware_sim.scoring.gone import NIGHTS, covered_mornings
from firmware_sim.scoring.history import EXPECTED, Stay
from firmware_sim.scoring.verdict import Truth
from hub.catalog.model import STATUSES

BEFORE_OPENING_US: Final = 3_900_000_000
"""It decides an hour and five minutes before the doors open: after that staff put back what was left on the tables."""
Said = dict[int, float]
"""Book → probability that it is gone; those that it did not ask about are there."""


class Nights:
    """All mornings of one run."""

    def __init__(self, memory: Memory, stirring: Stirring, absence: Absence, truth: Truth) -> None:
        self._stirring = stirring
        self._absence = absence
        self._truth = truth
        self._start_us = truth.history.start.us
        reads, dwelt = memory.reads(), memory.dwelt()
        order = np.lexsort((dwelt.ended_us[reads.dwell], reads.tag))
        self._tag = reads.tag[order]
        self._dwell = reads.dwell[order]
        self._ended = dwelt.ended_us[self._dwell]
        self._antenna = dwelt.antenna[self._dwell]
        self._seen = reads.seen[order]
        self._first = np.searchsorted(self._tag, np.arange(truth.history.books + 1))

    def reached(self, statuses: list[tuple[int, str, int]]) -> NightsReached:
        """`statuses`: (book, status, time) as the desk told them."""
        doors, end_us = self._truth.doors, self._truth.history.end_us
        mornings = [
            to_us
            for _, to_us in doors.nights(self._start_us, end_us)
            if to_us <= end_us and not doors.closed(to_us)
        ]
        said = [self._said(to_us - BEFORE_OPENING_US, statuses) for to_us in mornings]
        found = NightsReached(nights=len(mornings), untrue=self._untrue(said, mornings))
        for number in NIGHTS:
            found.gone[number] = self._gone(number, said, mornings)
        return found

    def _said(self, at_us: int, statuses: list[tuple[int, str, int]]) -> Said:
        """Of all books that the catalogue expects, and that nobody has heard since something changed for them."""
        history, n = self._truth.history, self._truth.history.books
        expected, told_us = (
            EXPECTED[history.start.status[:n]].copy(),
            np.full(n, self._start_us, dtype=np.int64),
        )
        for book, status, changed_us in statuses:
            if changed_us <= at_us:
                expected[book], told_us[book] = EXPECTED[STATUSES.index(status)], changed_us
        changed_us_of = self._stirring.last(at_us, self._start_us)
        heard = self._heard_us(at_us)
        asked = expected & (heard <= changed_us_of) & (told_us <= changed_us_of)
        return {book: self._chance(book, at_us) for book in np.flatnonzero(asked).tolist()}

    def _heard_us(self, at_us: int) -> Int64:
        found = np.full(self._truth.history.books, -1, dtype=np.int64)
        known = self._ended <= at_us
        np.maximum.at(found, self._tag[known], self._ended[known])
        return found

    def _chance(self, book: int, at_us: int) -> float:
        moments = self._stirring.of(book, at_us)
        low, high = int(self._first[book]), int(self._first[book + 1])
        high = low + int(np.searchsorted(self._ended[low:high], at_us, side="right"))
        shelf = -1
        if high > low:
            last_us = int(self._ended[high - 1])
            shelf, since_us = _stood(self._truth.history.stays(book), last_us, self._start_us)
            low += int(np.searchsorted(self._ended[low:high], since_us, side="right"))
        reads = Reads(
            self._ended[low:high],
            self._antenna[low:high].astype(np.int64),
            self._dwell[low:high].astype(np.int64),
            self._seen[low:high],
        )
        return self._absence.chance(book, shelf, moments, reads, at_us)

    def _untrue(self, said: list[Said], mornings: list[int]) -> list[int]:
        """By bin of probability: books called gone that were not, once for each night in which their finding would have opened."""
        found = np.zeros(BINS, dtype=np.int64)
        before: Said = {}
        for now, opens_us in zip(said, mornings, strict=True):
            missing = self._missing(opens_us - BEFORE_OPENING_US)
            for book, chance in now.items():
                if book in missing:
                    continue
                shown = before.get(book, -1.0)
                if chance > shown:
                    found[bins(np.array([chance]))] += 1
                    if shown >= 0.0:
                        found[bins(np.array([shown]))] -= 1
            before = {book: chance for book, chance in now.items() if book not in missing}
        return found.tolist()

    def _missing(self, at_us: int) -> set[int]:
        """Books that were missing then."""
        return {
            one.tag
            for one in self._truth.conditions
            if one.kind == "missing" and one.from_us <= at_us < one.to_us
        }

    def _gone(self, number: int, said: list[Said], mornings: list[int]) -> list[int]:
        """By bin of the highest probability within so many covered nights: books that left for good."""
        truth, found = self._truth, np.zeros(BINS, dtype=np.int64)
        for book in truth.gone:
            theirs = covered_mornings(book, truth.looks, truth.doors, truth.history.end_us)[:number]
            if len(theirs) == number:
                chances = [
                    one.get(book.tag, 0.0)
                    for one, to_us in zip(said, mornings, strict=True)
                    if to_us in theirs
                ]
                found[bins(np.array([max(chances, default=0.0)]))] += 1
        return found.tolist()


def _stood(stays: Sequence[Stay], heard_us: int, start_us: int) -> tuple[int, int]:
    """(shelf, since when) of a book when it was heard last: also if it had been taken up in the very seconds before, for a run goes in strokes."""
    shelved = [stay for stay in stays if stay.place >= 0 and stay.from_us < heard_us]
    if not shelved:
        return -1, start_us
    shelf = shelved[-1].place
    return shelf, min(stay.from_us for stay in shelved if stay.place == shelf)
