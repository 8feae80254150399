"""The hub's process on real brokers: takes, acknowledges, survives kills, says what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.brokers import (
    FLAVOURS,
    MOSQUITTO_5,
    Flavour,
    FlavouredBroker,
    flavoured,
    free_port,
    mosquitto_with,
    wait_for_port,
)
from helpers.hubs import AGENT, SITE, FakeAgent, HubProcess, connected, lost, report, status

from hub.config import read_hub
from hub.events import ReportTaken
from hub.health import Trouble
from hub.intake import event_of
from hub.journal import Journal
from hub.store.read import StoreReader
from shelfwire.link import BrokerConfig
from shelfwire.messages import Lost

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(MOSQUITTO_5, tmp_path)


@pytest.fixture
def hub(broker: FlavouredBroker, tmp_path: Path) -> Iterator[HubProcess]:
    one = HubProcess(tmp_path / "hub", broker.config("hub")).start()
    yield one
    one.kill()


def journalled(hub: HubProcess) -> list[int]:
    """The numbers of all reports in the journal, in order; the hub must not run."""
    journal = Journal(hub.state_dir / "journal", segment_bytes=65_536, max_bytes=2**40)
    found: list[int] = []
    for group in journal.read(journal.first() - 1):
        for entry in group.entries:
            event = event_of(entry)
            if isinstance(event, ReportTaken):
                last = event.message.upto if isinstance(event.message, Lost) else event.message.seq
                found += range(event.message.seq, last + 1)
    journal.close()
    return found


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_reports_are_taken_once_and_acknowledged_when_they_are_in_the_journal(
    flavour: Flavour, tmp_path: Path
) -> None:
    for broker in flavoured(flavour, tmp_path):
        more = {"journal": {"snapshot_every_s": 3_600.0, "min_free_bytes": 0}}
        hub = HubProcess(tmp_path / "hub", broker.config("hub"), **more).start()
        try:
            async with connected(broker.config(AGENT)) as agent:
                await agent.send(
                    status(), *(report(n) for n in range(1, 30)), report(7), lost(30, 35), report(36)
                )
                await agent.acknowledged(36)
                assert [ack.upto for ack in agent.acks] == sorted(ack.upto for ack in agent.acks)
        finally:
            hub.kill()
        assert journalled(hub) == list(range(1, 37))


@pytest.mark.needs("mosquitto")
async def test_a_birth_is_answered_with_what_the_journal_has(
    broker: FlavouredBroker, hub: HubProcess
) -> None:
    async with connected(broker.config(AGENT)) as agent:
        await agent.send(report(1), report(2))
        await agent.acknowledged(2)
    async with connected(broker.config(AGENT)) as agent:
        await agent.send(status(boot="boot-b"))
        await agent.acknowledged(2)


@pytest.mark.needs("mosquitto")
async def test_a_gap_is_asked_for(broker: FlavouredBroker, hub: HubProcess) -> None:
    async with connected(broker.config(AGENT)) as agent:
        await agent.send(report(1), report(4))
        await agent.until(lambda: any(ack.want == [(2, 3)] for ack in agent.acks))
        await agent.send(report(2), report(3))
        await agent.acknowledged(4)


@pytest.mark.needs("mosquitto")
async def test_nothing_acknowledged_is_lost_over_kill_9_at_any_moment(
    broker: FlavouredBroker, hub: HubProcess
) -> None:
    async with connected(broker.config(AGENT)) as agent:
        sent = 0
        for round_number in range(3):
            sending = asyncio.create_task(agent.send(*(report(sent + n) for n in range(1, 200))))
            await asyncio.sleep(0.05 + 0.07 * round_number)
            hub.kill()
            await sending
            upto = max((ack.upto for ack in agent.acks), default=0)
            hub.start()
            await agent.send(*(report(n) for n in range(upto + 1, sent + 200)))
            sent += 199
            await agent.acknowledged(sent)
        hub.kill()
    found = journalled(hub)
    assert sorted(set(found)) == sorted(found), "each once"
    hub.start()
    reader = StoreReader(f"sqlite:///{hub.state_dir / 'hub.db'}", SITE)
    hub.wait_for(lambda: any(row.agent == AGENT and row.reports == sent for row in reader.agents()))
    reader.close()


@pytest.mark.needs("mosquitto")
async def test_the_broker_may_be_away_at_the_start_and_in_the_middle(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    broker.kill()
    hub = HubProcess(tmp_path / "hub", broker.config("hub")).start()
    try:
        hub.wait_for(lambda: "broker" in [one.what for one in said(hub)])
        broker.start()
        async with connected(broker.config(AGENT)) as agent:
            await sent_again(agent, 1)
            broker.kill()
            await asyncio.sleep(0.5)
            broker.start()
            await sent_again(agent, 2)
            hub.wait_for(lambda: said(hub) == [])
        assert hub.stop() == 0
    finally:
        hub.kill()


@pytest.mark.needs("mosquitto")
async def test_bad_messages_are_counted_shown_and_never_fatal(
    broker: FlavouredBroker, hub: HubProcess
) -> None:
    async with connected(broker.config(AGENT)) as agent:
        await agent.send(b"nonsense", b'{"kind":"dwells","v":77}', b"\x80" * 50)
        await agent.send(report(1, agent="edge-2"))
        await agent.send(report(1))
        await agent.acknowledged(1)
    await until_counted(hub, {"unreadable", "future_version", "topic_mismatch"})
    assert hub.stop() == 0


@pytest.mark.needs("mosquitto")
async def test_fifty_megabytes_through_a_broker_without_bounds_are_counted(tmp_path: Path) -> None:
    port = free_port()
    conf = tmp_path / "open.conf"
    conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
    with mosquitto_with(conf) as process:
        wait_for_port(port, process)
        anyone = BrokerConfig(port=port, protocol="3.1.1")
        hub = HubProcess(tmp_path / "hub", anyone).start()
        try:
            async with connected(anyone) as agent:
                await agent.send(b"{" + b" " * 50_000_000, report(1))
                await agent.acknowledged(1)
            await until_counted(hub, {"too_large"})
        finally:
            hub.kill()


@pytest.mark.needs("mosquitto")
def test_a_second_hub_on_the_same_state_is_refused(hub: HubProcess) -> None:
    second = HubProcess(hub.folder, hub_broker(hub)).start(ready=False)
    assert second._process is not None
    assert second._process.wait(20) == 2
    assert "another hub runs" in second.log()


@pytest.mark.needs("mosquitto")
async def test_a_full_journal_stops_taking_says_so_and_loses_nothing(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    small = {"max_bytes": 4 * 1024 * 1024, "segment_bytes": 65_536, "snapshot_every_s": 3_600.0}
    hub = HubProcess(
        tmp_path / "hub", broker.config("hub"), journal=small | {"min_free_bytes": 2**60}
    ).start()
    try:
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(report(1), report(2))
            hub.wait_for(lambda: "journal" in [one.what for one in said(hub)])
            await asyncio.sleep(1.0)
            assert agent.acks == []
            hub.kill()
            room = HubProcess(
                tmp_path / "hub", broker.config("hub"), journal=small | {"min_free_bytes": 0}
            ).start()
            await sent_again(agent, 2)
            room.kill()
    finally:
        hub.kill()


async def until_counted(hub: HubProcess, faults: set[str]) -> None:
    """Until the health page would show these faults."""
    reader = StoreReader(f"sqlite:///{hub.state_dir / 'hub.db'}", SITE)
    try:
        await asyncio.to_thread(
            hub.wait_for, lambda: any(faults <= set(row.faults) for row in reader.agents())
        )
    finally:
        reader.close()


def said(hub: HubProcess) -> list[Trouble]:
    found = hub.health()
    return list(found.troubles) if found is not None else []


async def sent_again(agent: FakeAgent, upto: int) -> None:
    """As an agent does: until it is acknowledged."""
    await agent.send_until_acknowledged(upto, *(report(n) for n in range(1, upto + 1)))


def hub_broker(hub: HubProcess) -> BrokerConfig:
    return read_hub(hub.path).config.broker


def test_what_the_hub_makes_is_closed_to_other_users_of_the_machine(hub: HubProcess) -> None:
    made = [hub.state_dir, *hub.state_dir.rglob("*")]
    assert len(made) > 3
    assert [path for path in made if path.stat().st_mode & 0o007] == []
