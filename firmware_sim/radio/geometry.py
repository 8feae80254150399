"""Which shelves each antenna hears, and how far they are: its own, the ring next to them, and a second ring. Pure.

Neighbours are found on the drawn plan and by board number, not by index: above, below and beside on the same face, behind on the other face of the range,
and across the aisle.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Int32, Int64
from shelfwire.site.geometry import inward
from shelfwire.site.model import Bay, Shelf, Site

OWN: Final = 0
NEXT: Final = 1
"""Above, below, beside or behind the own shelf."""
SECOND: Final = 2
"""Two boards up or down, diagonal, behind and one aside, or across the aisle."""

ACROSS_M: Final = 1.9
"""Middles of two bays that face each other over an aisle are nearer than this."""


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of (antenna, shelf) that can hear each other; sorted by antenna, the own shelves first."""

    first: Int64
    """Links of the antenna at place `a` of the site: `first[a]:first[a + 1]`."""
    antenna: Int32
    shelf: Int32
    ring: NDArray[np.uint8]
    """`OWN`, `NEXT` or `SECOND`."""
    aside_mm: Int32
    """How far the shelf's middle lies to the right of the antenna's, along the face; 0: straight above, below, behind."""
    half_boards: NDArray[np.uint8]
    """Own shelves of an antenna that is meant for several boards of a bay: how far from their middle, in half boards. Else 0."""
    shelf_first: Int64
    """Links of shelf `s`: `by_shelf[shelf_first[s]:shelf_first[s + 1]]`."""
    by_shelf: Int32
    width_mm: Int32
    """Of each shelf of the site."""
    bay: Int32
    """Of each shelf of the site: the number of its bay."""

    def __len__(self) -> int:
        return len(self.antenna)


def links_of(site: Site) -> Links:
    """All links of a site; a shelf that several rings reach is in the nearest one."""
    bays = list(site.bay_by_id.values())
    number_of = {bay.id: number for number, bay in enumerate(bays)}
    around = _Around(site, bays)
    links = _Columns()
    for place, antenna in enumerate(site.antennas):
        found: dict[int, tuple[int, int]] = {}
        for name in antenna.hears:
            own = site.shelf_by_id[name]
            for shelf, (ring, aside) in around.ring(own.index, number_of[own.bay]).items():
                if shelf not in found or ring < found[shelf][0]:
                    found[shelf] = (ring, aside)
        links.add(place, found, _half_boards([site.shelf_by_id[name] for name in antenna.hears]))
    heard = _int32(links.shelf)
    counts = np.bincount(heard, minlength=len(site.shelves))
    return Links(
        first=np.array(links.first, dtype=np.int64),
        antenna=_int32(links.antenna),
        shelf=heard,
        ring=_int32(links.ring).astype(np.uint8),
        aside_mm=_int32(links.aside_mm),
        half_boards=_int32(links.half_boards).astype(np.uint8),
        shelf_first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        by_shelf=np.argsort(heard, kind="stable").astype(np.int32),
        width_mm=np.array([round(shelf.width_m * 1000) for shelf in site.shelves], dtype=np.int32),
        bay=np.array([number_of[shelf.bay] for shelf in site.shelves], dtype=np.int32),
    )


def spans(first: Int64, end: Int64) -> Int64:
    """All numbers of the spans `first[i]:end[i]`, one span after the other."""
    counts = end - first
    upto = np.cumsum(counts)
    whole = int(upto[-1]) if len(upto) else 0
    found: Int64 = np.arange(whole, dtype=np.int64) + np.repeat(first - (upto - counts), counts)
    return found


class _Columns:
    """Links while they are gathered: millions of them, so no Python number each."""

    def __init__(self) -> None:
        self.first = array("q", [0])
        self.antenna, self.shelf, self.ring, self.aside_mm, self.half_boards = (array("i") for _ in range(5))

    def add(self, antenna: int, found: dict[int, tuple[int, int]], half_boards: dict[int, int]) -> None:
        """Links of one antenna: shelf → (ring, aside_mm), and own shelf → half boards."""
        for shelf, (ring, aside) in sorted(found.items(), key=lambda one: (one[1][0], one[0])):
            self.antenna.append(antenna)
            self.shelf.append(shelf)
            self.ring.append(ring)
            self.aside_mm.append(aside)
            self.half_boards.append(half_boards.get(shelf, 0))
        self.first.append(len(self.antenna))


def _half_boards(own: list[Shelf]) -> dict[int, int]:
    """Shelf index → half boards from the middle of those that an antenna is meant for; none where they stand in several bays."""
    if len({shelf.bay for shelf in own}) != 1:
        return {}
    numbers = [shelf.number for shelf in own]
    twice_middle = min(numbers) + max(numbers)
    return {shelf.index: abs(2 * shelf.number - twice_middle) for shelf in own}


def _int32(column: array[int]) -> Int32:
    return np.array(column, dtype=np.int32)


class _Around:
    """Finds the shelves around one, by bay and board number."""

    def __init__(self, site: Site, bays: list[Bay]) -> None:
        self._shelves = site.shelves
        self._bays = bays
        self._boards = [{shelf.number: shelf.index for shelf in bay.shelves} for bay in bays]
        self._face = [
            (bay.shelves[0].range, bay.shelves[0].face) if bay.shelves else ("", "A") for bay in bays
        ]
        self._middle = [_middle(bay) for bay in bays]
        self._floor = [bay.shelves[0].floor if bay.shelves else "" for bay in bays]
        self._cells: dict[tuple[str, int, int], list[int]] = {}
        for number, (x, y) in enumerate(self._middle):
            self._cells.setdefault((self._floor[number], _cell(x), _cell(y)), []).append(number)

    def ring(self, own: int, bay: int) -> dict[int, tuple[int, int]]:
        """Shelf index → (ring, aside_mm) of all that an antenna on shelf `own` hears."""
        board = self._shelves[own].number
        found = {own: (OWN, 0)}
        for other, aside, near in self._columns(bay):
            for step in (0, -1, 1, -2, 2):
                index = self._boards[other].get(board + step)
                ring = near + abs(step)
                if index is not None and ring <= SECOND and index not in found:
                    found[index] = (ring, aside)
        return found

    def _columns(self, bay: int) -> Iterator[tuple[int, int, int]]:
        """(bay, aside_mm, ring of its board at the same height): the own bay, those beside, behind, and across the aisle."""
        yield bay, 0, OWN
        width = round(self._bays[bay].width_m * 1000)
        for other, aside in ((bay - 1, -width), (bay + 1, width)):
            if 0 <= other < len(self._bays) and self._face[other] == self._face[bay]:
                yield other, aside, NEXT
        behind = sorted(self._near(bay), key=lambda one: (one[0], one[1]))
        rng, side = self._face[bay]
        for metres, other in behind:
            its_range, its_side = self._face[other]
            if its_range == rng and its_side != side:
                straight = metres < max(0.75 * self._bays[bay].width_m, 0.55)
                if straight or metres < 1.5 * self._bays[bay].width_m:
                    yield other, 0, NEXT if straight else SECOND
            elif its_range != rng and self._face_each_other(bay, other):
                yield other, 0, SECOND

    def _face_each_other(self, bay: int, other: int) -> bool:
        """Whether each lies straight before the other's front, over an aisle."""
        return self._lies_before(bay, other) and self._lies_before(other, bay)

    def _lies_before(self, bay: int, other: int) -> bool:
        (x, y), (its_x, its_y) = self._middle[bay], self._middle[other]
        into_x, into_y = inward(self._bays[bay].angle_deg)
        ahead = -((its_x - x) * into_x + (its_y - y) * into_y)
        aside = abs((its_x - x) * into_y - (its_y - y) * into_x)
        return ahead > 0 and aside < self._bays[bay].width_m / 2

    def _near(self, bay: int) -> Iterator[tuple[float, int]]:
        """(metres, bay) of the bays of the same floor whose middles are nearer than `ACROSS_M`."""
        x, y = self._middle[bay]
        for across in (-1, 0, 1):
            for down in (-1, 0, 1):
                for other in self._cells.get((self._floor[bay], _cell(x) + across, _cell(y) + down), ()):
                    its_x, its_y = self._middle[other]
                    metres = ((its_x - x) ** 2 + (its_y - y) ** 2) ** 0.5
                    if other != bay and metres < ACROSS_M:
                        yield metres, other


def _middle(bay: Bay) -> tuple[float, float]:
    if not bay.shelves:
        return bay.x_m, bay.y_m
    return bay.shelves[0].x_m, bay.shelves[0].y_m


def _cell(metres: float) -> int:
    return int(metres // ACROSS_M)
