"""The report of a run by the wall's clock: what was sent and taken, and what was found, held against the truth. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.match import KINDS, PROPOSAL, due, judge, quantile
from firmware_sim.scoring.outages import Outage
from firmware_sim.scoring.subject import Shown
from firmware_sim.scoring.truth import Condition, Rules, conditions
from firmware_sim.world import World
from hub.effects import AgentChanged
from hub.settings import EngineSettings


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as a person saw it first."""

    kind: str
    barcode: str | None
    antenna: str | None
    shelf: str | None
    opened_us: int
    """By the wall's clock."""
    confidence: float
    about: str = ""
    """What a proposal proposes, for people."""
    is_open: bool = False
    """At the last look."""


def make_report(
    world: World, seen: Iterable[Seen], outages: Sequence[Outage], settings: EngineSettings, *, start_us: int, end_us: int,
    round_s: float, speed: float = 1.0, world_us: Callable[[int], int] = lambda wall_us: wall_us, broker: str, series: str,
    reports: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Plain data, as ``docs/simulator.md`` describes it.

    `start_us`, `end_us` and `outages` by the world's clock, `seen` by the wall's (`world_us` translates); `round_s`: one round of the antennas by the wall.
    `settings`: the scenario's own, not hastened. Doors never close here: a hub that runs hastened could not know. `reports`: sent, taken, doubled, missing.
    """
    seen = list(seen)
    rules = Rules.of_played(settings, round_s=round_s, speed=speed)
    history = History(world, Start(world, start_us), end_us)
    true = conditions(history, outages, rules, Doors(None, None, world.site.timezone))
    must = due(true, history, outages, rules, None)
    verdicts = judge(shown_of(world, seen, world_us), true, history, outages, rules)
    tallies = verdicts.tallies(true, must)
    delays = sorted(delay for tally in tallies.values() for delay in tally.delays_s)
    missed = [one for n, one in enumerate(true) if must[n] and n not in verdicts.found_us]
    return {
        "broker": broker,
        "series": series,
        "reports": reports,
        "findings": {
            kind: {"true": tally.true, "false": tally.false, "missed": tally.missed}
            for kind, tally in tallies.items()
            if kind in KINDS
        },
        "delay_s": {"median": quantile(delays, 0.5), "p95": quantile(delays, 0.95)},
        "false": [_told(world, one.shown) for one in verdicts.judged if one.verdict == "false"],
        "missed": [_due(world, one) for one in missed],
        "proposals": [_proposed(one, world_us) for one in seen if one.kind == PROPOSAL],
        "deeds": len(world.log),
    }


def shown_of(world: World, seen: Iterable[Seen], world_us: Callable[[int], int]) -> list[Shown]:
    """What a person saw, in the world's own numbers and times."""
    tags = {world.barcode(tag): tag for tag in range(world.stock.count)}
    shelves = world.site.shelf_by_id
    return [
        Shown(
            kind=one.kind,
            tag=tags.get(one.barcode, -1) if one.barcode is not None else -1,
            place=shelves[one.shelf].index if one.shelf in shelves else -1,
            antenna=one.antenna or "",
            opened_us=world_us(one.opened_us),
            confidence=one.confidence,
        )
        for one in seen
    ]


def _proposed(one: Seen, world_us: Callable[[int], int]) -> dict[str, Any]:
    """A question that a person answers: it is neither true nor false by itself, and is told beside the findings."""
    return {
        "kind": one.kind,
        "subject": one.about,
        "opened_us": world_us(one.opened_us),
        "confidence": one.confidence,
        "open": one.is_open,
    }


def _told(world: World, one: Shown) -> dict[str, Any]:
    about = _about(world, one.kind, one.tag, one.place, one.antenna)
    return {"kind": one.kind, "subject": about, "opened_us": one.opened_us, "confidence": one.confidence}


def _due(world: World, one: Condition) -> dict[str, Any]:
    about = _about(world, one.kind, one.tag, one.place, one.antenna)
    return {"kind": one.kind, "subject": about, "from_us": one.from_us, "to_us": one.to_us}


def _about(world: World, kind: str, tag: int, place: int, antenna: str) -> str:
    """Barcode, antenna or shelf, as a person would say it."""
    if kind == "silent_antenna":
        return antenna
    if 0 <= tag < world.stock.count:
        return world.barcode(tag)
    return world.site.shelves[place].id if place >= 0 else ""


def count_reports(
    sent: int, taken: tuple[int, int] | None, agents: Sequence[AgentChanged], lost: int = 0
) -> dict[str, int]:
    """Sent by the agents, taken by the hub, taken twice, given up and said so, never taken.

    `taken`: (distinct, doubled) from the journal, or None: then the hub's own counts. ``again``: reports that arrived once more, as at-least-once delivery allows, and were not taken.
    """
    own = sum(agent.reports for agent in agents)
    reports, doubled = taken if taken is not None else (own, max(0, own - sent))
    return {
        "sent": sent,
        "taken": reports,
        "doubled": doubled,
        "lost": lost,
        "missing": max(0, sent - reports - lost),
        "again": sum(agent.doubled for agent in agents),
    }
