"""The agent against real brokers of every flavour, and a hub that only acknowledges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.brokers import FLAVOURS, FlavouredBroker, flavoured
from helpers.edge import FakeHub, Readers, edge_config, running_agent, until


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
