"""A scenario with real processes behind a bad network, with kills and a wrong clock: no report is lost or taken twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.needs("mosquitto")]

SCENARIO = """
site: {items_a_shelf: 15, reference_tags: 2}
items: 150
starts_at: 2026-03-02T10:00:00
lasts_h: 0.25
polling: {dwell_ms: 300, every_s: 60}
radio: {own_read: 0.99, cross_read: 0.05}
people: {browse: 200, borrow: 100, return: 100}
faults:
  - {fault: duplicates, amount: 0.3}
  - {fault: reordering, amount: 0.2}
  - {fault: link_lossy, amount: 0.05}
  - {fault: clock_drift, amount: 500}
  - {fault: agent_killed, at_h: 0.02, for_h: 0.01}
  - {fault: link_cut, at_h: 0.06, for_h: 0.02}
  - {fault: broker_killed, at_h: 0.1, for_h: 0.01}
  - {fault: hub_killed, at_h: 0.14, for_h: 0.01}
  - {fault: reader_dead, at_h: 0.18, for_h: 0.03}
  - {fault: corrupt_frames, at_h: 0.2, for_h: 0.02, amount: 0.1}
"""


def test_a_bad_day_at_sixty_times_the_speed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path, report = tmp_path / "bad_day.yaml", tmp_path / "report.json"
    path.write_text(SCENARIO)
    options = ["--broker", "mosquitto", "--state", str(tmp_path / "state"), "--report", str(report)]
    command = [sys.executable, "-m", "shelfwire", "sim", "run", str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = msgspec.json.decode(report.read_bytes())
    reports = found["reports"]
    assert reports["sent"] == reports["taken"] > 20
    assert reports["doubled"] == reports["missing"] == 0
    assert reports["again"] > 3, "second copies did arrive, and were not taken"
    assert found["deeds"] > 5
    assert "150 items on 10 shelves" in done.stderr
    assert "Traceback" not in done.stderr
