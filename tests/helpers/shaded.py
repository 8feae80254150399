"""Many books on shelves whose antennas hear each of them through its own chip, shade and multipath, drawn from a seed."""

from __future__ import annotations

import msgspec
import numpy as np
from helpers.shelves import Book, Library, Listener

from shelfwire.messages import Tags

_STEPS = (0.0, 17.0, 29.0)
"""How much quieter an antenna hears a shelf one and two boards or bays away."""


class Room:
    """A library of one face; every book stands where it is put, and is heard by chance."""

    def __init__(
        self, library: Library, seed: int, *, floor_dbm: float = -66.4, louder_db: float = 0.0
    ) -> None:
        self.library, self._dice = library, np.random.default_rng(seed)
        self._floor_dbm, self._louder_db = floor_dbm, louder_db
        self._level: dict[tuple[int, str, str], float] = {}
        self.stands: dict[int, str] = {}

    def put(self, book: Book, shelf: str) -> None:
        """Stand a book on a shelf: its shade and its multipath are thrown anew."""
        self.stands[book.item_id] = shelf
        common = self._dice.normal(0.0, 5.1)
        for antenna in self.library.history.now.antennas:
            steps = self._steps(antenna.hears[0], shelf)
            below = _STEPS[steps] if steps < len(_STEPS) else 60.0
            level = -55.0 + self._louder_db - below + common + self._dice.normal(0.0, 4.8)
            self._level[book.item_id, antenna.id, shelf] = level

    def take(self, book: Book) -> None:
        """Somebody goes away with it."""
        del self.stands[book.item_id]

    def listen(self, times: int = 1, every_s: float = 2.0) -> None:
        """All antennas in turn."""
        for _ in range(times):
            for antenna in self.library.history.now.antennas:
                listener = Listener(self.library, antenna)
                self.library.now_us += int(every_s * 1e6)
                heard = [
                    (book.epc, loud)
                    for book in self.library.books
                    if (loud := self._loud(book, antenna.id)) is not None
                ]
                dwell = listener.dwell([], list(antenna.reference_tags), 0.0, "exact", self.library.air)
                marks = dwell.tags
                tags = Tags(
                    epc=[*(epc for epc, _ in heard), *marks.epc],
                    count=[3] * (len(heard) + len(marks.epc)),
                    rssi_dbm=[*(loud for _, loud in heard), *(marks.rssi_dbm or [])],
                )
                self.library.report(msgspec.structs.replace(dwell, tags=tags))

    def _loud(self, book: Book, antenna: str) -> float | None:
        shelf = self.stands.get(book.item_id)
        if shelf is None:
            return None
        loud = self._level[book.item_id, antenna, shelf] + self._dice.normal(0.0, 1.5)
        return None if loud < self._floor_dbm or self._dice.random() < 0.02 else round(loud, 1)

    def _steps(self, one: str, other: str) -> int:
        (bay, board), (far_bay, far_board) = (_numbers(shelf) for shelf in (one, other))
        return abs(bay - far_bay) + abs(board - far_board)


def _numbers(shelf: str) -> tuple[int, int]:
    bay, board = shelf.split("-")[1:]
    return int(bay[1:]), int(board[1:])
