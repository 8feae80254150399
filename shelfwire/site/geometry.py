"""Points on a floor plan, in metres: x to the east, y to the south. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

XY = tuple[float, float]


def along(angle_deg: float) -> XY:
    """The direction of `angle_deg`: 0 runs to the east, 90 to the south. Right angles are exact."""
    quarter, rest = divmod(angle_deg, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    angle = math.radians(angle_deg)
    return math.cos(angle), math.sin(angle)


def inward(angle_deg: float) -> XY:
    """From a front edge that runs along `angle_deg` into the shelf: to the left of who walks along with the shelf at the left."""
    x, y = along(angle_deg)
    return y, -x


def moved(point: XY, *steps: tuple[XY, float]) -> XY:
    """`point` after steps of (direction, metres)."""
    x, y = point
    for (dx, dy), metres in steps:
        x += dx * metres
        y += dy * metres
    return x, y


def rectangle(corner: XY, angle_deg: float, length_m: float, depth_m: float) -> tuple[XY, XY, XY, XY]:
    """The corners of a rectangle with its first edge along `angle_deg` and its body to the right of it (south of an eastward edge)."""
    first, across = along(angle_deg), along(angle_deg + 90)
    return (
        corner,
        moved(corner, (first, length_m)),
        moved(corner, (first, length_m), (across, depth_m)),
        moved(corner, (across, depth_m)),
    )


def overlap(one: Sequence[XY], other: Sequence[XY], slack_m: float) -> bool:
    """Whether two convex polygons share more than `slack_m` in every direction (separating axis theorem)."""
    for polygon in (one, other):
        for at, (x, y) in enumerate(polygon):
            x2, y2 = polygon[(at + 1) % len(polygon)]
            length = math.hypot(x2 - x, y2 - y)
            if length == 0:
                continue
            axis = ((y2 - y) / length, (x - x2) / length)
            low, high = _shadow(one, axis)
            low2, high2 = _shadow(other, axis)
            if min(high, high2) - max(low, low2) <= slack_m:
                return False
    return True


def _shadow(polygon: Sequence[XY], axis: XY) -> tuple[float, float]:
    places = [x * axis[0] + y * axis[1] for x, y in polygon]
    return min(places), max(places)
