"""kill -9 of the agent at random moments: what reached the outbox arrives, each number once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import helpers
import pytest
from helpers.brokers import FLAVOURS, FlavouredBroker, flavoured
from helpers.edge import FakeHub, edge_config

from edge.config import OutboxConfig
from edge.outbox import Outbox
from shelfwire import config
from shelfwire.messages import Report


@pytest.fixture(params=FLAVOURS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(request.param, tmp_path)


@contextlib.contextmanager
def agent_process(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers.edge_process", str(path), "200"], cwd=Path(helpers.__path__[0]).parent
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_an_agent_killed_three_times_loses_no_report_and_doubles_none(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    dice = random.Random(20)
    path = tmp_path / "edge.yaml"
    config.write(path, edge_config(broker.config("edge-1")))
    async with FakeHub(broker.config("hub")).running() as hub:
        for life in range(3):
            hub.mute = life == 1  # so that this life dies with a full window
            with agent_process(path) as process:
                await hub.hears(4)
                await asyncio.sleep(dice.uniform(0.0, 0.4))
                process.kill()
                assert await asyncio.to_thread(process.wait) == -signal.SIGKILL
        with agent_process(path) as process:
            await hub.hears(4)
            process.terminate()
            assert await asyncio.to_thread(process.wait) == 0
    [log] = hub.covered
    reports = [message for message in hub.taken.values() if isinstance(message, Report)]
    assert hub.whole()
    assert len(reports) == len(hub.taken) == _last_number(tmp_path, log), (
        "all that is in the outbox, and each once"
    )
    assert len({report.boot for report in reports}) == 4
    assert [status.online for status in hub.statuses if status.boot == reports[-1].boot][-1] is False
    per_boot = [
        [dwell.tags.epc[0] for r in reports if r.boot == boot for dwell in r.dwells]
        for boot in {r.boot for r in reports}
    ]
    assert all(len(heard) == len(set(heard)) for heard in per_boot), "no dwell is told twice"


def _last_number(folder: Path, log: str) -> int:
    outbox = Outbox(
        folder / "state" / "outbox",
        OutboxConfig(),
        site="demo",
        agent="edge-1",
        new_log="none",
        make_lost=lambda *_: b"",
        now_us=0,
        wall_us=0,
    )
    try:
        assert outbox.log == log
        assert outbox.reports == 0
        return outbox.last
    finally:
        outbox.close()
