"""The agent against real brokers of every flavour, and a hub that only acknowledges."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.brokers import FLAVOURS, FlavouredBroker, flavoured
from helpers.edge import FAST, FakeHub, Readers, dwell, edge_config, running_agent, until

from edge.config import MIB, OutboxConfig, ReaderConfig
from edge.window import REPORTS, Window
from shelfwire import link as link_module
from shelfwire import topics
from shelfwire.codec import encode
from shelfwire.link import Message
from shelfwire.messages import Ack, Lost, Ping, Power, StartCycle, StopCycle
from shelfwire.retry import Backoff


@pytest.fixture(params=FLAVOURS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(request.param, tmp_path)


async def test_what_the_readers_hear_arrives_once_and_leaves_the_outbox(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    readers = Readers()
    async with FakeHub(broker.config("hub")).running() as hub:
        async with running_agent(edge_config(broker.config("edge-1")), tmp_path, readers) as agent:
            await until(lambda: len(hub.taken) >= 10)
        assert hub.whole()
        assert hub.doubles == 0
        assert agent.outbox.reports == 0
        await until(lambda: not hub.statuses[-1].online)
    assert hub.statuses[0].online


async def test_a_broker_that_is_killed_and_restarted_loses_nothing(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    async with (
        FakeHub(broker.config("hub")).running() as hub,
        running_agent(edge_config(broker.config("edge-1")), tmp_path, Readers(200)) as agent,
    ):
        for _ in range(3):
            await hub.hears(3)
            broker.kill()
            await asyncio.sleep(0.3)
            assert not agent.link.connected.is_set()
            broker.start()
        agent._keepers[0]._driver.pace = 0  # type: ignore[attr-defined]  # the scripted reader's
        await until(lambda: agent.outbox.reports == 0 and agent.outbox.last > 10, 30)
        assert hub.upto(agent.outbox.log) == agent.outbox.last
        assert not any(isinstance(message, Lost) for message in hub.taken.values())


async def test_a_hub_that_was_away_gets_everything_once_it_is_back(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    config = edge_config(broker.config("edge-1"), report_observations=1)
    async with running_agent(config, tmp_path, Readers(0)) as agent:
        agent.window._resend = Backoff(first_s=0.3, longest_s=0.5)
        for number in range(3 * REPORTS):
            agent.dwell(dwell(number))
        await until(lambda: agent.window.flying > 0 and agent.outbox.committed == 3 * REPORTS)
        await asyncio.sleep(0.5)
        assert agent.window.flying == REPORTS, "the window is full and stays bounded"
        async with FakeHub(broker.config("hub")).running() as hub:
            await until(lambda: agent.outbox.reports == 0)
            assert hub.upto(agent.outbox.log) == agent.outbox.last


async def test_reports_that_get_lost_on_the_way_are_asked_for_and_sent_again(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    async with FakeHub(broker.config("hub")).running() as hub:
        hub.skip = {2, 3, 7}
        async with running_agent(edge_config(broker.config("edge-1")), tmp_path, Readers()) as agent:
            await until(lambda: hub.upto(agent.outbox.log) > 10)
    assert not hub.skip


async def test_what_a_full_queue_drops_is_sent_again(
    broker: FlavouredBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "INCOMING_MESSAGES", 5)
    hub = FakeHub(broker.config("hub"))
    take, gate = hub.link._on_message, asyncio.Event()

    async def wait(message: Message) -> None:
        await gate.wait()
        await take(message)

    hub.link._on_message = wait
    config = edge_config(broker.config("edge-1"), report_observations=1)
    async with hub.running(), running_agent(config, tmp_path, Readers(0)) as agent:
        agent.window._resend = Backoff(first_s=0.3, longest_s=0.5)
        for number in range(REPORTS):
            agent.dwell(dwell(number))
        await until(lambda: hub.link.dropped > 0)
        gate.set()
        await until(lambda: agent.outbox.reports == 0 and agent.outbox.last == REPORTS)
    assert hub.upto(agent.outbox.log) == REPORTS


async def test_an_agent_stops_in_time_although_its_broker_hangs(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    async with running_agent(edge_config(broker.config("edge-1")), tmp_path, Readers()) as agent:
        await until(lambda: agent.outbox.last > 2)
        broker.pause()
        started = time.monotonic()
    broker.resume()
    assert time.monotonic() - started < 8


async def test_nonsense_from_the_hub_is_ignored_and_counted(broker: FlavouredBroker, tmp_path: Path) -> None:
    async with (
        FakeHub(broker.config("hub")).running() as hub,
        running_agent(edge_config(broker.config("edge-1")), tmp_path, Readers()) as agent,
    ):
        await until(lambda: len(hub.taken) > 2)
        log = agent.outbox.log
        topic = topics.ack("demo", "edge-1")
        for payload in (
            b"\x00nonsense",
            b'{"v":9,"log":"x","upto":1}',
            encode(Ack(log="another", upto=2**40)),
            encode(Ack(log=log, upto=2**40)),
            encode(Ack(log=log, upto=0, want=[(5, 4), (1, 2**50)])),
        ):
            assert await hub.link.publish(topic, payload)
        await until(lambda: agent.board.strange == 5)
        before = len(hub.taken)
        await until(lambda: len(hub.taken) > before + 2)
        await until(lambda: "made no sense" in hub.statuses[-1].trouble)
        assert "one of two copies" in hub.statuses[-1].trouble


async def test_the_last_will_is_the_death_of_the_same_boot(broker: FlavouredBroker, tmp_path: Path) -> None:
    async with (
        FakeHub(broker.config("hub")).running() as hub,
        running_agent(edge_config(broker.config("edge-1")), tmp_path, Readers()) as agent,
    ):
        await until(lambda: bool(hub.statuses) and hub.statuses[-1].online)
        client = agent.link._client
        assert client is not None
        found = client._client.socket()
        assert isinstance(found, socket.socket)
        found.shutdown(socket.SHUT_RDWR)
        await until(lambda: any(not status.online for status in hub.statuses))
        death = next(status for status in hub.statuses if not status.online)
        assert (death.boot, death.log) == (agent.boot, agent.outbox.log)
        await until(lambda: hub.statuses[-1].online, 20)
        assert hub.statuses[-1].boot == agent.boot, "it is back, and says so"


async def test_the_status_is_retained_for_a_hub_that_comes_later(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    async with running_agent(edge_config(broker.config("edge-1")), tmp_path, Readers()) as agent:
        await until(lambda: agent.board._said_us > 0)
        await asyncio.sleep(0.2)
        async with FakeHub(broker.config("hub")).running() as hub:
            await until(lambda: bool(hub.statuses))
            status = hub.statuses[0]
            assert (status.online, status.log) == (True, agent.outbox.log)
            assert [reader.reader for reader in status.readers] == ["R1"]


async def test_commands_are_done_once_and_answered(broker: FlavouredBroker, tmp_path: Path) -> None:
    readers = Readers()
    async with (
        FakeHub(broker.config("hub")).running() as hub,
        running_agent(edge_config(broker.config("edge-1")), tmp_path, readers),
    ):
        await until(lambda: bool(hub.statuses))
        assert (await hub.command("edge-1", Ping(id="p1", expires_at_us=0))).ok
        assert (await hub.command("edge-1", Power(id="w1", expires_at_us=0, reader="R1", power_dbm=20))).ok
        unknown = await hub.command("edge-1", StopCycle(id="s1", expires_at_us=0, reader="R9"))
        assert not unknown.ok
        assert "no reader R9; it has R1" in unknown.detail
        late = await hub.command("edge-1", StopCycle(id="s2", expires_at_us=1, reader="R1"))
        assert not late.ok
        assert "expired" in late.detail
        cycle = StartCycle(
            id="c1", expires_at_us=0, reader="R1", power_dbm=30, dwell_ms=2_000, for_s=0.3, sweep="sw1"
        )
        assert (await hub.command("edge-1", cycle)).ok
        cycles = readers.by_id["R1"].cycles
        assert cycles[-1] is not None
        assert (cycles[-1].sweep, cycles[-1].power_dbm, cycles[-1].dwell_ms) == ("sw1", 30, 2_000)
        count = len(cycles)
        assert (await hub.command("edge-1", cycle)).ok, "answered again, not done again"
        await until(lambda: len(cycles) > count)
        assert cycles[-1] is not None
        assert (cycles[-1].sweep, cycles[-1].power_dbm) == (None, 20), "back to usual by itself"


async def test_a_driver_that_fails_is_started_again_and_the_others_go_on(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    readers = Readers()
    config = edge_config(
        broker.config("edge-1"),
        readers=[ReaderConfig(id=name, kind="scripted", host=name) for name in ("R1", "R2")],
    )
    async with (
        FakeHub(broker.config("hub")).running() as hub,
        running_agent(config, tmp_path, readers) as agent,
    ):
        await until(lambda: len(hub.taken) > 2)
        for keeper in agent._keepers:
            keeper._backoff = Backoff(first_s=1.2)
        readers.by_id["R1"].fail = RuntimeError("the cable is out")
        await until(lambda: any("the cable is out" in reader.detail for reader in hub.statuses[-1].readers))
        assert [reader.state for reader in hub.statuses[-1].readers] == ["lost", "connected"]
        await until(lambda: readers.lives["R1"] == 2)
        await until(lambda: all(reader.state == "connected" for reader in hub.statuses[-1].readers))
        assert readers.lives["R2"] == 1


async def test_an_agent_whose_outbox_overflows_says_what_was_lost(
    broker: FlavouredBroker, tmp_path: Path
) -> None:
    readers = Readers(0)
    config = edge_config(broker.config("edge-1"), outbox=OutboxConfig(max_bytes=MIB), report_interval_ms=10)
    async with running_agent(config, tmp_path, readers) as agent:
        await until(lambda: "R1" in readers.by_id)
        for number in range(120):
            agent.dwell(dwell(number, tags=450, at_us=10**15 + number))
        await until(lambda: agent.outbox.last >= 120)
        assert agent.outbox.lost_reports > 0
        agent.window._resend = FAST
        async with FakeHub(broker.config("hub")).running() as hub:
            await until(lambda: agent.outbox.reports == 0)
            [lost] = [message for message in hub.taken.values() if isinstance(message, Lost)]
            assert lost.upto - lost.seq + 1 == agent.outbox.lost_reports
            assert "bound in bytes" in lost.reason
            assert [(span.reader, span.port) for span in lost.spans] == [("R1", 1)]
            assert hub.upto(agent.outbox.log) == agent.outbox.last


def test_the_window_is_bounded_by_what_a_broker_may_queue() -> None:
    assert Window().flying == 0
    assert 300 * REPORTS <= 20_000, "config/mosquitto says 300 agents"
