"""Every morning the oracle says of each silent book how probably it is gone; held against the truth, for every threshold at once. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from firmware_sim.oracle.counts import BINS, NightsReached, bins
from firmware_sim.oracle.silence import Silence
from firmware_sim.scoring.gone import NIGHTS, covered_mornings
from firmware_sim.scoring.verdict import Truth

BEFORE_OPENING_US: Final = 3_900_000_000
"""It decides an hour and five minutes before the doors open: after that staff put back what was left on the tables."""
Said = dict[int, float]
"""Book → probability that it is gone; those that it did not ask about are there."""


class Nights:
    """All mornings of one run."""

    def __init__(self, silence: Silence, truth: Truth) -> None:
        self._silence = silence
        self._truth = truth

    def reached(self) -> NightsReached:
        """What could have been called gone in the mornings, and what of it was."""
        doors, start_us, end_us = self._truth.doors, self._truth.history.start.us, self._truth.history.end_us
        mornings = [
            to_us
            for _, to_us in doors.nights(start_us, end_us)
            if to_us <= end_us and not doors.closed(to_us)
        ]
        said = [self._said(to_us - BEFORE_OPENING_US) for to_us in mornings]
        found = NightsReached(nights=len(mornings), untrue=self._untrue(said, mornings))
        for number in NIGHTS:
            found.gone[number] = self._gone(number, said, mornings)
        return found

    def _said(self, at_us: int) -> Said:
        """Of all books that are silent then."""
        asked = np.flatnonzero(self._silence.silent(at_us)).tolist()
        return {book: self._silence.chance(book, at_us) for book in asked}

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
