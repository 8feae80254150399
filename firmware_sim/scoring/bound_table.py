"""The oracle's part of the report, beside its column among the goals: what nobody heard, and false missing against found. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from firmware_sim.scoring.bound import LOOKS, Sight, Tradeoff
from firmware_sim.scoring.intervals import Value
from firmware_sim.scoring.labels import Words, number
from firmware_sim.scoring.report import Report, ScenarioReport

LEVELS: Final = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
"""False missing per 10,000 items a night for which it is told what could be found."""
HEAD: Final[tuple[Words, ...]] = (
    ("false missing per 10,000 items a night, at most", "每万册每夜误报丢失，不超过"),
    ("called gone from", "判为离架的概率"),
    ("found after a covered night", "一夜后发现"),
    ("within three", "三夜内发现"),
)

LOST: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Standing books shown away, of 10,000, for which it is told what could be shown of the gone ones."""
SIGHT_HEAD: Final[tuple[Words, ...]] = (
    ("standing books shown away, of 10,000, at most", "每万册在架图书中显示为离架的，不超过"),
    ("shown away from", "显示离架的概率"),
    ("gone ones shown within 30 min", "离架后 30 分钟内显示的"),
)


def rows(curve: Sequence[Tradeoff]) -> Iterator[tuple[str, str, str, str]]:
    """A line for each of `LEVELS`: the lowest threshold that keeps it. Lines that bring no more are left out."""
    last = None
    for level in LEVELS:
        best = max((one for one in curve if one.false_missing <= level), key=_worth, default=None)
        if best is None or best == last:
            continue
        last = best
        found = [number("found", best.found.get(nights)) for nights in (1, 3)]
        yield (f"{level:g}", f"{best.threshold:.2f}", found[0], found[1])


def sight_rows(curve: Sequence[Sight]) -> Iterator[tuple[str, str, str]]:
    """A line for each of `LOST`, as `rows` has them."""
    last = None
    for level in LOST:
        best = max((one for one in curve if one.lost <= level), key=lambda one: one.found, default=None)
        if best is not None and best != last:
            last = best
            yield (f"{level:g}", f"{best.threshold:.2f}", number("found", best.found))


def markdown(report: Report) -> Iterator[str]:
    """Lines under the goals; none where the oracle was not asked."""
    asked = [one for one in report.scenarios if f"{LOOKS}.heard" in one.oracle]
    if asked or report.tradeoff:
        yield 'The **oracle** knows the true model of the radio, the habits, and when something changed for a book: `docs/scoring.md`, "The bound".'
    for one in asked:
        yield f"- `{one.name}`: {unheard(one)[0]}"
    if report.tradeoff:
        yield "\nWhat it could find of the books that are gone, on usual days:\n"
        yield from _lines(HEAD, rows(report.tradeoff))
    if report.sight:
        yield "\nWhat its map could show of them by day, against what it would show away wrongly:\n"
        yield from _lines(SIGHT_HEAD, sight_rows(report.sight))
    yield ""


def _lines(head: Sequence[Words], body: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(words[0] for words in head) + " |"
    yield "|" + " --- |" * len(head)
    for row in body:
        yield "| " + " | ".join(row) + " |"


def unheard(one: ScenarioReport) -> Words:
    """Of a scenario with misplaced books at the fifth look: what was heard of them at all, and what the oracle made of it."""
    heard, recall, precision = (one.oracle[f"{LOOKS}.{name}"] for name in ("heard", "recall", "precision"))
    cases = f"{heard.cases:,.0f}"
    values = [_percent(value) for value in (heard, recall, precision)]
    return (
        (
            f"of {cases} misplaced books some antenna had heard {values[0]} by the fifth look; the oracle finds {values[1]}, "
            f"and of those that it shows {values[2]} are right."
        ),
        f"{cases} 册错架图书中，到第五次读取时至少被某个天线读到过的占 {values[0]}；理论上限发现 {values[1]}，其所示者 {values[2]} 正确。",
    )


def _worth(one: Tradeoff) -> tuple[float, float]:
    """What a threshold finds; the surer one of equals."""
    return sum(value or 0.0 for value in one.found.values()), one.threshold


def _percent(value: Value) -> str:
    """Rounded down, as all shares are."""
    return "–" if value.value is None else f"{math.floor(value.value * 1000 + 1e-6) / 10:.1f} %"
