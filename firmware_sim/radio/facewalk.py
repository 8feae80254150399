"""A hand, a cart or a robot passes a face of a simulated library: same books, same shade as before the fixed antennas, another antenna. Pure.

Places are those of the face: metres to the right along it, before it, and above the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import mix
from firmware_sim.hearing import Int32
from firmware_sim.radio.moving import Carrier, Memory, Targets, Walk, fly, listen
from firmware_sim.radio.radio import Radio
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.radio.tracks import Track, Waypoint, track
from shelfwire.site.model import Face

AWAY_M: Final = 0.5
"""The aisle's middle is about so far from the books' backs."""
HEIGHTS_M: Final = (0.5, 1.1, 1.7)
"""One way along the face at each: low, middle, high boards. One antenna's beam of 70° sees about 0.7 m of them."""
_TAG_M: Final = 0.12
"""A tag sits so far above its board."""
_BEFORE_M: Final = 0.3
_STRETCH: Final = 600
"""Steps: half a minute."""
_REACH_M: Final = 4.0
"""Farther along the face a mean book is 27 dB below what it is straight before the antenna: out of hearing."""


@dataclass(frozen=True, slots=True)
class FaceWalk:
    """One pass."""

    walk: Walk
    """`walk.row` counts in the columns below; `walk.x_m` is the place along the face."""
    tag: Int32
    """Tag numbers of the world that stand on the face, references negative; heard or not."""
    shelf: Int32
    """Shelf index of each."""
    x_m: NDArray[np.float64]
    """Where each really stands along the face."""

    @property
    def heard(self) -> Int32:
        """Tag numbers that were read at least once, rising."""
        found: Int32 = np.unique(self.tag[self.walk.row])
        return found


def walk_face(
    radio: Radio,
    face: Face,
    carrier: Carrier,
    *,
    seed: int,
    turn: int = 0,
    heights_m: Sequence[float] = HEIGHTS_M,
    single: bool = True,
) -> FaceWalk:
    """Pass number `turn` along the face, to and fro at each height, with the world as it stands now."""
    shelves, left_m, height_m, length_m = _boards(face)
    tag, at, x_mm, own_db = radio.margins.brought(shelves)
    shelf = shelves[at].astype(np.int32)
    # another place has another multipath, so the dice's name of a tag holds its shelf
    names = mix(tag.astype(np.int64).astype(np.uint64), shelf.astype(np.uint64), _ON_SHELF)
    x_m = left_m[at] + x_mm / 1000.0
    targets = Targets(names, x_m, np.zeros(len(tag)), height_m[at] + _TAG_M, own_db.astype(np.float64))
    way = _way(length_m, heights_m, carrier.speed_m_s)
    walk = _in_stretches(targets, way, carrier, radio.settings, seed=seed, turn=turn, single=single)
    return FaceWalk(walk, tag, shelf, x_m)


def _in_stretches(
    targets: Targets,
    way: Track,
    carrier: Carrier,
    settings: RadioSettings,
    *,
    seed: int,
    turn: int,
    single: bool,
) -> Walk:
    """The pass, `_STRETCH` steps at a time with the tags in reach, so that a long face needs no more memory than a short one."""
    memory = Memory.blank(len(targets))
    walks = []
    for first in range(0, len(way), _STRETCH):
        part = way.part(first, first + _STRETCH)
        low, high = float(part.x_m.min()) - _REACH_M, float(part.x_m.max()) + _REACH_M
        near = np.flatnonzero((targets.x_m >= low) & (targets.x_m <= high))
        mine, close = memory.pick(near), targets.pick(near)
        air = fly(close, part, carrier, settings, seed=seed, turn=turn)
        walk = listen(
            close,
            air,
            carrier,
            settings,
            budget_db=carrier.budget_db,
            seed=seed,
            turn=turn,
            single=single,
            memory=mine,
        )
        memory.put(near, mine)
        walks.append(replace(walk, row=near[walk.row].astype(np.int32)))
    columns = [[getattr(walk, field.name) for walk in walks] for field in fields(Walk)]
    return Walk(*(np.concatenate(column) for column in columns))


def _boards(
    face: Face,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], float]:
    """Shelf indexes, where their left ends are along the face, their heights, and the face's length."""
    shelves, left_m, height_m, along = [], [], [], 0.0
    for bay in face.bays:
        for shelf in bay.shelves:
            shelves.append(shelf.index)
            left_m.append(along)
            height_m.append(shelf.height_m)
        along += bay.width_m
    return np.array(shelves, dtype=np.intp), np.array(left_m), np.array(height_m), along


def _way(length_m: float, heights_m: Sequence[float], speed_m_s: float) -> Track:
    there = (-_BEFORE_M, length_m + _BEFORE_M)
    ways = [there if number % 2 == 0 else there[::-1] for number in range(len(heights_m))]
    points = [
        Waypoint(end, -AWAY_M, height, 0.0, 1.0)
        for ends, height in zip(ways, heights_m, strict=True)
        for end in ends
    ]
    return track(points, speed_m_s)


_ON_SHELF: Final = 0xFACE
