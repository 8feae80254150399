"""Mass moves: a whole range is carried to another, book by book, and nobody tells the catalogue. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from firmware_sim.world.habits import MassMove
from firmware_sim.world.people import NEVER_US
from firmware_sim.world.state import State
from firmware_sim.world.targets import Targets
from shelfwire.errors import InputError


class MassMoves:
    """The moves of a scenario; each begins at its time and promises the books one after the other."""

    def __init__(self, state: State, targets: Targets, moves: Sequence[MassMove]) -> None:
        """Raises `InputError` for a place that the site does not have."""
        faults = [
            f"mass_moves: the site {state.site.id} has no floor, range, face, bay or shelf {name}"
            for move in moves
            for name in (move.of, move.to)
            if name not in state.site.spans
        ]
        if faults:
            raise InputError(*faults)
        self._state = state
        self._targets = targets
        start_us = state.now_us
        timed = [(start_us + int(move.at_h * 3_600_000_000), move) for move in moves]
        self._coming = sorted(timed, key=lambda one: one[0], reverse=True)
        self._from: dict[int, tuple[int, int]] = {}

    @property
    def next_us(self) -> int:
        """When the next begins."""
        return self._coming[-1][0] if self._coming else NEVER_US

    def begin(self) -> None:
        """Promise the books of the next move, in the order in which they stand."""
        _, move = self._coming.pop()
        state = self._state
        span = state.site.spans[move.of]
        for number, (tag, new) in enumerate(islice(self._books(move), move.items), 1):
            self._targets.mass_to[tag] = new
            self._from[tag] = span
            state.promise(state.now_us + int(number * move.book_s * 1e6), "mass_move", tag)
        if move.items is None:
            for shelf in range(*span):
                self._rehome(shelf, self._new_shelf(move, shelf))

    def still(self, tag: int) -> bool:
        """Whether a book that is due stands where the movers look for it."""
        first, end = self._from.pop(tag, (0, len(self._state.site.shelves)))
        found = first <= int(self._state.place[tag]) < end
        if not found:
            self._targets.mass_to.pop(tag, None)
        return found

    def _books(self, move: MassMove) -> Iterator[tuple[int, int]]:
        """(book, its new shelf)."""
        for shelf in range(*self._state.site.spans[move.of]):
            for tag in self._state.on_shelf(shelf).tolist():
                if tag < self._state.strangers_from:
                    yield tag, self._new_shelf(move, shelf)

    def _new_shelf(self, move: MassMove, shelf: int) -> int:
        """Shelf for shelf; where the new place has more or fewer, in proportion."""
        (first, end), (to_first, to_end) = (self._state.site.spans[name] for name in (move.of, move.to))
        return to_first + (shelf - first) * (to_end - to_first) // (end - first)

    def _rehome(self, shelf: int, new: int) -> None:
        """Staff will put what is out now where the range has gone."""
        low, high = np.searchsorted(self._state.stock.home, [shelf, shelf + 1])
        for tag in range(int(low), int(high)):
            if int(self._state.place[tag]) < 0:
                self._state.moved_home[tag] = new
