"""A tiny world with a story, judged: the vocabulary of the tests of truth and score."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from helpers.sims import START_US

from firmware_sim.hearing import Delivery, Dwells, Heard, reference
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.match import Verdicts, due, judge
from firmware_sim.scoring.outages import Outage
from firmware_sim.scoring.subject import Shown
from firmware_sim.scoring.truth import Condition, Rules, conditions
from firmware_sim.world import World
from hub.settings import EngineSettings
from shelfwire.site.model import Site

SECOND = 1_000_000
HOUR = 3600 * SECOND
END = START_US + 100 * SECOND
QUICK = EngineSettings(
    longest_use_h=10 / 3600, unknown_stays_h=5 / 3600, unexpected_after_s=5.0, stale_after_s=14.0
)
"""Everything that a usual library waits hours for is over in seconds."""
RULES = msgspec.structs.replace(
    Rules.of_played(QUICK, round_s=4.0), early_us=3 * SECOND, grace_us=5 * SECOND, due_us=20 * SECOND
)


def at(world: World, second: float) -> None:
    """Let the world be so far; nothing happens but what was told."""
    world.advance(START_US + int(second * SECOND))


def seen(
    kind: str, second: float, *, tag: int = -1, place: int = -1, antenna: str = "", sure: float | None = None
) -> Shown:
    """A finding that was shown then."""
    opened_us = START_US + int(second * SECOND)
    return Shown(kind=kind, tag=tag, place=place, antenna=antenna, opened_us=opened_us, confidence=sure)


def true_of(
    world: World,
    outages: Sequence[Outage] = (),
    *,
    doors: Doors | None = None,
    end_us: int = END,
    rules: Rules = RULES,
) -> list[Condition]:
    """Everything that was true in the story."""
    history = History(world, Start(world, START_US), end_us)
    return conditions(history, outages, rules, doors or Doors(None, None, "UTC"))


def verdicts(
    world: World, shown: Sequence[Shown], outages: Sequence[Outage] = (), *, end_us: int = END
) -> tuple[Verdicts, list[Condition], list[bool]]:
    """Findings judged."""
    history = History(world, Start(world, START_US), end_us)
    true = conditions(history, outages, RULES, Doors(None, None, "UTC"))
    must = due(true, history, outages, RULES, None)
    return judge(shown, true, history, outages, RULES), true, must


def judged(
    world: World, shown: Sequence[Shown], outages: Sequence[Outage] = ()
) -> dict[str, tuple[int, int, int]]:
    """(true, false, missed) by kind, where there is any."""
    found, true, must = verdicts(world, shown, outages)
    return {
        kind: (one.true, one.false, one.missed)
        for kind, one in found.tallies(true, must).items()
        if one.true or one.false or one.missed
    }


def kinds_of(world: World, tag: int) -> list[str]:
    """What was true of a book, in the order of its beginning."""
    return [one.kind for one in true_of(world) if one.tag == tag and not one.excused]


def delivery(
    site: Site, dwells: Sequence[tuple[int, int]], reads: Sequence[Sequence[tuple[int, float, int]]], *,
    references: bool = True, arrived_us: int | None = None, lost: str = "", log: str = "", seq: int = 0,
) -> Delivery:  # fmt: skip
    """One report: (antenna, end) of each dwell, and of each its reads as (tag, dBm, answers); an antenna's reference tags answer too, if wished."""
    numbers = {tag.epc: number for number, tag in enumerate(site.reference_tags)}
    rows: list[list[tuple[int, float, int]]] = []
    for (antenna, _), heard in zip(dwells, reads, strict=True):
        own = [(reference(numbers[epc]), -45.0, 9) for epc in site.antennas[antenna].reference_tags]
        rows.append([*heard, *(own if references else [])])
    flat = [one for row in rows for one in row]
    ended = np.array([end for _, end in dwells], dtype=np.int64)
    n = len(dwells)
    columns = Dwells(
        np.array([antenna for antenna, _ in dwells], dtype=np.int32), ended - SECOND, ended,
        np.full(n, 30.0, np.float32), np.ones(n, np.bool_), np.ones(n, np.uint8),
    )  # fmt: skip
    air = Heard(
        columns,
        np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64),
        np.array([tag for tag, _, _ in flat], dtype=np.int32),
        np.array([count for _, _, count in flat], dtype=np.uint16),
        np.array([round(2 * dbm) for _, dbm, _ in flat], dtype=np.int16),
    )
    when = int(ended.max()) if arrived_us is None else arrived_us
    return Delivery("edge-1", when, air, seq=seq, log=log, lost=lost)
