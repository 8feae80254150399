"""The demo's report: what was sent and taken, and what was found, held against the truth. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from firmware_sim.score import Outage, Shown, conditions, quantile, score
from firmware_sim.world import World
from hub.effects import AgentChanged
from hub.settings import EngineSettings

DUE_US: Final = 25_000_000
"""A condition that lasts so long under working antennas must have been found: five rounds of the demo's antennas."""


def make_report(
    world: World,
    shown: Mapping[str, Shown],
    outages: Sequence[Outage],
    settings: EngineSettings,
    *,
    end_us: int,
    broker: str,
    series: str,
    sent: int,
    agents: Sequence[AgentChanged],
) -> dict[str, Any]:
    """Plain data, as ``docs/simulator.md`` describes it."""
    true = conditions(world, outages, settings, end_us)
    result = score(shown.values(), true, outages, world.site, due_us=DUE_US)
    return {
        "broker": broker,
        "series": series,
        "reports": {
            "sent": sent,
            "taken": sum(agent.reports for agent in agents),
            "doubled": sum(agent.doubled for agent in agents),
            "missing": sum(agent.missing for agent in agents),
        },
        "findings": {kind: msgspec.to_builtins(tally) for kind, tally in result.findings.items()},
        "delay_s": {"median": quantile(result.delays_s, 0.5), "p95": quantile(result.delays_s, 0.95)},
        "false": msgspec.to_builtins(result.false),
        "missed": msgspec.to_builtins(result.missed),
        "deeds": len(world.log),
    }
