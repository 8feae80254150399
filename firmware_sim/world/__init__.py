"""The library that does not exist: which book stands where, who moves it, and the log of the truth. Pure, seeded.

Places are shelf indexes of the site; `AWAY` is in nobody's hearing. Time only goes forward: `advance` throws the dice of all processes up to a time, `do` lets one
thing happen now. Both write deeds, and `where` answers for any time from the deeds alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any, Final, Literal

import msgspec
import numpy as np

from firmware_sim.books import Book
from shelfwire.site.model import Site

AWAY: Final = -1

DeedKind = Literal[
    "borrow",  # at the desk: the catalogue knows
    "return",  # at the desk, and put in its place
    "misplace",
    "take",  # gone without a loan
    "bring_back",  # a taken book stands in its place again
    "browse",  # in a reader's hand
    "put_back",  # after browsing, in its place
    "fix",  # somebody puts a misplaced book right
    "unchecked",  # a lent book put on its shelf without the desk: the catalogue still says on loan
    "stranger",  # a tag that no catalogue knows is put on a shelf
    "stranger_gone",
]


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened; a line of the truth log."""

    at_us: int
    kind: DeedKind
    tag: int
    """Number of the book, or of a stranger (from `World.strangers_from` on)."""
    came_from: int
    """Shelf index or `AWAY`."""
    went_to: int
    status: str
    """What the catalogue says from now on; for a stranger empty."""


class Rates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often people do something, per hour and 1,000 books. Stated assumptions; a scenario sets its own."""

    borrow: float = 0.0
    return_: float = msgspec.field(default=0.0, name="return")
    misplace: float = 0.0
    take: float = 0.0
    browse: float = 0.0
    fix: float = 0.0
    stranger: float = 0.0
    browse_s: tuple[float, float] = (20.0, 120.0)
    """How long a book is in a hand before it is put back, shortest and longest."""


FAR_SHELVES: Final = 4
"""A misplaced book stands at least this far from its home span, so that drift by a board is not called misplaced."""


class World:
    """One site with its books. `seed` and the sequence of calls decide everything."""

    def __init__(
        self, site: Site, books: list[Book], *, start_us: int, seed: int, rates: Rates | None = None
    ) -> None:
        self.site = site
        self.books = books
        self.log: list[Deed] = []
        self.now_us = start_us
        self.strangers_from = len(books)
        self.stranger_epcs: list[str] = []
        self.shelf = np.array([book.shelf for book in books], dtype=np.int32)
        """Where each tag is now; strangers at the end."""
        self.arrangement = np.zeros(len(books), dtype=np.uint32)
        """How often each tag was put somewhere: a new arrangement draws its radio anew."""
        self.status = [book.status for book in books]
        self._watched = [shelf.index for shelf in site.shelves if shelf.id in site.heard_by]
        self._first = self.shelf.copy()
        self._paths: dict[int, list[tuple[int, int]]] = {}
        self._dice = np.random.default_rng([seed, 0x5E1F])
        self._rates = rates or Rates()
        self._promised: list[tuple[int, int, DeedKind, int]] = []
        self._promises = 0
        self._next_us = self._throw_next()

    # What is where

    def where(self, tag: int, at_us: int) -> int:
        """Shelf index at that time, `AWAY`, or where it first stood."""
        path = self._paths.get(tag, [])
        place = bisect_right(path, (at_us, 1 << 62)) - 1
        if place >= 0:
            return path[place][1]
        return int(self._first[tag]) if tag < self.strangers_from else AWAY

    def at_home(self, tag: int) -> bool:
        """Whether the book stands in its home span now."""
        book = self.books[tag]
        return book.home_from <= int(self.shelf[tag]) <= book.home_to

    def epc(self, tag: int) -> str:
        """What the tag says now: a lent alliance tag has another first bit."""
        if tag >= self.strangers_from:
            return self.stranger_epcs[tag - self.strangers_from]
        return self.books[tag].epc_for(self.status[tag])

    # What happens

    def advance(self, to_us: int, *, dice: bool = True) -> list[Deed]:
        """All that people do up to `to_us`, in order. Without `dice` only what was promised happens."""
        done: list[Deed] = []
        while True:
            promised_us = self._promised[0][0] if self._promised else to_us + 1
            first_us = min(promised_us, self._next_us if dice else to_us + 1)
            if first_us > to_us:
                self.now_us = max(self.now_us, to_us)
                self._next_us = max(self._next_us, self.now_us)
                return done
            self.now_us = max(self.now_us, first_us)
            if promised_us == first_us:
                _, _, kind, tag = heappop(self._promised)
                deed = self._keep(kind, tag)
            else:
                deed = self._throw_deed()
                self._next_us = self._throw_next()
            if deed is not None:
                done.append(deed)

    def do(
        self, kind: DeedKind, tag: int | None = None, *, of: str | None = None, to: str | None = None
    ) -> Deed | None:
        """Let it happen now, to `tag` or to one chosen by dice; None: there is nobody it could happen to.

        `of`: only books whose place is in this range; `to`: the range where a misplaced book or a stranger ends.
        """
        if kind == "stranger":
            return self._stranger(to)
        if tag is None:
            tag = self._choose(kind, of)
            if tag is None:
                return None
        return self._move(kind, tag, self._target(kind, tag, to))

    def promise(self, at_us: int, kind: DeedKind, tag: int) -> None:
        """It will happen at that time, if it still can."""
        self._promises += 1
        heappush(self._promised, (at_us, self._promises, kind, tag))

    def tags_on(self, shelves: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Numbers of the tags that stand on the shelves marked true (one flag a shelf index) now."""
        standing = np.flatnonzero(self.shelf >= 0)
        return standing[shelves[self.shelf[standing]]]

    # Inside

    def _rate_list(self) -> list[tuple[DeedKind, float]]:
        rates = self._rates
        each: list[tuple[DeedKind, float]] = [
            ("borrow", rates.borrow),
            ("return", rates.return_),
            ("misplace", rates.misplace),
            ("take", rates.take),
            ("browse", rates.browse),
            ("fix", rates.fix),
            ("stranger", rates.stranger),
        ]
        return [(kind, rate) for kind, rate in each if rate > 0]

    def _throw_next(self) -> int:
        an_hour = sum(rate for _, rate in self._rate_list()) * len(self.books) / 1000.0
        if an_hour <= 0:
            return 1 << 62
        return self.now_us + int(self._dice.exponential(3600.0 / an_hour) * 1e6) + 1

    def _throw_deed(self) -> Deed | None:
        rates = self._rate_list()
        whole = sum(rate for _, rate in rates)
        throw = self._dice.random() * whole
        for kind, rate in rates:
            throw -= rate
            if throw < 0:
                return self.do(kind)
        return None

    def _keep(self, kind: DeedKind, tag: int) -> Deed | None:
        if not self.can(kind, tag):
            return None
        return self._move(kind, tag, self._target(kind, tag, None))

    def _able(self, kind: DeedKind) -> Iterator[int]:
        for tag in range(len(self.shelf)):
            if self.can(kind, tag):
                yield tag

    def can(self, kind: DeedKind, tag: int) -> bool:
        """Whether this can happen to this tag now."""
        if tag >= self.strangers_from:
            return kind == "stranger_gone" and self.shelf[tag] >= 0
        in_library = self.status[tag] == "on_shelf"
        here = bool(self.shelf[tag] >= 0)
        able: dict[DeedKind, bool] = {
            "borrow": here and in_library and self.at_home(tag),
            "misplace": here and in_library and self.at_home(tag),
            "take": here and in_library and self.at_home(tag),
            "browse": here and in_library and self.at_home(tag),
            "return": not here and self.status[tag] == "on_loan",
            "unchecked": not here and self.status[tag] == "on_loan",
            "bring_back": not here and in_library,
            "put_back": not here and in_library,
            "fix": here and in_library and not self.at_home(tag),
        }
        return able.get(kind, False)

    def _choose(self, kind: DeedKind, of: str | None) -> int | None:
        able = [tag for tag in self._able(kind) if of is None or self._range_of(tag) == of]
        return able[int(self._dice.integers(len(able)))] if able else None

    def _range_of(self, tag: int) -> str:
        place = self.books[tag].shelf if tag < self.strangers_from else int(self.shelf[tag])
        return self.site.shelves[place].range

    def _target(self, kind: DeedKind, tag: int, to: str | None) -> int:
        if kind in {"borrow", "take", "browse", "stranger_gone"}:
            return AWAY
        if kind == "misplace":
            return self._elsewhere(tag, to)
        return self.books[tag].shelf

    def _elsewhere(self, tag: int, to: str | None) -> int:
        """A watched shelf well away from the home: in range `to`, else in another range, else wherever there is one."""
        book = self.books[tag]
        wide = [
            index
            for index in self._watched
            if not book.home_from - FAR_SHELVES <= index <= book.home_to + FAR_SHELVES
        ]
        own = self.site.shelves[book.shelf].range
        named = [index for index in wide if self.site.shelves[index].range == to]
        other = [index for index in wide if self.site.shelves[index].range != own]
        return self._one_of(named or other or wide or [book.shelf])

    def _one_of(self, places: Sequence[int]) -> int:
        return places[int(self._dice.integers(len(places)))]

    def _stranger(self, to: str | None) -> Deed:
        named = [index for index in self._watched if self.site.shelves[index].range == to]
        place = self._one_of(named or self._watched)
        number = len(self.stranger_epcs)
        self.stranger_epcs.append(f"7E57{int(self._dice.integers(1 << 32)):08X}{number:012X}")
        self.shelf = np.append(self.shelf, np.int32(AWAY))
        self.arrangement = np.append(self.arrangement, np.uint32(0))
        return self._move("stranger", self.strangers_from + number, place)

    def _move(self, kind: DeedKind, tag: int, to: int) -> Deed:
        came_from = int(self.shelf[tag])
        if tag < self.strangers_from:
            if kind == "borrow":
                self.status[tag] = "on_loan"
            elif kind == "return":
                self.status[tag] = "on_shelf"
        self.shelf[tag] = to
        if to >= 0:
            self.arrangement[tag] += 1
        self._paths.setdefault(tag, []).append((self.now_us, to))
        status = self.status[tag] if tag < self.strangers_from else ""
        deed = Deed(at_us=self.now_us, kind=kind, tag=tag, came_from=came_from, went_to=to, status=status)
        self.log.append(deed)
        if kind == "browse":
            shortest, longest = self._rates.browse_s
            wait_s = shortest + (longest - shortest) * self._dice.random()
            self.promise(self.now_us + int(wait_s * 1e6), "put_back", tag)
        return deed
