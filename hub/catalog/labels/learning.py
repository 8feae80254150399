"""Borders of boards proposed from where the books stand, beside the labels that are in force; a person approves. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from hub.catalog.labels.check import scheme_of_key
from shelfwire.callnumbers import Rules, read
from shelfwire.callnumbers.labels import Row
from shelfwire.callnumbers.learned import HeardBook, Learned, learn
from shelfwire.callnumbers.model import sequence

SURE: Final = 0.9
"""A book takes part when it is believed on its board with at least this probability; a wavering one draws no border."""
GOOD_AGREEMENT: Final = 0.9
"""Below it, more than every tenth book of the board stands out of the order: look at the board before approving."""

Against = Literal["new", "same", "other"]
"""Against the label in force: there is none, no book stands between the two starts, or some do."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed start of one board."""

    shelf: str
    start: str
    scheme: str
    agreeing: int
    """Books on the board that fit the order."""
    heard: int
    """Books of the same row of call numbers that are heard there."""
    now: str
    """Where the board starts by the labels in force; empty: it has none."""
    against: Against
    between: int
    """Books that stand between the two starts: whose home the border changes. 0 without a label."""

    @property
    def agreement(self) -> float:
        """The share of the board's books that fit, from 0 to 1."""
        return self.agreeing / self.heard

    @property
    def good(self) -> bool:
        """Whether it can be approved without a look at the board."""
        return self.agreement >= GOOD_AGREEMENT

    @property
    def name(self) -> str:
        """A short name, unique in one proposal: a board may hold several rows of call numbers."""
        return f"{self.shelf} {self.scheme} {self.start}"


class Learning(msgspec.Struct, frozen=True, kw_only=True):
    """What the shelves say."""

    proposals: list[Proposal] = []
    """In walking order."""
    unproven: list[str] = []
    """Shelves with books, too few of which fit the order to draw a border."""


def propose(
    books: Iterable[HeardBook],
    shelves: Sequence[str],
    in_force: Iterable[Row],
    scheme: str,
    rules: Rules,
) -> Learning:
    """Proposed starts. `shelves`: ids by place; `in_force`: the labels that hold now."""
    now = _starts(in_force, scheme, rules)
    every = [book for book in books if book.key]
    keys: dict[bytes, list[bytes]] = {}
    for book in every:
        keys.setdefault(sequence(book.key), []).append(book.key)
    for row in keys.values():
        row.sort()
    learned = learn(every)
    proposals = [_proposal(one, shelves[one.place], keys, now) for one in learned]
    unproven = {book.place for book in every} - {one.place for one in learned}
    return Learning(proposals=proposals, unproven=[shelves[place] for place in sorted(unproven)])


def _proposal(
    one: Learned,
    shelf: str,
    keys: Mapping[bytes, Sequence[bytes]],
    now: Mapping[tuple[str, bytes], tuple[str, bytes]],
) -> Proposal:
    label, key = now.get((shelf, sequence(one.key)), ("", None))
    row = keys[sequence(one.key)]
    between = 0 if key is None else abs(bisect_left(row, one.key) - bisect_left(row, key))
    return Proposal(
        shelf=shelf,
        start=one.start,
        scheme=scheme_of_key(one.key),
        agreeing=one.agreeing,
        heard=one.heard,
        now=label,
        against="new" if key is None else "other" if between else "same",
        between=between,
    )


def _starts(rows: Iterable[Row], scheme: str, rules: Rules) -> Mapping[tuple[str, bytes], tuple[str, bytes]]:
    """(shelf, row of call numbers) → start and its key, of labels that can be read."""
    found: dict[tuple[str, bytes], tuple[str, bytes]] = {}
    for row in rows:
        number = read(row.start, row.scheme or scheme, rules)
        if number.fault is None:
            found.setdefault((row.shelf, sequence(number.key)), (row.start, number.key))
    return found


def table_of(
    learning: Learning, chosen: Iterable[Proposal], before: Iterable[Row], shelf_index: Mapping[str, int]
) -> list[Row]:
    """The table of learned starts with the chosen ones in it; boards that were not chosen keep what they had.

    A board with books of which no start is known stands in the table without one: so its neighbours' homes take its books in.
    Left out, the board before it would own them, and they would be called misplaced.
    """
    new: dict[str, list[Row]] = {}
    for one in chosen:
        new.setdefault(one.shelf, []).append(Row(one.shelf, one.start, scheme=one.scheme))
    rows = [row for row in before if row.shelf not in new and row.start]
    rows += [row for some in new.values() for row in some]
    known = {row.shelf for row in rows}
    unknown = dict.fromkeys([*(one.shelf for one in learning.proposals), *learning.unproven])
    rows += [Row(shelf, "") for shelf in unknown if shelf not in known]
    last = len(shelf_index)
    ordered = sorted(rows, key=lambda row: shelf_index.get(row.shelf, last))
    return [Row(row.shelf, row.start, row.end, number, row.scheme) for number, row in enumerate(ordered, 1)]
