"""How a library stands when a scenario begins: books at home, and what `Planted` has already gone wrong. Pure, seeded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.world.habits import Planted
from firmware_sim.world.places import AWAY, DESK
from firmware_sim.world.rules import EXPECTED, IN_PROCESSING, ON_LOAN
from firmware_sim.world.stock import Stock, shares
from firmware_sim.world.throws import throw
from hub.catalog.model import STATUSES
from shelfwire.site.model import Site

UInt8 = NDArray[np.uint8]

FAR_SHELVES: Final = 4
"""A misplaced book stands at least this far outside its home span, so that drift by a board is not called misplaced."""
SPARE_STRANGERS: Final = 256
"""Room for strangers to come; more is made when they do."""
_PART: Final = 1 << 20
_ON_HOLD: Final = STATUSES.index("hold_shelf")
"""Behind the desk, until its patron comes."""
_FATES: Final = (
    "misplaced",
    "missing",
    "on_loan",
    "unchecked",
    "on_top",
    "in_processing",
    "held",
    "security_off",
)
"""Fields of `Planted`, numbered from 1; one of them happens to a book at most."""
_MISPLACED, _MISSING, _LENT, _UNCHECKED, _ON_TOP, _COMING, _HELD, _OFF = range(1, 9)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The first moment, as columns over tags: books, planted strangers, and room for more."""

    place: Int32
    order: Int32
    """All tags on shelves, by shelf and left to right."""
    lying: Bools
    status: UInt8
    """Of the books; places in `STATUSES`."""
    armed: Bools
    """The security bit; lent books have it off, strangers have none."""


def begin(site: Site, stock: Stock, planted: Planted, seed: int) -> Start:
    """Where everything is. Which books are planted, and where they went, is decided by the seed alone."""
    count, strangers = stock.count, planted.strangers
    watched = np.array([shelf.index for shelf in site.shelves if shelf.id in site.heard_by], dtype=np.int32)
    place = np.full(count + strangers + SPARE_STRANGERS, AWAY, dtype=np.int32)
    lying = np.zeros(len(place), dtype=np.bool_)
    armed = np.zeros(len(place), dtype=np.bool_)
    armed[:count] = True
    by_title = np.array([STATUSES.index(title.status) for title in stock.titles], dtype=np.uint8)
    status: UInt8 = np.empty(count, dtype=np.uint8)
    guests: list[Int64] = []
    for at in range(0, count, _PART):
        part = slice(at, min(at + _PART, count))
        numbers = np.arange(part.start, part.stop, dtype=np.int64)
        fate = shares(
            [(number, getattr(planted, name)) for number, name in enumerate(_FATES, 1)],
            throw(seed, numbers, 40),
        )
        said = by_title[stock.title[part]]
        said[(fate == _LENT) | (fate == _UNCHECKED)] = ON_LOAN
        said[fate == _COMING] = IN_PROCESSING
        said[fate == _HELD] = _ON_HOLD
        here = stock.home[part].copy()
        stays = (fate == _UNCHECKED) | (fate == _HELD)
        here[(fate == _MISSING) | (~EXPECTED[said] & ~stays)] = AWAY
        here[(said == _ON_HOLD) & ~stays] = DESK
        strays = np.flatnonzero((fate == _MISPLACED) & (here >= 0))
        here[strays] = _elsewhere(stock, watched, numbers[strays], seed)
        place[part], status[part] = here, said
        armed[part] = (said != ON_LOAN) & (fate != _OFF)
        lying[part] = (fate == _ON_TOP) & (here >= 0)
        guests.append(numbers[strays])
    tags = np.arange(count, count + strangers, dtype=np.int64)
    place[tags] = watched[(throw(seed, tags, 41) * len(watched)).astype(np.int64)]
    guests.append(tags)
    order = _order(stock, place, np.concatenate(guests), len(site.shelves), seed)
    return Start(place=place, order=order, lying=lying, status=status, armed=armed)


def far_from(home_from: int, home_to: int, shelf: int) -> bool:
    """Whether a book of that home span is misplaced beyond doubt on `shelf`."""
    return not home_from - FAR_SHELVES <= shelf <= home_to + FAR_SHELVES


def _elsewhere(stock: Stock, watched: Int32, tags: Int64, seed: int) -> Int32:
    """A watched shelf far from home for each; where the site has none, its home."""
    low = np.searchsorted(watched, stock.home_from[tags] - FAR_SHELVES, side="left")
    high = np.searchsorted(watched, stock.home_to[tags] + FAR_SHELVES, side="right")
    far = len(watched) - (high - low)
    at = (throw(seed, tags, 42) * far).astype(np.int64)
    at = np.where(at >= low, at + (high - low), at)
    return np.where(far > 0, watched[np.minimum(at, len(watched) - 1)], stock.home[tags])


def _order(stock: Stock, place: Int32, guests: Int64, shelves: int, seed: int) -> Int32:
    """Books at home in call-number order, with the `guests` that are on shelves put in anywhere."""
    host = place[: stock.count] == stock.home
    host[guests[guests < stock.count]] = False
    own = np.flatnonzero(host).astype(np.int32)
    guests = guests[place[guests] >= 0]
    guests = guests[np.argsort(place[guests], kind="stable")]
    if not len(guests):
        return own
    first = np.searchsorted(stock.home[own], np.arange(shelves + 1))
    shelf = place[guests]
    room = np.diff(first)[shelf] + 1
    at = first[shelf] + (throw(seed, guests, 43) * room).astype(np.int64)
    return np.insert(own, at, guests.astype(np.int32))
