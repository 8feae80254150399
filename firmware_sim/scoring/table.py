"""The report as Markdown for the documentation, and as a few lines for the screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from firmware_sim.scoring import bound_table
from firmware_sim.scoring.goals import SIGNS
from firmware_sim.scoring.labels import CAUSES, KINDS, interval, subject, told
from firmware_sim.scoring.match import KINDS as ALL_KINDS
from firmware_sim.scoring.report import ORACLE, Reached, Report, ScenarioReport, SubjectReport
from firmware_sim.scoring.results import HUB

HEAD: Final = """# How right it is

Made by one command; `docs/scoring.md` says what each word means. All subjects took the same reads in the same runs. In brackets: 95 % intervals over books and seeds.

    {command}
"""
WORDS: Final = "What the words mean, and their names in the JSON: docs/scoring.md."
NO_GOALS: Final = "No goal of the product is asked of these scenarios: goals belong to the shipped ones that docs/scoring.md names."
A_MINUTE_S: Final = 60.0
COLUMNS: Final = (
    ("precision", "right"),
    ("recall", "found"),
    ("f1", "F1"),
    ("delay_median_s", "median delay"),
    ("delay_p95_s", "95 %"),
)


def markdown(report: Report, command: str) -> str:
    """The whole of docs/accuracy.md. `command`: what made it, as one types it."""
    parts = [_head(report, command), *_goals(report), *_overview(report)]
    for scenario in report.scenarios:
        parts += _scenario(scenario)
    return "\n".join(parts).rstrip() + "\n"


def summary(report: Report) -> str:
    """For the screen: each scenario's main numbers, then the goals."""
    found = []
    for scenario in report.scenarios:
        found += [f"{scenario.name}: {_many(scenario)}"]
        found += [f"  {one.name:<8} {_line(one)}" for one in scenario.subjects]
    goals = [_goal_line(one) for one in report.goals] or [NO_GOALS]
    return "\n".join([*found, *goals, WORDS])


def _goal_line(one: Reached) -> str:
    return f"{_verdict(one):>8}  {one.goal.what['en']}: {_cell(one.goal.measure, one, HUB)} {_wanted(one)}"


def _line(one: SubjectReport) -> str:
    names = (
        ("misplaced.f1", "misplaced F1"), ("missing.precision", "missing right"), ("missing.recall", "found"),
        ("false_missing", "false missing per 10,000 items a night"), ("place.shelf", "right shelf"), ("confidence.ece", "calibration error"),
    )  # fmt: skip
    return ", ".join(
        f"{words} {told(name, one.measures[name])}" for name, words in names if name in one.measures
    )


def _head(report: Report, command: str) -> str:
    took_s = sum(one.seconds for one in report.scenarios)
    took = f"{took_s:.0f} seconds" if took_s < A_MINUTE_S else f"{took_s / A_MINUTE_S:.0f} minutes"
    return HEAD.format(command=command) + f"\nTogether {took} of one core; program {report.program}.\n"


def _goals(report: Report) -> Iterator[str]:
    """The goals of the product, rivals beside."""
    if not report.goals:
        yield f"{NO_GOALS}\n"
        return
    names = [one.name for one in report.scenarios[0].subjects]
    yield "## The goals\n"
    yield _row(["what", "wanted", *(subject(name)[0] for name in [*names, ORACLE]), ""])
    yield _row(["---", "---", *("---" for _ in [*names, ORACLE]), "---"])
    for goal in report.goals:
        yield _row(
            [
                goal.goal.what["en"],
                _wanted(goal),
                *(_cell(goal.goal.measure, goal, name) for name in [*names, ORACLE]),
                _verdict(goal),
            ]
        )
    yield ""
    for one in report.pooled:
        upper = one.measures.get("false_missing.upper")
        if upper is not None:
            yield _pooled(one, report.item_nights)
    yield ""
    yield from bound_table.markdown(report)


def _pooled(one: SubjectReport, item_nights: float) -> str:
    rate, upper = one.measures["false_missing"], one.measures["false_missing.upper"]
    morning = one.measures["false_missing.at_opening"]
    causes = ", ".join(
        f"{count} {CAUSES[name][0]}" for name, count in sorted(one.causes.items(), key=lambda each: -each[1])
    )
    return (
        f"- **{subject(one.name)[0]}**, false missing over {item_nights:,.0f} item-nights of usual days: "
        f"{told('false_missing', rate)} per 10,000 items a night, at most {told('false_missing', upper)} (one-sided 95 %); "
        f"{told('false_missing', morning)} on the morning's list.{f' The books: {causes}.' if causes else ''}"
    )


def _overview(report: Report) -> Iterator[str]:
    """One line a scenario and subject."""
    names = (
        ("misplaced.f1", "misplaced F1"), ("looks[5].f1", "… at the fifth look"), ("missing.f1", "missing F1"),
        ("false_missing", "false missing / 10,000 / night"), ("place.shelf", "place: shelf"), ("place.bay", "bay"),
        ("confidence.ece", "calibration error"),
    )  # fmt: skip
    yield "## All scenarios\n"
    yield _row(["scenario", "subject", *(words for _, words in names)])
    yield _row(["---"] * (len(names) + 2))
    for scenario in report.scenarios:
        for number, one in enumerate(scenario.subjects):
            cells = [_value(name, one) for name, _ in names]
            yield _row([f"`{scenario.name}`" if not number else "", subject(one.name)[0], *cells])
    yield ""


def _scenario(scenario: ScenarioReport) -> Iterator[str]:
    """By kind of finding."""
    yield f"## {scenario.name}\n"
    yield scenario.about.get("en", "") + f" {_many(scenario)}.\n"
    yield _row(["kind", "true (due)", "subject", *(words for _, words in COLUMNS)])
    yield _row(["---"] * (len(COLUMNS) + 3))
    for kind in ALL_KINDS:
        rows = [one for one in scenario.subjects if f"{kind}.precision" in one.measures]
        count = f"{scenario.conditions.get(kind, 0)} ({scenario.due.get(kind, 0)})"
        for number, one in enumerate(rows):
            head = [KINDS[kind][0], count] if not number else ["", ""]
            yield _row([*head, subject(one.name)[0], *(_value(f"{kind}.{name}", one) for name, _ in COLUMNS)])
    yield ""
    yield from _further(scenario)


def _further(scenario: ScenarioReport) -> Iterator[str]:
    """What only some scenarios have."""
    wanted = ("gone.", "lost_sight", "moved.", "missing.in_house", "false_missing.under_outage")
    names = list(
        dict.fromkeys(name for one in scenario.subjects for name in one.measures if name.startswith(wanted))
    )
    names = [
        name
        for name in names
        if any(one.measures[name].value for one in scenario.subjects if name in one.measures)
    ]
    for name in names:
        yield f"- `{name}`: " + ", ".join(
            f"{subject(one.name)[0]} {_value(name, one)}" for one in scenario.subjects
        )
    if names:
        yield ""


def _many(scenario: ScenarioReport) -> str:
    seeds = f"{len(scenario.seeds)} seed{'s' if len(scenario.seeds) > 1 else ''}"
    return f"{scenario.items:,} items, {scenario.antennas} antennas, {scenario.hours:g} h, {seeds}, {scenario.reads:,} reads"


def _value(name: str, one: SubjectReport) -> str:
    value = one.measures.get(name)
    ends = interval(name, value)
    return told(name, value) + (f" ({ends})" if ends else "")


def _cell(name: str, goal: Reached, who: str) -> str:
    value = goal.oracle if who == ORACLE else goal.values.get(who)
    ends = interval(name, value)
    return told(name, value) + (f" ({ends})" if ends else "")


def _wanted(goal: Reached) -> str:
    return f"{SIGNS[goal.goal.is_met]} {goal.goal.wanted:g}" if goal.goal.is_met != "published" else ""


def _verdict(goal: Reached) -> str:
    if goal.goal.is_met == "published":
        return ""
    return "too few" if goal.too_few else "met" if goal.met else "not met"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
