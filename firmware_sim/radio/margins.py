"""The forward link of each pair of antenna and tag, as far as it stays: margins in dB at 30 dBm. Pure.

A margin is drawn from names: the tag (for ever), the tag at this place before this antenna, the tag in this arrangement. So after a change just that is drawn anew
which has changed: a shaded tag stays shaded until a book beside it moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import gauss, mix
from firmware_sim.hearing import Bools, Float32, Int16, Int32, Int64, reference
from firmware_sim.radio import budget
from firmware_sim.radio.geometry import OWN, Links, spans
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.world import World
from firmware_sim.world.stock import DEAD, FORE_EDGE, GLOSSY, NEAR_METAL, WEAK, WITH_DISC

DRIFT_REACH: Final = 3.0
CHANNEL_REACH: Final = 2.0
"""Standard deviations by which drift and channel may lift a pair that is kept; what is left out would be heard in less than 1 of 1,000 of its dwells."""

_QUALITY: Final = 0x51A1
_SHADE: Final = 0x5AADE
_PLACE: Final = 0xB0A2D
_REFERENCE: Final = 1 << 40
"""Added to the number of a reference tag, so that its throws are not a book's."""
_FAR_MM: Final = 80
"""Tags farther apart do not couple."""
_ASIDE_STEPS: Final = 1_000
_NO_MARGIN: Final = -1000.0
_KEY_BITS: Final = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Rows:
    """Pairs of whole shelves, sorted by shelf, link, and place on the board."""

    shelves: NDArray[np.intp]
    links: Int32
    """All links of these shelves, shelf by shelf."""
    links_each: Int64
    """How many of them each shelf has."""
    shelf_at: NDArray[np.intp]
    """For each pair its place in `shelves`."""
    link_at: NDArray[np.intp]
    """For each pair its place in `links`."""
    tag: Int32
    key: NDArray[np.uint32]
    margin: Int16


@dataclass(frozen=True, slots=True)
class _Boards:
    """All tags of some shelves, shelf by shelf; references last on each."""

    tag: Int32
    at: NDArray[np.intp]
    """Place in the list of shelves."""
    x_mm: Int32
    own_db: Float32
    """All of its margin that no antenna has part in."""
    name: NDArray[np.uint64]


class Margins:
    """Makes pairs out of the world as it stands."""

    def __init__(self, world: World, links: Links, settings: RadioSettings, *, seed: int) -> None:
        self.world = world
        self.links = links
        self._settings = settings
        self._seed = seed
        self._budget = budget.solve(settings)
        gaps = [budget.coupling_db(settings, gap) for gap in range(_FAR_MM)]
        self._coupling = np.array([*gaps, 0.0], dtype=np.float32)
        self._aside = np.array([budget.aside_db(n / 100) for n in range(_ASIDE_STEPS)], dtype=np.float32)
        self._base = _bases(links, settings)
        self._by_place, self._by_material = _losses(settings)
        self._references = _references_by_shelf(world)

    def least(self, over_db: float | Float32) -> Int32:
        """Pairs above this margin, in 1/256 dB, are looked at; `over_db`: power over 30 dBm, 0 and up."""
        set_ = self._settings
        reach_db = DRIFT_REACH * set_.pass_spread_db + CHANNEL_REACH * set_.channel_spread_db
        over = np.rint(np.asarray(over_db, dtype=np.float32) * np.float32(budget.STEP)).astype(np.int32)
        found: Int32 = np.asarray(-over - round(reach_db * budget.STEP), dtype=np.int32)
        return found

    def expected_rows(self, shelves: NDArray[np.intp]) -> Int64:
        """How many rows `rows` would look at, for each shelf; a guess by the crowd of a mean shelf."""
        first = self.links.shelf_first
        links = first[shelves + 1] - first[shelves]
        crowd = len(self.world.place) // max(1, len(self.links.bay)) + 16
        found: Int64 = links * crowd
        return found

    def expected_pairs(self, headroom_db: float) -> float:
        """How many pairs would be kept of all shelves together."""
        place = self.world.place
        standing = place[place >= 0]
        crowd = np.bincount(standing, minlength=len(self.links.bay)) + 2
        spread = max(self._budget.spread_db, 0.1)
        normal = NormalDist()
        least_db = int(self.least(headroom_db)) / budget.STEP
        shares = [normal.cdf((base - least_db) / spread) for base in self._budget.rings]
        by_ring = np.bincount(self.links.ring, weights=crowd[self.links.shelf], minlength=len(shares))
        return float(sum(count * share for count, share in zip(by_ring, shares, strict=True)))

    def rows(self, shelves: NDArray[np.intp], headroom_db: float) -> Rows:
        """All pairs of these shelves that could be heard."""
        links = self.links
        boards = self._boards(shelves)
        links_each = links.shelf_first[shelves + 1] - links.shelf_first[shelves]
        chosen = links.by_shelf[spans(links.shelf_first[shelves], links.shelf_first[shelves + 1])]
        on_each = np.bincount(boards.at, minlength=len(shelves))
        tag_from = np.cumsum(on_each) - on_each
        # every link of a shelf meets every tag of it
        shelf_of_link = np.repeat(np.arange(len(shelves)), links_each)
        tags_each = on_each[shelf_of_link]
        link_at = np.repeat(np.arange(len(chosen)), tags_each)
        tag_at = spans(tag_from[shelf_of_link], tag_from[shelf_of_link] + tags_each)
        words = mix(self._seed ^ _PLACE, boards.name[tag_at], self._link_names(chosen)[link_at])
        margin = gauss(words, 0).astype(np.float32) * np.float32(self._settings.place_spread_db)
        margin += boards.own_db[tag_at]
        margin += self.level_db(chosen[link_at], boards.x_mm[tag_at])
        steps = np.clip(np.rint(margin * np.float32(budget.STEP)), -32_000, 32_000).astype(np.int16)
        kept = np.flatnonzero(steps > self.least(headroom_db))
        return Rows(
            shelves=shelves,
            links=chosen,
            links_each=links_each,
            shelf_at=shelf_of_link[link_at[kept]],
            link_at=link_at[kept],
            tag=boards.tag[tag_at[kept]],
            key=(words[kept] >> _KEY_BITS).astype(np.uint32),
            margin=steps[kept],
        )

    def brought(self, shelves: NDArray[np.intp]) -> tuple[Int32, NDArray[np.intp], Int32, Float32]:
        """All tags of these shelves: number, place in `shelves`, millimetres from the left end, and the margin that they bring before any antenna."""
        boards = self._boards(shelves)
        return boards.tag, boards.at, boards.x_mm, boards.own_db

    def _link_names(self, links: Int32) -> NDArray[np.uint64]:
        antenna = self.links.antenna[links].astype(np.uint64)
        shelf = self.links.shelf[links].astype(np.uint64)
        found: NDArray[np.uint64] = (antenna << np.uint64(32)) | shelf
        return found

    def level_db(self, links: Int32, x_mm: Int32) -> Float32:
        """Mean margin, before the tag and its throws are known: of the ring, and what the place along the board adds."""
        all_ = self.links
        width = all_.width_mm[all_.shelf[links]]
        aside = all_.aside_mm[links]
        from_middle = x_mm - width // 2
        share = from_middle.astype(np.float32) * np.float32(2.0) / width.astype(np.float32)
        edge = share * share * np.float32(-self._settings.board_edge_db)
        centimetres = np.minimum(np.abs(from_middle + aside) // 10, _ASIDE_STEPS - 1)
        found: Float32 = self._base[links] + np.where(aside == 0, edge, self._aside[centimetres])
        return found

    def _boards(self, shelves: NDArray[np.intp]) -> _Boards:
        world = self.world
        found = [world.on_shelf(int(shelf)) for shelf in shelves]
        tag = np.concatenate(found).astype(np.int32) if found else np.empty(0, dtype=np.int32)
        at = np.repeat(np.arange(len(shelves)), [len(one) for one in found])
        x_mm = world.x_mm[tag].astype(np.int32)
        books = _Boards(tag, at, x_mm, self._own_db(tag, at, x_mm), tag.astype(np.uint64))
        return _together(books, self._reference_boards(shelves))

    def _own_db(self, tag: Int32, at: NDArray[np.intp], x_mm: Int32) -> Float32:
        """Chip and antenna of the tag, its place in the book, the books beside it."""
        set_, world = self._settings, self.world
        names = tag.astype(np.uint64)
        quality = gauss(mix(self._seed ^ _QUALITY, names), 0).astype(np.float32) * np.float32(
            set_.tag_spread_db
        )
        words = mix(self._seed ^ _SHADE, names, world.arrangement[tag].astype(np.uint64))
        shade = gauss(words, 0).astype(np.float32) * np.float32(set_.shade_spread_db)
        book = np.minimum(tag, world.stock.count - 1)
        known = tag < world.strangers_from
        found = quality + shade
        found -= np.where(known, self._by_place[world.stock.tag_place[book]], np.float32(0))
        found -= np.where(known, self._by_material[world.stock.material[book]], np.float32(0))
        lying = world.lying[tag]
        found -= np.where(lying, np.float32(set_.on_top_db), np.float32(0))
        found -= self._coupled(at, x_mm, lying)
        result: Float32 = found
        return result

    def _coupled(self, at: NDArray[np.intp], x_mm: Int32, lying: Bools) -> Float32:
        """Loss by the tags that stand next to each, on both sides."""
        loss = np.zeros(len(at), dtype=np.float32)
        standing = np.flatnonzero(~lying)
        gap = np.abs(np.diff(x_mm[standing]))
        apart = np.diff(at[standing]) != 0
        each = self._coupling[np.where(apart, _FAR_MM, np.minimum(gap, _FAR_MM))]
        loss[standing[1:]] += each
        loss[standing[:-1]] += each
        return loss

    def _reference_boards(self, shelves: NDArray[np.intp]) -> _Boards:
        numbers, at, x_mm = [], [], []
        for place, shelf in enumerate(shelves.tolist()):
            mine = self._references.get(shelf, ())
            width = int(self.links.width_mm[shelf])
            for count, number in enumerate(mine):
                numbers.append(number)
                at.append(place)
                x_mm.append(width * (2 * count + 1) // (2 * len(mine)))
        names = np.array(numbers, dtype=np.uint64) + np.uint64(_REFERENCE)
        return _Boards(
            tag=np.array([reference(number) for number in numbers], dtype=np.int32),
            at=np.array(at, dtype=np.intp),
            x_mm=np.array(x_mm, dtype=np.int32),
            own_db=np.full(len(numbers), self._settings.reference_db, dtype=np.float32),
            name=names,
        )


def _bases(links: Links, settings: RadioSettings) -> Float32:
    """Mean margin of each link before place and tag are known."""
    found: Float32 = np.array(budget.solve(settings).rings, dtype=np.float32)[links.ring]
    for antenna in np.unique(links.antenna[links.half_boards > 0]).tolist():
        own = np.arange(links.first[antenna], links.first[antenna + 1])
        own = own[links.ring[own] == OWN]
        half_boards = links.half_boards[own].tolist()
        gain = budget.of_boards(settings, tuple(sorted(half_boards)))
        found[own] += np.array([gain[half] for half in half_boards], dtype=np.float32)
    return found


def _together(books: _Boards, references: _Boards) -> _Boards:
    """Both, shelf by shelf, books first."""
    order = np.argsort(np.concatenate([books.at, references.at]), kind="stable")
    return _Boards(
        tag=np.concatenate([books.tag, references.tag])[order],
        at=np.concatenate([books.at, references.at])[order],
        x_mm=np.concatenate([books.x_mm, references.x_mm])[order],
        own_db=np.concatenate([books.own_db, references.own_db])[order],
        name=np.concatenate([books.name, references.name])[order],
    )


def _losses(settings: RadioSettings) -> tuple[Float32, Float32]:
    """By tag place, and by material."""
    by_place = np.zeros(DEAD + 1, dtype=np.float32)
    by_place[[FORE_EDGE, NEAR_METAL, WEAK]] = settings.fore_edge_db, settings.near_metal_db, settings.weak_db
    by_place[DEAD] = -_NO_MARGIN
    by_material = np.zeros(WITH_DISC + 1, dtype=np.float32)
    by_material[[GLOSSY, WITH_DISC]] = settings.glossy_db, settings.disc_db
    return by_place, by_material


def _references_by_shelf(world: World) -> dict[int, list[int]]:
    """Shelf index → numbers of its reference tags."""
    found: dict[int, list[int]] = {}
    for number, tag in enumerate(world.site.reference_tags):
        found.setdefault(world.site.shelf_by_id[tag.shelf].index, []).append(number)
    return found
