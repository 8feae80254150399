"""The grid over which strengths are integrated, and what a walk's classes mean on it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from hub.belief.walks.settings import (
    AROUND,
    AROUND_FREEDOM,
    NODES,
    SESSION_NODES,
    STRAY,
    STRENGTHS,
    UNCOVERED,
    Habits,
)
from hub.belief.walks.sweeps import Floats, Ints

_TINY: Final = 1e-300
_FAR: Final = 12.0
"""Standard deviations beyond which Φ is 0 or 1 to a double's precision."""


@cache
def _nodes(count: int) -> tuple[Floats, Floats]:
    at, weight = hermegauss(count)
    return np.asarray(at, dtype=np.float64), np.asarray(weight / weight.sum(), dtype=np.float64)


_STEP: Final = 0.002
_TABLE: Final = np.array(
    [0.5 * math.erfc(-x / math.sqrt(2.0)) for x in np.arange(-_FAR, _FAR + _STEP, _STEP)]
)


def normal(x: Floats) -> Floats:
    """Φ(x), from a table; exact to 1e-6."""
    place = np.clip((x + _FAR) / _STEP, 0.0, len(_TABLE) - 1.001)
    low = place.astype(np.int64)
    part = place - low
    found: Floats = _TABLE[low] * (1.0 - part) + _TABLE[low + 1] * part
    return found


_MARGINS: Final = np.linspace(-14.0, 12.0, 131)
"""Margins before any luck, in steps of 0.2: where the tags of a walk are counted to find its thresholds."""
_THRESHOLDS: Final = np.linspace(-9.0, 9.0, 241)
_BELOW: Final = normal(_THRESHOLDS[:, None] - _MARGINS[None, :])


@dataclass(frozen=True, slots=True)
class Grid:
    """The values over which strengths are integrated."""

    tag: Floats
    """Margin of each (lasting, session) node, flat."""
    weight: Floats
    """Of the same nodes, sums to 1."""
    around: Floats
    around_prior: Floats
    """One more than `around`: the last is *not walked*."""

    @classmethod
    def of(cls, habits: Habits) -> Grid:
        """The grid of these habits."""
        at, weight = _nodes(NODES)
        its, its_weight = _nodes(SESSION_NODES)
        margin = habits.lasting * at[:, None] + habits.session * its[None, :]
        around = np.array(AROUND)
        scaled = around / habits.around
        shape = (1.0 + scaled * scaled / AROUND_FREEDOM) ** (-(AROUND_FREEDOM + 1.0) / 2.0)
        prior = np.append((1.0 - UNCOVERED) * shape / shape.sum(), UNCOVERED)
        return cls(margin.ravel(), np.outer(weight, its_weight).ravel(), around, prior)


def spread(grid: Grid, before: Floats, around: Floats, counts: Floats) -> Floats:
    """How many of the tags that could be read stand at each of `_MARGINS`; sums to 1."""
    its = counts @ before if counts.any() else grid.weight
    place = counts @ around[:, :-1] if counts.any() else grid.around_prior[:-1]
    at = (grid.tag[:, None] + grid.around[None, :]).ravel()
    weight = np.outer(its / its.sum(), place / place.sum()).ravel()
    # each point shares its weight between the two steps beside it, so that the mean stays
    step = np.clip((at - _MARGINS[0]) / (_MARGINS[1] - _MARGINS[0]), 0.0, len(_MARGINS) - 1.001)
    low = step.astype(np.int64)
    part = step - low
    found = np.zeros(len(_MARGINS))
    np.add.at(found, low, weight * (1.0 - part))
    np.add.at(found, low + 1, weight * part)
    return found


def thresholds(habits: Habits, strength: Ints, counts: Floats, spread: Floats) -> Floats:
    """Thresholds of the classes, so that the model expects as many of each as there were among the tags that could be read."""
    every = max(float(counts.sum()), 1.0)
    share = np.array([float(counts[strength <= its].sum()) for its in range(STRENGTHS)])
    share = (share + 0.5 / STRENGTHS * np.arange(1, STRENGTHS + 1)) / (every + 1.0)
    # what lapses was not below any threshold
    share = (share - habits.lapse) / (1.0 - habits.lapse)
    share = np.clip(share, 0.25 / (every + 1.0), 1.0 - 0.25 / (every + 1.0))
    found: Floats = np.interp(share, _BELOW @ spread, _THRESHOLDS)
    return np.maximum.accumulate(found)


def classes(grid: Grid, habits: Habits, cuts: Floats) -> Floats:
    """Probability of each class: (classes, tag nodes, around nodes)."""
    at = grid.tag[:, None] + grid.around[None, :]
    below = np.concatenate(
        [np.zeros((1, *at.shape)), normal(cuts[:, None, None] - at[None]), np.ones((1, *at.shape))]
    )
    table = (1.0 - habits.lapse) * np.diff(below, axis=0)
    table[0] += habits.lapse
    none = np.full((STRENGTHS + 1, at.shape[0], 1), STRAY / STRENGTHS)
    none[0] = 1.0 - STRAY
    found: Floats = np.maximum(np.concatenate([table, none], axis=2), _TINY)
    return found


def shares(weights: Floats) -> Floats:
    """Each row sums to 1."""
    found: Floats = weights / weights.sum(axis=1, keepdims=True)
    return found
