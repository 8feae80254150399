"""Borders of shelves learned from where the books really stand: a proposal for a person to approve. Pure.

Along the order of call numbers the boards must follow one another. The largest set of books that agrees with that is
found (the longest run that nowhere descends); a book that does not agree stands wrong, or its label does. Each board then
starts at its first agreeing book.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shelfwire.callnumbers.labels import Labels, Row
from shelfwire.callnumbers.model import NONE, sequence
from shelfwire.callnumbers.runs import longest_run

MIN_BOOKS: Final = 3
"""Fewer agreeing books than this prove no border: one stray book on an unused board would draw one."""


@dataclass(frozen=True, slots=True)
class HeardBook:
    """A book that was heard to stand on a board."""

    call_number: str
    key: bytes
    place: int
    """Number of the board in shelving order."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A proposed start of one board."""

    place: int
    start: str
    key: bytes
    agreeing: int
    """Books on the board that fit the order."""
    heard: int
    """Books of the same sequence heard on the board."""

    @property
    def agreement(self) -> float:
        """The share of its books that fit; a low one is a board to look at before approving."""
        return self.agreeing / self.heard


def learn(books: Iterable[HeardBook], *, min_books: int = MIN_BOOKS) -> tuple[Learned, ...]:
    """Proposed starts of boards, in the order of boards. Boards with too few agreeing books get none.

    Each sequence (scheme and prefix) is learned for itself; books without a call number say nothing.
    """
    rows: dict[bytes, list[HeardBook]] = {}
    for book in books:
        if book.key and book.key != NONE:
            rows.setdefault(sequence(book.key), []).append(book)
    made: list[Learned] = []
    for family in rows.values():
        ordered = sorted(family, key=lambda book: (book.key, book.place))
        heard: dict[int, int] = {}
        for book in ordered:
            heard[book.place] = heard.get(book.place, 0) + 1
        agreeing: dict[int, list[HeardBook]] = {}
        for at in longest_run([book.place for book in ordered]):
            agreeing.setdefault(ordered[at].place, []).append(ordered[at])
        made += [
            Learned(place, fitting[0].call_number, fitting[0].key, len(fitting), heard[place])
            for place, fitting in agreeing.items()
            if len(fitting) >= min_books
        ]
    return tuple(sorted(made, key=lambda one: (one.place, one.key)))


def as_rows(learned: Iterable[Learned], shelves: Sequence[str], scheme: str = "") -> list[Row]:
    """A proposal as rows of a table of starts, for `labels.table`."""
    return [Row(shelves[one.place], one.start, scheme=scheme) for one in learned]


def changed_homes(now: Labels, proposed: Labels, keys: Iterable[bytes]) -> int:
    """How many items would get another home: what a person wants to know before approving."""
    return sum(_shelves(now, one) != _shelves(proposed, one) for one in keys)


def _shelves(labels: Labels, key: bytes) -> tuple[str, str] | None:
    span = labels.home(key)
    return None if span is None else (labels.shelves[span.first], labels.shelves[span.last])
