"""Who can hear what: the site as arrays. Pure.

A *zone* is the longest run of neighbouring shelves that the same antennas are meant for: within it no antenna can tell
shelves apart, so places are weighed zone by zone. An unwatched shelf is a zone of its own, without antennas.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shelfwire.errors import InputError
from shelfwire.site.model import Shelf, Site

FAR: Final = 0
NEAR: Final = 1
OWN: Final = 2
AROUND: Final = 3
"""Classes of a shelf for an antenna: out of hearing; one loaded board, upright or back away; its own; two such steps away."""

MAX_ANTENNAS: Final = 65_535
"""Antennas of one engine: a slot keeps the index in 16 bits."""
MOST_WIDTH: Final = 256
"""Zones in the table of classes for each antenna: 1.3 kB, 84 MB of all that are possible. Usual sites need 128; where more is needed, the pairs
are searched."""
NO_ZONE: Final = -2

Ints = NDArray[np.int64]


class Geometry:
    """Arrays made from one version of a site; antennas by `Antenna.index`, shelves by `Shelf.index`."""

    def __init__(self, site: Site, antenna_ids: tuple[str, ...], near_m: float) -> None:
        if len(antenna_ids) >= MAX_ANTENNAS:
            raise InputError(
                f"site {site.id}: {len(antenna_ids)} antennas; one engine carries {MAX_ANTENNAS - 1}"
            )
        self.site = site
        self.antenna_ids = antenna_ids
        self.antennas = len(antenna_ids)
        self.antenna_index = {name: index for index, name in enumerate(antenna_ids)}
        self.shelf_ids = [shelf.id for shelf in site.shelves]
        self.shelf_index = {shelf.id: shelf.index for shelf in site.shelves}
        self.own_shelves: list[list[int]] = [[] for _ in antenna_ids]
        for antenna in site.antennas:
            heard = {self.shelf_index[shelf] for shelf in antenna.hears if shelf in self.shelf_index}
            self.own_shelves[antenna.index] = sorted(heard)
        self.shelf_antennas: list[list[int]] = [[] for _ in self.shelf_ids]
        for antenna_index, shelves in enumerate(self.own_shelves):
            for shelf in shelves:
                self.shelf_antennas[shelf].append(antenna_index)
        self.references = [0] * len(antenna_ids)
        for antenna in site.antennas:
            self.references[antenna.index] = len(set(antenna.reference_tags))
        self.watched = np.array([bool(antennas) for antennas in self.shelf_antennas], dtype=bool)
        self._make_zones()
        self._make_pairs(*_neighbours(site.shelves, near_m))

    def _make_zones(self) -> None:
        firsts: list[int] = []
        zone_of: list[int] = []
        for index, antennas in enumerate(self.shelf_antennas):
            if index == 0 or not antennas or antennas != self.shelf_antennas[index - 1]:
                firsts.append(index)
            zone_of.append(len(firsts) - 1)
        self.zone_of_shelf: Ints = np.array(zone_of, dtype=np.int64)
        self.zone_first: Ints = np.array(firsts, dtype=np.int64)
        self.zone_last: Ints = np.append(self.zone_first[1:] - 1, len(self.shelf_ids) - 1)
        self.zones = len(firsts)

    def _make_pairs(self, neighbours: list[list[int]], around: list[list[int]]) -> None:
        """All (antenna, zone) pairs nearer than *far*, sorted, and the zones that each antenna is meant for."""
        classes: dict[int, int] = {}
        meant: list[list[int]] = []
        for antenna, shelves in enumerate(self.own_shelves):
            own = sorted({int(self.zone_of_shelf[shelf]) for shelf in shelves})
            for kind, others in ((AROUND, around), (NEAR, neighbours)):
                reached = {int(self.zone_of_shelf[other]) for shelf in shelves for other in others[shelf]}
                classes.update({antenna * self.zones + zone: kind for zone in reached})
            classes.update({antenna * self.zones + zone: OWN for zone in own})
            meant.append(own)
        keys = sorted(classes)
        self.pair_key: Ints = np.array(keys, dtype=np.int64)
        self.pair_class = np.array([classes[key] for key in keys], dtype=np.int8)
        self.own_pairs = np.flatnonzero(self.pair_class == OWN)
        self.pair_antenna: Ints = self.pair_key // max(1, self.zones)
        self.pair_zone: Ints = self.pair_key % max(1, self.zones)
        widest = max((len(zones) for zones in meant), default=0)
        self.meant_zones: Ints = np.full((self.antennas + 1, max(1, widest)), -1, dtype=np.int64)
        for antenna, zones in enumerate(meant):
            self.meant_zones[antenna, : len(zones)] = zones
        self.meant = np.array([bool(zones) for zones in meant] + [False])
        heard = self.pair_class != AROUND
        self.area: list[Ints] = _areas(self.pair_antenna[heard], self.pair_zone[heard], self.antennas)
        self._make_table()

    def _make_table(self) -> None:
        """Each antenna's zones at their remainders by a power of two at which no two of them meet: a look is one fetch."""
        for width in (16, 32, 64, 128, MOST_WIDTH):
            at = self.pair_antenna * width + self.pair_zone % width
            if len(np.unique(at)) == len(at):
                break
        else:
            self._width = 0
            return
        self._width = width
        self._table_zone: NDArray[np.int32] = np.full((self.antennas + 1) * width, NO_ZONE, dtype=np.int32)
        self._table_class: NDArray[np.int8] = np.full((self.antennas + 1) * width, FAR, dtype=np.int8)
        self._table_zone[at], self._table_class[at] = self.pair_zone, self.pair_class

    def class_of(self, antenna: Ints, zone: Ints) -> NDArray[np.int8]:
        """`FAR`, `AROUND`, `NEAR` or `OWN` for each (antenna, zone); any shapes that fit each other. A zone of -1 is far."""
        if not self._width:
            return self._searched(antenna, zone)
        at = np.minimum(antenna, self.antennas) * self._width + (zone & (self._width - 1))
        return np.where(self._table_zone[at] == zone, self._table_class[at], np.int8(FAR))

    def _searched(self, antenna: Ints, zone: Ints) -> NDArray[np.int8]:
        """The same among all pairs: some twenty fetches, one after the other."""
        key = antenna * self.zones + zone
        at = np.minimum(np.searchsorted(self.pair_key, key), len(self.pair_key) - 1)
        found = (self.pair_key[at] == key) & (zone >= 0) & (antenna < self.antennas)
        return np.where(found, self.pair_class[at], np.int8(FAR))


def _areas(antenna: Ints, zone: Ints, antennas: int) -> list[Ints]:
    """For each antenna all that reach a zone which it reaches too, itself included: they silence its tags."""
    by_zone: dict[int, list[int]] = {}
    for one, place in zip(antenna.tolist(), zone.tolist(), strict=True):
        by_zone.setdefault(place, []).append(one)
    together: list[set[int]] = [{one} for one in range(antennas)]
    for group in by_zone.values():
        for one in group:
            together[one].update(group)
    return [np.array(sorted(group), dtype=np.int64) for group in together]


def _neighbours(shelves: tuple[Shelf, ...], near_m: float) -> tuple[list[list[int]], list[list[int]]]:
    """For each shelf those one step away (above, below, beside, behind), and those two steps away."""
    reach_m = 2.0 * near_m
    cells: dict[tuple[str, int, int], list[Shelf]] = {}
    for shelf in shelves:
        cells.setdefault(_cell(shelf, reach_m), []).append(shelf)
    near: list[list[int]] = []
    around: list[list[int]] = []
    for shelf in shelves:
        floor, column, row = _cell(shelf, reach_m)
        beside = (cells.get((floor, column + dx, row + dy), []) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
        steps = [(_steps(shelf, other, near_m), other.index) for cell in beside for other in cell]
        near.append(sorted(index for count, index in steps if count == 1))
        around.append(sorted(index for count, index in steps if count == 2))  # noqa: PLR2004 (two steps)
    return near, around


def _cell(shelf: Shelf, size_m: float) -> tuple[str, int, int]:
    return shelf.floor, math.floor(shelf.x_m / size_m), math.floor(shelf.y_m / size_m)


def _steps(one: Shelf, other: Shelf, near_m: float) -> int:
    """Loaded boards, uprights and backs between two shelves; 0 for the same one, and 9 for what is too far.

    Each takes some 10 dB, whatever the distance: so steps are counted and not metres.
    """
    across_m = math.dist((one.x_m, one.y_m), (other.x_m, other.y_m))
    boards = abs(one.number - other.number)
    if one.bay == other.bay:
        return boards
    if across_m >= 2.0 * near_m:
        return 9
    if one.range != other.range:
        return boards + 2
    if one.face != other.face:
        return boards + (1 if across_m < 0.7 * near_m else 2)
    return boards + (1 if across_m < near_m else 2)
