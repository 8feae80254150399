"""What a run by the wall clock found, in lines for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from firmware_sim.form import Scenario


def count(number: int, one: str, many: str = "") -> str:
    """``1 agent``, ``2 agents``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def report_lines(report: dict[str, Any], scenario: Scenario | None) -> Iterator[str]:
    """A report as `make_report` makes it: deeds, reports, what was true, false and missed, and how soon it was shown.

    `scenario`: whose opening hour may be why nothing was found; None where the day began at whatever time it was.
    """
    sent = report["reports"]
    yield (
        f"{count(report['deeds'], 'deed')}. Reports: {sent['sent']} sent, {sent['taken']} taken, {sent['doubled']} twice, "
        f"{sent['lost']} given up, {sent['missing']} missing, {sent['again']} came again."
    )
    rows = {kind: tally for kind, tally in report["findings"].items() if any(tally.values())}
    proposals = report.get("proposals", [])
    if not rows and not proposals:
        yield nothing_found(scenario)
    if rows:
        yield from _table(rows, report["delay_s"])
    for one in proposals:
        yield (
            f"Asked: has a range been moved ({one['subject']})? {'Open at the end' if one['open'] else 'Closed since'}; "
            "a person answers, so it counts as neither true nor false."
        )


def _table(rows: dict[str, dict[str, int]], delay_s: dict[str, float | None]) -> Iterator[str]:
    yield f"{'finding':<16}{'true':>6}{'false':>7}{'missed':>8}"
    for kind, tally in rows.items():
        yield f"{kind:<16}{tally['true']:>6}{tally['false']:>7}{tally['missed']:>8}"
    median, p95 = delay_s["median"], delay_s["p95"]
    if median is not None and p95 is not None:
        yield f"From true to shown: {median / 60:.1f} min in the middle, {p95 / 60:.1f} min at the 95th of 100, by the library's clock."


def nothing_found(scenario: Scenario | None) -> str:
    """Why there may be nothing: most of what is found is done by people, and they come when the doors are open."""
    if scenario is None or scenario.people is None:
        return "no findings"
    minutes = round(scenario.people.hours.opens_h * 60)
    return f"no findings; the doors open at {minutes // 60:02d}:{minutes % 60:02d}"


def part_line(lived_h: float, whole_h: float) -> str:
    """Of a run that was interrupted."""
    return (
        f"Interrupted after {_h(lived_h)} of {_h(whole_h)} of the library: the report is of this part only."
    )


def _h(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.1f} min"
