"""Real brokers for wire tests: every flavour of MQTT that the product promises, each on a free loopback port with passwords and ACL.

@pytest.fixture(params=FLAVOURS)
def broker(request, tmp_path): yield from flavoured(request.param, tmp_path)
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import pytest

from firmware_sim.access import agent_account, hub_account, web_account
from firmware_sim.broker import Broker, free_port, mosquitto_program, secret
from shelfwire.link import BrokerConfig

SITE: Final = "demo"
AGENTS: Final = ("edge-1", "edge-2")


class Flavour(NamedTuple):
    kind: Literal["mosquitto", "amqtt"]
    protocol: Literal["3.1.1", "5"]


FLAVOURS: Final = [
    pytest.param(Flavour("mosquitto", "5"), id="mosquitto-5", marks=pytest.mark.needs("mosquitto")),
    pytest.param(Flavour("mosquitto", "3.1.1"), id="mosquitto-3.1.1", marks=pytest.mark.needs("mosquitto")),
    pytest.param(Flavour("amqtt", "3.1.1"), id="amqtt-3.1.1"),
]
MOSQUITTO_5: Final = Flavour("mosquitto", "5")


class FlavouredBroker:
    """A broker process with accounts for the hub, the web and two agents of site ``demo``."""

    def __init__(self, flavour: Flavour, folder: Path) -> None:
        self.flavour = flavour
        self._broker = Broker(
            folder / "broker",
            [
                hub_account(SITE, secret()),
                web_account(SITE, secret()),
                *(agent_account(SITE, agent, secret()) for agent in AGENTS),
            ],
            kind=flavour.kind,
        )
        self.port = self._broker.port

    def config(self, name: str) -> BrokerConfig:
        return self._broker.config(name, self.flavour.protocol)

    def start(self) -> None:
        self._broker.start()

    def kill(self) -> None:
        """As a power cut."""
        self._broker.kill()

    def stop(self) -> None:
        self._broker.stop()

    def pause(self) -> None:
        """It hangs: connections stay open and nothing answers."""
        assert self._broker.process is not None
        os.kill(self._broker.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._broker.process is not None
        os.kill(self._broker.process.pid, signal.SIGCONT)


def flavoured(flavour: Flavour, folder: Path) -> Iterator[FlavouredBroker]:
    """A started broker, ended after the test."""
    broker = FlavouredBroker(flavour, folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextlib.contextmanager
def mosquitto_with(conf: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Mosquitto with a configuration of ours, as it stands in `conf`; its folder is the working directory."""
    program = mosquitto_program()
    assert program is not None
    text = conf.read_text(encoding="utf-8")
    if os.geteuid() == 0 and "\nuser " not in text:  # else it gives up root and cannot read its own files
        conf.write_text(text + "\nuser root\n", encoding="utf-8")
    with (conf.parent / "mosquitto.test.log").open("wb") as log:
        process = subprocess.Popen([program, "-c", conf.name], cwd=conf.parent, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(5)


def wait_for_port(port: int, process: subprocess.Popen[bytes], within_s: float = 10.0) -> None:
    import socket  # noqa: PLC0415 (only this helper opens one)

    until = time.monotonic() + within_s
    while time.monotonic() < until:
        assert process.poll() is None, "the broker has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"no broker on port {port}")


__all__ = [
    "AGENTS",
    "FLAVOURS",
    "MOSQUITTO_5",
    "SITE",
    "Flavour",
    "FlavouredBroker",
    "flavoured",
    "free_port",
    "mosquitto_with",
    "wait_for_port",
]
