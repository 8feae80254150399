"""From the counts of some seeds to measures with intervals: `docs/scoring.md` names them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from firmware_sim.scoring import curve
from firmware_sim.scoring.curve import SCORED, Confusion
from firmware_sim.scoring.intervals import (
    NORMAL,
    Value,
    f1,
    mean,
    of_so_many,
    poisson_upper,
    rate,
    share,
    student,
)
from firmware_sim.scoring.match import KINDS, TIMERS, Tally
from firmware_sim.scoring.places import PlaceCounts
from firmware_sim.scoring.reliability import Reliability
from firmware_sim.scoring.results import RunResult, SubjectResult

ITEMS: float = 10_000.0
"""False missing are told for so many items and a night, and books shown away for so many that stand."""

Pair = tuple[RunResult, SubjectResult]


def of(runs: Sequence[RunResult], name: str) -> list[Pair]:
    """What subject `name` did in each run."""
    return [(run, one) for run in runs for one in run.subjects if one.name == name]


def measures(pairs: Sequence[Pair]) -> dict[str, Value]:
    """Everything about one subject over the seeds of one scenario, or over a pool of runs."""
    found = dict(_kinds(pairs))
    found |= _looks(pairs)
    found |= _places(pairs)
    found |= false_missing(pairs)
    found |= _gone(pairs)
    found |= confidence(pairs)
    moves = [(run, one) for run, one in pairs if one.moved.books]
    if moves:
        found["moved.proposals"] = mean([float(one.moved.proposals) for _, one in moves], len(moves))
        found["moved.single"] = mean([float(one.moved.single) for _, one in moves], len(moves))
    return found


def _kinds(pairs: Sequence[Pair]) -> Iterator[tuple[str, Value]]:
    for kind in KINDS:
        tallies = [one.findings[kind] for _, one in pairs if one.knows is None or kind in one.knows]
        if not any(one.true or one.false or one.found or one.missed for one in tallies):
            continue
        precision = share([(one.true, one.true + one.false) for one in tallies])
        recall = share([(one.found, one.found + one.missed) for one in tallies])
        yield f"{kind}.precision", precision
        yield f"{kind}.recall", recall
        yield f"{kind}.f1", _f1(tallies, precision, recall)
        if kind not in TIMERS and any(one.delays_s or one.never for one in tallies):
            yield f"{kind}.delay_median_s", _delay(tallies, 0.5)
            yield f"{kind}.delay_p95_s", _delay(tallies, 0.95)


def _f1(tallies: Sequence[Tally], precision: Value, recall: Value) -> Value:
    """Harmonic mean of the two; its interval by way of true, false and missed."""
    if recall.value is None:
        return Value(value=None)
    p, r = precision.value or 0.0, recall.value
    middle = 2 * p * r / (p + r) if p + r else 0.0
    near = f1([(one.true, one.false, one.missed) for one in tallies])
    low, high = near.low or 0.0, 1.0 if near.high is None else near.high
    return Value(value=middle, low=min(low, middle), high=max(high, middle), cases=near.cases)


def _delay(tallies: Sequence[Tally], quantile: float) -> Value:
    """Over all due ones; a missed one is never found. The interval is that of order statistics: it needs no shape of the delays."""
    delays = sorted(delay for one in tallies for delay in one.delays_s)
    cases = len(delays) + sum(one.never for one in tallies)
    slack = NORMAL * math.sqrt(cases * quantile * (1 - quantile))
    middle = _ranked(delays, cases, math.ceil(cases * quantile) - 1)
    low = _ranked(delays, cases, math.floor(cases * quantile - slack) - 1)
    high = _ranked(delays, cases, math.ceil(cases * quantile + slack))
    return Value(value=middle, low=low, high=high, cases=cases, never=middle is None)


def _ranked(delays: Sequence[float], cases: int, rank: int) -> float | None:
    """The delay of that rank, counted from 0; None: never found."""
    at = min(cases - 1, max(0, rank))
    return delays[at] if at < len(delays) else None


def _looks(pairs: Sequence[Pair]) -> dict[str, Value]:
    at = [one.looks[SCORED - 1] for _, one in pairs if len(one.looks) >= SCORED]
    if not any(one.tp or one.fn for one in at):
        return {}
    name = f"looks[{SCORED}]"
    return {
        f"{name}.f1": f1([(one.tp, one.fp, one.fn) for one in at]),
        f"{name}.precision": share([(one.tp, one.tp + one.fp) for one in at]),
        f"{name}.recall": share([(one.tp, one.tp + one.fn) for one in at]),
    }


def _places(pairs: Sequence[Pair]) -> dict[str, Value]:
    """A book is asked in every moment, which is no new witness: so the cases are books, not questions."""
    found = {}
    for name in ("shelf", "bay"):
        parts = []
        for run, one in pairs:
            if one.places.books:
                parts.append((getattr(one.places, name) / one.places.books * run.items, float(run.items)))
        found[f"place.{name}"] = share(parts)
    lost = [(_lost(run, one.places), float(run.items)) for run, one in pairs if one.places.standing]
    return found | ({"lost_sight": of_so_many(lost, ITEMS)} if lost else {})


def _lost(run: RunResult, places: PlaceCounts) -> float:
    """Books shown away though they stand, in the mean of all moments."""
    return places.lost_sight / places.standing * run.items


def false_missing(pairs: Sequence[Pair]) -> dict[str, Value]:
    """Per 10,000 items and night, with the one-sided bound."""
    nights = [run.items * run.nights for run, _ in pairs]
    exposure = sum(nights)
    if not exposure:
        return {}
    count = sum(one.false_missing.count for _, one in pairs)
    listed = [(one.false_missing.at_opening, n) for (_, one), n in zip(pairs, nights, strict=True)]
    return {
        "false_missing": rate(
            [(one.false_missing.count, n) for (_, one), n in zip(pairs, nights, strict=True)], ITEMS
        ),
        "false_missing.upper": Value(value=poisson_upper(count) * ITEMS / exposure, cases=exposure),
        "false_missing.at_opening": rate(listed, ITEMS),
        "false_missing.under_outage": Value(
            value=float(sum(one.false_missing.under_outage for _, one in pairs)), cases=exposure
        ),
        "missing.in_house": Value(value=float(sum(one.in_house for _, one in pairs)), cases=exposure),
    }


def _gone(pairs: Sequence[Pair]) -> dict[str, Value]:
    found = {"gone.away_30min": share([(one.gone.away, one.gone.left) for _, one in pairs])}
    for nights in sorted({number for _, one in pairs for number in one.gone.nights}):
        name = f"gone.missing_{nights}_{'night' if nights == 1 else 'nights'}"
        asked = [one.gone.nights.get(nights, (0, 0)) for _, one in pairs]
        found[name] = share([(named, of_them) for of_them, named in asked])
    return {name: value for name, value in found.items() if value.value is not None}


def confidence(pairs: Sequence[Pair]) -> dict[str, Value]:
    """Calibration of findings and of places."""
    found = {}
    for name, tables in (
        ("confidence", [one.confidence for _, one in pairs]),
        ("place_confidence", [one.place_confidence for _, one in pairs]),
    ):
        whole = Reliability.total(tables)
        if not whole.cases:
            continue
        for part in ("ece", "brier"):
            each = [value for table in tables if (value := getattr(table, part)) is not None]
            spread = student(each) or (None, None)
            value = float(getattr(whole, part))
            low = None if spread[0] is None else max(0.0, min(spread[0], value))
            high = None if spread[1] is None else min(1.0, max(spread[1], value))
            found[f"{name}.{part}"] = Value(value=value, low=low, high=high, cases=whole.cases)
    return found


def looks_total(pairs: Sequence[Pair]) -> list[Confusion]:
    """The curve over the looks, all seeds together; up to the last look that somebody had."""
    whole = curve.total([one.looks for _, one in pairs if one.looks])
    return [one for one in whole if one.books]
