"""The model of walks: what each walk says of each tag, one walk after the other. Pure.

A tag is read when its margin is above a walk's threshold. Margin = lasting strength + strength in this session + how well its neighbours' place was walked + luck
(standard normal); all normal but the place, which is Student's, or not walked at all. The higher the margin, the higher the class of its strength in that walk.
Nothing is remembered but weights over a grid of strengths, and for each silent walk the evidence before it: so a gone tag is weighed against one that was missed again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hub.belief.walks.grid import Grid, classes, shares, spread, thresholds
from hub.belief.walks.settings import (
    ABSENT,
    MOST_SURE,
    NODES,
    SESSION_NODES,
    SOLVES,
    TURNS,
    WALKED_ABOVE,
    Habits,
)
from hub.belief.walks.sweeps import Floats, Ints

_TINY: Final = 1e-300


@dataclass
class Belief:
    """What the walks so far say; rows are tags."""

    habits: Habits
    strength: Floats
    """Log of what the walks of each session say of each (lasting, session) node: (sessions, tags, nodes)."""
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
        return np.minimum(self._sum()[0], MOST_SURE)

    def total(self) -> Floats:
        """Log probability of everything seen, a tag."""
        return self._sum()[1]

    def leaving(self, usual: Callable[[Floats], Floats]) -> Floats:
        """The share that leaves before each walk, by turns: `usual` makes shares of (walks, tags) probabilities, and these of the shares."""
        leaves = self.leaves
        bare = self.gone - _priors(leaves)[0][:, None]
        for _ in range(TURNS):
            left, stays = _priors(leaves)
            logs = np.concatenate([bare + left[:, None], (self.evidence + stays[-1])[None]])
            logs -= logs.max(axis=0)
            weights = np.exp(logs)
            leaves = usual(weights[:-1] / weights.sum(axis=0))
        return leaves

    def _sum(self) -> tuple[Floats, Floats]:
        there = self.evidence + self.stays
        top = np.maximum(there, self.gone.max(axis=0, initial=-np.inf))
        left = np.exp(self.gone - top).sum(axis=0)
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
    own = belief.strength[kind].reshape(shape)
    each = grid.weight.reshape(NODES, SESSION_NODES).sum(axis=0)
    others = np.zeros((own.shape[0], NODES))
    for other in range(belief.sessions):
        if other != kind:
            others += np.log(np.exp(belief.strength[other].reshape(shape)) @ each + _TINY)
    logs = own + others[:, :, None]
    logs -= logs.max(axis=(1, 2), keepdims=True)
    found: Floats = np.exp(logs).reshape(len(own), -1) * grid.weight
    return shares(found)


def _walk(belief: Belief, grid: Grid, strength: Ints, kind: int, groups: Ints) -> None:
    before = _before(belief, grid, kind)
    there = 1.0 - belief.chance()
    usual = _usual(strength, groups, there)
    around = np.broadcast_to(grid.around_prior, (len(strength), len(grid.around_prior)))
    for _ in range(SOLVES):
        counts = usual * there
        cuts = thresholds(belief.habits, strength, counts, spread(grid, before, around, counts))
        table = classes(grid, belief.habits, cuts)
        around = _around(grid, _says(table, strength, before, there), groups)
        usual = 1.0 - around[:, -1]
    likely = np.empty_like(before)
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
    kept = belief.strength[kind] + np.log(likely + _TINY)
    belief.strength[kind] = kept - kept.max(axis=1, keepdims=True)


def _usual(strength: Ints, groups: Ints, there: Floats) -> Floats:
    """First guess of which groups were walked: those in which not far fewer tags were read than in the best ones."""
    size = int(groups.max()) + 1
    read = np.bincount(groups, weights=(strength > 0) * there, minlength=size)
    all_of = np.bincount(groups, weights=there, minlength=size)
    share = (read + 0.5 * read.sum() / max(all_of.sum(), 1.0)) / (all_of + 0.5)
    walked = share > WALKED_ABOVE * float(share.max())
    found: Floats = walked[groups].astype(np.float64)
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
    return shares(weights)
