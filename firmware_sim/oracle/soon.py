"""How soon the oracle would show that a book is away, and for how many that stand: the two together, for every threshold at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from firmware_sim.hearing import Bools, Int64
from firmware_sim.oracle.counts import BINS, SoonReached, bins
from firmware_sim.oracle.silence import Silence
from firmware_sim.scoring import gone
from firmware_sim.scoring.history import History
from firmware_sim.scoring.places import SETTLED_CYCLES, SETTLED_US
from firmware_sim.scoring.verdict import Truth

EVERY: Final = 12
"""Of the moments at which the subjects are asked where the books are (every ten minutes), each so manieth: two hours."""


def reached(silence: Silence, truth: Truth, times: Sequence[int]) -> SoonReached:
    """`times`: the moments at which the subjects were asked for places."""
    found = SoonReached(gone=_gone(silence, truth, np.array(times, dtype=np.int64)))
    standing = np.zeros(BINS, dtype=np.int64)
    settled_us = max(SETTLED_US, SETTLED_CYCLES * truth.rules.cycle_us)
    for at_us, books in _settled(truth.history, times[EVERY // 2 :: EVERY], settled_us):
        found.settled += int(books.sum())
        asked = np.flatnonzero(books & silence.silent(at_us)).tolist()
        chances = np.array([silence.chance(book, at_us) for book in asked])
        standing += np.bincount(bins(chances), minlength=BINS)
    found.standing = standing.tolist()
    return found


def _gone(silence: Silence, truth: Truth, moments: Int64) -> list[int]:
    """By bin: books that left for good, at their moment; one that was heard since is there for sure."""
    when: dict[int, list[int]] = {}
    for book in truth.gone:
        at = gone.soon(book, truth.looks, truth.rules, moments)
        if at is not None:
            when.setdefault(int(moments[at]), []).append(book.tag)
    chances = []
    for at_us, books in when.items():
        silent = silence.silent(at_us)
        chances += [silence.chance(book, at_us) if silent[book] else 0.0 for book in books]
    found: list[int] = np.bincount(bins(np.array(chances)), minlength=BINS).tolist()
    return found


def _settled(history: History, times: Sequence[int], settled_us: int) -> Iterator[tuple[int, Bools]]:
    """Each moment, with the books that have stood on one watched shelf for so long."""
    n = history.books
    stays = [stay for tag in sorted(history.touched) if tag < n for stay in history.stays(tag)]
    tag, place, from_us, to_us = (
        np.array([getattr(stay, name) for stay in stays], dtype=np.int64)
        for name in ("tag", "place", "from_us", "to_us")
    )
    shelved = history.on_watched(place.astype(np.int32))
    untouched = history.on_watched(history.start.place[:n])
    untouched[tag] = False
    for at_us in times:
        books: Bools = untouched & (history.start.us <= at_us - settled_us)
        here = shelved & (from_us <= at_us - settled_us) & (at_us < to_us)
        books[tag[here]] = True
        yield at_us, books
