"""A large site from a seed: parallel two-faced ranges in blocks, floor over floor, as stacks are built. Pure.

The file stays small: runs of antennas and reference tags, bays by number. 100,000 shelves take some 2 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from random import Random
from typing import Final

import msgspec

from shelfwire.site.form import (
    AntennaForm,
    BayForm,
    FaceForm,
    FloorForm,
    RangeForm,
    ReaderForm,
    ReferenceTagForm,
    SiteForm,
)
from shelfwire.site.layout import faces_of

HEIGHTS_M: Final = (0.08, 0.41, 0.74, 1.07, 1.40)
PORTS: Final = 32
BAY_M: Final = 0.9
DEPTH_M: Final = 0.5
WALL_M: Final = 1.5
"""Free way along the walls."""
CROSS_M: Final = 1.8
"""Cross aisle between two blocks, where two carts pass."""
READERS_AN_AGENT: Final = 8
"""One agent in a wiring closet for about 250 antennas."""
FIRST_TAG: Final = "5245465400000000"
"""REFT in ASCII: no GS1 header, so that a catalogue's tag can never be the same."""

LC: Final = (
    "A", "B", "BF", "BL", "BX", "C", "D", "DA", "DC", "DK", "DS", "E", "F", "G", "GV", "H", "HB", "HD", "HF", "HM", "HQ",
    "HV", "J", "JK", "K", "KF", "L", "LB", "M", "ML", "N", "NA", "ND", "P", "PA", "PE", "PG", "PJ", "PL", "PN", "PQ", "PR",
    "PS", "PT", "PZ", "Q", "QA", "QC", "QD", "QE", "QH", "QK", "QL", "QP", "R", "RA", "RC", "S", "SB", "T", "TA", "TJ", "TK",
    "TL", "TS", "U", "UA", "V", "Z",
)  # fmt: skip


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to build."""

    site: str
    shelves: int
    seed: int
    floors: int
    bays: int = 4
    """In one face."""
    timezone: str = "Europe/London"
    valid_from: datetime
    name: dict[str, str] = msgspec.field(default_factory=lambda: {"en": "Library", "zh": "图书馆"})


def generate(plan: Plan) -> SiteForm:
    """A site of exactly `plan.shelves` shelves (the last face is cut); the same plan gives the same site."""
    dice = Random(plan.seed)  # noqa: S311 (no secret)
    a_face = plan.bays * len(HEIGHTS_M)
    faces = _faces(plan.shelves, a_face)
    ranges = [faces[at : at + 2] for at in range(0, len(faces), 2)]
    labels = _labels(len(faces))
    floors: list[FloorForm] = []
    wiring = _Wiring()
    first = 0
    for number in range(plan.floors):
        count = len(ranges) * (number + 1) // plan.floors - first
        here = ranges[first : first + count]
        floor = _floor(plan, number, here, labels[2 * first :], dice)
        floors.append(floor)
        wiring.wire(floor)
        first += count
    tags = ReferenceTagForm(
        first_epc=f"{FIRST_TAG}00000001", each_shelf_of=[floor.id for floor in floors], a_shelf=2
    )
    return SiteForm(
        site=plan.site,
        name=plan.name,
        timezone=plan.timezone,
        valid_from=plan.valid_from,
        bay_width_m=BAY_M,
        shelves_m=list(HEIGHTS_M),
        floors=floors,
        readers=wiring.readers,
        antennas=wiring.antennas,
        reference_tags=[tags],
    )


def _faces(shelves: int, a_face: int) -> list[int]:
    """Boards of each face; the last one takes what is left."""
    whole, rest = divmod(shelves, a_face)
    return [a_face] * whole + ([rest] if rest else [])


def _labels(count: int) -> list[str]:
    """What the end panels say: LC classes spread over the faces in order."""
    marks = [at * len(LC) / count for at in range(count + 1)]
    names = []
    for start, end in pairwise(marks):
        first, last = _mark(start), _mark(end - 1e-6)
        names.append(first if first == last else f"{first} – {last}")
    return names


def _mark(place: float) -> str:
    letters, share = LC[min(int(place), len(LC) - 1)], place % 1
    return f"{letters} {int(share * 900) + 1}"


def _floor(
    plan: Plan, number: int, ranges: Sequence[Sequence[int]], labels: Sequence[str], dice: Random
) -> FloorForm:
    """Ranges in columns from north to south; a new column when the floor would get longer than wide."""
    length = plan.bays * BAY_M
    columns = max(1, round((len(ranges) * 1.6 / (length + CROSS_M)) ** 0.5))
    rows = -(-len(ranges) // columns)
    aisle = round(dice.uniform(0.95, 1.15), 2)
    forms = []
    for at, boards in enumerate(ranges):
        column, row = divmod(at, rows)
        a = _face(boards[0], labels[2 * at])
        b = _face(boards[1], labels[2 * at + 1]) if len(boards) > 1 else None
        where = [round(WALL_M + column * (length + CROSS_M), 2), round(WALL_M + row * (DEPTH_M + aisle), 2)]
        depth_m = DEPTH_M if b is not None else DEPTH_M / 2
        forms.append(
            RangeForm(
                id=f"R{at + 1:0{max(2, len(str(len(ranges))))}d}", at_m=where, depth_m=depth_m, a=a, b=b
            )
        )
    storey = number + 1
    return FloorForm(
        id=f"{storey}F",
        name={"en": f"Floor {storey}", "zh": f"{storey}层"},
        width_m=round(2 * WALL_M + columns * length + (columns - 1) * CROSS_M, 2),
        depth_m=round(2 * WALL_M + rows * DEPTH_M + (rows - 1) * aisle, 2),
        ranges=forms,
    )


def _face(boards: int, label: str) -> FaceForm:
    """A face of `boards` boards: whole bays by number; a cut one as a list."""
    whole, rest = divmod(boards, len(HEIGHTS_M))
    if rest == 0:
        return FaceForm(label=label, bays=whole)
    heights = [HEIGHTS_M] * whole + [HEIGHTS_M[:rest]]
    return FaceForm(label=label, bays=[BayForm(shelves_m=list(boards_m)) for boards_m in heights])


class _Wiring:
    """One antenna a board; a reader drives whole bays until its ports are full, and none on another floor."""

    def __init__(self) -> None:
        self.readers: list[ReaderForm] = []
        self.antennas: list[AntennaForm] = []
        self._bays: list[str] = []
        self._free = 0
        self._hung = 0

    def wire(self, floor: FloorForm) -> None:
        """Hang antennas on all boards of a floor."""
        self._free = 0
        for rng in floor.ranges:
            for name, face in faces_of(rng):
                boards = (
                    [len(HEIGHTS_M)] * face.bays
                    if isinstance(face.bays, int)
                    else [len(bay.shelves_m or ()) for bay in face.bays]
                )
                for at, count in enumerate(boards, 1):
                    self._bay(f"{floor.id}-{rng.id}{name}-B{at:02d}", count)

    def _bay(self, name: str, boards: int) -> None:
        if self._free < boards:
            agent = f"edge-{len(self.readers) // READERS_AN_AGENT + 1}"
            reader = f"RD{len(self.readers) + 1:04d}"
            self.readers.append(ReaderForm(id=reader, agent=agent, ports=PORTS))
            self._free, self._bays = PORTS, []
            self.antennas.append(
                AntennaForm(
                    reader=reader, first_id=f"ant-{self._hung + 1:06d}", first_port=1, one_a_shelf=self._bays
                )
            )
        self._bays.append(name)
        self._free -= boards
        self._hung += boards
