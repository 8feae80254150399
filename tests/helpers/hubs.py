"""A small vocabulary for tests of the hub: messages of one agent, a small site, a hub in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from hub import health, intake
from hub.health import HubHealth
from hub.intake import Heard
from shelfwire import codec, config, topics
from shelfwire.data import config_file
from shelfwire.errors import AwayError
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.messages import Ack, AgentStatus, Dwell, Lost, Report, Tags
from shelfwire.topics import AgentTopic

SITE = "demo"
AGENT = "edge-1"
T0 = 1_790_000_000_000_000
"""A day in September 2026, in microseconds."""


def dwell(tags: int = 3, at_us: int = T0, **other: Any) -> Dwell:
    heard_tags = Tags(epc=[f"E280{n:020X}" for n in range(tags)], count=[2] * tags, rssi_dbm=[-55.5] * tags)
    usual = Dwell(reader="RD01", port=1, started_at_us=at_us, ended_at_us=at_us + 900_000, tags=heard_tags)
    return msgspec.structs.replace(usual, **other)


def report(
    seq: int,
    *,
    agent: str = AGENT,
    log: str = "log-a",
    boot: str = "boot-a",
    at_us: int = T0,
    dwells: list[Dwell] | None = None,
) -> Report:
    return Report(
        agent=agent,
        log=log,
        seq=seq,
        boot=boot,
        made_at_us=at_us,
        wall_at_us=at_us,
        dwells=[dwell(at_us=at_us)] if dwells is None else dwells,
    )


def lost(first: int, last: int, *, agent: str = AGENT, log: str = "log-a", boot: str = "boot-a") -> Lost:
    return Lost(
        agent=agent,
        log=log,
        seq=first,
        upto=last,
        boot=boot,
        made_at_us=T0,
        wall_at_us=T0,
        reason="the outbox was full",
        spans=[],
    )


def status(
    *, agent: str = AGENT, online: bool = True, log: str = "log-a", boot: str = "boot-a"
) -> AgentStatus:
    return AgentStatus(agent=agent, boot=boot, log=log, online=online, at_us=T0, wall_at_us=T0)


def heard(message: Any, site: str = SITE) -> Heard:
    """As it comes out of the broker."""
    leaf = {"Report": "dwells", "Lost": "dwells", "AgentStatus": "status", "Reply": "reply"}[
        type(message).__name__
    ]
    return intake.read(AgentTopic(site, message.agent, leaf), codec.encode(message))


class HubProcess:
    """A hub on the small site, in a process of its own, with its state in `folder`."""

    def __init__(self, folder: Path, broker: BrokerConfig, **more: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "hub.yaml"
        self.state_dir = folder / "state"
        self.said = folder / "hub.log"
        self._broker = broker
        self._process: subprocess.Popen[bytes] | None = None
        plain: dict[str, Any] = {
            "sites": [str(config_file("sites/small.yaml"))],
            "state_dir": "state",
            "broker": broker,
            "journal": {"snapshot_every_s": 2.0, "segment_bytes": 65_536, "min_free_bytes": 0},
        }
        config.write(self.path, plain | more)

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def start(self, *, ready: bool = True, within_s: float = 30.0) -> HubProcess:
        """Start it, and wait until it says that it is ready, and has subscribed if there is a broker: what is sent once and earlier
        is kept by no broker."""
        with self.said.open("ab") as log:
            start = log.tell()
            command = [sys.executable, "-m", "shelfwire", "hub", "run", "--config", str(self.path)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        if ready:
            self.wait_for(lambda: "hub ready" in self.log(start), within_s)
            if self._broker_answers():
                self.wait_for(lambda: "connected to broker" in self.log(start), within_s)
        return self

    def _broker_answers(self) -> bool:
        try:
            socket.create_connection((self._broker.host, self._broker.port), timeout=1).close()
        except OSError:
            return False
        return True

    def wait_for(self, done: Callable[[], bool], within_s: float = 20.0) -> None:
        """Until `done` says so; the process must live as long."""
        end = time.monotonic() + within_s
        while not done():
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)

    def log(self, start: int = 0) -> str:
        """What it said."""
        return self.said.read_bytes()[start:].decode(errors="replace") if self.said.exists() else ""

    def health(self) -> HubHealth | None:
        """What it says about itself; None: nothing yet."""
        with contextlib.suppress(AwayError):
            return health.read(self.state_dir / "health.json")
        return None

    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a power cut of the process."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    def stop(self) -> int:
        """As the service manager does; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)


class FakeAgent:
    """An agent without readers or disk: sends what it is told, remembers what was acknowledged."""

    def __init__(self, broker: BrokerConfig, name: str = AGENT) -> None:
        self.name = name
        self.acks: list[Ack] = []
        self.got: list[Message] = []
        self._changed = asyncio.Event()
        self.link = Link(
            broker,
            client_id=f"test-{name}",
            filters=[topics.ack(SITE, name), topics.command(SITE, name)],
            on_message=self._take,
        )

    async def _take(self, message: Message) -> None:
        self.got.append(message)
        if message.topic.endswith("/ack"):
            self.acks.append(codec.decode_ack(message.payload))
        self._changed.set()

    async def send(self, *messages: Report | Lost | AgentStatus | bytes) -> None:
        """Publish, and return when the broker has it."""
        await asyncio.wait_for(self.link.connected.wait(), 20)
        for message in messages:
            payload = message if isinstance(message, bytes) else codec.encode(message)
            is_status = isinstance(message, AgentStatus)
            topic = (topics.status if is_status else topics.dwells)(SITE, self.name)
            assert await self.link.publish(topic, payload, retain=is_status)

    async def acknowledged(self, upto: int, log: str = "log-a", within_s: float = 20.0) -> Ack:
        """Until the hub has all up to `upto` in its journal."""

        def found() -> Ack | None:
            return next((ack for ack in reversed(self.acks) if ack.log == log and ack.upto >= upto), None)

        await self.until(lambda: found() is not None, within_s)
        ack = found()
        assert ack is not None
        return ack

    async def send_until_acknowledged(
        self, upto: int, *messages: Report | Lost, within_s: float = 40.0
    ) -> None:
        """Send again and again, as an agent does whose broker forgets: until all up to `upto` is acknowledged."""
        async with asyncio.timeout(within_s):
            while True:
                await self.link.connected.wait()
                for message in messages:
                    await self.link.publish(topics.dwells(SITE, self.name), codec.encode(message))
                with contextlib.suppress(TimeoutError):
                    await self.acknowledged(upto, within_s=2.0)
                    return

    async def until(self, done: Callable[[], bool], within_s: float = 20.0) -> None:
        """Until a message made `done` say so."""
        async with asyncio.timeout(within_s):
            while not done():
                self._changed.clear()
                await self._changed.wait()


@contextlib.asynccontextmanager
async def connected(broker: BrokerConfig, name: str = AGENT) -> AsyncIterator[FakeAgent]:
    """An agent that is connected while the block runs."""
    agent = FakeAgent(broker, name)
    task = asyncio.create_task(agent.link.run())
    try:
        await asyncio.wait_for(agent.link.connected.wait(), 20)
        yield agent
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
