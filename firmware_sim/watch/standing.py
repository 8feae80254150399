"""How hub and rivals stand at this moment, beside the truth: what is open now and what is so now. Pure.

A misplaced book counts as soon as it has stood wrong for five rounds of the antennas; a book's place, when it has stood still for as long. The proper score, with its rules
for every kind, is ``shelfwire score``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.scoring.history import EXPECTED, watched
from firmware_sim.scoring.subject import NEVER_HEARD, NOWHERE, Places, Shown, Subject
from firmware_sim.world import World

ROUNDS: Final = 5


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One subject, now. Shares are None where there is nothing to share."""

    name: str
    right: int
    """Of the books that it calls misplaced: so many are."""
    called: int
    found: int
    """Of the misplaced books: so many it calls so."""
    misplaced: int
    false_missing: int
    """Books that it calls missing and that stand on a shelf."""
    missing: int
    """Books that it calls missing."""
    placed: int
    """Of the books that stand still: so many it says are on the right shelf, or on one with the same antenna."""
    standing: int


@dataclass(frozen=True, slots=True)
class True_:  # noqa: N801 (the word is taken)
    """What is so now; columns over books."""

    place: Int32
    wrong: Bools
    """Stands outside its home span, and the catalogue expects it on its shelf."""
    settled: Bools
    """Nothing happened to it for five rounds of the antennas."""


class Scale:
    """Holds subjects against the world; remembers since when each book has been where it is."""

    def __init__(self, world: World, *, start_us: int, cycle_us: int) -> None:
        self._world = world
        site = world.site
        heard_by = [tuple(one.id for one in site.heard_by.get(shelf.id, ())) for shelf in site.shelves]
        numbers: dict[tuple[str, ...], int] = {}
        self._zone = np.array([numbers.setdefault(one, len(numbers)) for one in heard_by], dtype=np.int32)
        """By shelf: what no antenna can tell apart has one number."""
        self._watched = watched(world.site)
        self._changed_us: Int64 = np.full(world.stock.count, start_us, dtype=np.int64)
        self._lines = len(world.log)
        self._settled_us = ROUNDS * cycle_us

    def now(self) -> True_:
        """The truth of this moment."""
        world, n = self._world, self._world.stock.count
        news = world.log.columns(self._lines)
        self._lines += len(news.tag)
        moved = (news.tag < n) & (news.came_from != news.went_to)
        self._changed_us[news.tag[moved]] = news.at_us[moved]
        place: Int32 = world.place[:n].copy()
        place[~((place >= 0) & self._watched[np.maximum(place, 0)])] = NOWHERE
        out = (place < world.stock.home_from) | (place > world.stock.home_to)
        wrong: Bools = (place >= 0) & out & EXPECTED[world.status[:n]]
        return True_(place, wrong, self._changed_us <= world.now_us - self._settled_us)

    def weigh(self, subject: Subject, said: Places, true: True_) -> Standing:
        """One subject beside it."""
        shown = [one for one in subject.shown() if one.closed_us is None and one.tag >= 0]
        called = tags_of(shown, "misplaced")
        missing = tags_of(shown, "missing")
        due = true.wrong & true.settled
        calls = np.zeros(len(true.wrong), dtype=np.bool_)
        calls[called] = True
        standing = true.settled & (true.place >= 0)
        shelf = np.where(said.shelf == NEVER_HEARD, NOWHERE, said.shelf)
        return Standing(
            name=subject.name,
            right=int(true.wrong[called].sum()),
            called=len(called),
            found=int((due & calls).sum()),
            misplaced=int(due.sum()),
            false_missing=int((true.place[missing] >= 0).sum()),
            missing=len(missing),
            placed=int(((shelf >= 0) & (self._zone[shelf] == self._zone[true.place]) & standing).sum()),
            standing=int(standing.sum()),
        )


def tags_of(shown: Sequence[Shown], kind: str) -> Int64:
    """Books of the open findings of a kind, each once."""
    return np.array(sorted({one.tag for one in shown if one.kind == kind}), dtype=np.int64)
