"""The books of a library as columns: shape, tag, home; no Python object an item, so that 25 million fit. Pure, seeded.

Items are numbered in call-number order, so the order of the numbers is the order on the shelves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Int32, Int64, UInt16
from firmware_sim.world.epcs import ALLIANCE_PC, PLAIN_PC, alliance_epc, lent_form, plain_epc
from firmware_sim.world.habits import Stocking
from firmware_sim.world.throws import throw
from hub.catalog.model import STATUSES
from shelfwire.errors import InputError
from shelfwire.site.model import Site

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]

SPINE: Final = 0
FORE_EDGE: Final = 1
NEAR_METAL: Final = 2
WEAK: Final = 3
DEAD: Final = 4
"""Tag places: beside the spine, at the fore-edge, near metal, a weak tag, a tag that never answers."""

PAPERBACK: Final = 0
HARDBACK: Final = 1
GLOSSY: Final = 2
"""Coated paper: heavy and lossy."""
WITH_DISC: Final = 3
"""A disc in its cover: metal."""
_MATERIALS: Final = ((PAPERBACK, 0.45), (HARDBACK, 0.42), (GLOSSY, 0.11), (WITH_DISC, 0.02))
"""Shares; assumption."""

HEIGHT_MM: Final = (170, 310)
THIN_MM: Final = (2, 5)
THIN_RUN: Final = 20
"""Thin volumes stand together in runs of so many: scores, reports, issues of one series."""
FULLEST: Final = 0.92
"""Books take at most this share of a board; the rest is bookend and the gap that a returned book needs."""
LEAST_SQUEEZE: Final = 0.35
"""Thicknesses are scaled down to fit, to this share at the least; below it the scenario is impossible."""
_PART: Final = 1 << 20
"""Items made at a time, so that temporary columns stay small."""


class Title(msgspec.Struct, frozen=True):
    """One row of a catalogue."""

    barcode: str
    title: str
    author: str
    call_number: str
    status: str = "on_shelf"


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """`count` items in call-number order; columns of equal length, 23 bytes an item."""

    titles: Sequence[Title]
    seed: int
    prefix: str
    """Of the barcodes of second and further copies of a title."""
    thickness_mm: UInt8
    height_mm: NDArray[np.uint16]
    material: UInt8
    tag_place: UInt8
    home: Int32
    """Shelf index where it belongs."""
    home_from: Int32
    home_to: Int32
    """The home span: its shelf and one board to each side, because books drift."""
    pc: UInt16
    title: UInt32
    """Place in `titles`. Copies stand together; the first has the title's barcode."""

    @property
    def count(self) -> int:
        """How many items."""
        return len(self.home)

    def title_of(self, tag: int) -> Title:
        """The catalogue's row that it is a copy of; its barcode is that of the first copy."""
        return self.titles[int(self.title[tag])]

    def barcode(self, tag: int) -> str:
        """Its own barcode, as the catalogue has it."""
        number = int(self.title[tag])
        if tag == 0 or int(self.title[tag - 1]) != number:
            return self.titles[number].barcode
        return f"{self.prefix}{tag:09d}C"

    def epc(self, tag: int, *, lent: bool = False) -> str:
        """What its tag says; an alliance tag has another first bit while it is lent."""
        if int(self.pc[tag]) != ALLIANCE_PC:
            return plain_epc(tag, self.seed)
        epc = alliance_epc(self.barcode(tag))
        assert epc is not None, tag
        return lent_form(epc) if lent else epc


def furnish(
    site: Site, titles: Sequence[Title], items: int, stocking: Stocking | None = None, *, seed: int
) -> Stock:
    """Books for a site, packed by thickness over the shelves that an antenna hears, with the same gap on each.

    Raises `InputError` where they do not fit, there is nothing to furnish, or a title has a status that the catalogue does not know.
    """
    wish = stocking or Stocking()
    _check(titles, items)
    used = _used_shelves(site, wish)
    title = np.empty(items, dtype=np.uint32)
    thickness = np.empty(items, dtype=np.uint8)
    height = np.empty(items, dtype=np.uint16)
    material = np.empty(items, dtype=np.uint8)
    tag_place = np.empty(items, dtype=np.uint8)
    pc = np.empty(items, dtype=np.uint16)
    fits = np.array([alliance_epc(one.barcode) is not None for one in titles])
    for part in _parts(items):
        numbers = np.arange(part.start, part.stop, dtype=np.int64)
        title[part] = numbers if items <= len(titles) else numbers * len(titles) // items
        thickness[part] = _thickness(numbers, wish, seed)
        height[part] = HEIGHT_MM[0] + _below(HEIGHT_MM[1] - HEIGHT_MM[0] + 1, seed, numbers, 31)
        material[part] = shares(_MATERIALS, throw(seed, numbers, 32))
        tag_place[part] = _tag_places(numbers, wish, seed)
        before = int(title[part.start - 1]) if part.start else -1
        first = np.diff(title[part].astype(np.int64), prepend=before) != 0
        wanted = np.floor((numbers + 1) * wish.alliance) > np.floor(numbers * wish.alliance)
        pc[part] = np.where(wanted & (~first | fits[title[part]]), ALLIANCE_PC, PLAIN_PC)
    home = _pack(site, used, thickness)
    last = len(site.shelves) - 1
    return Stock(
        titles=titles,
        seed=seed,
        prefix=_free_prefix(titles),
        thickness_mm=thickness,
        height_mm=height,
        material=material,
        tag_place=tag_place,
        home=home,
        home_from=np.maximum(home - 1, 0).astype(np.int32),
        home_to=np.minimum(home + 1, last).astype(np.int32),
        pc=pc,
        title=title,
    )


def _check(titles: Sequence[Title], items: int) -> None:
    if not titles or items < 1:
        raise InputError("items: a library needs at least one title and one item")
    odd = [
        f"{one.barcode}: {one.status!r} is no status; there are {', '.join(STATUSES)}"
        for one in titles
        if one.status not in STATUSES
    ]
    if odd:
        raise InputError(*odd)


def _tag_places(numbers: Int64, wish: Stocking, seed: int) -> UInt8:
    codes = (
        (DEAD, wish.dead), (WEAK, wish.weak), (NEAR_METAL, wish.near_metal), (FORE_EDGE, wish.fore_edge),
    )  # fmt: skip
    return shares(codes, throw(seed, numbers, 33), otherwise=SPINE)


def _used_shelves(site: Site, wish: Stocking) -> Int32:
    watched = np.array([shelf.index for shelf in site.shelves if shelf.id in site.heard_by], dtype=np.int32)
    if not len(watched):
        raise InputError("site: no shelf is heard by an antenna, so there is nothing to furnish")
    return watched[: max(1, round(len(watched) * wish.fill))]


def _pack(site: Site, used: Int32, thickness: UInt8) -> Int32:
    """The shelf of each item: the row of all books is laid along all boards and cut where a board ends. Squeezes `thickness` where it must."""
    widths = np.array([round(site.shelves[int(shelf)].width_m * 1000) for shelf in used], dtype=np.int64)
    board_ends = np.cumsum(widths)
    whole = int(thickness.sum(dtype=np.int64))
    room = int(board_ends[-1] * FULLEST)
    if whole > room:
        if whole * LEAST_SQUEEZE > room:
            raise InputError(
                f"items: {len(thickness)} books of {whole / len(thickness):.0f} mm need {whole / 1000:.0f} m of board and "
                f"{len(used)} shelves have {room / 1000:.0f} m: take fewer items, thinner ones, or more shelves"
            )
        for part in _parts(len(thickness)):
            thin = thickness[part].astype(np.int64) * room // whole
            thickness[part] = np.maximum(thin, 1)
        whole = int(thickness.sum(dtype=np.int64))
    home = np.empty(len(thickness), dtype=np.int32)
    stands = 0
    for part in _parts(len(thickness)):
        wide = thickness[part].astype(np.int64)
        ends = stands + np.cumsum(wide)
        stands = int(ends[-1])
        middle = (2 * ends - wide) * int(board_ends[-1]) // (2 * whole)
        home[part] = used[np.minimum(np.searchsorted(board_ends, middle, side="right"), len(used) - 1)]
    return home


def _thickness(numbers: Int64, wish: Stocking, seed: int) -> Int64:
    """Log-uniform between the two, in whole millimetres; thin ones in runs."""
    thinnest, thickest = (min(255.0, max(1.0, end)) for end in wish.thickness_mm)
    steps = 1024
    ratio = math.log(thickest / thinnest)
    table = np.array(
        [round(thinnest * math.exp(ratio * (n + 0.5) / steps)) for n in range(steps)], dtype=np.int64
    )
    usual = table[_below(steps, seed, numbers, 30)]
    thin = throw(seed, numbers // THIN_RUN, 34) < wish.thin
    narrow = THIN_MM[0] + _below(THIN_MM[1] - THIN_MM[0] + 1, seed, numbers, 35)
    return np.where(thin, narrow, usual)


def _below(count: int, seed: int, numbers: Int64, name: int) -> Int64:
    return (throw(seed, numbers, name) * count).astype(np.int64)


def shares(codes: Sequence[tuple[int, float]], throws: NDArray[np.float64], otherwise: int = 0) -> UInt8:
    """A code for each throw, by shares of 1; what is left is `otherwise`."""
    found = np.full(len(throws), otherwise, dtype=np.uint8)
    below = 0.0
    for code, share in codes:
        found[(throws >= below) & (throws < below + share)] = code
        below += share
    return found


def _free_prefix(titles: Sequence[Title]) -> str:
    """Three letters with which no title's barcode begins."""
    taken = {title.barcode[:3] for title in titles}
    names = (f"{first}{second}{third}" for first in "SXYZ" for second in "IJKLMNOPQ" for third in "MNOPQRST")
    return next(name for name in names if name not in taken)


def _parts(items: int) -> Iterator[slice]:
    return (slice(at, min(at + _PART, items)) for at in range(0, items, _PART))
