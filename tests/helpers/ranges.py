"""Two ranges for tests of moved ranges: four bays of two boards each, one antenna a board, and books that are carried over.

The ranges stand far apart, so that no antenna of one hears the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpers.shelves import SECOND, Book, Library, Listener, settings
from helpers.sites import built, written

from hub.effects import Finding
from shelfwire.messages import Dwell
from shelfwire.site.model import Antenna, SiteHistory

SETTLES_S = 600.0
A_SHELF = 8


def two_ranges() -> SiteHistory:
    """R01 and R02, one face of four bays with two boards: eight shelves each."""
    face = {"label": "A", "bays": 4}
    ranges = [{"id": f"R0{n}", "at_m": [2, 4.0 * n], "A": face} for n in (1, 2)]
    floors = [{"id": "1F", "name": {"en": "Floor"}, "width_m": 12, "depth_m": 12, "ranges": ranges}]
    return built(
        written(
            shelves_m=[0.1, 0.8],
            floors=floors,
            antennas=[
                {"first_id": "ant-01", "reader": "RD1", "first_port": 1, "one_a_shelf": ["1F-R01", "1F-R02"]}
            ],
        )
    )


class Stacks(Library):
    """A library of the two ranges; every shelf of the first has `A_SHELF` books, the second is empty."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(history=two_ranges(), settings=settings(moved_settles_s=SETTLES_S, **changes))
        self.first = [shelf.id for shelf in self.history.now.within("1F-R01")]
        self.second = [shelf.id for shelf in self.history.now.within("1F-R02")]
        self.stand: dict[str, list[Book]] = {
            shelf: [self.book(home=shelf) for _ in range(A_SHELF)] for shelf in self.first
        }
        self.look(5)

    def look(self, rounds: int = 1) -> None:
        """Every antenna listens, so many times, half a minute apart; all that a round heard is one report."""
        for _ in range(rounds):
            self.now_us += 30 * SECOND
            self.report(*(self._dwell(antenna) for antenna in self.history.now.antennas))

    def _dwell(self, antenna: Antenna) -> Dwell:
        books = [book.epc for shelf in antenna.hears for book in self.stand.get(shelf, ())]
        return Listener(self, antenna).dwell(books, antenna.reference_tags, -55.0, "exact", self.air)

    def carry(self, books: Sequence[Book], shelf: str | None) -> None:
        """Put books on a shelf, or (None) nowhere."""
        books = list(books)
        for board in self.stand.values():
            board[:] = [book for book in board if book not in books]
        if shelf is not None:
            self.stand.setdefault(shelf, []).extend(books)

    def move_range(self, shelves: int = 4, *, rounds: int = 12) -> list[Book]:
        """Carry the first shelves of the first range, shelf for shelf, to the second, and listen."""
        moved: list[Book] = []
        for old, new in zip(self.first[:shelves], self.second, strict=False):
            books = list(self.stand[old])
            self.carry(books, new)
            moved += books
        self.look(rounds)
        return moved

    def settle(self) -> None:
        """So long that no more books are expected."""
        self.look(int(SETTLES_S / 30) + 2)

    def proposal(self) -> Finding:
        """The one live proposal."""
        (found,) = self.findings("moved_range")
        return found

    def singles(self) -> list[Finding]:
        """What is shown of single books."""
        return self.findings("misplaced", "missing")
