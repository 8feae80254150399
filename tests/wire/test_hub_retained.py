"""What stands on the hub's retained topics, also for a broker that has forgotten all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.brokers import MOSQUITTO_5, FlavouredBroker, flavoured
from helpers.hubs import AGENT, SITE, HubProcess, connected, dwell, report, status

from shelfwire import codec, topics
from shelfwire.link import Link, Message
from shelfwire.messages import ShelfState

pytestmark = [pytest.mark.needs("mosquitto"), pytest.mark.timeout(150)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(MOSQUITTO_5, tmp_path)


async def shelves_seen(broker: FlavouredBroker, name: str, at_least: int) -> dict[str, ShelfState]:
    """What a new dashboard finds on the topics of the shelves."""
    seen: dict[str, ShelfState] = {}
    enough = asyncio.Event()

    async def take(message: Message) -> None:
        if message.payload:
            found = codec.shelf_state.decode(message.payload)
            seen[found.shelf] = found
        if len(seen) >= at_least:
            enough.set()

    link = Link(
        broker.config("web"), client_id=name, filters=[topics.shelf_state(SITE, "+")], on_message=take
    )
    task = asyncio.create_task(link.run())
    try:
        await asyncio.wait_for(enough.wait(), 40)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return seen


async def test_shelves_are_said_and_said_again_to_a_broker_that_forgot(
    tmp_path: Path, broker: FlavouredBroker
) -> None:
    hub = HubProcess(tmp_path / "hub", broker.config("hub")).start()
    try:
        async with connected(broker.config(AGENT)) as agent:
            await agent.send(status(), *(report(n, dwells=[dwell(port=n)]) for n in range(1, 10)))
            await agent.acknowledged(9)
        first = await shelves_seen(broker, "first", 105)
        assert all(state.site == SITE for state in first.values())
        broker.kill()
        for path in (tmp_path / "broker").rglob("*.db"):
            path.unlink()
        broker.start()
        again = await shelves_seen(broker, "again", 105)
        assert set(first) == set(again)
        assert hub.stop() == 0
    finally:
        hub.kill()
