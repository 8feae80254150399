"""A person checks a shelf by scanning its books from the left to the right: what is said to each book. Pure.

Barcodes alone are enough: no tag and no antenna is needed. Who stays and who moves is decided by `hub.order`; this file
decides who takes part. A book whose home is elsewhere is not put into the order of this shelf but sent home; one whose
call number cannot be read is left where it stands and named with the reason; a barcode that nobody knows is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from hub.order import Instruction, Seen, put_right

MAX_SCANNED: Final = 500
"""A board of a metre holds about 50 books, a whole bay 400; a longer row is no shelf."""

Verdict = Literal["stays", "moves", "unread", "elsewhere", "unknown", "twice"]
"""``unread``: its call number says nothing about order; ``twice``: scanned before, the first one counts."""


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue knows of a book that was scanned."""

    barcode: str
    title: str
    call_number: str
    status: str
    key: bytes
    """Sort key; empty: none."""
    fault: str | None = None
    """Why the call number cannot be read."""
    home: tuple[int, int] | None = None
    """First and last shelf of its home, as places in shelving order; None: none known."""
    home_from: str | None = None
    home_to: str | None = None


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """One scanned barcode and what is said to it."""

    position: int
    """Counted from the left, from 1, with every scan."""
    barcode: str
    verdict: Verdict
    book: Book | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is to do. Instructions name books by barcode."""

    scanned: tuple[Scanned, ...]
    """In the order in which they were scanned; every scan is here."""
    instructions: tuple[Instruction, ...]
    moved: int
    unscanned: tuple[str, ...]
    """Barcodes of books that are believed here and were not scanned."""

    @property
    def right(self) -> bool:
        """Whether every scanned book is known, belongs here, can be read, and stands in order."""
        return all(one.verdict in {"stays", "twice"} for one in self.scanned)

    def of(self, verdict: Verdict) -> list[Scanned]:
        """The scans of one verdict."""
        return [one for one in self.scanned if one.verdict == verdict]


def barcodes_of(text: str) -> list[str]:
    """Barcodes as they were typed or scanned, one a line; blanks around them and empty lines do not count."""
    return [line for line in (line.strip() for line in text.splitlines()) if line]


def check(
    barcodes: Sequence[str],
    known: Mapping[str, Book],
    *,
    place: int,
    tolerance: int,
    believed: Iterable[str] = (),
) -> Check:
    """What to do with a row of books that were scanned from the left to the right.

    `place`: the shelf, as a place in shelving order; a home within `tolerance` boards of it is here, for books drift.
    `believed`: barcodes that the antennas hear here.
    """
    verdicts: list[Verdict] = []
    taken: dict[str, int] = {}
    for position, barcode in enumerate(barcodes):
        verdict = _first(known.get(barcode), place, tolerance)
        if barcode in taken:
            verdict = "twice"
        taken.setdefault(barcode, position)
        verdicts.append(verdict)
    order = put_right(
        [
            Seen(barcode, known[barcode].key, (position,))
            for position, barcode in enumerate(barcodes)
            if verdicts[position] == "stays"
        ]
    )
    for instruction in order.instructions:
        for barcode in instruction.take:
            verdicts[taken[barcode]] = "moves"
    return Check(
        scanned=tuple(
            Scanned(
                position=position + 1, barcode=barcode, verdict=verdicts[position], book=known.get(barcode)
            )
            for position, barcode in enumerate(barcodes)
        ),
        instructions=order.instructions,
        moved=order.moved,
        unscanned=tuple(barcode for barcode in believed if barcode not in taken),
    )


def _first(book: Book | None, place: int, tolerance: int) -> Verdict:
    """The verdict before the order is looked at; ``stays`` for all that take part in it."""
    if book is None:
        return "unknown"
    if book.home is not None and not book.home[0] - tolerance <= place <= book.home[1] + tolerance:
        return "elsewhere"
    if book.fault is not None or not book.key:
        return "unread"
    return "stays"
