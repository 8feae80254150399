"""The typed site: what stands where, what hears what, and since when. Pure; built by `shelfwire.site.load`.

Lengths in metres. A floor's origin is its north-west corner, x to the east, y to the south, as on a drawn plan.
Everything that changes while a library runs (which reader and port drive an antenna, what it hears, reference
tags) has `valid_from_us`; a dwell is read with the site of its time, which `SiteHistory.at` gives.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import msgspec

from shelfwire.site.callnumbers import CallNumbers
from shelfwire.tags.tag import UHF_FAMILIES, AfiUse, Family

FaceName = Literal["A", "B"]


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """One board in a bay."""

    id: str
    """For example ``2F-R03A-B05-S3``."""
    index: int
    """Place in walking order over the whole site (floor, range, face A then B, bay, shelf from the top down), from 0; a home
    span is a span of these."""
    floor: str
    range: str
    face: FaceName
    bay: str
    """Id of the bay, for example ``2F-R03A-B05``."""
    number: int
    """Counted from the bottom, as in the id."""
    height_m: float
    """Of the board above the floor."""
    x_m: float
    y_m: float
    """Middle of the board on the floor plan."""
    width_m: float


class Bay(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between two uprights of one face."""

    id: str
    label: str
    x_m: float
    y_m: float
    """Corner of the bay's front edge that comes first in walking order."""
    width_m: float
    angle_deg: float
    """Direction of the front edge: 0 runs to the east, 90 to the south."""
    depth_m: float
    shelves: tuple[Shelf, ...]
    """From the top down."""


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a range."""

    id: str
    """For example ``2F-R03A``."""
    name: FaceName
    label: str
    """What the end panel says, for example ``QA 76 – QA 273``."""
    bays: tuple[Bay, ...]


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A row of shelving with one or two faces."""

    id: str
    """For example ``2F-R03``."""
    floor: str
    x_m: float
    y_m: float
    """North-west corner before turning by `angle_deg`."""
    angle_deg: float
    length_m: float
    depth_m: float
    faces: tuple[Face, ...]


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """One storey."""

    id: str
    name: dict[str, str]
    """By language, ``en`` always."""
    width_m: float
    depth_m: float
    ranges: tuple[Range, ...]


class Antenna(msgspec.Struct, frozen=True, kw_only=True):
    """What hears one or more shelves, as it hangs from `valid_from_us` on."""

    id: str
    index: int
    """Place in the list of all antenna ids that the site ever had, from 0; never changes."""
    reader: str
    port: int
    hears: tuple[str, ...]
    """The shelves that it is meant for. Its neighbours it hears too; how well is learned."""
    reference_tags: tuple[str, ...] = ()
    """EPCs of tags fixed to its shelves."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """The box that drives antennas."""

    id: str
    agent: str


class ReferenceTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag fixed to a shelf, to prove that its antenna works."""

    epc: str
    shelf: str


class TagUse(msgspec.Struct, frozen=True, kw_only=True):
    """How the library uses its tags."""

    families: tuple[Family, ...] = UHF_FAMILIES
    owners: tuple[str, ...] = ()
    """Its own signs; none: whoever a tag belongs to, it may be ours."""
    afi: AfiUse = "standard"
    security: bool = True
    """Whether tags tell at all that they are armed."""


class Site(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The site as it is from `valid_from_us` on."""

    id: str
    name: dict[str, str]
    timezone: str
    valid_from_us: int
    floors: tuple[Floor, ...]
    shelves: tuple[Shelf, ...]
    """All shelves; the place in this list is `Shelf.index`."""
    readers: tuple[Reader, ...]
    antennas: tuple[Antenna, ...]
    reference_tags: tuple[ReferenceTag, ...]
    callnumbers: CallNumbers = CallNumbers()
    """How call numbers are read and ordered here; the same in all versions."""
    tags: TagUse = TagUse()
    hold_shelves: tuple[str, ...] = ()
    """Ids of the shelves where books wait for those who asked for them."""

    @cached_property
    def shelf_by_id(self) -> dict[str, Shelf]:
        """Shelves by id."""
        return {shelf.id: shelf for shelf in self.shelves}

    @cached_property
    def bay_by_id(self) -> dict[str, Bay]:
        """Bays by id."""
        return {
            bay.id: bay
            for floor in self.floors
            for rng in floor.ranges
            for face in rng.faces
            for bay in face.bays
        }

    @cached_property
    def spans(self) -> dict[str, tuple[int, int]]:
        """Id of a floor, range, face, bay or shelf → its shelves, as `shelves[first:end]`; they are neighbours always."""
        return spans_of(self.floors)

    def within(self, scope: str) -> tuple[Shelf, ...]:
        """The shelves of ``all``, or of the floor, range, face, bay or shelf of that id; none for an unknown id."""
        first, end = (0, len(self.shelves)) if scope == "all" else self.spans.get(scope, (0, 0))
        return self.shelves[first:end]

    @cached_property
    def antenna_at(self) -> dict[tuple[str, int], Antenna]:
        """(reader, port) → antenna."""
        return {(antenna.reader, antenna.port): antenna for antenna in self.antennas}

    @cached_property
    def reader_by_id(self) -> dict[str, Reader]:
        """Readers by id."""
        return {reader.id: reader for reader in self.readers}

    @cached_property
    def heard_by(self) -> dict[str, tuple[Antenna, ...]]:
        """Shelf id → antennas that are meant for it; a shelf that is missing here is unwatched."""
        found: dict[str, list[Antenna]] = {}
        for antenna in self.antennas:
            for shelf in antenna.hears:
                found.setdefault(shelf, []).append(antenna)
        return {shelf: tuple(antennas) for shelf, antennas in found.items()}


def spans_of(floors: Sequence[Floor]) -> dict[str, tuple[int, int]]:
    """As `Site.spans`."""
    spans: dict[str, tuple[int, int]] = {}
    at = 0
    for floor in floors:
        floor_from = at
        for rng in floor.ranges:
            range_from = at
            for face in rng.faces:
                face_from = at
                for bay in face.bays:
                    for number, shelf in enumerate(bay.shelves, at):
                        spans[shelf.id] = (number, number + 1)
                    spans[bay.id] = (at, at + len(bay.shelves))
                    at += len(bay.shelves)
                spans[face.id] = (face_from, at)
            spans[rng.id] = (range_from, at)
        spans[floor.id] = (floor_from, at)
    return spans


class SiteHistory(msgspec.Struct, frozen=True):
    """All versions of a site, oldest first; never empty."""

    versions: tuple[Site, ...]
    antenna_ids: tuple[str, ...]
    """Every antenna id that the site ever had; `Antenna.index` points here."""

    @property
    def now(self) -> Site:
        """The newest version."""
        return self.versions[-1]

    def at(self, time_us: int) -> Site:
        """The version in force at `time_us`; before the first one, the first one."""
        if len(self.versions) == 1:
            return self.versions[0]
        starts: Sequence[int] = [site.valid_from_us for site in self.versions]
        return self.versions[max(0, bisect_right(starts, time_us) - 1)]
