"""A rerun beside a hub that takes reports: it reads what is there, disturbs nobody, and finds again when the hub ticked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.brokers import MOSQUITTO_5, FlavouredBroker, flavoured
from helpers.hubs import AGENT, SITE, FakeAgent, HubProcess, connected, dwell, report, status

from hub.config import read_hub
from hub.events import ReportTaken, Ticked
from hub.rawlog import Known, compact
from hub.rerun.catalogue import PastCatalogue
from hub.rerun.history import History
from hub.rerun.journalfiles import list_journal
from hub.rerun.messages import Kept
from hub.rerun.pace import Pace
from shelfwire import cli

pytestmark = pytest.mark.timeout(120)
REPORTS = 8


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(MOSQUITTO_5, tmp_path)


async def speak(agent: FakeAgent, first: int, count: int) -> None:
    now_us = time.time_ns() // 1000
    for number in range(first, first + count):
        await agent.send(report(number, at_us=now_us, dwells=[dwell(at_us=now_us)]))
        await agent.acknowledged(number)


@pytest.mark.slow
@pytest.mark.needs("mosquitto")
async def test_a_rerun_beside_a_running_hub(
    broker: FlavouredBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = HubProcess(tmp_path / "hub", broker.config("hub")).start()
    try:
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(status())
            await speak(agent, 1, REPORTS)
            options = ["--config", str(hub.path), "--from", "2026-01-01", "--run-in-h", "0", "--json"]
            assert cli.run(["hub", "rerun", *options]) == 0
            held = json.loads(capsys.readouterr().out)["held"]
            assert (held["reports"], held["observations"], held["faults"]) == (REPORTS, 3 * REPORTS, [])
            await speak(agent, REPORTS + 1, 1)
        assert hub.stop() == 0
    finally:
        hub.kill()
    _the_ticks_are_found_again(hub)


def _the_ticks_are_found_again(hub: HubProcess) -> None:
    """From the reports alone: all ticks that followed reports, and in silence no two of them more than a second apart."""
    files = read_hub(hub.path)
    whole = list(History(files, SITE).entries(0, 2**62))
    (segment, *_), _ = list_journal(files.journal_dir)
    compact(files, segment, {SITE: Known([])})
    for path in files.journal_dir.glob("*.journal"):
        path.unlink()
    alone = list(History(files, SITE).entries(0, 2**62))
    reports = {one.now_us for one in alone}
    assert reports == {one.now_us for one in whole if isinstance(one.event, ReportTaken)}
    real = [one.now_us for one in whole if isinstance(one.event, Ticked)]
    again = _ticks(alone)
    assert reports & set(real) == reports & set(again) == reports
    between = [at for at in real if min(reports) <= at <= max(reports)]
    assert abs(len(again) - len(between)) <= 0.2 * len(between) + 2


def _ticks(kept: list[Kept]) -> list[int]:
    pace = Pace(PastCatalogue([], [], [], {}), [])
    return [now_us for now_us, event in pace.events(kept, 0) if isinstance(event, Ticked)]
