"""Which share of the spread stays from pass to pass: read off one figure of one pass and one of several. Pure.

A tag is read when its margin is above 0; the margin is normal, a share of its variance is the tag's own and stays, the rest is thrown anew each pass.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
_TAGS: Final = tuple(_NORMAL.inv_cdf((n + 0.5) / 1000) for n in range(1000))
_STEPS: Final = 24


def together(one: float, stays: float, passes: int) -> float:
    """Share of tags read in `passes` passes together when one reads the share `one`. 0 ≤ `stays` < 1; 0 is independent."""
    middle, new = _NORMAL.inv_cdf(one), math.sqrt(1.0 - stays)
    missed = (1.0 - _NORMAL.cdf((middle + math.sqrt(stays) * tag) / new) for tag in _TAGS)
    return 1.0 - sum(miss**passes for miss in missed) / len(_TAGS)


def stays(one: float, read: float, passes: int) -> float:
    """The share of the variance that stays, such that `passes` passes together read `read`."""
    low, high = 0.0, 0.999
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if together(one, middle, passes) > read else (low, middle)
    return low
