"""The scenario as a person writes it in YAML: which library, how people behave, what happens when, and what breaks. Pure.

Read by `firmware_sim.scenario`; the words stand in ``docs/simulator.md``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from firmware_sim.faults.model import Fault
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.world.habits import Habits, MassMove, Planted, Stocking

Happening = Literal[
    "borrow", "return", "misplace", "take", "bring_back", "browse", "fix", "unchecked", "stranger", "stranger_gone",
    "unplug", "plug", "reader_dies", "reader_back", "reader_drops", "kill",
]  # fmt: skip
"""Deeds of `firmware_sim.world`, and faults: of an antenna, of a reader, of a process (`kill`, started again after `for_s`)."""

PEOPLE: frozenset[str] = frozenset(
    {"borrow", "return", "misplace", "take", "bring_back", "browse", "fix", "unchecked", "stranger", "stranger_gone"}
)  # fmt: skip


OwnKind = Literal["impinj-iot", "zebra-iotc"]
"""Kinds of readers with MQTT of their own."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the story."""

    at_s: Annotated[float, msgspec.Meta(ge=0)]
    """Seconds after everything was ready."""
    do: Happening
    of: str | None = None
    """Deeds: only books of this range, face, bay or shelf."""
    to: str | None = None
    """Deeds: where the book ends."""
    same_as: float | None = None
    """Deeds: the book of the story's line at that time, so that what was misplaced can be put right."""
    what: str | None = None
    """Faults: antenna, reader, or process (an agent's name, ``hub``, ``web``, ``broker``)."""
    for_s: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    """`kill`: how long the process stays away."""
    say: str = ""
    """What the demo prints, in words."""


class Building(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A library made for the scenario, instead of a site file."""

    items_a_shelf: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    """So many shelves are built that the scenario's items fit."""
    antenna_for: Literal["shelf", "two_shelves", "bay"] = "shelf"
    """One antenna for each shelf, for two shelves above each other, or for a whole bay."""
    reference_tags: Annotated[int, msgspec.Meta(ge=0, le=8)] = 2
    """On each shelf."""


class Polling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the readers work."""

    dwell_ms: Annotated[int, msgspec.Meta(ge=50, le=60_000)] = 1000
    every_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    """A cycle over a reader's antennas begins so often; 0: the next at once. A cycle of 32 antennas takes at least 32 dwells."""
    target: Literal["A", "AB"] = "AB"
    session: Annotated[int, msgspec.Meta(ge=0, le=3)] = 1
    power_dbm: Annotated[float, msgspec.Meta(ge=0, le=36)] = 30.0


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scenario. Names of files are looked for among the shipped data, or relative to the scenario's file."""

    about: dict[str, str] = {}
    """What it is and what it shows, by language (``en``, ``zh``)."""
    site: str | Building
    catalog: str = "catalogs/demo.csv"
    """Rows are used again with other barcodes when there are more items than rows."""
    items: Annotated[int, msgspec.Meta(ge=1, le=25_000_000)]
    starts_at: datetime | None = None
    """Local time at the site, without a zone; None: the wall clock's now. Runs faster than time need it."""
    lasts_h: Annotated[float, msgspec.Meta(gt=0, le=8784)] = 24.0
    polling: Polling = Polling()
    readers: dict[str, OwnKind] = {}
    """Readers of the site that speak MQTT for themselves, by id; all others speak LLRP. Only where real agents run."""
    stocking: Stocking = Stocking()
    planted: Planted = Planted()
    people: Habits | None = None
    """Daily processes; None: nobody comes."""
    people_after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """They begin to act after this time."""
    mass_moves: list[MassMove] = []
    radio: RadioSettings = RadioSettings()
    faults: list[Fault] = []
    story: list[Step] = []
    again_every_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """The story begins anew after this time; None: it is told once."""
    engine: dict[str, Any] = {}
    """``engine:`` of hub.yaml; a demo cannot wait 24 hours for a missing book."""
    sweeps: dict[str, Any] = {}
    """``sweeps:`` of hub.yaml."""
