"""Where each book was, when, and what the catalogue said of it: from the start of a run and its log alone. Pure.

A *stay* is a stretch of time in which one tag lies at one place with one status of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Int32
from firmware_sim.world import World
from firmware_sim.world.epcs import ALLIANCE_PC
from hub.catalog.model import EXPECTED_ON_SHELF, STATUSES
from shelfwire.site.model import Site

EXPECTED: Final[Bools] = np.array([name in EXPECTED_ON_SHELF for name in STATUSES])
"""By status code: whether the catalogue expects such a book on its shelf."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One tag at one place with one status."""

    tag: int
    from_us: int
    to_us: int
    place: int
    status: str
    """Empty for a tag of no catalogue."""
    security: bool
    cause: str
    """Kind of the deed that began it; empty: so from the start."""


class Start:
    """How the world was when the run began; the log tells the rest."""

    def __init__(self, world: World, start_us: int) -> None:
        self.us = start_us
        self.place: Int32 = world.first_place
        self.status: NDArray[np.uint8] = world.first_status
        self.security: Bools = world.first_armed
        self.strangers_from = world.strangers_from
        self.strangers = world.strangers


class History:
    """All stays of all tags in a run, and what was true."""

    def __init__(self, world: World, start: Start, end_us: int) -> None:
        self.site: Site = world.site
        self.start = start
        self.end_us = end_us
        self.home_from: Int32 = world.stock.home_from
        self.home_to: Int32 = world.stock.home_to
        self.tells_security: Bools = world.stock.pc == ALLIANCE_PC
        """By book: whether a read shows its security; only tags of the alliance carry it in their EPC."""
        self.tag_place: NDArray[np.uint8] = world.stock.tag_place
        self.books = world.stock.count
        self.watched = watched(world.site)
        self.deeds = world.log[:]
        self._of_tag: dict[int, list[Any]] = {}
        self._moved_us: dict[int, int] = {}
        for deed in self.deeds:
            self._of_tag.setdefault(deed.tag, []).append(deed)
            if deed.kind == "mass_move":
                self._moved_us.setdefault(deed.tag, deed.at_us)

    @property
    def touched(self) -> set[int]:
        """Tags to which something happened."""
        return set(self._of_tag)

    def moved(self, stay: Stay) -> bool:
        """Whether the book has been moved with its range by then: also when it was taken up since, and put back where its range now is."""
        moved_us = self._moved_us.get(stay.tag)
        return moved_us is not None and stay.from_us >= moved_us

    def stays(self, tag: int) -> list[Stay]:
        """What became of one tag, in order; an untouched one has a single stay."""
        found: list[Stay] = []
        now: tuple[int, int, str, bool, str] | None = self._first(tag)
        for deed in self._of_tag.get(tag, ()):
            if now is not None and deed.at_us > now[0]:
                found.append(Stay(tag, now[0], deed.at_us, now[1], now[2], now[3], now[4]))
            now = (deed.at_us, deed.went_to, deed.status, deed.security, deed.kind)
        if now is not None and now[0] < self.end_us:
            found.append(Stay(tag, now[0], self.end_us, now[1], now[2], now[3], now[4]))
        return found

    def _first(self, tag: int) -> tuple[int, int, str, bool, str] | None:
        start = self.start
        if tag < self.books:
            place, status = int(start.place[tag]), STATUSES[start.status[tag]]
            return start.us, place, status, bool(start.security[tag]), ""
        if tag < start.strangers_from + start.strangers:
            return start.us, int(start.place[tag]), "", False, ""
        return None

    def at_home(self, tag: int, place: int, tolerance: int) -> bool:
        """Whether the shelf is in the book's home span, or so near it."""
        return bool(self.home_from[tag] - tolerance <= place <= self.home_to[tag] + tolerance)

    def odd(self, tolerance: int) -> list[int]:
        """Tags of which something may be true: touched ones, and those that were not in order from the start on."""
        place, n = self.start.place[: self.books], self.books
        expected = EXPECTED[self.start.status[:n]]
        shelved = self.on_watched(place)
        home = (place >= self.home_from[:n] - tolerance) & (place <= self.home_to[:n] + tolerance)
        wrong = np.where(shelved, ~(expected & home) | (expected & ~self.start.security[:n]), expected)
        first = self.start.strangers_from
        strangers = range(first, first + self.start.strangers)
        return sorted(self.touched | set(np.flatnonzero(wrong).tolist()) | set(strangers))

    def on_watched(self, place: Int32) -> Bools:
        """Whether each place is a shelf that an antenna is meant for."""
        result: Bools = (place >= 0) & self.watched[np.maximum(place, 0)]
        return result


def watched(site: Site) -> Bools:
    """By shelf index: whether an antenna is meant for it."""
    return np.array([shelf.id in site.heard_by for shelf in site.shelves] or [False])
