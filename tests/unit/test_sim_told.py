"""What `sim run` and `demo` say at their end, and what `sim run --direct` says of what it does not do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from firmware_sim.form import Scenario
from firmware_sim.told import count, report_lines

PLAIN = {"site": "sites/small.yaml", "items": 10}
NOBODY = msgspec.convert(PLAIN, Scenario)
EIGHT = msgspec.convert(PLAIN | {"people": {"hours": {"opens_h": 8, "closes_h": 20}}}, Scenario)
HALF_PAST = msgspec.convert(PLAIN | {"people": {"hours": {"opens_h": 9.5, "closes_h": 20}}}, Scenario)


def report(**findings: tuple[int, int, int]) -> dict[str, Any]:
    return {
        "deeds": 1,
        "reports": {"sent": 5, "taken": 5, "doubled": 0, "lost": 0, "missing": 0, "again": 0},
        "findings": {
            kind: dict(zip(("true", "false", "missed"), tally, strict=True))
            for kind, tally in findings.items()
        },
        "delay_s": {"median": None, "p95": None},
    }


def test_one_is_told_in_the_singular() -> None:
    assert [count(number, "agent") for number in (0, 1, 2)] == ["0 agents", "1 agent", "2 agents"]
    assert (count(1, "shelf", "shelves"), count(1_500, "shelf", "shelves")) == ("1 shelf", "1,500 shelves")


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        (EIGHT, "no findings; the doors open at 08:00"),
        (HALF_PAST, "no findings; the doors open at 09:30"),
        (NOBODY, "no findings"),
        (None, "no findings"),
    ],
)
def test_where_nothing_was_found_stands_no_bare_header(scenario: Scenario | None, told: str) -> None:
    lines = list(report_lines(report(missing=(0, 0, 0)), scenario))
    assert lines[0].startswith("1 deed. Reports: 5 sent")
    assert lines[1:] == [told]


def test_what_was_only_missed_is_a_row_of_the_table() -> None:
    lines = list(report_lines(report(missing=(0, 0, 0), misplaced=(0, 0, 2)), EIGHT))
    assert lines[1].split() == ["finding", "true", "false", "missed"]
    assert [line.split() for line in lines[2:]] == [["misplaced", "0", "0", "2"]]


@pytest.mark.parametrize(("is_open", "words"), [(True, "Open at the end"), (False, "Closed since")])
def test_a_range_that_may_have_moved_is_told_and_is_no_absence_of_findings(
    *, is_open: bool, words: str
) -> None:
    asked = {"kind": "moved_range", "subject": "9 items from A to B", "open": is_open}
    lines = list(report_lines(report(missing=(0, 0, 0)) | {"proposals": [asked]}, EIGHT))
    assert not any("no findings" in line for line in lines)
    assert f"(9 items from A to B)? {words}" in lines[1]
    both = list(report_lines(report(missing=(1, 0, 0)) | {"proposals": [asked]}, EIGHT))
    assert any(line.split() == ["missing", "1", "0", "0"] for line in both)
    assert words in both[-1]
