"""Find the link budget at which a recorded share of tags is read: the one number of a walk that no recording tells. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_STEPS: Final = 9
_LOW_DB: Final = -20.0
_HIGH_DB: Final = 16.0
"""Not higher: where every tag in the house wakes, time is short for all and the share falls again."""


def budget(share_at: Callable[[float], float], wanted: float) -> float:
    """Lowest budget in dB, to 0.07 dB, at which `share_at(budget)` reaches `wanted`; the highest tried if it never does."""
    low, high = _LOW_DB, _HIGH_DB
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if share_at(middle) < wanted else (low, middle)
    return high
