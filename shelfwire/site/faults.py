"""Everything that can be wrong with a written site, found in one go. Pure.

A fault is one line, ``path.in.yaml: what is wrong and what to do``. What cannot be in a real building is a fault
(boards above the ceiling, ranges through each other); what is only unwise is a note of `notes`.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

from shelfwire.site.form import FaceForm, FloorForm, RangeForm, SiteForm
from shelfwire.site.geometry import XY, overlap, rectangle
from shelfwire.site.layout import bays_length_m, bays_of, faces_of, length_m, shelf_count
from shelfwire.site.model import Site

MAX_SHELVES: Final = 250_000
"""The largest single library has some 600 km of shelves, at 0.9 m 700,000; one hub process is meant for a third of it.
Without a bound, ``bays: 500`` in a thousand ranges would fill the memory."""

MAX_FAULTS: Final = 100
"""Told of one floor; a file of ranges that all stand in each other has the square of them."""

BOARD_M: Final = 0.02
"""Thickness of a board: two boards that are nearer are written twice."""

SLACK_M: Final = 0.02
"""Plans are drawn to the centimetre; ranges may touch."""


def floor_faults(site: SiteForm) -> list[str]:
    """Faults of names, floors, ranges, bays and boards."""
    found = list(_name_faults(site.name, "name"))
    found += _zone_faults(site.timezone)
    shelves = shelf_count(site)
    if shelves > MAX_SHELVES:
        return [*found, f"floors: {shelves} shelves are more than {MAX_SHELVES}; split the site in two"]
    seen: dict[str, str] = {}
    for at, floor in enumerate(site.floors):
        path = f"floors[{at}]"
        found += _id_faults(seen, floor.id, f"{path}.id")
        found += _name_faults(floor.name, f"{path}.name")
        for number, rng in enumerate(floor.ranges):
            found += _range_faults(site, floor, rng, f"{path}.ranges[{number}]", seen)
        found += islice(_overlap_faults(site, floor, f"{path}.ranges"), MAX_FAULTS)
    return found


def _name_faults(name: dict[str, str], path: str) -> Iterator[str]:
    if "en" not in name:
        yield f"{path}: has no English name; add `en:` (other languages fall back to it)"


def _zone_faults(name: str) -> Iterator[str]:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        yield f"timezone: {name!r} is no time zone known here; write one as Europe/London or Asia/Shanghai"


def _id_faults(seen: dict[str, str], name: str, path: str) -> Iterator[str]:
    if name in seen:
        yield f"{path}: {name} stands twice (also {seen[name]}); give each its own id"
    else:
        seen[name] = path


def _range_faults(
    site: SiteForm, floor: FloorForm, rng: RangeForm, path: str, seen: dict[str, str]
) -> Iterator[str]:
    name = f"{floor.id}-{rng.id}"
    yield from _id_faults(seen, name, f"{path}.id")
    faces = faces_of(rng)
    if not faces:
        yield f"{path}: {name} has no face; write `A:` or `B:` with its bays"
        return
    length = length_m(site, rng)
    for x, y in range_corners(site, rng):
        if not (-SLACK_M <= x <= floor.width_m + SLACK_M and -SLACK_M <= y <= floor.depth_m + SLACK_M):
            yield (
                f"{path}.at_m: {name} ({length:.2f} m by {rng.depth_m:.2f} m) reaches to x {x:.2f}, y {y:.2f}, outside "
                f"the floor of {floor.width_m:g} m by {floor.depth_m:g} m; move it or mend the floor's size"
            )
            break
    ceiling_m = min(floor.ceiling_m, rng.height_m or site.height_m)
    if rng.height_m is not None and rng.height_m > floor.ceiling_m:
        yield f"{path}.height_m: {name} is {rng.height_m:g} m high under a ceiling of {floor.ceiling_m:g} m; mend one of them"
    for face_name, face in faces:
        yield from _id_faults(seen, f"{name}{face_name}", f"{path}.{face_name}")
        bays_m = bays_length_m(site, rng, face)
        if bays_m > length + 0.005:
            yield (
                f"{path}.{face_name}.bays: the bays are {bays_m:.2f} m long together, the range {length:.2f} m; "
                "take bays away, make them narrower or mend length_m"
            )
        yield from _board_faults(site, rng, face, f"{path}.{face_name}", ceiling_m)


def _board_faults(site: SiteForm, rng: RangeForm, face: FaceForm, path: str, top_m: float) -> Iterator[str]:
    if isinstance(face.bays, int):
        _, heights, _ = bays_of(site, rng, face)[0]
        yield from _height_faults(heights, f"{path}.shelves_m", top_m)
        return
    for at, (_, heights, _) in enumerate(bays_of(site, rng, face)):
        yield from _height_faults(heights, f"{path}.bays[{at}].shelves_m", top_m)


def _height_faults(heights: Sequence[float], path: str, top_m: float) -> Iterator[str]:
    for height in heights:
        if height < 0:
            yield f"{path}: a board at {height:g} m is under the floor; heights count from the floor up"
        elif height > top_m:
            yield (
                f"{path}: a board at {height:g} m is outside its bay, which ends at {top_m:g} m; "
                "lower the board or mend height_m or ceiling_m"
            )
    for lower, upper in pairwise(heights):
        if abs(upper - lower) < BOARD_M:
            yield f"{path}: two boards at {lower:g} m and {upper:g} m; take one away"
        elif upper < lower:
            yield f"{path}: {upper:g} m after {lower:g} m; write the boards from the bottom up"


def range_corners(site: SiteForm, rng: RangeForm) -> tuple[XY, XY, XY, XY]:
    """The outline of a range on the floor."""
    return rectangle((rng.at_m[0], rng.at_m[1]), rng.angle_deg, length_m(site, rng), rng.depth_m)


def _overlap_faults(site: SiteForm, floor: FloorForm, path: str) -> Iterator[str]:
    """Neighbours are sought from west to east, so that a floor of thousands of ranges takes no square of them."""
    outlines = [range_corners(site, rng) for rng in floor.ranges]
    boxes = sorted((_box(corners), number, corners) for number, corners in enumerate(outlines))
    open_boxes: list[tuple[tuple[float, float, float, float], int, tuple[XY, XY, XY, XY]]] = []
    for box, number, corners in boxes:
        open_boxes = [other for other in open_boxes if other[0][2] > box[0]]
        for other_box, other, other_corners in open_boxes:
            if other_box[1] < box[3] and box[1] < other_box[3] and overlap(corners, other_corners, SLACK_M):
                first, second = sorted((other, number))
                yield (
                    f"{path}[{second}].at_m: {floor.id}-{floor.ranges[second].id} stands in "
                    f"{floor.id}-{floor.ranges[first].id} ({path}[{first}]); move one of them"
                )
        open_boxes.append((box, number, corners))


def _box(corners: Sequence[XY]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def notes(site: Site) -> list[str]:
    """What is allowed and yet unwise, in words: narrow aisles are seen on the plan, unwatched shelves are never covered."""
    found = []
    unwatched = [shelf.id for shelf in site.shelves if shelf.id not in site.heard_by]
    if unwatched:
        found.append(
            f"{len(unwatched)} shelves have no antenna and will show as unwatched: {_some(unwatched)}"
        )
    unproven = [antenna.id for antenna in site.antennas if not antenna.reference_tags]
    if unproven:
        found.append(
            f"{len(unproven)} antennas have no reference tag to prove that they work: {_some(unproven)}"
        )
    used = {antenna.reader for antenna in site.antennas}
    idle = [reader.id for reader in site.readers if reader.id not in used]
    if idle:
        found.append(f"{len(idle)} readers drive no antenna: {_some(idle)}")
    return found


def _some(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")
