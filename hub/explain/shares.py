"""Who of several brought how much of what they bring together: each one's change, averaged over all orders of arrival (Shapley 1953). Pure."""

from __future__ import annotations

from functools import cache
from math import factorial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GROUPS: Final = tuple(1 << players for players in range(8))
"""How many groups so many players can form, the empty one among them."""


@cache
def groups(players: int) -> Floats:
    """1 where a player belongs to a group, shape (groups, players). The first is empty, the last is all."""
    bits = np.arange(GROUPS[players])[:, None] >> np.arange(players) & 1
    return bits.astype(np.float64)


@cache
def _turns(players: int) -> Floats:
    """How much the value of each group counts for each player, shape (groups, players)."""
    member = groups(players).astype(bool)
    size = member.sum(axis=1)
    orders = np.array([factorial(n) * factorial(players - n - 1) for n in range(players)], dtype=np.float64)
    orders /= factorial(players)
    came = orders[np.maximum(size - 1, 0)][:, None]
    missed = orders[np.minimum(size, players - 1)][:, None]
    turns: Floats = np.where(member, came, -missed)
    return turns


def alone(value: NDArray[Any], players: int) -> Floats:
    """What each player brings alone, of values as in `shares`."""
    found: Floats = value[:, 1 << np.arange(players)] - value[:, :1]
    return found


def shares(value: NDArray[Any], own: Floats) -> Floats:
    """Of each row of `value` (rows, groups) the share of each player; they sum up to the last value less the first.

    A share is never turned round: whom the company makes speak against what it says by itself (`own`) is told so, and the sum is off
    by that.
    """
    found: Floats = value @ _turns(own.shape[1])
    return np.where(found * own < 0.0, own, found)
