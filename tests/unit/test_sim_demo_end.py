"""What `demo --for` says at its end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firmware_sim.demo import Demo, Options

REPORT: dict[str, Any] = {
    "deeds": 12,
    "reports": {"sent": 5, "taken": 5, "doubled": 0, "lost": 0, "missing": 0, "again": 0},
    "findings": {"misplaced": {"true": 3, "false": 1, "missed": 2}},
    "delay_s": {"median": 60.0, "p95": 120.0},
}


class EndedPlay:
    """A play that is over."""

    async def finish(self) -> dict[str, int]:
        return {}

    def report(self, _end_us: int, _reports: dict[str, int]) -> dict[str, Any]:
        return REPORT


@pytest.mark.parametrize("report", [None, "report.json"])
def test_a_demo_that_ends_by_itself_says_what_was_true_false_and_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], report: str | None
) -> None:
    demo = Demo.__new__(Demo)
    path = None if report is None else tmp_path / report
    demo._options = Options(
        for_s=5.0, report=path, port=0, seed=1, broker="auto", scenario=tmp_path / "none.yaml", site=None
    )
    demo._play = EndedPlay()  # type: ignore[assignment]  # all that the end needs
    asyncio.run(demo._finish(0))
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["finding", "true", "false", "missed"] in said
    assert ["misplaced", "3", "1", "2"] in said
    assert path is None or msgspec.json.decode(path.read_bytes()) == REPORT
