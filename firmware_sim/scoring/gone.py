"""Books that were carried off for good: how soon they are shown away, and how soon they are missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Stay
from firmware_sim.scoring.looks import Looks
from firmware_sim.scoring.subject import Shown
from firmware_sim.scoring.truth import Rules
from firmware_sim.world.places import AWAY
from firmware_sim.world.stock import FORE_EDGE, SPINE
from hub.catalog.model import EXPECTED_ON_SHELF

SOON_US: Final = 1_800_000_000
"""Away has to be shown after so much live coverage."""
STOOD_US: Final = 7_200_000_000
"""It had stood on its shelf for so long before."""
NIGHTS: Final = (1, 3)
"""Covered nights after which a book that is gone has to be missing."""


class GoneCounts(msgspec.Struct, kw_only=True):
    """Books that left for good, and what was shown in time."""

    left: int = 0
    """Asked after 30 minutes of live coverage."""
    away: int = 0
    nights: dict[int, tuple[int, int]] = {}
    """By number of covered nights: (asked, missing by then)."""


@dataclass(frozen=True, slots=True)
class Gone:
    """One book that left its shelf and did not come back."""

    tag: int
    shelf: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Which books a subject showed on no shelf, at each moment; one bit a book, as `numpy.packbits` packs them."""

    times: Sequence[int]
    bits: Sequence[NDArray[np.uint8]]

    def was(self, moment: int, tag: int) -> bool:
        """Whether it was shown away."""
        return bool(self.bits[moment][tag >> 3] >> (7 - (tag & 7)) & 1)


def gone(history: History) -> list[Gone]:
    """All of them: ordinary tags, without a loan."""
    ordinary = np.isin(history.tag_place, (SPINE, FORE_EDGE))
    found = []
    for tag in sorted(history.touched):
        if tag < history.books and ordinary[tag]:
            one = _gone(history, history.stays(tag))
            if one is not None:
                found.append(one)
    return found


def _gone(history: History, stays: Sequence[Stay]) -> Gone | None:
    """The last leave of one tag, if it was for good."""
    at = len(stays)
    while at and not (stays[at - 1].place >= 0 and history.watched[stays[at - 1].place]):
        at -= 1
    after = stays[at:]
    if not at or not after or any(stay.status not in EXPECTED_ON_SHELF for stay in after):
        return None
    last = stays[at - 1]
    if (
        last.status not in EXPECTED_ON_SHELF
        or last.to_us - last.from_us < STOOD_US
        or after[-1].place != AWAY
    ):
        return None
    return Gone(last.tag, last.place, last.to_us)


def count(
    books: Iterable[Gone],
    shown: Iterable[Shown],
    nowhere: Nowhere,
    *,
    looks: Looks,
    doors: Doors,
    rules: Rules,
    end_us: int,
) -> GoneCounts:
    """What one subject showed of them."""
    found = GoneCounts(nights=dict.fromkeys(NIGHTS, (0, 0)))
    missing: dict[int, list[int]] = {}
    for one in shown:
        if one.kind == "missing":
            missing.setdefault(one.tag, []).append(one.opened_us)
    moments = np.array(nowhere.times, dtype=np.int64)
    for book in books:
        at = soon(book, looks, rules, moments)
        if at is not None:
            found.left += 1
            found.away += nowhere.was(at, book.tag)
        told_us = min((us for us in missing.get(book.tag, ()) if us >= book.at_us), default=None)
        mornings = covered_mornings(book, looks, doors, end_us)
        for nights in NIGHTS:
            if len(mornings) >= nights:
                asked, named = found.nights[nights]
                by_then = told_us is not None and told_us <= mornings[nights - 1]
                found.nights[nights] = (asked + 1, named + by_then)
    return found


def soon(book: Gone, looks: Looks, rules: Rules, moments: NDArray[np.int64]) -> int | None:
    """The first of the moments after 30 minutes of live coverage since it left, by its number; None: there was none."""
    soon_us = looks.live_us(book.shelf, book.at_us, SOON_US, 2 * rules.cycle_us)
    at = len(moments) if soon_us is None else int(np.searchsorted(moments, soon_us))
    return at if at < len(moments) else None


def covered_mornings(book: Gone, looks: Looks, doors: Doors, end_us: int) -> list[int]:
    """Ends of the whole nights since the book left in which its shelf had a covered look."""
    times = looks.times(book.shelf)
    found = []
    for from_us, to_us in doors.nights(book.at_us, end_us):
        opens_us = doors.next_opening(from_us)
        whole = opens_us is not None and opens_us <= end_us
        if whole and np.searchsorted(times, to_us) > np.searchsorted(times, from_us):
            found.append(to_us)
    return found
