"""Ctrl-C in `sim run`: what was played is judged and told as a part, every process ends, and the exit code says so."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from firmware_sim.running import interrupted_after
from firmware_sim.told import part_line

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

SCENARIO = """
site: {items_a_shelf: 15, reference_tags: 2}
items: 60
starts_at: 2026-03-02T10:00:00
lasts_h: 8
polling: {dwell_ms: 300, every_s: 60}
"""


def interrupted(path: Path, after: str, *options: str) -> tuple[int, str, str]:
    """Start it, press Ctrl-C once it has said `after`; exit code, output, and what it said on standard error."""
    command = [sys.executable, "-m", "shelfwire", "sim", "run", str(path), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if after in line:
                break
        process.send_signal(signal.SIGINT)
        said += process.stderr.readlines()
        return process.wait(60), process.stdout.read(), "".join(said)


def test_ctrl_c_judges_the_part_that_was_played_and_says_so(tmp_path: Path) -> None:
    path, report = tmp_path / "day.yaml", tmp_path / "report.json"
    path.write_text(SCENARIO)
    code, out, said = interrupted(path, "0%", "--broker", "amqtt", "--report", str(report))
    assert code == 130, out + said
    assert "of 8.0 h of the library: the report is of this part only" in said
    assert "no findings" in out
    found = msgspec.json.decode(report.read_bytes())
    assert found["interrupted"]["of_h"] == 8
    assert 0 <= found["interrupted"]["after_h"] < 1
    assert "Traceback" not in said


def test_how_far_it_came_is_told_in_the_librarys_time() -> None:
    assert interrupted_after(0, 5_400_000_000, 8)["interrupted"] == {"after_h": 1.5, "of_h": 8}
    assert part_line(1.5, 8).startswith("Interrupted after 1.5 h of 8.0 h of the library")
    assert part_line(0.05, 1).startswith("Interrupted after 3.0 min of 1.0 h")
