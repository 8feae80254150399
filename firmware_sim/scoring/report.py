"""The report of `shelfwire score`: plain data, from which JSON, page and table are made. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from firmware_sim.scoring.bound import Sight, Tradeoff, bounds, sight, tradeoff
from firmware_sim.scoring.curve import Confusion
from firmware_sim.scoring.goals import GOALS, Goal
from firmware_sim.scoring.intervals import Value
from firmware_sim.scoring.match import Tally
from firmware_sim.scoring.measures import Pair, confidence, false_missing, looks_total, measures, of
from firmware_sim.scoring.reliability import Bin, Reliability
from firmware_sim.scoring.results import HUB, RunResult

ORACLE: Final = "oracle"
"""No subject: its column is what could have been reached."""
EXAMPLES: Final = 12


class SubjectReport(msgspec.Struct, kw_only=True):
    """One subject over the seeds of one scenario."""

    name: str
    measures: dict[str, Value]
    findings: dict[str, Tally] = {}
    causes: dict[str, int] = {}
    """Of false missing."""
    looks: list[Confusion] = []
    reliability: list[Bin] = []
    place_reliability: list[Bin] = []
    by_time: list[tuple[float, float, float]] = []
    """(hours, share right at shelf, at bay), mean of the seeds."""
    examples: list[str] = []


class ScenarioReport(msgspec.Struct, kw_only=True):
    """All subjects in one scenario."""

    name: str
    about: dict[str, str]
    seeds: list[int]
    items: int
    hours: float
    item_nights: float
    shelves: int
    antennas: int
    usual: bool
    seconds: float
    """That all its runs took together."""
    reads: int
    deeds: int
    conditions: dict[str, int]
    due: dict[str, int]
    subjects: list[SubjectReport]
    oracle: dict[str, Value] = {}
    """By measure: what could have been reached on the same reads."""
    tradeoff: list[Tradeoff] = []
    """Of the oracle: missing."""
    sight: list[Sight] = []
    """Of the oracle: away."""


class Reached(msgspec.Struct, kw_only=True):
    """One goal of the product, and what each subject reached."""

    goal: Goal
    values: dict[str, Value]
    met: bool
    """By the hub."""
    oracle: Value | None = None
    """What could have been reached on the same reads; None: it was not asked."""

    @property
    def too_few(self) -> bool:
        """Whether there were too few cases to tell."""
        return self.values[HUB].cases < self.goal.of_cases


class Report(msgspec.Struct, kw_only=True):
    """All scenarios that were scored."""

    program: str
    scenarios: list[ScenarioReport]
    pooled: list[SubjectReport]
    """False missing over the usual days, confidence over all runs."""
    item_nights: float
    """Of the pooled false missing."""
    goals: list[Reached]
    tradeoff: list[Tradeoff] = []
    """Of the oracle, over the usual days: missing."""
    sight: list[Sight] = []
    """The same: away."""


def make_report(runs: Sequence[RunResult], *, program: str) -> Report:
    """Over all runs; scenarios in the order in which they come first."""
    names = list(dict.fromkeys(run.scenario for run in runs))
    scenarios = [_scenario([run for run in runs if run.scenario == name]) for name in names]
    usual = [run for run in runs if run.usual]
    pooled = [_pooled(usual, runs, name) for name in _subjects(runs)]
    return Report(
        program=program,
        scenarios=scenarios,
        pooled=pooled,
        item_nights=sum(run.items * run.nights for run in usual),
        goals=_goals(scenarios, pooled, bounds(usual)),
        tradeoff=tradeoff(usual),
        sight=sight(usual),
    )


def _subjects(runs: Sequence[RunResult]) -> list[str]:
    return list(dict.fromkeys(one.name for run in runs for one in run.subjects))


def _scenario(runs: Sequence[RunResult]) -> ScenarioReport:
    first = runs[0]
    return ScenarioReport(
        name=first.scenario,
        about=first.about,
        seeds=[run.seed for run in runs],
        items=first.items,
        hours=first.hours,
        item_nights=sum(run.items * run.nights for run in runs),
        shelves=first.shelves,
        antennas=first.antennas,
        usual=first.usual,
        seconds=round(sum(run.seconds for run in runs), 1),
        reads=sum(run.reads for run in runs),
        deeds=sum(run.deeds for run in runs),
        conditions=_sums([run.conditions for run in runs]),
        due=_sums([run.due for run in runs]),
        subjects=[_subject(of(runs, name), name) for name in _subjects(runs)],
        oracle=bounds(runs),
        tradeoff=tradeoff(runs),
        sight=sight(runs),
    )


def _subject(pairs: Sequence[Pair], name: str) -> SubjectReport:
    times = list(zip(*[one.by_time for _, one in pairs], strict=False))
    return SubjectReport(
        name=name,
        measures=measures(pairs),
        findings=_tallies(pairs),
        causes=_sums([one.false_missing.causes for _, one in pairs]),
        looks=looks_total(pairs),
        reliability=Reliability.total([one.confidence for _, one in pairs]).bins,
        place_reliability=Reliability.total([one.place_confidence for _, one in pairs]).bins,
        by_time=[
            (at[0][0], sum(one[1] for one in at) / len(at), sum(one[2] for one in at) / len(at))
            for at in times
        ],
        examples=[f"seed {run.seed}: {text}" for run, one in pairs for text in one.examples][:EXAMPLES],
    )


def _pooled(usual: Sequence[RunResult], runs: Sequence[RunResult], name: str) -> SubjectReport:
    days, every = of(usual, name), of(runs, name)
    return SubjectReport(
        name=name,
        measures=false_missing(days) | confidence(every),
        causes=_sums([one.false_missing.causes for _, one in days]),
        reliability=Reliability.total([one.confidence for _, one in every]).bins,
        place_reliability=Reliability.total([one.place_confidence for _, one in every]).bins,
    )


def _goals(
    scenarios: Sequence[ScenarioReport], pooled: Sequence[SubjectReport], usual: dict[str, Value]
) -> list[Reached]:
    """Those whose scenario was run."""
    found = []
    where = {one.name: one.subjects for one in scenarios} | {"pooled": list(pooled)}
    oracle = {one.name: one.oracle for one in scenarios} | {"pooled": usual}
    for goal in GOALS:
        values = {
            one.name: one.measures[goal.measure]
            for one in where.get(goal.scenario, [])
            if goal.measure in one.measures
        }
        if HUB in values:
            found.append(
                Reached(
                    goal=goal,
                    values=values,
                    met=goal.met(values[HUB].value, values[HUB].cases),
                    oracle=oracle.get(goal.scenario, {}).get(goal.measure),
                )
            )
    return found


def _tallies(pairs: Sequence[Pair]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for _, one in pairs:
        for kind, tally in one.findings.items():
            if one.knows is not None and kind not in one.knows:
                continue
            whole = found.setdefault(kind, Tally())
            for name in ("true", "false", "missed", "never", "found", "repeat", "excused", "moved"):
                setattr(whole, name, getattr(whole, name) + getattr(tally, name))
    return found


def _sums(parts: Sequence[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            found[name] = found.get(name, 0) + count
    return found
