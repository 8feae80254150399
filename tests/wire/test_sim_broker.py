from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from helpers.sims import running_broker

from firmware_sim.broker import Broker, Wish
from shelfwire import topics
from shelfwire.errors import AwayError
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.retry import Backoff

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "amqtt"]


class Peer:
    """A link that notes what it hears."""

    def __init__(self, config: BrokerConfig, filters: list[str]) -> None:
        self.heard: list[Message] = []
        self.link = Link(
            config,
            client_id=f"test-{id(self)}",
            filters=filters,
            on_message=self._note,
            backoff=Backoff(first_s=0.1, longest_s=0.2),
        )
        self.task = asyncio.create_task(self.link.run())

    async def _note(self, message: Message) -> None:
        self.heard.append(message)

    async def up(self) -> None:
        await asyncio.wait_for(self.link.connected.wait(), 15)

    async def hears(self, topic: str) -> bytes:
        for _ in range(200):
            for message in self.heard:
                if message.topic == topic:
                    return message.payload
            await asyncio.sleep(0.02)
        raise AssertionError(f"nothing on {topic}; heard {self.heard}")

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_agent_reaches_the_hub_and_cannot_publish_as_another(tmp_path: Path, kind: Wish) -> None:
    with running_broker(tmp_path, kind) as broker:
        hub = Peer(broker.config("hub"), [topics.dwells("demo", "+")])
        agent = Peer(broker.config("edge-1"), [topics.ack("demo", "edge-1")])
        await hub.up()
        await agent.up()
        await agent.link.publish(topics.dwells("demo", "edge-2"), b"forged")
        await agent.link.publish(topics.dwells("demo", "edge-1"), b"own")
        assert await hub.hears(topics.dwells("demo", "edge-1")) == b"own"
        assert [message.payload for message in hub.heard] == [b"own"]
        await hub.link.publish(topics.ack("demo", "edge-1"), b"ack")
        assert await agent.hears(topics.ack("demo", "edge-1")) == b"ack"
        await agent.close()
        await hub.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_wrong_password_gets_nobody_in(tmp_path: Path, kind: Wish) -> None:
    with running_broker(tmp_path, kind) as broker:
        (tmp_path / "hub.password").write_text("guess\n")
        stranger = Peer(broker.config("hub"), [])
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stranger.link.connected.wait(), 1)
        await stranger.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_killed_broker_comes_back_on_its_port_and_the_link_with_it(
    tmp_path: Path, kind: Wish
) -> None:
    with running_broker(tmp_path, kind) as broker:
        hub = Peer(broker.config("hub"), [topics.wake("demo")])
        await hub.up()
        broker.kill()
        await asyncio.sleep(0.3)
        assert not hub.link.connected.is_set()
        broker.start()
        await hub.up()
        await hub.close()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        broker = Broker(tmp_path, [], kind="amqtt", port=port)
        with pytest.raises(AwayError, match=str(port)):
            broker.start()
