"""Small libraries for tests of direct runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from firmware_sim.direct.building import build_site
from firmware_sim.direct.plan import Simulation, build
from firmware_sim.hearing import Dwells, Heard
from firmware_sim.scenario import Building, Scenario
from shelfwire.data import config_file
from shelfwire.site.model import Site

START_US = 1_772_431_200_000_000
"""2026-03-02, six in the morning in London."""

S = 1_000_000


def small_site(shelves: int = 10, *, antenna_for: str = "shelf", reference_tags: int = 2) -> Site:
    """A built site of so many shelves."""
    building = msgspec.convert(
        {"items_a_shelf": 1, "antenna_for": antenna_for, "reference_tags": reference_tags}, Building
    )
    return build_site(building, shelves, fill=1.0, seed=1)[1].now


def small_scenario(items: int = 200, **more: Any) -> Scenario:
    """A scenario of a few shelves; `more`: its other keys, as in YAML."""
    plain: dict[str, Any] = {
        "site": {"items_a_shelf": 50},
        "items": items,
        "starts_at": "2026-03-02T06:00:00",
        "lasts_h": 2,
        "polling": {"dwell_ms": 500, "every_s": 60},
    }
    return msgspec.convert(plain | more, Scenario)


def small_run(items: int = 200, *, seed: int = 1, **more: Any) -> Simulation:
    """It, built."""
    return build(small_scenario(items, **more), Path(config_file("scenarios/demo.yaml")), seed)


def heard_at(antennas: list[int], ends_s: list[float], reads_each: int = 3) -> Heard:
    """Dwells of half a second that heard tags 0, 1, 2 …"""
    count = len(antennas)
    ended = START_US + (np.array(ends_s) * S).astype(np.int64)
    dwells = Dwells(
        np.array(antennas, dtype=np.int32), ended - S // 2, ended, np.full(count, 30, dtype=np.float32),
        np.ones(count, dtype=np.bool_), np.ones(count, dtype=np.uint8),
    )  # fmt: skip
    reads = count * reads_each
    first = np.arange(0, reads + 1, reads_each, dtype=np.int64)
    return Heard(
        dwells,
        first,
        np.arange(reads, dtype=np.int32),
        np.ones(reads, dtype=np.uint16),
        np.full(reads, -110, dtype=np.int16),
    )
