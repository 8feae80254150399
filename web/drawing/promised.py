"""Promised against true, as a picture: on the diagonal the hub is as often right as it says. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from hub.findings.kept import Part

SIZE: Final = 300
LEFT: Final = 44
TOP: Final = 10
SPAN: Final = SIZE - LEFT - TOP
LEAST_RADIUS: Final = 2.0
MOST_RADIUS: Final = 9.0
MANY: Final = 100
"""Answers that make the largest dot, or more where a part has more: a single one must not look like much."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The findings with promises between two edges: a dot, and a line for what it could be by luck. In the picture's units."""

    x: float
    y: float
    low_y: float
    high_y: float
    radius: float
    promised: float
    share: float
    cases: int


class Tick(msgspec.Struct, frozen=True):
    """A line of the grid."""

    at: float
    """From the left, and the same from the bottom."""
    percent: int


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What the template draws, in a square of `SIZE`."""

    marks: list[Mark]
    across: list[Tick]
    """Vertical lines."""
    up: list[Tick]
    """Horizontal lines."""


def picture(parts: Sequence[Part]) -> Picture | None:
    """Parts without an outcome are left out; None: there is none to draw. Begins at a half unless something is below."""
    told = [part for part in parts if part.share.told]
    if not told:
        return None
    lowest = min(min(part.share.promised or 0.0, part.share.share or 0.0) for part in told)
    floor = 0.5 if lowest >= 0.5 else 0.0  # noqa: PLR2004 (nobody is shown a finding below)
    most = max(MANY, *(part.share.told for part in told))

    def x(share: float) -> float:
        return round(LEFT + SPAN * (max(share, floor) - floor) / (1 - floor), 1)

    def y(share: float) -> float:
        return round(TOP + SPAN * (1 - max(share, floor)) / (1 - floor), 1)

    marks = [
        Mark(
            x=x(part.share.promised or 0.0),
            y=y(part.share.share or 0.0),
            low_y=y(part.share.low or 0.0),
            high_y=y(part.share.high or 0.0),
            radius=round(LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * math.sqrt(part.share.told / most), 1),
            promised=part.share.promised or 0.0,
            share=part.share.share or 0.0,
            cases=part.share.told,
        )
        for part in told
    ]
    steps = [floor + (1 - floor) * n / 5 for n in range(6)]
    return Picture(
        marks=marks,
        across=[Tick(x(step), round(step * 100)) for step in steps],
        up=[Tick(y(step), round(step * 100)) for step in steps],
    )
