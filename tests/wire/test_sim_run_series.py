"""A run whose InfluxDB is killed and comes back: every point of the time without it arrives."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_sim.commands import sim
from firmware_sim.influx import Influx
from hub.series.config import SeriesConfig
from hub.series.open import open_reader
from shelfwire.errors import InputError

SCENARIO = """
site: {items_a_shelf: 15, reference_tags: 2}
items: 60
starts_at: 2026-03-02T10:00:00
lasts_h: 0.27
polling: {dwell_ms: 300, every_s: 60}
engine: {series_every_s: 0.5}
faults:
  - {fault: influx_away, at_h: 0.04, for_h: 0.1}
"""
WALL_S = 0.27 * 3600 / 60
AWAY_S = (0.04 * 60, 0.14 * 60)
"""By the wall, since the beginning."""


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.needs("mosquitto", "influxdb")
def test_an_influxdb_that_was_away_has_every_point_afterwards(tmp_path: Path) -> None:
    path, report, state = tmp_path / "away.yaml", tmp_path / "report.json", tmp_path / "state"
    path.write_text(SCENARIO)
    options = ["--series", "influxdb", "--state", str(state), "--report", str(report)]
    command = [sys.executable, "-m", "shelfwire", "sim", "run", str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_bytes())
    assert found["series"] == "influx1"
    assert found["series_points"] == {"waiting": 0, "dropped": 0}
    assert "points wait on disk" in (state / "hub.log").read_text(), "the hub must have noticed"
    times = points_of_the_hub(state / "influx")
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert times[-1] - times[0] > WALL_S - 5
    assert max(gaps) < AWAY_S[1] - AWAY_S[0], "the time without it is no hole in the series"


def points_of_the_hub(folder: Path) -> list[float]:
    """Seconds for which there is a point of the hub's own work; the server of the run is started again on its data."""
    server = Influx(folder)
    server.start()
    try:
        section = server.section()
        reader = open_reader(SeriesConfig(**section), folder)
        try:
            now_us = time.time_ns() // 1000
            rows = reader.query("hub", {}, "tags", now_us - 300_000_000, now_us, 1, "max")
        finally:
            reader.close()
    finally:
        server.stop()
    return [at_us / 1e6 for at_us, _ in rows]


def test_without_influxdb_it_is_said_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_sim.influx.shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("firmware_sim.play.Play.start", lambda _: pytest.fail("it began"))
    path = tmp_path / "away.yaml"
    path.write_text(SCENARIO)
    result = CliRunner().invoke(sim, ["run", str(path), "--series", "influxdb"])
    assert isinstance(result.exception, InputError)
    assert "influxd is not installed" in str(result.exception)


def test_a_direct_run_has_no_series() -> None:
    path = Path(__file__).parents[2] / "config" / "scenarios" / "quiet_day.yaml"
    result = CliRunner().invoke(sim, ["run", str(path), "--direct", "engine", "--series", "influxdb"])
    assert result.exit_code == 2
    assert "--series" in result.output
