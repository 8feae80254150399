"""Which tags teach the antennas' levels and the habits of the house, and when: each once a lap, by what its slots remember. Pure.

Certain is a tag that stands where the catalogue wants it: two witnesses that know nothing of each other. Books in a wrong place
or never heard teach nothing, and those that are away only how long books stay away. Reference tags do not either: they hang free,
8 dB louder than any book.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hub.belief.absences import LOUD_DB
from hub.belief.geometry import NEAR, OWN, Geometry
from hub.belief.interface import NEVER, Bools, Floats, Homes, Ints
from hub.belief.levels import Levels
from hub.belief.looks import Antennas
from hub.belief.people import People
from hub.belief.slots import NOBODY, SLOTS, Slots

LAP_S: Final = 600
"""Once round all tags. Shorter: drift of a quarter of an hour is learned for a level; longer: a new hub knows nothing for longer."""
MOST_ROWS: Final = 50_000
"""Of one turn, 20 ms; 25 million tags take 42,000 a second."""
COUNTED_S: Final = 60
"""Distance of the counts of residents: 10 ms a million tags."""
LEAST_LOOKS: Final = 8
"""Looks of an antenna before what it did not hear counts as silence."""
HISTORY: Final = 32
"""Looks that a slot remembers as bits."""


class Remembering(Protocol):
    """Of a belief, what the lessons read."""

    geometry: Geometry
    antennas: Antennas
    levels: Levels
    slots: Slots
    people: People
    place: NDArray[np.int32]
    away: Bools


class Lessons:
    """The lap through the rows."""

    def __init__(self) -> None:
        self._next_row = 0
        self._at_s = 0
        """When the lap began."""
        self._counted_s = 0

    def begin_anew(self) -> None:
        """Rows have other numbers now; what the lap saw so far is used with the next one."""
        self._next_row = 0

    def step_back(self, now_s: int) -> None:
        """The hub's clock was set back."""
        self._at_s, self._counted_s = min(self._at_s, now_s), min(self._counted_s, now_s)

    def counts(self, now_s: int) -> bool:
        """Whether residents are to be counted now: every `COUNTED_S`."""
        due = now_s - self._counted_s >= COUNTED_S
        self._counted_s = now_s if due else self._counted_s
        return due

    def turn(self, rows: int, now_s: int) -> Ints:
        """The rows whose turn it is now, of so many; with the last one of a lap, the levels are made anew."""
        if self._next_row == 0 and now_s - self._at_s > LAP_S:
            self._at_s = now_s - LAP_S if self._at_s else now_s
        passed_s = max(now_s - self._at_s, 0)
        first = self._next_row
        last = min(rows, max(first, rows * passed_s // LAP_S), first + MOST_ROWS)
        self._next_row = last
        if last >= rows > 0:
            self._next_row, self._at_s = 0, now_s
        return np.arange(first, last)

    def teach(self, belief: Remembering, rows: Ints, homes: Homes, now_s: int) -> None:
        """One turn; `homes`: those of `rows`. The last turn of a lap ends it."""
        if not len(rows):
            return
        g, book = belief.geometry, belief.antennas
        place = belief.place[rows].astype(np.int64)
        sure = np.flatnonzero(certain(place, belief.away[rows], homes))
        zone = np.append(g.zone_of_shelf, -1)[place[sure]]
        at_work = looking(book, now_s)
        self._teach_heard(belief, rows[sure], zone, at_work)
        self._teach_silent(belief, zone, at_work)
        self._teach_away(belief, rows, homes, now_s)
        if self._next_row == 0 and len(rows):
            belief.levels.end_lap()
            belief.people.end_lap(now_s)

    def _teach_away(self, belief: Remembering, rows: Ints, homes: Homes, now_s: int) -> None:
        """Of the well-heard books, those that left their shelf and are away."""
        slots, levels = belief.slots, belief.levels
        cells = rows[:, None] * SLOTS + np.arange(SLOTS)
        owner = slots.antenna[cells].astype(np.int64)
        nobody = len(levels.floor_dbm)
        # Behind the antennas stands one that hears nothing: a site may have none yet.
        antenna = np.where((owner < nobody) & (slots.heard_s[cells] > 0), owner, nobody)
        loud = slots.loud_dbm[cells] - np.append(levels.floor_dbm, np.inf)[antenna] >= LOUD_DB
        measured = np.append(levels.usable, np.zeros(1, dtype=bool))[antenna]
        heard_s = slots.heard_s[cells].max(axis=1).astype(np.int64)
        # What was lent until now did not leave a shelf.
        well = (loud & measured).any(axis=1) & homes.expected & (heard_s >= homes.since_s)
        away = heard_s[well & belief.away[rows]]
        belief.people.see_away(away, int(well.sum()), now_s)

    def _teach_heard(self, belief: Remembering, rows: Ints, zone: Ints, at_work: Bools) -> None:
        """What the slots remember. Each of them also takes back one silence, because `_teach_silent` counts all tags of a zone."""
        slots, g = belief.slots, belief.geometry
        cells = rows[:, None] * SLOTS + np.arange(SLOTS)
        owner = slots.antenna[cells].astype(np.int64)
        known = (owner != NOBODY) & (owner < g.antennas) & (slots.heard_s[cells] > 0)
        antenna = np.where(known, owner, g.antennas)
        known &= np.append(at_work, np.zeros(1, dtype=bool))[antenna]
        kind = g.class_of(antenna, np.broadcast_to(zone[:, None], antenna.shape))
        at = np.nonzero(known & ((kind == OWN) | (kind == NEAR)))
        who = antenna[at]
        share = heard_share(slots, belief.antennas, cells[at], who)
        belief.levels.learn(who, kind[at], slots.loud_dbm[cells[at]].astype(np.float64), share)
        none = np.zeros(len(who))
        belief.levels.learn(who, kind[at], none, none, np.full(len(who), -1.0))

    def _teach_silent(self, belief: Remembering, zone: Ints, at_work: Bools) -> None:
        """All tags of a zone are silent to every antenna around it, until `_teach_heard` says otherwise."""
        g = belief.geometry
        tags = np.bincount(zone, minlength=g.zones)[g.pair_zone].astype(np.float64)
        at = np.flatnonzero((tags > 0) & at_work[g.pair_antenna])
        none = np.zeros(len(at))
        belief.levels.learn(g.pair_antenna[at], g.pair_class[at], none, none, tags[at])

    def dump(self) -> list[int]:
        """The place in the lap, and the times of the last turn and count."""
        return [self._next_row, self._at_s, self._counted_s]

    def restore(self, state: list[int]) -> None:
        """As `dump` left it."""
        self._next_row, self._at_s, self._counted_s = state


def own_shelves(g: Geometry) -> Ints:
    """How many shelves each antenna is meant for: its kind."""
    return np.array([len(shelves) for shelves in g.own_shelves], dtype=np.int64)


def certain(place: NDArray[Any], away: Bools, homes: Homes) -> Bools:
    """Whether a tag stands in its home; one without a home is taken at its place, since nothing else is known of it."""
    home = (homes.first < 0) | ((place >= homes.first) & (place <= homes.last))
    result: Bools = (place != NEVER) & ~away & home
    return result


def looking(book: Antennas, now_s: int) -> Bools:
    """Antennas whose silence says something about a tag: trusted, and at work until now."""
    fresh = now_s - book.last_look_s <= book.settings.stale_after_s
    result: Bools = (book.looks >= LEAST_LOOKS) & fresh & (book.distrusted == 0)
    return result


def heard_share(slots: Slots, book: Antennas, cells: Ints, antenna: Ints) -> Floats:
    """Of its antenna's last 32 looks, the share in which a slot's tag was heard."""
    silent = np.clip(book.looks[antenna] - slots.look[cells].astype(np.int64), 0, HISTORY).astype(np.uint64)
    mask = (slots.mask[cells].astype(np.uint64) << silent) & np.uint64(0xFFFFFFFF)
    share: Floats = np.bitwise_count(mask) / np.clip(book.looks[antenna], 1, HISTORY)
    return share
