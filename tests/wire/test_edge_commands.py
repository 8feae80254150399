"""``shelfwire edge run`` as a person or a service manager sees it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.brokers import MOSQUITTO_5, FlavouredBroker, flavoured, free_port
from helpers.edge import edge_config

from edge.config import ReaderConfig
from shelfwire import config
from shelfwire.link import BrokerConfig

pytestmark = pytest.mark.needs("mosquitto")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(MOSQUITTO_5, tmp_path)


def written(folder: Path, broker: BrokerConfig) -> Path:
    path = folder / "edge.yaml"
    readers = [ReaderConfig(id="R1", host="127.0.0.1", port=free_port())]
    config.write(path, edge_config(broker, readers=readers))
    return path


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shelfwire", "edge", "run", "--config", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_says_when_it_is_ready_and_ends_with_zero(broker: FlavouredBroker, tmp_path: Path) -> None:
    process = start(written(tmp_path, broker.config("edge-1")))
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "agent ready: edge-1 of demo, 1 readers\n"
        process.terminate()
        _, said = process.communicate(timeout=15)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "connected to broker" in said
    assert "stopped; 0 reports wait" in said
    assert "Traceback" not in said


def test_it_waits_for_a_broker_that_is_away_and_says_so(tmp_path: Path) -> None:
    process = start(written(tmp_path, BrokerConfig(port=free_port())))
    try:
        time.sleep(3)
        assert process.poll() is None
        process.terminate()
        _, said = process.communicate(timeout=15)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert said.count("trying again") == 1


def test_a_second_agent_on_one_outbox_ends_with_two(broker: FlavouredBroker, tmp_path: Path) -> None:
    path = written(tmp_path, broker.config("edge-1"))
    first = start(path)
    try:
        assert first.stdout is not None
        assert first.stdout.readline().startswith("agent ready")
        second = start(path)
        _, said = second.communicate(timeout=15)
        assert second.returncode == 2
        assert "another agent works on this outbox" in said
        assert "Traceback" not in said
    finally:
        first.kill()
        first.communicate()
