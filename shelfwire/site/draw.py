"""The floor plan: shapes in metres for the web map, and an SVG to scale for the command line. Pure.

`floor_layout` says what is where; the web draws it with its own colours and states, `shelfwire.site.svg` for print.
"""

from __future__ import annotations

from typing import Final

import msgspec

from shelfwire.site.geometry import XY, along, inward, moved, rectangle
from shelfwire.site.model import Bay, Face, Floor, Range, Site

MARGIN_M: Final = 0.6
"""Around the floor, for walls, dimensions and labels that stand out."""

FACING_M: Final = 3.0
"""Two faces further apart than this do not share an aisle."""

Outline = tuple[XY, XY, XY, XY]


class BayShape(msgspec.Struct, frozen=True, kw_only=True):
    """A bay as the plan shows it."""

    id: str
    label: str
    face: str
    outline: Outline
    """Front edge first, in walking order, then the back."""
    center: XY
    text_angle_deg: float
    """For a label that can be read from the south or east: -90 < angle ≤ 90."""
    shelves: tuple[str, ...]
    """From the top down."""
    antennas: int
    """How many antennas are meant for its shelves."""


class FaceShape(msgspec.Struct, frozen=True, kw_only=True):
    """A face with the place of its label, in the aisle before it."""

    id: str
    label: str
    label_at: XY
    text_angle_deg: float
    length_m: float
    aisle: int


class RangeShape(msgspec.Struct, frozen=True, kw_only=True):
    """A range: outline, name, and the two ends where end panels hang."""

    id: str
    name: str
    """The last part of the id, for example ``R03``."""
    outline: Outline
    ends: tuple[XY, XY]
    text_angle_deg: float
    depth_m: float
    faces: tuple[FaceShape, ...]


class AisleShape(msgspec.Struct, frozen=True, kw_only=True):
    """An aisle: its number, in walking order from 1 on each floor, and a place at its beginning."""

    number: int
    at: XY
    faces: tuple[str, ...]


class FloorLayout(msgspec.Struct, frozen=True, kw_only=True):
    """All shapes of one floor, in metres."""

    floor: str
    name: dict[str, str]
    width_m: float
    depth_m: float
    view_box: tuple[float, float, float, float]
    """x, y, width, height: the floor with a margin."""
    ranges: tuple[RangeShape, ...]
    bays: tuple[BayShape, ...]
    aisles: tuple[AisleShape, ...]


def bay_outline(bay: Bay) -> Outline:
    """The four corners of a bay: front edge in walking order, then the back edge."""
    corner = (bay.x_m, bay.y_m)
    end = moved(corner, (along(bay.angle_deg), bay.width_m))
    into = inward(bay.angle_deg)
    return (
        _rounded(corner),
        _rounded(end),
        _rounded(moved(end, (into, bay.depth_m))),
        _rounded(moved(corner, (into, bay.depth_m))),
    )


def floor_of(site: Site, floor_id: str) -> Floor | None:
    """The floor of that id, or None."""
    return next((floor for floor in site.floors if floor.id == floor_id), None)


def floor_layout(site: Site, floor_id: str) -> FloorLayout:
    """The shapes of a floor. Raises `KeyError` for a floor that the site does not have."""
    floor = floor_of(site, floor_id)
    if floor is None:
        raise KeyError(floor_id)
    aisles = _aisles(floor)
    aisle_of = {face: aisle.number for aisle in aisles for face in aisle.faces}
    return FloorLayout(
        floor=floor.id,
        name=floor.name,
        width_m=floor.width_m,
        depth_m=floor.depth_m,
        view_box=(-MARGIN_M, -MARGIN_M, floor.width_m + 2 * MARGIN_M, floor.depth_m + 2 * MARGIN_M),
        ranges=tuple(_range_shape(rng, aisle_of) for rng in floor.ranges),
        bays=tuple(
            _bay_shape(site, face.id, bay) for rng in floor.ranges for face in rng.faces for bay in face.bays
        ),
        aisles=aisles,
    )


def _bay_shape(site: Site, face: str, bay: Bay) -> BayShape:
    into = inward(bay.angle_deg)
    center = moved((bay.x_m, bay.y_m), (along(bay.angle_deg), bay.width_m / 2), (into, bay.depth_m / 2))
    shelves = tuple(shelf.id for shelf in bay.shelves)
    return BayShape(
        id=bay.id,
        label=bay.label,
        face=face,
        outline=bay_outline(bay),
        center=_rounded(center),
        text_angle_deg=upright(bay.angle_deg),
        shelves=shelves,
        antennas=len({antenna.id for shelf in shelves for antenna in site.heard_by.get(shelf, ())}),
    )


def _range_shape(rng: Range, aisle_of: dict[str, int]) -> RangeShape:
    corner, east = (rng.x_m, rng.y_m), along(rng.angle_deg)
    south = along(rng.angle_deg + 90)
    middle = moved(corner, (south, rng.depth_m / 2))
    return RangeShape(
        id=rng.id,
        name=rng.id.removeprefix(f"{rng.floor}-"),
        outline=rectangle(corner, rng.angle_deg, rng.length_m, rng.depth_m),
        ends=(_rounded(middle), _rounded(moved(middle, (east, rng.length_m)))),
        text_angle_deg=upright(rng.angle_deg),
        depth_m=rng.depth_m,
        faces=tuple(_face_shape(face, aisle_of) for face in rng.faces),
    )


def _face_shape(face: Face, aisle_of: dict[str, int]) -> FaceShape:
    middle, length, angle = _front(face)
    outward = inward(angle + 180)
    return FaceShape(
        id=face.id,
        label=face.label,
        label_at=_rounded(moved(middle, (outward, 0.17))),
        text_angle_deg=upright(angle),
        length_m=round(length, 4),
        aisle=aisle_of[face.id],
    )


def _front(face: Face) -> tuple[XY, float, float]:
    """Middle of the front edge of a face, its length and its angle."""
    first = face.bays[0]
    length = sum(bay.width_m for bay in face.bays)
    middle = moved((first.x_m, first.y_m), (along(first.angle_deg), length / 2))
    return middle, length, first.angle_deg


def _aisles(floor: Floor) -> tuple[AisleShape, ...]:
    """Faces that look at each other over less than `FACING_M` share an aisle; any other has one of its own."""
    fronts = {
        face.id: _front(face) for rng in floor.ranges for face in sorted(rng.faces, key=_looks_south_or_east)
    }
    cells: dict[tuple[int, int], list[str]] = {}
    for name, (middle, _, _) in fronts.items():
        cells.setdefault(_cell(middle), []).append(name)
    taken: set[str] = set()
    found: list[AisleShape] = []
    for name, front in fronts.items():
        if name in taken:
            continue
        x, y = _cell(front[0])
        near = [
            other
            for i in (x - 1, x, x + 1)
            for j in (y - 1, y, y + 1)
            for other in cells.get((i, j), ())
            if other != name and other not in taken
        ]
        gaps = [(gap, other) for other in near if (gap := _gap_m(front, fronts[other])) is not None]
        gap_m, opposite = min(gaps, default=(1.0, ""))
        members = (name, opposite) if opposite else (name,)
        taken.update(members)
        middle, length, angle = front
        # The number stands at the end that is nearer to the west and north, where the plan is read first.
        way = along(angle) if upright(angle) == (angle + 360) % 360 else along(angle + 180)
        at = moved(middle, (way, -length / 2 + 0.18), (inward(angle + 180), gap_m / 2))
        found.append(AisleShape(number=len(found) + 1, at=_rounded(at), faces=members))
    return tuple(found)


def _looks_south_or_east(face: Face) -> float:
    """Faces that look north or west come first, as the plan is read."""
    return sum(inward(face.bays[0].angle_deg + 180))


def _cell(point: XY) -> tuple[int, int]:
    return int(point[0] // (2 * FACING_M)), int(point[1] // (2 * FACING_M))


def _gap_m(front: tuple[XY, float, float], other: tuple[XY, float, float]) -> float | None:
    """How far the other face stands before this one, if it looks back at it."""
    (x, y), length, angle = front
    (x2, y2), length2, angle2 = other
    ax, ay = along(angle)
    bx, by = along(angle2)
    ox, oy = inward(angle + 180)
    distance = (x2 - x) * ox + (y2 - y) * oy
    aside = abs((x2 - x) * ax + (y2 - y) * ay)
    if ax * bx + ay * by > -0.99 or not 0.2 < distance < FACING_M or aside > (length + length2) / 2:  # noqa: PLR2004 (back to back; touching)
        return None
    return distance


def upright(angle_deg: float) -> float:
    """The angle of a text along `angle_deg` that nobody reads upside down: -90 < angle ≤ 90."""
    angle = (angle_deg + 180) % 360 - 180
    if angle > 90:  # noqa: PLR2004 (a quarter turn)
        return angle - 180
    return angle + 180 if angle <= -90 else angle  # noqa: PLR2004


def _rounded(point: XY) -> XY:
    return round(point[0], 4), round(point[1], 4)
