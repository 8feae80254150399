"""A floor plan ready to be drawn: centimetres as whole numbers, bays with their state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from hub.views import ShelfView
from shelfwire.site.draw import Outline, bay_outline, floor_layout
from shelfwire.site.geometry import XY, inward, moved
from shelfwire.site.model import Bay, Site

REACH_M: Final = 0.45
"""How far the target of a finger reaches from a bay's front edge into the aisle: half of a narrow one."""

BADGE_M: Final = 0.1
"""From the front edge of a bay to the middle of its number."""

LABEL_M: Final = 0.12
"""From the end of a range to its name."""

_ORDER: Final = ("attention", "stale", "quiet", "unwatched")


class BayState(msgspec.Struct, frozen=True):
    """A bay as the sum of its shelves."""

    state: str
    findings: int
    items: int
    away: int
    looked_at_us: int | None
    """The oldest of its watched shelves."""


class DrawnBay(msgspec.Struct, frozen=True, kw_only=True):
    """A bay on the plan."""

    id: str
    shape: str
    """SVG points."""
    target: str
    """SVG points of what a finger may hit."""
    x: int
    y: int
    """Its middle."""
    badge_x: int
    badge_y: int
    """Where its number stands: before its front edge, so that two bays back to back do not cover each other's."""


class DrawnRange(msgspec.Struct, frozen=True, kw_only=True):
    """A range on the plan."""

    name: str
    shape: str
    x: int
    y: int
    """Where its name ends."""


class DrawnFloor(msgspec.Struct, frozen=True, kw_only=True):
    """One storey on the plan."""

    id: str
    width: int
    depth: int
    box: str
    ranges: tuple[DrawnRange, ...]
    bays: tuple[DrawnBay, ...]


def draw(site: Site, floor_id: str) -> DrawnFloor:
    """The plan of a floor; does not change while the site stays the same."""
    layout = floor_layout(site, floor_id)
    return DrawnFloor(
        id=layout.floor,
        width=_cm(layout.width_m),
        depth=_cm(layout.depth_m),
        box=" ".join(str(_cm(each)) for each in layout.view_box),
        ranges=tuple(
            DrawnRange(
                name=rng.name,
                shape=_points(rng.outline),
                x=_cm(min(rng.ends)[0] - LABEL_M),
                y=_cm(min(rng.ends)[1]),
            )
            for rng in layout.ranges
        ),
        bays=tuple(_bay(site.bay_by_id[bay.id], bay.outline, bay.center) for bay in layout.bays),
    )


def bay_state(bay: Bay, shelves: Mapping[str, ShelfView]) -> BayState:
    """One state for a bay: the most urgent of its shelves."""
    rows = [shelves[shelf.id] for shelf in bay.shelves if shelf.id in shelves]
    if not rows:
        return BayState("unwatched", 0, 0, 0, None)
    states = {row.state for row in rows}
    looked = [row.looked_at_us for row in rows if row.looked_at_us is not None]
    return BayState(
        next((state for state in _ORDER if state in states), "unwatched"),
        sum(row.findings for row in rows),
        sum(row.items for row in rows),
        sum(row.away for row in rows),
        min(looked, default=None),
    )


def _bay(bay: Bay, corners: Outline, center: XY) -> DrawnBay:
    out = inward(bay.angle_deg + 180)
    badge = moved(center, (out, bay.depth_m / 2 + BADGE_M))
    return DrawnBay(
        id=bay.id,
        shape=_points(corners),
        target=_points(_reaching(bay)),
        x=_cm(center[0]),
        y=_cm(center[1]),
        badge_x=_cm(badge[0]),
        badge_y=_cm(badge[1]),
    )


def _reaching(bay: Bay) -> tuple[XY, ...]:
    first, second, third, fourth = bay_outline(bay)
    into = inward(bay.angle_deg)
    return moved(first, (into, -REACH_M)), moved(second, (into, -REACH_M)), third, fourth


def _points(corners: tuple[XY, ...]) -> str:
    return " ".join(f"{_cm(x)},{_cm(y)}" for x, y in corners)


def _cm(metres: float) -> int:
    return round(metres * 100)
