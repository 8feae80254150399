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
    reports: Mapping[str, int],
) -> dict[str, Any]:
    """Plain data, as ``docs/simulator.md`` describes it. `reports`: sent, taken, doubled, missing."""
    true = conditions(world, outages, settings, end_us)
    result = score(shown.values(), true, outages, world.site, due_us=DUE_US)
    return {
        "broker": broker,
        "series": series,
        "reports": reports,
        "findings": {kind: msgspec.to_builtins(tally) for kind, tally in result.findings.items()},
        "delay_s": {"median": quantile(result.delays_s, 0.5), "p95": quantile(result.delays_s, 0.95)},
        "false": msgspec.to_builtins(result.false),
        "missed": msgspec.to_builtins(result.missed),
        "deeds": len(world.log),
    }


def count_reports(sent: int, taken: tuple[int, int] | None, agents: Sequence[AgentChanged]) -> dict[str, int]:
    """Sent by the agents, taken by the hub, taken twice, never taken. `taken`: (distinct, doubled) from the journal, or None: then the hub's own counts.

    ``again``: reports that arrived once more, as at-least-once delivery allows, and were not taken.
    """
    own = sum(agent.reports for agent in agents)
    reports, doubled = taken if taken is not None else (own, max(0, own - sent))
    return {
        "sent": sent,
        "taken": reports,
        "doubled": doubled,
        "missing": max(0, sent - reports),
        "again": sum(agent.doubled for agent in agents),
    }
