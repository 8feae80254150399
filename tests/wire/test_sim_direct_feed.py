"""Direct runs at a real broker: simulated agents, a real hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.direct import small_scenario

from firmware_sim.direct.feed import run_feed
from shelfwire.data import config_file


@pytest.mark.slow
@pytest.mark.needs("mosquitto")
def test_a_real_hub_acknowledges_every_report_however_it_comes() -> None:
    bent = [{"fault": "duplicates", "amount": 0.2}, {"fault": "reordering", "amount": 0.2}]
    scenario = small_scenario(100, faults=bent, polling={"dwell_ms": 500, "every_s": 10})
    path = Path(config_file("scenarios/demo.yaml"))
    said: list[str] = []

    def say(_share: float, text: str) -> None:
        said.append(text)

    summary = run_feed(scenario, path, 1, items=None, for_h=1 / 3, speed=400, say=say, broker="mosquitto")
    assert summary.reads > 5_000
    assert summary.taken["acknowledged"] == summary.taken["reports"] > 100
    assert summary.deliveries > summary.taken["reports"]
    assert summary.times_real > 50
    assert said[0] == "starts broker and hub"
