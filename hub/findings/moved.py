"""Many items of one range that settle in one other area: found as one group, not as 800 misplaced books. Pure.

What tells a moved range from careless readers is not how many books stand in the wrong place, but where they come from: of a shelf that
is being moved a large part of the books stands in one other range, of any other shelf a book or two. So books are counted by
*(home shelf, range in which they stand)*, and such a pair is *moved* when the share of the shelf's books is large. See docs/moved-ranges.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shelfwire.callnumbers.runs import longest_run
from shelfwire.site.model import Site

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SOME: Final = 4
"""Books of one home shelf in one other range that may be the beginning of a move. Of 40 books, one in a hundred misplaced at random over
ten ranges, that many of one shelf are in one and the same in one shelf of a million. Fewer: strays hold each other back."""
EMPTIED: Final = 0.5
"""Share of a home shelf's located books in one other range from which on the rest is taken to have gone there too."""
TRIMMED: Final = 0.05
"""Share of a group that may stand outside the area that it is told by: a few books are always somewhere else."""
MOST_PAIRS: Final = 60
"""Pairs (home shelf, new shelf) that a finding lists; more do not fit a page. The largest range has about so many shelves a face."""
SAMPLE: Final = 4_000
"""Books by which order and confidence of a larger group are judged."""


class Areas:
    """A site's shelves by range, face and bay, as arrays over shelf indexes."""

    def __init__(self, site: Site) -> None:
        self.shelf_ids = [shelf.id for shelf in site.shelves]
        self.range_ids = list(dict.fromkeys(shelf.range for shelf in site.shelves))
        number = {name: index for index, name in enumerate(self.range_ids)}
        self.range_of: Ints = np.array([number[shelf.range] for shelf in site.shelves], dtype=np.int64)
        self._names = [
            (shelf.id, shelf.bay, f"{shelf.range}{shelf.face}", shelf.range, shelf.floor)
            for shelf in site.shelves
        ]

    def name(self, shelves: Ints) -> str:
        """The smallest shelf, bay, face, range or floor that all `shelves` belong to; else the first and the last one's ranges."""
        low, high = self._names[int(shelves.min())], self._names[int(shelves.max())]
        for one, other in zip(low, high, strict=True):
            if one == other:
                return one
        return f"{low[3]} – {high[3]}"


@dataclass(frozen=True)
class Standing:
    """Where items belong and stand, one row an item; shelves by index, -1: none."""

    first: Ints
    """First shelf of the home."""
    last: Ints
    place: Ints
    """Where it is believed, or was last."""
    here: Bools
    """It stands on a shelf now."""
    expected: Bools
    """The catalogue expects it on its shelf."""

    @cached_property
    def home(self) -> Ints:
        """The middle shelf of the home: a span is mostly wider than the place of one book."""
        return (self.first + self.last) // 2

    def outside(self, tolerance: int) -> Bools:
        """Of each item whether it stands on a shelf beyond its home, widened by `tolerance` shelves."""
        beyond = (self.place < self.first - tolerance) | (self.place > self.last + tolerance)
        return (self.first >= 0) & self.here & beyond


@dataclass(frozen=True)
class Group:
    """Items of one range (or of ranges that follow one another) that stand in one other, or elsewhere in the same."""

    sources: tuple[int, ...]
    """Ranges of their homes, as places in `Areas.range_ids`; that of most books first."""
    target: int
    members: Ints
    """Rows of `Standing`, in the order of homes: the books of moved shelves. Empty while there are too few to call it a move."""
    stirring: Ints
    """Those and the books of shelves of which `SOME` came: it may be the beginning of a move."""
    others: Ints
    """All books of the sources that stand in the target, misplaced ones among them."""
    shelves: Ints
    """Home shelves of `stirring`."""
    moved: Ints
    """Home shelves of `members`."""
    emptied: Ints
    """Home shelves of which most located books have gone."""

    def names(self, areas: Areas) -> list[str]:
        """What it may be called by: the first for example ``1F-R02>1F-R06``."""
        return [f"{areas.range_ids[source]}>{areas.range_ids[self.target]}" for source in self.sources]


@dataclass(frozen=True)
class Told:
    """A group as a finding tells it."""

    standing: Standing
    members: Ints

    @cached_property
    def homes(self) -> Ints:
        """Home shelves of the members, a few at both ends left out."""
        return _trimmed(self.standing.home[self.members])

    @cached_property
    def places(self) -> Ints:
        """Where the members stand, a few at both ends left out."""
        return _trimmed(self.standing.place[self.members])

    @cached_property
    def order(self) -> float:
        """Share of the members that stand in the order of their homes, front to back or back to front, 0-1.

        Books of one shelf are in order with each other, since nobody hears where on a board they stand.
        """
        rows = self.members[:: len(self.members) // SAMPLE + 1]
        if not len(rows):
            return 0.0
        first, place = self.standing.home[rows], self.standing.place[rows]
        forth = place[np.lexsort((place, first))].tolist()
        back = (-place[np.lexsort((-place, first))]).tolist()
        return max(len(longest_run(forth)), len(longest_run(back))) / len(rows)

    def pairs(self, areas: Areas) -> list[tuple[str, str, int]]:
        """(home shelf, shelf now, books), in the order of homes; the most frequent `MOST_PAIRS`."""
        shelves = len(areas.shelf_ids)
        keys, counts = np.unique(
            self.standing.home[self.members] * shelves + self.standing.place[self.members],
            return_counts=True,
        )
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_PAIRS])
        ids = areas.shelf_ids
        return [(ids[int(keys[at]) // shelves], ids[int(keys[at]) % shelves], int(counts[at])) for at in kept]


def groups(areas: Areas, standing: Standing, *, share: float, tolerance: int) -> list[Group]:
    """Everything that may be a moved range.

    `share`: the part of a shelf's located books that makes it a moved one; `tolerance`: shelves by which books drift.
    """
    s, ranges = standing, len(areas.range_ids)
    strayed = np.flatnonzero(s.expected & s.outside(tolerance))
    if len(strayed) < SOME:
        return []
    cells, cell_of, count = np.unique(
        s.home[strayed] * ranges + areas.range_of[s.place[strayed]], return_inverse=True, return_counts=True
    )
    located = np.bincount(s.home[s.expected & (s.first >= 0) & s.here], minlength=len(areas.shelf_ids))
    part = count / located[cells // ranges]
    moved = (count >= SOME) & (part >= share)
    # The last shelf of a move is carried in part: it goes with the shelf beside it.
    edge = ~moved & np.isin(cells, np.concatenate([cells[moved] - ranges, cells[moved] + ranges]))
    pair = areas.range_of[cells // ranges] * ranges + cells % ranges
    found = []
    for pairs in _together(areas, cells[moved], np.unique(pair[moved | (count >= SOME)])):
        mine = np.isin(pair, pairs)
        of_move = mine & (moved | edge) & bool((mine & moved).any())
        stirs = of_move | (mine & (count >= SOME))
        books = [(int(count[mine & (pair == one)].sum()), -one) for one in pairs]
        found.append(
            Group(
                sources=tuple(-one // ranges for _, one in sorted(books, reverse=True)),
                target=pairs[0] % ranges,
                members=_by_home(s, strayed[of_move[cell_of]]),
                stirring=strayed[stirs[cell_of]],
                others=strayed[mine[cell_of]],
                shelves=cells[stirs] // ranges,
                moved=cells[of_move] // ranges,
                emptied=cells[mine & moved & (part >= EMPTIED)] // ranges,
            )
        )
    return found


def _together(areas: Areas, moved: Ints, pairs: Ints) -> list[list[int]]:
    """`pairs` (source range, target range) → those that are one move: moved shelves at the end of one range and the beginning of the next."""
    ranges = len(areas.range_ids)
    of: dict[int, list[int]] = {pair: [pair] for pair in pairs.tolist()}
    cells = set(moved.tolist())
    for cell in sorted(cells):
        shelf, target = divmod(cell, ranges)
        if cell + ranges not in cells or areas.range_of[shelf] == areas.range_of[shelf + 1]:
            continue
        one, other = (of[int(areas.range_of[at]) * ranges + target] for at in (shelf, shelf + 1))
        if one is not other:
            one += other
            of.update(dict.fromkeys(other, one))
    return list({id(some): some for some in of.values()}.values())


def unheard(standing: Standing, emptied: Ints) -> Ints:
    """Rows of the items of emptied shelves that are on no shelf: they may have gone with the others."""
    return np.flatnonzero(standing.expected & ~standing.here & np.isin(standing.home, emptied))


def waiting(areas: Areas, standing: Standing, group: Group, tolerance: int, *, grows: bool) -> Ints:
    """Rows of the items that nothing is said of one by one while a group waits for its answer.

    Its members, and the books of its shelves that are on their way: not yet believed in the target, and in no third place either. While
    it grows, also whatever of the sources stands in the target, and the books of the next shelves, which are next to be carried.
    """
    shelves = group.moved
    if grows:
        shelves = np.unique(np.concatenate([group.shelves - 1, group.shelves, group.shelves + 1]))
    strayed = standing.outside(tolerance) & (areas.range_of[standing.place] != group.target)
    on_the_way = np.flatnonzero(
        standing.expected & (standing.first >= 0) & np.isin(standing.home, shelves) & ~strayed
    )
    return np.unique(np.concatenate([group.members, on_the_way, *([group.others] if grows else [])]))


def _by_home(standing: Standing, rows: Ints) -> Ints:
    return rows[np.lexsort((standing.place[rows], standing.home[rows]))]


def _trimmed(shelves: Ints) -> Ints:
    cut = int(len(shelves) * TRIMMED / 2)
    return np.sort(shelves)[cut : len(shelves) - cut]


def ids_of(item_id: Ints, rows: Ints) -> set[int]:
    """The ids of the items in some rows."""
    return set(item_id[rows].tolist())
