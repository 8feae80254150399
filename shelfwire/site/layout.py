"""From the written floors to placed bays and boards: ids, corners, walking order. Pure.

A face is walked with the shelves at its walker's front from left to right, as call numbers run: face A stands on the
south side of a range that is not turned and runs east; one turns around its east end and walks face B back west.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shelfwire.site.form import BayForm, FaceForm, FloorForm, RangeForm, SiteForm
from shelfwire.site.geometry import along, inward, moved
from shelfwire.site.model import Bay, Face, FaceName, Floor, Range, Shelf


def faces_of(form: RangeForm) -> list[tuple[FaceName, FaceForm]]:
    """The faces that a range has, A first."""
    faces: list[tuple[FaceName, FaceForm | None]] = [("A", form.a), ("B", form.b)]
    return [(name, face) for name, face in faces if face is not None]


def bays_of(site: SiteForm, rng: RangeForm, face: FaceForm) -> list[tuple[float, Sequence[float], str]]:
    """(width, heights of the boards from the bottom up, label) of each bay, with what it takes from face, range and site."""
    width_m = face.bay_width_m or rng.bay_width_m or site.bay_width_m
    heights = face.shelves_m or rng.shelves_m or site.shelves_m
    forms = [BayForm()] * face.bays if isinstance(face.bays, int) else face.bays
    return [(bay.width_m or width_m, bay.shelves_m or heights, bay.label or "") for bay in forms]


def bays_length_m(site: SiteForm, rng: RangeForm, face: FaceForm) -> float:
    """Length of all bays of a face."""
    return sum(width for width, _, _ in bays_of(site, rng, face))


def length_m(site: SiteForm, rng: RangeForm) -> float:
    """Length of a range: as written, else that of its longer face."""
    return rng.length_m or max((bays_length_m(site, rng, face) for _, face in faces_of(rng)), default=0.0)


def shelf_count(site: SiteForm) -> int:
    """How many shelves the site will have; counted before any is made."""
    total = 0
    for floor in site.floors:
        for rng in floor.ranges:
            for _, face in faces_of(rng):
                if isinstance(face.bays, int):
                    total += face.bays * len(face.shelves_m or rng.shelves_m or site.shelves_m)
                else:
                    total += sum(len(heights) for _, heights, _ in bays_of(site, rng, face))
    return total


def place_floors(site: SiteForm) -> tuple[tuple[Floor, ...], tuple[Shelf, ...]]:
    """All floors, and all shelves in walking order."""
    shelves: list[Shelf] = []
    floors = tuple(_floor(site, floor, shelves) for floor in site.floors)
    return floors, tuple(shelves)


def _floor(site: SiteForm, form: FloorForm, shelves: list[Shelf]) -> Floor:
    return Floor(
        id=form.id,
        name=dict(form.name),
        width_m=form.width_m,
        depth_m=form.depth_m,
        ranges=tuple(_range(site, form.id, rng, shelves) for rng in form.ranges),
    )


def _range(site: SiteForm, floor: str, form: RangeForm, shelves: list[Shelf]) -> Range:
    length = length_m(site, form)
    corner = (form.at_m[0], form.at_m[1])
    east, south = along(form.angle_deg), along(form.angle_deg + 90)
    faces = faces_of(form)
    depth_m = form.depth_m / len(faces) if faces else form.depth_m
    range_id = f"{floor}-{form.id}"
    placed = []
    for name, face in faces:
        if name == "A":
            start, angle = moved(corner, (south, form.depth_m)), form.angle_deg
        else:
            start, angle = moved(corner, (east, length)), form.angle_deg + 180
        face_id = f"{range_id}{name}"
        bays = []
        for number, (width, heights, label) in enumerate(bays_of(site, form, face), 1):
            bay_id = f"{face_id}-B{number:02d}"
            bay = Bay(
                id=bay_id,
                label=label or str(number),
                x_m=round(start[0], 4),
                y_m=round(start[1], 4),
                width_m=width,
                angle_deg=angle % 360,
                depth_m=depth_m,
                shelves=(),
            )
            boards = _boards(bay, heights, len(shelves), (floor, range_id, name))
            bays.append(msgspec.structs.replace(bay, shelves=boards))
            shelves.extend(boards)
            start = moved(start, (along(angle), width))
        placed.append(Face(id=face_id, name=name, label=face.label, bays=tuple(bays)))
    return Range(
        id=range_id,
        floor=floor,
        x_m=corner[0],
        y_m=corner[1],
        angle_deg=form.angle_deg % 360,
        length_m=round(length, 4),
        depth_m=form.depth_m,
        faces=tuple(placed),
    )


def _boards(
    bay: Bay, heights: Sequence[float], first_index: int, place: tuple[str, str, FaceName]
) -> tuple[Shelf, ...]:
    """The boards of a bay, from the top down; `place` is floor, range and face."""
    floor, range_id, face = place
    x, y = moved(
        (bay.x_m, bay.y_m), (along(bay.angle_deg), bay.width_m / 2), (inward(bay.angle_deg), bay.depth_m / 2)
    )
    top_down = list(enumerate(heights, 1))[::-1]
    return tuple(
        Shelf(
            id=f"{bay.id}-S{number}",
            index=first_index + at,
            floor=floor,
            range=range_id,
            face=face,
            bay=bay.id,
            number=number,
            height_m=height,
            x_m=round(x, 4),
            y_m=round(y, 4),
            width_m=bay.width_m,
        )
        for at, (number, height) in enumerate(top_down)
    )
