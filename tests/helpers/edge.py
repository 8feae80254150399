"""A reader that is a script, a hub that only takes and acknowledges, and an agent between them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from edge.agent import Agent
from edge.config import EdgeConfig, OutboxConfig, ReaderConfig
from edge.ports import Cycle, DriverFactory, ReaderSink
from shelfwire import topics
from shelfwire.clock import BootClock
from shelfwire.codec import decode_from_agent, decode_reply, decode_status, encode
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.messages import Ack, AgentStatus, Command, Dwell, Lost, ReaderState, Reply, Report, Tags
from shelfwire.retry import Backoff

FAST = Backoff(first_s=0.05, longest_s=0.2)
EPC = "E280689400005001"


def dwell(number: int = 0, *, reader: str = "R1", port: int = 1, tags: int = 1, at_us: int = 10**15) -> Dwell:
    """One second of one antenna that heard `tags` tags; `number` stands in the first EPC."""
    return Dwell(
        reader=reader,
        port=port,
        started_at_us=at_us,
        ended_at_us=at_us + 1_000_000,
        tags=Tags(
            epc=[f"{number:08X}{row:08X}{EPC[:8]}" for row in range(tags)],
            count=[1] * tags,
            rssi_dbm=[-61.5] * tags,
        ),
    )


class ScriptedReader:
    """A driver without a reader: makes `dwells_a_second` numbered dwells until cancelled, or until it is told to fail."""

    made = 0

    def __init__(
        self, config: ReaderConfig, clock: BootClock, sink: ReaderSink, dwells_a_second: float = 50.0
    ) -> None:
        self.config, self.clock, self.sink = config, clock, sink
        self.pace = dwells_a_second
        self.cycles: list[Cycle | None] = []
        self.fail: Exception | None = None

    async def set_cycle(self, cycle: Cycle | None) -> None:
        self.cycles.append(cycle)

    async def run(self) -> None:
        self.sink.state(ReaderState(reader=self.config.id, state="connected", ports=[1, 2, 3, 4]))
        while True:
            if self.fail is not None:
                raise self.fail
            if self.pace:
                ScriptedReader.made += 1
                now_us = self.clock.now_us()
                port = 1 + ScriptedReader.made % 4
                self.sink.dwell(
                    dwell(ScriptedReader.made, reader=self.config.id, port=port, at_us=now_us - 1_000_000)
                )
            await asyncio.sleep(1 / (self.pace or 20.0))


class Readers:
    """Gives `Agent` scripted readers, and the test each of them by id (the newest life of it)."""

    def __init__(self, dwells_a_second: float = 50.0) -> None:
        self.pace = dwells_a_second
        self.lives: Counter[str] = Counter()
        self.by_id: dict[str, ScriptedReader] = {}

    def find(self, kind: str) -> DriverFactory:
        def factory(config: ReaderConfig, clock: BootClock, sink: ReaderSink) -> ScriptedReader:
            self.lives[config.id] += 1
            self.by_id[config.id] = ScriptedReader(config, clock, sink, self.pace)
            return self.by_id[config.id]

        return factory


class FakeHub:
    """Takes each (log, seq) once, in memory, and acknowledges; asks for gaps. `deaf`: takes nothing; `mute`: acknowledges nothing."""

    def __init__(self, broker: BrokerConfig, site: str = "demo") -> None:
        self.site = site
        self.taken: dict[tuple[str, int], Report | Lost] = {}
        self.covered: dict[str, set[int]] = {}
        self.doubles = 0
        self.arrived = 0
        self.deaf = self.mute = False
        self.skip: set[int] = set()
        """Numbers that get lost on their way, each once."""
        self.statuses: list[AgentStatus] = []
        self.replies: list[Reply] = []
        self.link = Link(
            broker,
            client_id=f"hub-{id(self)}",
            filters=topics.hub_filters(site),
            on_message=self._on_message,
            backoff=FAST,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[FakeHub]:
        task = asyncio.create_task(self.link.run())
        try:
            await asyncio.wait_for(self.link.connected.wait(), 10)
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _on_message(self, message: Message) -> None:
        topic = topics.parse(message.topic)
        if not isinstance(topic, topics.AgentTopic):
            return
        if topic.leaf == "status":
            self.statuses.append(decode_status(message.payload))
        elif topic.leaf == "reply":
            self.replies.append(decode_reply(message.payload))
        elif topic.leaf == "dwells" and not self.deaf:
            self._take(topic.agent, decode_from_agent(message.payload))

    def _take(self, agent: str, report: Report | Lost) -> None:
        self.arrived += 1
        if report.seq in self.skip:
            self.skip.discard(report.seq)
            return
        covered = self.covered.setdefault(report.log, set())
        numbers = set(range(report.seq, (report.upto if isinstance(report, Lost) else report.seq) + 1))
        if numbers <= covered:
            self.doubles += 1
        else:
            self.taken[report.log, report.seq] = report
            covered |= numbers
        if not self.mute:
            self.ack(agent, report.log)

    def ack(self, agent: str, log: str) -> None:
        upto = self.upto(log)
        beyond = sorted(seq for seq in self.covered[log] if seq > upto)
        want = [(upto + 1, beyond[0] - 1)] if beyond else []
        self.link.post(topics.ack(self.site, agent), encode(Ack(log=log, upto=upto, want=want)))

    def upto(self, log: str) -> int:
        covered, upto = self.covered.get(log, set()), 0
        while upto + 1 in covered:
            upto += 1
        return upto

    async def hears(self, more: int) -> None:
        """Return when `more` messages with dwells have arrived from now on."""
        before = self.arrived
        await until(lambda: self.arrived >= before + more, 30)

    def whole(self) -> bool:
        """No number is missing below the highest of each log."""
        return all(self.upto(log) == max(covered) for log, covered in self.covered.items())

    async def command(self, agent: str, command: Command) -> Reply:
        """Send one command and wait for its answer."""
        before = len(self.replies)
        assert await self.link.publish(topics.command(self.site, agent), encode(command))
        await until(lambda: any(reply.id == command.id for reply in self.replies[before:]))
        return next(reply for reply in self.replies[before:] if reply.id == command.id)


def edge_config(broker: BrokerConfig, agent: str = "edge-1", **more: object) -> EdgeConfig:
    """One agent with one scripted reader that reports every 50 ms."""
    settings: dict[str, object] = {
        "readers": [ReaderConfig(id="R1", kind="scripted", host="127.0.0.1")],
        "outbox": OutboxConfig(),
        "report_interval_ms": 50,
    }
    return EdgeConfig(site="demo", agent=agent, state_dir="state", broker=broker, **{**settings, **more})  # type: ignore[arg-type]  # checked by the struct's users


@contextlib.asynccontextmanager
async def running_agent(config: EdgeConfig, base: Path, readers: Readers) -> AsyncIterator[Agent]:
    """An agent at work; stopped cleanly at the end."""
    agent = Agent(config, base, drivers=readers.find)
    agent.link._backoff = FAST
    stop = asyncio.Event()
    task = asyncio.create_task(agent.run(stop))
    try:
        yield agent
    finally:
        stop.set()
        await task


async def until(what: Callable[[], bool], within_s: float = 15.0) -> None:
    """Return as soon as `what` is true; fails the test when it does not become so in time."""
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.01)
