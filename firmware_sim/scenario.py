"""A scenario file: which library, how people behave, what happens when, and what breaks. See ``config/scenarios/demo.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from firmware_sim.radio import RadioSettings
from firmware_sim.world import Rates
from shelfwire import config
from shelfwire.data import config_file
from shelfwire.errors import InputError

Happening = Literal[
    "borrow", "return", "misplace", "take", "bring_back", "browse", "fix", "unchecked", "stranger", "stranger_gone",
    "unplug", "plug", "reader_dies", "reader_back", "reader_drops", "kill",
]  # fmt: skip
"""Deeds of `firmware_sim.world`, and faults: of an antenna, of a reader, of a process (`kill`, started again after `for_s`)."""

PEOPLE: frozenset[str] = frozenset(
    {"borrow", "return", "misplace", "take", "bring_back", "browse", "fix", "unchecked", "stranger", "stranger_gone"}
)  # fmt: skip


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the story."""

    at_s: Annotated[float, msgspec.Meta(ge=0)]
    """Seconds after everything was ready."""
    do: Happening
    of: str | None = None
    """Deeds: only books of this range."""
    to: str | None = None
    """Deeds: the range where the book ends."""
    same_as: float | None = None
    """Deeds: the book of the story's line at that time, so that what was misplaced can be put right."""
    what: str | None = None
    """Faults: antenna, reader, or process (an agent's name, ``hub``, ``web``, ``broker``)."""
    for_s: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    """`kill`: how long the process stays away."""
    say: str = ""
    """What the demo prints, in words."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scenario. Names of files are looked for among the shipped data, or relative to the scenario's file."""

    site: str
    catalog: str
    items: Annotated[int, msgspec.Meta(ge=1, le=2_000_000)]
    dwell_ms: Annotated[int, msgspec.Meta(ge=50, le=60_000)] = 1000
    rates: Rates = Rates()
    rates_after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """People begin to act by dice after this time; before, only the story happens."""
    radio: RadioSettings = RadioSettings()
    story: list[Step] = []
    again_every_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """The story begins anew after this time; None: it is told once."""
    engine: dict[str, Any] = {}
    """``engine:`` of hub.yaml; a demo cannot wait 24 hours for a missing book."""
    sweeps: dict[str, Any] = {}
    """``sweeps:`` of hub.yaml."""


def load(path: Path) -> Scenario:
    """Read and check a scenario. Raises `InputError` with every fault."""
    found = config.read(path, Scenario)
    times = {step.at_s for step in found.story}
    faults = [
        f"{path}: story: {step.do} at {step.at_s} s: needs `what`"
        for step in found.story
        if step.do not in PEOPLE and step.what is None
    ]
    faults += [
        f"{path}: story: {step.do} at {step.at_s} s: no line stands at same_as {step.same_as} s"
        for step in found.story
        if step.same_as is not None and step.same_as not in times
    ]
    if faults:
        raise InputError(*faults)
    return found


def find(name: str, beside: Path) -> Path:
    """A file that a scenario names: beside it, or among those shipped."""
    near = beside.parent / name
    return near if near.exists() else config_file(name)
