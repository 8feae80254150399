"""A library made for a scenario: so many shelves that its items fit, and antennas for one shelf, two, or a whole bay. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from firmware_sim.scenario import Building
from shelfwire.errors import InputError
from shelfwire.site.form import AntennaForm, FloorForm, ReaderForm, SiteForm
from shelfwire.site.generate import HEIGHTS_M, PORTS, READERS_AN_AGENT, Plan, generate
from shelfwire.site.layout import faces_of
from shelfwire.site.load import read_site
from shelfwire.site.model import SiteHistory

VALID_FROM: Final = datetime(2020, 1, 1, tzinfo=UTC)
SHELVES_A_FLOOR: Final = 4_000
BAYS_A_FACE: Final = 4
GROUP: Final = {"shelf": 1, "two_shelves": 2, "bay": len(HEIGHTS_M)}
"""Boards that one antenna hears; those of one bay only."""


def build_site(building: Building, items: int, *, fill: float, seed: int) -> tuple[SiteForm, SiteHistory]:
    """The site's form, for whoever writes it to a file, and the site itself. Raises `InputError`."""
    form = site_form(building, items, fill=fill, seed=seed)
    history, faults = read_site(msgspec.to_builtins(form))
    if history is None:
        raise InputError(*(f"site: {fault}" for fault in faults))
    return form, history


def site_form(building: Building, items: int, *, fill: float, seed: int) -> SiteForm:
    """The same building for the same numbers."""
    shelves = max(1, -(-items // max(1, int(building.items_a_shelf * fill))))
    plan = Plan(
        site="simulated",
        shelves=shelves,
        seed=seed,
        floors=max(1, -(-shelves // SHELVES_A_FLOOR)),
        bays=BAYS_A_FACE,
        valid_from=VALID_FROM,
        name={"en": "Simulated library", "zh": "模拟图书馆"},
    )
    form = generate(plan)
    tags = [
        msgspec.structs.replace(run, a_shelf=building.reference_tags)
        for run in form.reference_tags
        if building.reference_tags
    ]
    if building.antenna_for == "shelf":
        return msgspec.structs.replace(form, reference_tags=tags)
    readers, antennas = _wire(form, GROUP[building.antenna_for])
    return msgspec.structs.replace(form, readers=readers, antennas=antennas, reference_tags=tags)


def _wire(form: SiteForm, group: int) -> tuple[list[ReaderForm], list[AntennaForm]]:
    """One antenna for each group of boards, 32 to a reader, no reader on two floors."""
    readers: list[ReaderForm] = []
    antennas: list[AntennaForm] = []
    for floor in form.floors:
        port = PORTS
        for hears in _groups(floor, group):
            if port == PORTS:
                number = len(readers)
                readers.append(
                    ReaderForm(
                        id=f"RD{number + 1:04d}", agent=f"edge-{number // READERS_AN_AGENT + 1}", ports=PORTS
                    )
                )
                port = 0
            port += 1
            name = f"ant-{len(antennas) + 1:06d}"
            antennas.append(AntennaForm(reader=readers[-1].id, id=name, port=port, hears=hears))
    return readers, antennas


def _groups(floor: FloorForm, group: int) -> Iterator[list[str]]:
    """Boards above each other that one antenna hears, bay for bay, from the bottom up."""
    for rng in floor.ranges:
        for name, face in faces_of(rng):
            if isinstance(face.bays, int):
                boards = [len(HEIGHTS_M)] * face.bays
            else:
                boards = [len(bay.shelves_m or ()) for bay in face.bays]
            for at, count in enumerate(boards, 1):
                ids = [f"{floor.id}-{rng.id}{name}-B{at:02d}-S{number}" for number in range(1, count + 1)]
                yield from (ids[first : first + group] for first in range(0, count, group))
