"""The link against real brokers: it comes back, it is bounded, it leaves nothing open, it says why."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from helpers.brokers import FLAVOURS, MOSQUITTO_5, FlavouredBroker, flavoured, free_port
from helpers.edge import FAST, until

from shelfwire import link as link_module
from shelfwire import topics
from shelfwire.errors import InputError
from shelfwire.link import BrokerConfig, Link, Message, Will
from shelfwire.messages import MAX_PAYLOAD_BYTES

TOPIC = topics.dwells("demo", "edge-1")
FILTERS = topics.hub_filters("demo")


@pytest.fixture(params=FLAVOURS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(request.param, tmp_path)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(MOSQUITTO_5, tmp_path)


class Ear:
    """What came in, and when the link went up and down."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.ups = 0
        self.reasons: list[str] = []
        self.busy = asyncio.Event()
        self.busy.set()

    async def on_message(self, message: Message) -> None:
        await self.busy.wait()
        self.heard.append(message)

    async def on_up(self) -> None:
        self.ups += 1

    async def on_down(self, reason: str) -> None:
        self.reasons.append(reason)


@contextlib.asynccontextmanager
async def linked(
    config: BrokerConfig, *filters: str, wait: bool = True, **more: Any
) -> AsyncIterator[tuple[Link, Ear]]:
    ear = Ear()
    link = Link(
        config,
        client_id=f"test-{id(ear)}",
        filters=list(filters),
        on_message=ear.on_message,
        on_up=ear.on_up,
        on_down=ear.on_down,
        backoff=FAST,
        **more,
    )
    task = asyncio.create_task(link.run())
    try:
        if wait:
            await asyncio.wait_for(link.connected.wait(), 10)
        yield link, ear
    finally:
        ear.busy.set()
        task.cancel()
        await asyncio.wait([task])


async def test_messages_arrive_in_order_and_retained_ones_later(broker: FlavouredBroker) -> None:
    async with linked(broker.config("edge-1")) as (agent, _):
        assert await agent.publish(topics.status("demo", "edge-1"), b"born", retain=True)
        async with linked(broker.config("hub"), *FILTERS) as (_, hub):
            await until(lambda: len(hub.heard) == 1)
            assert hub.heard[0] == Message(topics.status("demo", "edge-1"), b"born", retained=True)
            for number in range(300):
                while not agent.post(TOPIC, b"%d" % number):  # noqa: ASYNC110 (the link tells nobody that it has room)
                    await asyncio.sleep(0.02)
            await until(lambda: len(hub.heard) == 301)
            assert [message.payload for message in hub.heard[1:]] == [b"%d" % number for number in range(300)]


async def test_it_comes_back_after_the_broker_was_killed(broker: FlavouredBroker) -> None:
    async with (
        linked(broker.config("hub"), *FILTERS) as (_, hub),
        linked(broker.config("edge-1")) as (agent, ear),
    ):
        broker.kill()
        await until(lambda: bool(ear.reasons))
        assert not await agent.publish(TOPIC, b"into the dark")
        assert not agent.post(TOPIC, b"into the dark")
        broker.start()
        await until(lambda: ear.ups == 2 and hub.ups == 2)
        assert await agent.publish(TOPIC, b"light")
        await until(lambda: len(hub.heard) == 1)


async def test_a_handler_that_waits_does_not_blind_the_link(broker: FlavouredBroker) -> None:
    async with (
        linked(broker.config("hub"), *FILTERS) as (link, hub),
        linked(broker.config("edge-1")) as (agent, _),
    ):
        hub.busy.clear()
        for number in range(3):
            assert await agent.publish(TOPIC, b"%d" % number)
        await until(lambda: link._inbox.qsize() == 2)

        async def again(life: int) -> None:
            broker.kill()
            await until(lambda: bool(hub.reasons) and not link.connected.is_set())
            broker.start()
            await until(lambda: hub.ups == life and agent.connected.is_set())
            assert await agent.publish(TOPIC, b"life %d" % life)
            await until(lambda: link._inbox.qsize() == 1)

        await again(2)
        await again(3)
        assert hub.heard == []
        hub.busy.set()
        await until(lambda: len(hub.heard) == 4)
        heard = [message.payload for message in hub.heard]
        assert heard == [b"0", b"1", b"2", b"life 3"], (
            "in order; what waited behind the handler for its turn is counted"
        )
        assert link.dropped == 1


@pytest.mark.needs("mosquitto")
async def test_a_handler_that_fails_ends_the_link_also_when_its_connection_is_gone(
    mosquitto: FlavouredBroker,
) -> None:
    go = asyncio.Event()

    async def fail(_message: Message) -> None:
        await go.wait()
        raise RuntimeError("a bug")

    link = Link(mosquitto.config("hub"), client_id="failing", filters=FILTERS, on_message=fail, backoff=FAST)
    task = asyncio.create_task(link.run())
    async with linked(mosquitto.config("edge-1")) as (agent, _):
        await asyncio.wait_for(link.connected.wait(), 10)
        assert await agent.publish(TOPIC, b"x")
        await asyncio.sleep(0.2)
        mosquitto.kill()
        await until(lambda: not link.connected.is_set())
        go.set()
        with pytest.raises(RuntimeError, match="a bug"):
            await asyncio.wait_for(task, 10)


async def test_a_publish_that_waits_returns_when_the_broker_dies(broker: FlavouredBroker) -> None:
    async with linked(broker.config("edge-1")) as (agent, _):
        broker.pause()
        waiting = asyncio.create_task(agent.publish(TOPIC, b"x"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        broker.resume()
        broker.kill()
        assert await asyncio.wait_for(waiting, 5) in {True, False}


async def test_the_last_will_is_published_when_the_socket_closes(broker: FlavouredBroker) -> None:
    will = Will(topics.status("demo", "edge-1"), b"dead")
    async with linked(broker.config("hub"), *FILTERS) as (_, hub):
        async with linked(broker.config("edge-1"), will=will) as (agent, _):
            assert agent._client is not None
            found = agent._client._client.socket()
            assert isinstance(found, socket.socket)
            found.shutdown(socket.SHUT_RDWR)
            await until(lambda: [message.payload for message in hub.heard] == [b"dead"])
            await until(agent.connected.is_set)
        await asyncio.sleep(0.3)
        assert len(hub.heard) == 1, "a clean stop is no death"


@pytest.mark.needs("mosquitto")
async def test_a_full_queue_drops_counts_and_goes_on(
    mosquitto: FlavouredBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "INCOMING_MESSAGES", 10)
    async with (
        linked(mosquitto.config("hub"), *FILTERS) as (link, hub),
        linked(mosquitto.config("edge-1")) as (agent, _),
    ):
        hub.busy.clear()
        for number in range(50):
            assert await agent.publish(TOPIC, b"%d" % number)
        await until(lambda: link.dropped > 0)
        hub.busy.set()
        await until(lambda: len(hub.heard) + link.dropped == 50)
        assert len(hub.heard) in {10, 11}
        assert await agent.publish(TOPIC, b"later")
        await until(lambda: hub.heard[-1].payload == b"later")
        assert [message.payload for message in hub.heard if message.after_gap] == [b"later"]


@pytest.mark.needs("mosquitto")
async def test_the_queue_is_bounded_in_bytes_as_well(
    mosquitto: FlavouredBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "INCOMING_BYTES", 100_000)
    async with (
        linked(mosquitto.config("hub"), *FILTERS) as (link, hub),
        linked(mosquitto.config("edge-1")) as (agent, _),
    ):
        hub.busy.clear()
        for _ in range(10):
            assert await agent.publish(TOPIC, bytes(30_000))
        await until(lambda: link.dropped >= 6)
        assert link._inbox._bytes <= 100_000


async def test_a_message_beyond_the_bound_is_cut_so_that_the_codec_refuses_it(
    broker: FlavouredBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "MAX_PAYLOAD_BYTES", 1_000)
    async with (
        linked(broker.config("hub"), *FILTERS) as (_, hub),
        linked(broker.config("edge-1")) as (agent, _),
    ):
        assert await agent.publish(TOPIC, bytes(50_000))
        await until(lambda: len(hub.heard) == 1)
        assert len(hub.heard[0].payload) == 1_001
    assert MAX_PAYLOAD_BYTES == 1024 * 1024


@pytest.mark.needs("mosquitto")
async def test_a_client_that_sends_fifty_megabytes_is_cut_off_and_hurts_nobody(
    mosquitto: FlavouredBroker,
) -> None:
    async with (
        linked(mosquitto.config("hub"), *FILTERS) as (_, hub),
        linked(mosquitto.config("edge-1")) as (bad, ear),
        linked(mosquitto.config("edge-2")) as (good, _),
    ):
        bad.post(TOPIC, bytes(50_000_000))
        await until(lambda: bool(ear.reasons))
        assert await good.publish(topics.dwells("demo", "edge-2"), b"here")
        await until(lambda: len(hub.heard) == 1)


async def test_a_broker_that_does_not_answer_is_left_and_no_socket_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link_module, "TIMEOUT_S", 0.2)
    connections: list[asyncio.StreamWriter] = []
    ended = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal ended
        connections.append(writer)
        while await reader.read(1_000):
            pass
        ended += 1
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        async with linked(BrokerConfig(port=port), wait=False) as (_, ear):
            await until(lambda: len(ear.reasons) >= 2)
            assert "timed out" in ear.reasons[0]
        await until(lambda: ended == len(connections))
        for writer in connections:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def test_a_broker_that_is_away_is_said_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with linked(BrokerConfig(port=free_port()), wait=False) as (_, ear):
        await until(lambda: len(ear.reasons) >= 4)
    assert sum("trying again" in record.message for record in caplog.records) == 1


async def test_a_broker_that_stays_away_is_said_again_with_the_wait(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(link_module, "REPEAT_S", 0.3)
    async with linked(BrokerConfig(port=free_port()), wait=False) as (_, ear):
        await until(lambda: sum("trying again in 1 s" in record.message for record in caplog.records) == 3)
        assert len(ear.reasons) > 3, "not at every try"


def test_nobody_waits_long_for_a_broker_that_is_back() -> None:
    link = Link(BrokerConfig(), client_id="x", filters=[], on_message=Ear().on_message)
    assert max(link._backoff.wait_s(failures, 1.0) for failures in range(1, 100)) <= 18


@pytest.mark.parametrize("fault", [OSError("unplugged"), ValueError("no such name")])
async def test_whatever_fails_while_connecting_is_said_and_leaves_no_socket(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    closed: list[aiomqtt.Client] = []

    async def enter(client: aiomqtt.Client) -> aiomqtt.Client:
        raise fault

    monkeypatch.setattr(aiomqtt.Client, "__aenter__", enter)
    monkeypatch.setattr(link_module, "_close_socket", closed.append)
    async with linked(BrokerConfig(port=free_port()), wait=False) as (_, ear):
        await until(lambda: len(ear.reasons) >= 2)
    assert ear.reasons[0] == str(fault)
    assert len(closed) >= 2


async def test_a_host_that_is_no_name_is_said_and_tried_again() -> None:
    async with linked(BrokerConfig(host="no such host.", tls=True), wait=False) as (_, ear):
        await until(lambda: len(ear.reasons) >= 2)


@pytest.mark.needs("mosquitto")
async def test_properties_of_mqtt_5_repeat_what_the_message_says(mosquitto: FlavouredBroker) -> None:
    async with (
        linked(mosquitto.config("hub"), *FILTERS) as (hub, ear),
        linked(mosquitto.config("edge-1")) as (agent, _),
    ):
        seen: list[Any] = []
        put = hub._inbox.put_nowait

        def look(item: Any) -> None:
            seen.append(item.properties)
            put(item)

        hub._inbox.put_nowait = look  # type: ignore[method-assign]  # to look at the raw message
        assert await agent.publish(
            topics.reply("demo", "edge-1"), b"{}", expiry_s=60, correlation="c-1", reply_to=TOPIC
        )
        await until(lambda: len(ear.heard) == 1)
        assert seen[0].CorrelationData == b"c-1"
        assert seen[0].ContentType == "application/json"
        assert seen[0].ResponseTopic == TOPIC
        assert 0 < seen[0].MessageExpiryInterval <= 60


async def test_stopping_while_connecting_leaves_nothing_behind() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        await asyncio.sleep(0.2)
        writer.write(b"\x20\x02\x00\x00")  # CONNACK of MQTT 3.1.1
        await reader.read(1_000)
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    async with server:
        config = BrokerConfig(port=server.sockets[0].getsockname()[1], protocol="3.1.1")
        async with linked(config, wait=False):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)


async def test_a_missing_password_or_certificate_is_found_before_anything_starts(tmp_path: Path) -> None:
    ear = Ear()
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "latin").write_bytes(b"\xe4\n")
    for config, words in (
        (BrokerConfig(username="a", password_file="none"), "cannot be read"),
        (BrokerConfig(username="a", password_file="empty"), "holds no password"),
        (BrokerConfig(username="a", password_file="latin"), "no UTF-8"),
        (BrokerConfig(tls=True, ca_file="none"), "certificates cannot be read"),
        (BrokerConfig(tls=True, ca_file="empty"), "certificates cannot be read"),
    ):
        with pytest.raises(InputError, match=words):
            Link(config, client_id="x", filters=[], on_message=ear.on_message, base=tmp_path)


def test_a_broker_elsewhere_needs_tls_and_names_need_passwords() -> None:
    assert BrokerConfig().faults() == []
    assert "tls" in BrokerConfig(host="10.0.0.1").faults()[0]
    assert BrokerConfig(host="10.0.0.1", tls=True).faults() == []
    assert "go together" in BrokerConfig(username="x").faults()[0]
    assert "only for tls" in BrokerConfig(ca_file="x").faults()[0]
