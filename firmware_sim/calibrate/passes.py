"""Handheld passes along faces of shelves: what one reads, and what two or four read together. Pure.

The level of one pass is taken from the recording (the budget is solved for it); what the further passes add is the model's own answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import msgspec
import numpy as np

from firmware_sim.calibrate.level import budget
from firmware_sim.hearing import Bools
from firmware_sim.radio.moving import HANDHELD, Air, Carrier, Targets, fixed_db, fly, listen
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.radio.tracks import Waypoint, track

BAD_SHADE: Final = 2.0
"""In the bad arrangement the shade is so many times the ordinary one. Fitted to four passes."""

_BAY_M: Final = 0.9
_BAYS: Final = 3
_BOARDS: Final = (0.9, 1.25)
_BOOKS_A_BOARD: Final = 105
_AWAY_M: Final = 0.5
_HAND_M: Final = 1.1
_BEFORE_M: Final = 0.3


@dataclass(frozen=True, slots=True)
class Face:
    """One face of `210` books and the air of each pass over it."""

    seed: int
    targets: Targets
    airs: list[Air]


def read_shares(
    settings: RadioSettings,
    level: float,
    *,
    passes: int,
    shade: float = 1.0,
    carrier: Carrier = HANDHELD,
    faces: int = 8,
    seed: int = 1,
) -> list[float]:
    """Share of books read in 1, 2 … `passes` passes together, mean over all choices of passes; the first is `level` by the budget."""
    settings = msgspec.structs.replace(settings, shade_spread_db=settings.shade_spread_db * shade)
    flown = [_face(settings, carrier, passes, seed * 1000 + n) for n in range(faces)]

    def seen(at_db: float, upto: int) -> Bools:
        """Passes × books."""
        return np.concatenate([_seen(face, settings, carrier, at_db, upto) for face in flown], axis=1)

    solved = budget(lambda at_db: float(seen(at_db, passes).mean()), level)
    found = seen(solved, passes)
    return [_together(found, n) for n in range(1, passes + 1)]


def independent(level: float, passes: int) -> float:
    """What as many passes would read if every miss were thrown anew."""
    return 1.0 - (1.0 - level) ** passes


def _together(seen: Bools, passes: int) -> float:
    shares = [
        float(seen[list(chosen)].any(axis=0).mean()) for chosen in combinations(range(len(seen)), passes)
    ]
    return sum(shares) / len(shares)


def _face(settings: RadioSettings, carrier: Carrier, passes: int, seed: int) -> Face:
    width = _BAY_M * _BAYS
    number = np.arange(_BOOKS_A_BOARD * len(_BOARDS), dtype=np.uint64)
    x = np.tile((np.arange(_BOOKS_A_BOARD) + 0.5) * (width / _BOOKS_A_BOARD), len(_BOARDS))
    z = np.repeat(np.array(_BOARDS), _BOOKS_A_BOARD)
    targets = Targets(number, x, np.zeros(len(x)), z, fixed_db(settings, seed, number))
    ends = [Waypoint(end, -_AWAY_M, _HAND_M, 0.0, 1.0) for end in (-_BEFORE_M, width + _BEFORE_M)]
    way = track(ends, carrier.speed_m_s)
    airs = [fly(targets, way, carrier, settings, seed=seed, turn=turn) for turn in range(passes)]
    return Face(seed, targets, airs)


def _seen(face: Face, settings: RadioSettings, carrier: Carrier, at_db: float, upto: int) -> Bools:
    seen = np.zeros((upto, len(face.targets)), dtype=np.bool_)
    for turn, air in enumerate(face.airs[:upto]):
        walk = listen(face.targets, air, carrier, settings, budget_db=at_db, seed=face.seed, turn=turn)
        seen[turn, walk.row] = True
    return seen
