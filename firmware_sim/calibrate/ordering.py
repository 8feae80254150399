"""How well a moving antenna tells the order of a row: by loudness, and by phase. Both read off the plain way, as the recordings were. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import Floats, uniform
from firmware_sim.radio import phase
from firmware_sim.radio.moving import CART, Targets, Walk, fixed_db, fly, listen
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.radio.tracks import Waypoint, track

ROW: Final = 8
"""Tags of a row. The source does not say: with eight, 2–3 % of 28 pairs wrong and about half of the rows wholly right agree with each other."""
SPACING_M: Final = 0.08
_CARRIER: Final = msgspec.structs.replace(CART, hop_s=4.0)
"""One channel nearly all the way, as in Europe's band; on fifty channels with 0.3 s on each the same fit is right in about .94 of pairs."""
_AWAY_M: Final = 0.6
_BEFORE_M: Final = 0.8
_BUDGET_DB: Final = 22.0
"""Every tag is heard: a tag that is not has no order."""
_GRID_M: Final = 0.01
_ENOUGH: Final = 5
"""Reads of a tag below which nothing is said of its place."""


@dataclass(frozen=True, slots=True)
class Order:
    """Shares over all rows."""

    loudness_pairs: float
    phase_pairs: float
    phase_rows: float


def order(settings: RadioSettings, *, rows: int, seed: int) -> Order:
    """Drive past `rows` rows of `ROW` tags and order each by loudness and by phase."""
    settings = msgspec.structs.replace(settings, shade_spread_db=0.0)
    by_loudness, by_phase = [], []
    for row in range(rows):
        walk, targets = _pass(settings, seed=seed * 1000 + row)
        by_loudness.append(_pairs(np.array([_loudest_at(walk, n) for n in range(ROW)]), targets))
        by_phase.append(_pairs(np.array([_phase_at(walk, n) for n in range(ROW)]), targets))
    return Order(
        float(np.mean(by_loudness)),
        float(np.mean(by_phase)),
        float(np.mean([share == 1.0 for share in by_phase])),
    )


def _pass(settings: RadioSettings, *, seed: int) -> tuple[Walk, Targets]:
    number = np.arange(ROW, dtype=np.uint64)
    jitter = 0.002 * (uniform(seed, number, 1) - 0.5)
    x = SPACING_M * np.arange(ROW) + jitter
    same = np.zeros(ROW)
    targets = Targets(number, x, same, same + 1.0, fixed_db(settings, seed, number))
    ends = [Waypoint(end, -_AWAY_M, 1.0, 0.0, 1.0) for end in (-_BEFORE_M, SPACING_M * (ROW - 1) + _BEFORE_M)]
    air = fly(targets, track(ends, _CARRIER.speed_m_s), _CARRIER, settings, seed=seed, turn=0)
    walk = listen(targets, air, _CARRIER, settings, budget_db=_BUDGET_DB, seed=seed, turn=0, single=False)
    return walk, targets


def _pairs(found: Floats, targets: Targets) -> float:
    """Share of pairs in the right order."""
    left, right = np.triu_indices(len(targets), 1)
    return float((found[left] < found[right]).mean())


def _loudest_at(walk: Walk, row: int) -> float:
    """Middle of the way over which it was loud, weighted by power."""
    mine = walk.row == row
    power = 10.0 ** (walk.rssi_dbm[mine] / 10.0)
    return float((power * walk.x_m[mine]).sum() / power.sum())


def _phase_at(walk: Walk, row: int) -> float:
    """The place along the row that makes the phases of each stay on a channel agree best with the way there and back."""
    mine = walk.row == row
    x, turns, channel = walk.x_m[mine], walk.turns[mine], walk.channel[mine]
    group = np.cumsum(np.concatenate([[True], np.diff(channel) != 0]))
    grid = np.arange(-0.3, SPACING_M * (ROW - 1) + 0.3, _GRID_M)
    far = np.sqrt((x[None, :] - grid[:, None]) ** 2 + _AWAY_M**2)
    left_over = turns[None, :] - 2.0 * far * phase.frequency_mhz(channel)[None, :] / 299.792458
    return float(grid[np.argmax(_agreement(left_over, group))])


def _agreement(turns: Floats, group: NDArray[np.int64]) -> Floats:
    """Length of the sum of unit vectors of each group, summed over groups, for each row of the grid."""
    unit = np.exp(2j * np.pi * turns)
    total = np.zeros(len(turns))
    for one in np.unique(group):
        if (group == one).sum() >= _ENOUGH:
            total += np.abs(unit[:, group == one].sum(axis=1))
    return total
