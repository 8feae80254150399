"""How fast the simulated library lives beside the wall clock, and what that does to the numbers that a person would wait for. Pure.

World time = its start + speed × wall time since then. Agents, broker and hub work in wall time; only what they are about is hastened.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from firmware_sim.form import Polling
from hub.settings import EngineSettings, SweepSettings

BEFORE_US: Final = 600_000_000
"""Until the start, world time creeps through the ten minutes before it at the wall's own speed: the readers work already, and nobody acts."""

WAITS: Final = (
    "unheard_s", "stale_after_s", "fresh_s", "drift_s", "unexpected_after_s", "longest_use_h", "unknown_stays_h",
)  # fmt: skip
"""Settings of the engine that a library waits for, divided by the speed. What belongs to network, radio and processors stays as it is."""

RATES: Final = ("taken_per_1000_h", "disturbed_per_1000_h")
"""What people do in an hour: by the wall, so much more often."""

LEAST_S: Final = 3.0
"""Least of what a coverage time can be: an agent reports four times a second, and the hub waits up to five seconds for it."""

LOOKS_TO_LEAVE: Final = 4
"""Silent looks until the hub believes that a lent book has left; sooner, each loan at the desk would be *unexpected* on its shelf."""

DWELL_MS: Final = 50
"""The shortest dwell that an agent drives."""


class Pace:
    """The two clocks. `begin` starts the library's life."""

    def __init__(self, world_start_us: int, *, wall_us: int, speed: float = 1.0) -> None:
        self.speed = speed
        self.world_start_us = world_start_us
        self._made_us = wall_us
        self._wall_start_us: int | None = None

    def begin(self, wall_us: int) -> None:
        """From now on the library lives."""
        self._wall_start_us = wall_us

    def world_us(self, wall_us: int) -> int:
        """What the clock in the simulated library says."""
        if self._wall_start_us is None:
            return min(self.world_start_us, self.world_start_us - BEFORE_US + max(0, wall_us - self._made_us))
        return self.world_start_us + round((wall_us - self._wall_start_us) * self.speed)

    def wall_us(self, world_us: int) -> int:
        """When the library's clock says so. Only after `begin`."""
        assert self._wall_start_us is not None
        return self._wall_start_us + round((world_us - self.world_start_us) / self.speed)

    def wall_s(self, world_s: float) -> float:
        """How long so much of the library's time is for us."""
        return world_s / self.speed


def hastened(engine: dict[str, Any], speed: float, *, cycle_s: float) -> dict[str, Any]:
    """``engine:`` for a hub that lives by the wall clock beside a library `speed` times as fast; `cycle_s`: the antennas' round, by the wall.

    Closing and opening go: the hub would read them on the wall's clock. Then `longest_use_h` alone makes a book missing.
    """
    found = {key: value for key, value in engine.items() if key not in {"closing", "opening"}}
    if speed == 1.0:
        return found
    usual = msgspec.convert(engine, EngineSettings)
    for name in WAITS:
        found[name] = getattr(usual, name) / speed
    for name in RATES:
        found[name] = getattr(usual, name) * speed
    found["gone_for"] = [[share, hours / speed] for share, hours in usual.gone_for]
    found["unheard_s"] = max(found["unheard_s"], 2 * cycle_s + LEAST_S)
    found["unexpected_after_s"] = max(found["unexpected_after_s"], LOOKS_TO_LEAVE * cycle_s)
    found["stale_after_s"] = max(found["stale_after_s"], 3 * cycle_s + LEAST_S)
    return found


def hastened_sweeps(sweeps: dict[str, Any], speed: float, *, dwell_ms: int) -> dict[str, Any]:
    """``sweeps:`` likewise. The nightly one goes too: whoever runs the library asks for it when its clock says so."""
    found = {key: value for key, value in sweeps.items() if key != "nightly"}
    if speed == 1.0:
        return found
    usual = msgspec.convert(sweeps, SweepSettings)
    # a sweep listens longer than the usual round, however fast the library lives
    found["dwell_ms"] = max(dwell_ms + dwell_ms // 2, round(usual.dwell_ms / speed))
    found["limit_s"] = max(60.0, usual.limit_s / speed)
    return found


def next_local_us(clock: str, after_us: int, timezone: str) -> int:
    """The next moment after `after_us` at which local clocks show ``HH:MM``."""
    hour, minute = (int(part) for part in clock.split(":"))
    local = datetime.fromtimestamp(after_us / 1e6, tz=UTC).astimezone(ZoneInfo(timezone))
    then = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if then <= local:
        then += timedelta(days=1)
    return int(then.timestamp()) * 1_000_000


def agent_dwell_ms(polling: Polling, speed: float, antennas: int) -> int:
    """An agent goes round without a pause, so its dwells are as long as the round that the scenario wants allows, and never longer than the scenario's."""
    if polling.every_s <= 0:
        return polling.dwell_ms
    round_ms = polling.every_s / speed * 1000
    return max(DWELL_MS, min(polling.dwell_ms, round(round_ms / max(1, antennas))))
