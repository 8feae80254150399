"""How a stock and its walks behave, learned from the walks themselves: habits, and how many leave before each walk. Pure, deterministic."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from typing import Final

import numpy as np

from hub.belief.walks.filtering import Belief, follow
from hub.belief.walks.settings import (
    HABIT_STEP,
    LEARN_FROM,
    LEAVES,
    LEAVES_TAGS,
    LEAVES_TAGS_AT_FIRST,
    SPREADS,
    Habits,
)
from hub.belief.walks.sweeps import Floats, Ints

_NAMES: Final = ("lasting", "session", "around", "lapse")


def learn(strength: Ints, sessions: Ints, groups: Ints, habits: Habits) -> tuple[Habits, Floats]:
    """Habits, and the share that leaves before each walk, from all these walks; learning begins at `habits`."""
    every = -(-strength.shape[1] // LEARN_FROM)
    # whole groups, so that neighbours stay neighbours
    some = groups % every == 0
    if not some.any():
        some = np.ones(len(groups), dtype=np.bool_)
    part, its = strength[:, some], np.unique(groups[some], return_inverse=True)[1]
    leaves = follow(part, sessions, its, habits, np.full(len(strength), LEAVES)).leaving(_leaving)
    habits, belief = _better(part, sessions, its, habits, leaves)
    return habits, belief.leaving(_leaving)


def _better(
    strength: Ints, sessions: Ints, groups: Ints, habits: Habits, leaves: Floats
) -> tuple[Habits, Belief]:
    best = follow(strength, sessions, groups, habits, leaves)
    score = _score(best, habits)
    for name in _NAMES:
        if name == "session" and sessions.max() == sessions.min():
            continue
        for factor in (HABIT_STEP, 1.0 / HABIT_STEP):
            tried = replace(habits, **{name: getattr(habits, name) * factor})
            belief = follow(strength, sessions, groups, tried, leaves)
            found = _score(belief, tried)
            if found > score:
                habits, best, score = tried, belief, found
                break
    return habits, best


def _score(belief: Belief, habits: Habits) -> float:
    """Log probability of the walks under these habits, and of the habits."""
    off = [
        (math.log(value) - math.log(usual)) / spread
        for value, usual, spread in zip(astuple(habits), astuple(Habits()), astuple(SPREADS), strict=True)
    ]
    found: float = belief.total().sum() - 0.5 * sum(step * step for step in off)
    return found


def _leaving(since: Floats) -> Floats:
    """A burst is believed slowly while only one walk has seen it, and sooner when a later walk has looked again."""
    tags = since.shape[1]
    worth = np.full(len(since), LEAVES_TAGS)
    worth[-1] = LEAVES_TAGS_AT_FIRST
    found: Floats = (LEAVES * worth + since.sum(axis=1)) / (worth + tags)
    found[0] = LEAVES
    return found
