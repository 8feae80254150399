"""What the engine has learned of each antenna, as a survey: levels, trust, and which shelf it hears how well. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from hub.belief.geometry import NEAR, OWN
from hub.belief.interface import Floats, Ints
from hub.belief.lessons import heard_share
from hub.belief.slots import NOBODY, SLOTS
from hub.belief.trust import ILLS
from hub.engine.state import EngineState
from shelfwire.site.model import Antenna

KEPT: Final = 8
"""Shelves kept of one antenna, the best heard first: its own, and who else is loud there."""
LEAST_SHARE: Final = 0.02
"""Of looks; a shelf that is heard more seldom is not heard."""
PIECE: Final = 1_000_000
"""Tags looked at in one stroke: bounds the memory to 200 MB."""


class Hears(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna and one shelf."""

    shelf: str
    tags: int
    """Books that belong there and are in the building."""
    share: float
    """Mean share of its looks in which it hears one of them, 0 … 1."""
    loud_dbm: float | None
    """Mean loudness of those it hears."""
    own: bool
    """The site says that it is meant for this shelf."""


class Surveyed(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna."""

    antenna: str
    reader: str
    port: int
    shelves: list[str]
    references: int
    reference_share: float | None
    """Of its reference tags, lately heard; None: it has none, or was not at work."""
    dwells: int
    looks: int
    last_look_us: int
    own_tags: int
    """Books of its own shelves that teach it."""
    laps: int
    """Rounds in which it was taught; 0: all its levels are assumptions or those of its kind."""
    floor_dbm: float
    own_dbm: float
    near_dbm: float
    own_heard: float | None
    near_heard: float | None
    usable: bool
    ill: str
    loss_db: float
    hears: list[Hears]

    @property
    def margin_db(self) -> float:
        """How far its own shelf stands above its floor."""
        return self.own_dbm - self.floor_dbm


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A site at the time of its snapshot."""

    site: str
    timezone: str
    at_us: int
    tags: int
    located: int
    """Tags whose place is known."""
    kind_margin_db: dict[int, float]
    """Median margin of antennas by their number of shelves."""
    antennas: list[Surveyed]
    unwatched: list[str]
    """Shelves without antenna."""


@dataclass(frozen=True)
class _Pairs:
    """Sums over (antenna, shelf), sorted by antenna."""

    antenna: Ints
    shelf: Ints
    share: Floats
    loud_dbm: Floats


def survey(engine: EngineState) -> Survey:
    """Everything about the site in force."""
    g, belief = engine.geometry, engine.belief
    margin = belief.levels.own_dbm - belief.levels.floor_dbm
    kinds = np.array([len(shelves) for shelves in g.own_shelves])
    learned = belief.levels.laps[: len(kinds)] > 0
    pairs, tags = _pairs(engine)
    own, near = belief.levels.heard(OWN), belief.levels.heard(NEAR)
    taught = np.stack([own[0], own[1], near[1]])
    return Survey(
        site=engine.site_id,
        timezone=g.site.timezone,
        at_us=engine.tick_us,
        tags=engine.stock.rows,
        located=int((belief.place >= 0).sum()),
        kind_margin_db={
            int(kind): round(float(np.median(margin[: len(kinds)][(kinds == kind) & learned])), 1)
            for kind in np.unique(kinds[learned & (kinds > 0)]).tolist()
        },
        antennas=[
            _surveyed(engine, one, taught, _hears(engine, one, pairs, tags)) for one in g.site.antennas
        ],
        unwatched=[g.shelf_ids[shelf] for shelf in np.flatnonzero(~g.watched).tolist()],
    )


def _pairs(engine: EngineState) -> tuple[_Pairs, Ints]:
    """What the slots say of each antenna and home shelf, and the number of books by home shelf."""
    g = engine.geometry
    shelves = len(g.shelf_ids)
    tags: Ints = np.zeros(shelves, dtype=np.int64)
    found: dict[int, tuple[float, float]] = {}
    for first in range(0, engine.stock.rows, PIECE):
        rows = np.arange(first, min(first + PIECE, engine.stock.rows))
        rows, home = _in_the_building(engine, rows)
        tags += np.bincount(home, minlength=shelves)
        key, share, loud = _heard(engine, rows, home, shelves)
        keys, at = np.unique(key, return_inverse=True)
        sums = np.bincount(at, weights=share), np.bincount(at, weights=share * loud)
        for one, heard, loudness in zip(keys.tolist(), sums[0].tolist(), sums[1].tolist(), strict=True):
            before = found.get(one, (0.0, 0.0))
            found[one] = before[0] + heard, before[1] + loudness
    keys = np.array(sorted(found), dtype=np.int64)
    total = np.array([found[key][0] for key in keys.tolist()])
    loudness = np.array([found[key][1] for key in keys.tolist()])
    shelf = keys % max(shelves, 1)
    share = total / np.maximum(tags[shelf], 1)
    loud = np.where(total > 0, loudness / np.maximum(total, 1e-9), np.nan)
    return _Pairs(keys // max(shelves, 1), shelf, share, loud), tags


def _in_the_building(engine: EngineState, rows: Ints) -> tuple[Ints, Ints]:
    """Rows of tags that some antenna hears, with the shelf where they belong: what the catalogue says, not the belief.

    Whether two cables are exchanged cannot be asked of a belief that came through them.
    """
    belief, homes = engine.belief, engine.homes(rows)
    place = belief.place[rows].astype(np.int64)
    one = homes.first == homes.last
    inside = (place >= homes.first) & (place <= homes.last)
    shelf = np.where(one, homes.first, place)
    heard = belief.slots.heard_s.reshape(-1, SLOTS)[rows].any(axis=1)
    keep = np.flatnonzero((homes.first >= 0) & (one | inside) & ~belief.away[rows] & heard)
    return rows[keep], shelf[keep]


def _heard(engine: EngineState, rows: Ints, home: Ints, shelves: int) -> tuple[Ints, Floats, Floats]:
    """(antenna · shelves + home shelf, share of looks, loudness) of each slot."""
    slots, book = engine.belief.slots, engine.antennas
    cells = rows[:, None] * SLOTS + np.arange(SLOTS)
    owner = slots.antenna[cells].astype(np.int64)
    at = np.nonzero((owner != NOBODY) & (owner < len(book.looks)) & (slots.heard_s[cells] > 0))
    antenna = owner[at]
    share = heard_share(slots, book, cells[at], antenna)
    key = antenna * shelves + np.broadcast_to(home[:, None], owner.shape)[at]
    return key, share, slots.loud_dbm[cells[at]].astype(np.float64)


def _surveyed(engine: EngineState, antenna: Antenna, taught: Floats, hears: list[Hears]) -> Surveyed:
    """`taught`: by antenna, its own tags, and the mean shares in which it hears those and the next ones."""
    g, book, levels, index = engine.geometry, engine.antennas, engine.belief.levels, antenna.index
    lasting = bool(book.trust.lasting(engine.tick_us)[index])
    return Surveyed(
        antenna=antenna.id,
        reader=antenna.reader,
        port=antenna.port,
        shelves=list(antenna.hears),
        references=g.references[index],
        reference_share=_told(book.share[index]),
        dwells=int(book.dwells[index]),
        looks=int(book.looks[index]),
        last_look_us=int(book.last_look_s[index]) * 1_000_000,
        own_tags=round(float(taught[0, index])),
        laps=int(levels.laps[index]),
        floor_dbm=round(float(levels.floor_dbm[index]), 1),
        own_dbm=round(float(levels.own_dbm[index]), 1),
        near_dbm=round(float(levels.near_dbm[index]), 1),
        own_heard=_told(taught[1, index]),
        near_heard=_told(taught[2, index]),
        usable=bool(levels.usable[index]),
        ill=str(ILLS[book.trust.ill[index]]) if lasting else "well",
        loss_db=round(float(book.trust.loss_db[index]), 1) if lasting else 0.0,
        hears=hears,
    )


def _hears(engine: EngineState, antenna: Antenna, pairs: _Pairs, tags: Ints) -> list[Hears]:
    """Its own shelves, and the best heard others."""
    first, last = np.searchsorted(pairs.antenna, [antenna.index, antenna.index + 1]).tolist()
    ids = engine.geometry.shelf_ids
    own = set(engine.geometry.own_shelves[antenna.index])
    told = {
        int(pairs.shelf[at]): (float(pairs.share[at]), float(pairs.loud_dbm[at])) for at in range(first, last)
    }
    for shelf in own:
        told.setdefault(shelf, (0.0, float("nan")))
    order = sorted(told, key=lambda shelf: (shelf not in own, -told[shelf][0], shelf))
    kept = [shelf for shelf in order if shelf in own or told[shelf][0] >= LEAST_SHARE][: len(own) + KEPT]
    return [
        Hears(
            shelf=ids[shelf], tags=int(tags[shelf]), share=round(told[shelf][0], 3),
            loud_dbm=_told(told[shelf][1], 1), own=shelf in own,
        )
        for shelf in kept
    ]  # fmt: skip


def _told(value: float | np.floating[Any], digits: int = 3) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)
