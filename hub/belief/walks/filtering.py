"""The model of walks: what each walk says of each tag, one walk after the other. Pure.

A tag is read when its margin is above a walk's threshold. Margin = lasting strength + strength in this session + how well its neighbours' place was walked + luck
(standard normal); all normal but the place, which is Student's, or not walked at all. The higher the margin, the higher the class of its strength in that walk.
Nothing is remembered but weights over a grid of strengths, and for each silent walk the evidence before it: so a gone tag is weighed against one that was missed again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from hub.belief.walks.settings import (
    ABSENT,
    AROUND,
    AROUND_FREEDOM,
    MOST_SURE,
    NODES,
    SESSION_NODES,
    STRAY,
    STRENGTHS,
    UNCOVERED,
    Habits,
)
from hub.belief.walks.sweeps import Floats, Ints

_TINY: Final = 1e-300
_SOLVES: Final = 3
_TURNS: Final = 8
_FAR: Final = 12.0
_FEW: Final = 0.3


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


@dataclass
class Belief:
    """What the walks so far say; rows are tags."""

    habits: Habits
    lasting: Floats
    """Log weights over lasting nodes that sessions other than the one at hand have put there: (sessions, tags, nodes × session nodes) before the sum."""
    sessions: int
    evidence: Floats
    """Log probability of all walks, if it is still there."""
    gone: Floats
    """(walks, tags): log of prior times evidence that it left just before that walk; −inf: read since."""
    leaves: Floats
    """Share that leaves before each walk, as it was assumed."""
    stays: float = 0.0
    """Log probability of never having left."""
    covered: list[Floats] = field(default_factory=list)
    """By walk: share of the tags of its place that the walk could read, as its neighbours tell."""
    missed: list[Floats] = field(default_factory=list)
    """By walk: probability, told before this walk's word on this tag, that it is not read though it is there."""

    def chance(self) -> Floats:
        """Probability of having left."""
        return np.minimum(self._sum(self.gone)[0], MOST_SURE)

    def total(self) -> Floats:
        """Log probability of everything seen, a tag."""
        return self._sum(self.gone)[1]

    def leaving(self, usual: Callable[[Floats], Floats]) -> Floats:
        """The share that leaves before each walk, by turns: `usual` makes shares of (walks, tags) probabilities, and these of the shares."""
        shares = self.leaves
        bare = self.gone - _priors(shares)[0][:, None]
        for _ in range(_TURNS):
            left, stays = _priors(shares)
            logs = np.concatenate([bare + left[:, None], (self.evidence + stays[-1])[None]])
            logs -= logs.max(axis=0)
            weights = np.exp(logs)
            shares = usual(weights[:-1] / weights.sum(axis=0))
        return shares

    def _sum(self, gone: Floats) -> tuple[Floats, Floats]:
        there = self.evidence + self.stays
        top = np.maximum(there, gone.max(axis=0, initial=-np.inf))
        left = np.exp(gone - top).sum(axis=0)
        every = left + np.exp(there - top)
        return left / every, top + np.log(every)


def follow(strength: Ints, sessions: Ints, groups: Ints, habits: Habits, leaves: Floats) -> Belief:
    """Take all walks in. `strength` (walks, tags), `sessions` (walks,), `groups` (tags,) 0 …, `leaves` (walks,): share that leaves before each walk."""
    walks, tags = strength.shape
    kinds = int(sessions.max()) + 1 if walks else 1
    grid = Grid.of(habits)
    belief = Belief(
        habits,
        np.zeros((kinds, tags, NODES * SESSION_NODES)),
        kinds,
        np.zeros(tags),
        np.full((walks, tags), -np.inf),
        leaves,
    )
    left, stays = _priors(leaves)
    for walk in range(walks):
        belief.gone[walk] = belief.evidence + left[walk]
        belief.stays = float(stays[walk])
        _walk(belief, grid, strength[walk], int(sessions[walk]), groups)
        belief.gone[:, strength[walk] > 0] = -np.inf
    return belief


def _priors(leaves: Floats) -> tuple[Floats, Floats]:
    """Log of the share that leaves before each walk (before the first: was never there), and of the share that has not left by then."""
    share = np.concatenate([[ABSENT], leaves[1:]])
    stays = np.cumsum(np.log1p(-share))
    return np.log(share) + np.concatenate([[0.0], stays[:-1]]), stays


def _before(belief: Belief, grid: Grid, kind: int) -> Floats:
    """Weights over (lasting, session) nodes for a walk of that session, from all walks before; rows sum to 1."""
    shape = (-1, NODES, SESSION_NODES)
    own = belief.lasting[kind].reshape(shape)
    session_weight = (
        grid.weight.reshape(NODES, SESSION_NODES)[0] / grid.weight.reshape(NODES, SESSION_NODES)[0].sum()
    )
    others = np.zeros((own.shape[0], NODES))
    for other in range(belief.sessions):
        if other != kind:
            others += np.log(np.exp(belief.lasting[other].reshape(shape)) @ session_weight + _TINY)
    logs = own + others[:, :, None]
    logs -= logs.max(axis=(1, 2), keepdims=True)
    found: Floats = np.exp(logs).reshape(len(own), -1) * grid.weight
    return _shares(found)


def _walk(belief: Belief, grid: Grid, strength: Ints, kind: int, groups: Ints) -> None:
    before = _before(belief, grid, kind)
    there = 1.0 - belief.chance()
    usual = _usual(strength, groups, there)
    around = np.broadcast_to(grid.around_prior, (len(strength), len(grid.around_prior)))
    for _ in range(_SOLVES):
        counts = usual * there
        cuts = _cuts(belief.habits, strength, counts, _spread(grid, before, around, counts))
        table = _table(grid, belief.habits, cuts)
        around = _around(grid, _says(table, strength, before, there), groups)
        usual = 1.0 - around[:, -1]
    nodes = before.shape[1]
    likely = np.empty((len(strength), nodes))
    for its in np.unique(strength).tolist():
        at = np.flatnonzero(strength == its)
        likely[at] = around[at] @ table[its].T
    unread = around @ table[0].T
    missed = (before * unread).sum(axis=1)
    belief.missed.append(missed)
    belief.covered.append(
        1.0 - (np.bincount(groups, weights=missed) / np.maximum(np.bincount(groups), 1))[groups]
    )
    belief.evidence += np.log((before * likely).sum(axis=1) + _TINY)
    kept = belief.lasting[kind] + np.log(likely + _TINY)
    belief.lasting[kind] = kept - kept.max(axis=1, keepdims=True)


def _usual(strength: Ints, groups: Ints, there: Floats) -> Floats:
    """First guess of which groups were walked: those in which not far fewer tags were read than in the best ones."""
    size = int(groups.max()) + 1
    read = np.bincount(groups, weights=(strength > 0) * there, minlength=size)
    all_of = np.bincount(groups, weights=there, minlength=size)
    share = (read + 0.5 * read.sum() / max(all_of.sum(), 1.0)) / (all_of + 0.5)
    walked = share > _FEW * float(share.max())
    found: Floats = walked[groups].astype(np.float64)
    return found


def _spread(grid: Grid, before: Floats, around: Floats, counts: Floats) -> Floats:
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


def _cuts(habits: Habits, strength: Ints, counts: Floats, spread: Floats) -> Floats:
    """Thresholds of the classes, so that the model expects as many of each as there were among the tags that could be read."""
    every = max(float(counts.sum()), 1.0)
    share = np.array([float(counts[strength <= its].sum()) for its in range(STRENGTHS)])
    share = (share + 0.5 / STRENGTHS * np.arange(1, STRENGTHS + 1)) / (every + 1.0)
    # what lapses was not below any threshold
    share = (share - habits.lapse) / (1.0 - habits.lapse)
    share = np.clip(share, 0.25 / (every + 1.0), 1.0 - 0.25 / (every + 1.0))
    found: Floats = np.interp(share, _BELOW @ spread, _THRESHOLDS)
    return np.maximum.accumulate(found)


def _table(grid: Grid, habits: Habits, cuts: Floats) -> Floats:
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


def _says(table: Floats, strength: Ints, before: Floats, there: Floats) -> Floats:
    """How probable each tag makes each value of its place: (tags, values). A silent tag that may have left says less."""
    says = np.empty((len(strength), table.shape[2]))
    for its in np.unique(strength).tolist():
        at = np.flatnonzero(strength == its)
        says[at] = before[at] @ table[its]
    silent = (strength == 0)[:, None]
    found: Floats = np.where(silent, 1.0 - there[:, None] + there[:, None] * says, says)
    return found


def _around(grid: Grid, says: Floats, groups: Ints) -> Floats:
    """For each tag the weights of how well its place was walked, told by its neighbours alone; rows sum to 1."""
    logs = np.log(says)
    together = np.stack([np.bincount(groups, weights=column) for column in logs.T], axis=1)
    found = together[groups] - logs + np.log(grid.around_prior)
    found -= found.max(axis=1, keepdims=True)
    weights: Floats = np.exp(found)
    return _shares(weights)


def _shares(weights: Floats) -> Floats:
    """Each row sums to 1."""
    found: Floats = weights / weights.sum(axis=1, keepdims=True)
    return found
