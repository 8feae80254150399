"""The order on a shelf: the fewest moves that put it right. Pure.

To set right n books of which the longest ordered run has r, n - r must move and no more. Books of one key may stand in
either order. A book whose position is uncertain has several likely ones, and moves only if each of them is wrong beside
the books that stay; between two answers of the same length, the one that leaves uncertain books alone is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import msgspec

MAX_LIKELY: Final = 16
"""More positions than this say nothing about order; such a book is left alone."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A book as the antennas see it standing: its sort key, and where."""

    item: str
    key: bytes
    """From `shelfwire.callnumbers.sort_key`; empty: it has no place in the order and is left alone."""
    likely: tuple[int, ...]
    """Its likely positions counted from the left, the likeliest first. One: certain. None: left alone."""


class Instruction(msgspec.Struct, frozen=True, gc=False):
    """Take these books, in this order, and put them after that one; `after` None: at the left end, before `before`."""

    take: tuple[str, ...]
    after: str | None
    before: str | None


class Order(msgspec.Struct, frozen=True, gc=False):
    """How to put a shelf right."""

    instructions: tuple[Instruction, ...]
    moved: int
    """Books to move: never more than all of them less the longest ordered run."""
    stay: tuple[str, ...]
    """Those that stand right, from the left to the right."""
    aside: tuple[str, ...] = ()
    """Those about which nothing can be said: without key or without position."""

    @property
    def right(self) -> bool:
        """Whether nothing need be moved."""
        return not self.instructions


def put_right(shelf: Sequence[Seen]) -> Order:
    """The fewest moves that put a shelf right, as instructions from the left to the right."""
    aside = tuple(book.item for book in shelf if not _able(book))
    # Books of one key may stand in either order, so they are wanted as they stand.
    wanted = sorted(filter(_able, shelf), key=lambda book: (book.key, book.likely[0]))
    kept = _kept(wanted)
    instructions = []
    left: str | None = None
    runs = [(stays, [book.item for _, book in run]) for stays, run in groupby(zip(kept, wanted, strict=True), itemgetter(0))]  # fmt: skip
    for number, (stays, items) in enumerate(runs):
        if stays:
            left = items[-1]
        else:
            before = runs[number + 1][1][0] if left is None and number + 1 < len(runs) else None
            instructions.append(Instruction(tuple(items), left, before))
    stay = tuple(book.item for stays, book in zip(kept, wanted, strict=True) if stays)
    return Order(tuple(instructions), len(wanted) - len(stay), stay, aside)


def _able(book: Seen) -> bool:
    return bool(book.key) and 0 < len(book.likely) <= MAX_LIKELY


def _kept(wanted: Sequence[Seen]) -> list[bool]:
    """Which books stay: most of them, and among as many the most of uncertain position. O(n log n).

    Each book may take one of its likely positions; along the wanted order the positions taken never go left. A tree of
    prefix maxima over the positions (Fenwick) holds the best row of books that ends at each.
    """
    positions = sorted({position for book in wanted for position in book.likely})
    place = {position: number for number, position in enumerate(positions, 1)}
    best = [(0, -1)] * (len(positions) + 1)  # (weight, row) that ends at or before a position
    rows: list[tuple[int, int]] = []  # (book, the row before it)
    most = len(wanted) + 1
    for number, book in enumerate(wanted):
        weight = most + (len(set(book.likely)) > 1)  # one more book outweighs all ties together
        reached = []
        for position in set(book.likely):
            at, found = place[position], (0, -1)
            while at:
                found = max(found, best[at])
                at &= at - 1
            reached.append((place[position], (found[0] + weight, len(rows))))
            rows.append((number, found[1]))
        for at, made in reached:  # only now, so that no book stands beside itself
            while at < len(best):
                best[at] = max(best[at], made)
                at += at & -at  # noqa: PLW2901 (the walk up the tree)
    row = max(best)[1]
    kept = [False] * len(wanted)
    while row >= 0:
        book_number, row = rows[row]
        kept[book_number] = True
    return kept
