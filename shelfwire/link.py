"""The one door to MQTT: a link that is made again and again, with a bounded queue on each side.

aiomqtt does not reconnect by itself, queues without bound, says nothing of a refused subscription, leaves a socket open when the broker
does not answer, and acknowledges QoS 1 before our code has stored anything; so nothing here is taken as delivered: end-to-end
acknowledgement is the business of agent and hub.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final, cast

import aiomqtt
import msgspec
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from shelfwire.broker import BrokerConfig, read_password, tls_context
from shelfwire.messages import MAX_PAYLOAD_BYTES
from shelfwire.retry import Backoff

__all__ = ["BrokerConfig", "Link", "Message", "Will"]

log = logging.getLogger(__name__)

INCOMING_MESSAGES: Final = 10_000
"""Messages that wait for our code: the full windows of 150 agents. What comes beyond it is counted and dropped, and sent again by the
agents, because no acknowledgement came."""

INCOMING_BYTES: Final = 128 * 1024 * 1024
"""The same bound in memory: 5,000 usual reports. Ten thousand of the largest would be 10 GB."""

POSTED_MESSAGES: Final = 200
"""Handed over and not yet with the broker; three windows of an agent."""

INFLIGHT_MESSAGES: Final = 20
"""Unacknowledged by the broker. Mosquitto takes 20 from an MQTT 5 client by default, and the client library does not ask."""

KEEPALIVE_S: Final = 20
"""A broker that vanished without a word is noticed, and an agent that vanished is announced, within 30 s."""

TIMEOUT_S: Final = 10
"""For each answer of the broker. It answers in milliseconds, or it is stuck."""

RECONNECT: Final = Backoff(longest_s=15.0)
"""A broker that is back has everybody back within 18 s. A try costs it one TCP connect; a hundred agents make seven a second."""

REPEAT_S: Final = 60.0
"""A reason that stays is said again this often, so that the end of a log tells why nothing happens."""

_REFUSED: Final = 0x80
"""MQTT reason codes from here on are refusals."""

_OPEN_BRACE: Final = 0x7B


class Will(msgspec.Struct, frozen=True):
    """What the broker publishes, retained, when we vanish."""

    topic: str
    payload: bytes


class Message(msgspec.Struct, frozen=True):
    """One message that came in. A payload beyond `MAX_PAYLOAD_BYTES` is cut one byte behind it, so that the codec refuses it."""

    topic: str
    payload: bytes
    retained: bool
    after_gap: bool = False
    """Messages that came right before it were dropped, because there was no room for them."""


class Link:
    """A connection that comes back by itself.

    Run `run` as a task; it calls `on_up` after each connect (subscribed already), `on_message` for each message, one at a time and
    in order, and `on_down` with the reason after each loss. A call of `on_message` that waits holds up the messages behind it, also those of
    the next connection, and nothing else: a loss is noticed and mended meanwhile. `publish` and `post` return False, at once, while the link is down: the caller
    keeps what must not get lost. Raises `InputError` when the password or the certificates cannot be read.
    """

    def __init__(
        self,
        config: BrokerConfig,
        *,
        client_id: str,
        filters: list[str],
        on_message: Callable[[Message], Awaitable[None]],
        on_up: Callable[[], Awaitable[None]] | None = None,
        on_down: Callable[[str], Awaitable[None]] | None = None,
        will: Will | None = None,
        base: Path | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.config = config
        self.connected = asyncio.Event()
        self._client_id = client_id
        self._filters = filters
        self._on_message = on_message
        self._on_up = on_up
        self._on_down = on_down
        self._will = will
        self._password = read_password(config, base or Path())
        self._tls = tls_context(config, base or Path())
        self._backoff = backoff or RECONNECT
        self._client: aiomqtt.Client | None = None
        self._inbox = _Inbox()
        self._dropped = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._posted: set[asyncio.Task[bool]] = set()
        self._turn = asyncio.Lock()
        """Held by the reading whose messages are handled."""
        self._readings: list[asyncio.Task[None]] = []
        """At most two: that of a lost connection whose last messages are still handled, and that of this one."""
        self._told, self._told_s = "", 0.0

    @property
    def dropped(self) -> int:
        """Messages that came in while there was no room for them, since the start."""
        return self._dropped + self._inbox.dropped

    async def run(self) -> None:
        """Connect, serve, and come back after each loss, until cancelled."""
        failures = 0
        try:
            while True:
                reason = "connection lost"
                try:
                    async with self._connection() as client:
                        failures = 0
                        await self._serve(client)
                except aiomqtt.MqttError as fault:
                    reason = str(fault) or type(fault).__name__
                finally:
                    was_up = self.connected.is_set()
                    self._hang_up()
                failures += 1
                wait_s = self._backoff.wait_s(failures, random.random())  # noqa: S311 (no secret)
                self._tell(reason, wait_s, anew=was_up)
                if self._on_down is not None:
                    await self._on_down(reason)
                await asyncio.sleep(wait_s)
                self._settle()
        finally:
            await self._end_readings()

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: str | None = None,
        reply_to: str | None = None,
    ) -> bool:
        """Hand one message to the broker; with QoS 1 returns when the broker has it. False: the link is down, or broke meanwhile.

        `expiry_s`, `correlation` and `reply_to` go into properties on MQTT 5 and nowhere on 3.1.1: what must not be missed stands in the message.
        """
        client = self._client
        if client is None:
            return False
        properties = (
            _properties(payload, expiry_s, correlation, reply_to) if self.config.protocol == "5" else None
        )
        call = asyncio.ensure_future(
            client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        )
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            await asyncio.wait({call})
        except asyncio.CancelledError:
            call.cancel()
            raise
        if call.cancelled():
            return False
        fault = call.exception()
        if fault is None:
            return True
        if not isinstance(fault, aiomqtt.MqttError):
            raise fault
        log.debug("publish on %s failed: %s", topic, fault)
        return False

    def post(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: str | None = None,
    ) -> bool:
        """Hand one QoS 1 message over without waiting for the broker. False, and nothing done, while the link is down or full.

        True is no promise: for what is sent again until someone acknowledges it, or is worth nothing a moment later.
        """
        if self._client is None or len(self._posted) >= POSTED_MESSAGES:
            return False
        task = asyncio.ensure_future(
            self.publish(topic, payload, retain=retain, expiry_s=expiry_s, correlation=correlation)
        )
        self._posted.add(task)
        task.add_done_callback(self._posted.discard)
        return True

    async def _serve(self, client: aiomqtt.Client) -> None:
        if self._filters:
            codes: list[Any] = list(await client.subscribe([(name, 1) for name in self._filters]))
            for name, code in zip(self._filters, codes, strict=True):
                if (code if isinstance(code, int) else code.value) >= _REFUSED:
                    raise aiomqtt.MqttError(
                        f"{self.config.username or 'anonymous'} may not read {name}: mend the broker's ACL"
                    )
        self._client = client
        self.connected.set()
        log.info("connected to broker %s:%d as %s", self.config.host, self.config.port, self._client_id)
        if self._on_up is not None:
            await self._on_up()
        self._readings.append(asyncio.create_task(self._read(client, self._inbox), name="link reading"))
        lost = client._disconnected  # noqa: SLF001 (the library tells it only to who waits for a message)
        while not lost.done():
            await asyncio.wait([lost, *self._readings], return_when=asyncio.FIRST_COMPLETED)
            self._settle()
        raise aiomqtt.MqttError(f"connection lost: {lost.exception() or 'closed'}")

    async def _read(self, client: aiomqtt.Client, inbox: _Inbox) -> None:
        """Handle what comes in on one connection, to the last message that came before its end."""
        async with self._turn:  # what an earlier connection brought comes first
            with contextlib.suppress(aiomqtt.MqttError):
                async for message in client.messages:
                    payload = message.payload
                    if isinstance(payload, bytes):
                        topic, gap = str(message.topic), inbox.after_gap()
                        await self._on_message(Message(topic, payload, bool(message.retain), gap))

    def _settle(self) -> None:
        """Forget the readings that have ended; raises what a handler failed with."""
        ended = [reading for reading in self._readings if reading.done()]
        self._readings = [reading for reading in self._readings if not reading.done()]
        for reading in ended:
            if not reading.cancelled():
                reading.result()

    async def _end_readings(self) -> None:
        for reading in self._readings:
            reading.cancel()
        if self._readings:
            await asyncio.wait(self._readings)

    def _tell(self, reason: str, wait_s: float, *, anew: bool) -> None:
        """Log why there is no connection; the same reason once in `REPEAT_S`."""
        now_s = asyncio.get_running_loop().time()
        if anew or reason != self._told or now_s - self._told_s >= REPEAT_S:
            self._told, self._told_s = reason, now_s
            log.warning(
                "broker %s:%d: %s; trying again in %.0f s",
                *(self.config.host, self.config.port, reason, max(1.0, wait_s)),
            )

    def _hang_up(self) -> None:
        for reading in self._readings[
            1:
        ]:  # its turn has not come: no message of it is kept for later, as memory is bounded
            reading.cancel()
            self._dropped += self._inbox.qsize()
        self._client = None
        self.connected.clear()
        self._dropped += self._inbox.dropped
        self._inbox.dropped = 0
        for call in [*self._calls, *self._posted]:
            call.cancel()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiomqtt.Client]:
        """As ``async with client``, and nothing stays open when connecting fails or is cancelled half-way."""
        self._inbox = _Inbox()
        client = self._new_client()
        connecting = asyncio.ensure_future(client.__aenter__())
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # The library connects in a thread that cannot be cancelled: wait for it, then close.
            with contextlib.suppress(aiomqtt.MqttError):
                await connecting
                await client.__aexit__(None, None, None)
            _close_socket(client)
            raise
        except (aiomqtt.MqttError, OSError, ValueError) as fault:  # ValueError: a host name that is none
            _close_socket(client)
            raise aiomqtt.MqttError(str(fault) or type(fault).__name__) from fault
        async with _entered(client):
            yield client

    def _new_client(self) -> aiomqtt.Client:
        config = self.config
        five = config.protocol == "5"
        client = aiomqtt.Client(
            config.host,
            config.port,
            username=config.username,
            password=self._password,
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(self._will.topic, self._will.payload, qos=1, retain=True)
            if self._will
            else None,
            timeout=TIMEOUT_S,
            keepalive=KEEPALIVE_S,
            clean_session=None if five else True,
            tls_context=self._tls,
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]]", lambda maxsize: self._inbox),  # noqa: ARG005 (the library's signature)
            max_inflight_messages=INFLIGHT_MESSAGES,
        )
        client.pending_calls_threshold = POSTED_MESSAGES  # below it waiting is what we want, no warning
        return client


class _Inbox(asyncio.Queue[Any]):
    """The queue between library and our code, bounded in messages and bytes; what does not fit is counted."""

    def __init__(self) -> None:
        self.dropped = 0
        self._bytes = 0
        self._came = self._taken = 0
        self._gaps: deque[int] = deque()
        """Numbers of the messages before which some were dropped; no more than messages wait."""
        self._full = False
        super().__init__()

    def after_gap(self) -> bool:
        """Whether messages were dropped since this was asked last and before the one that was taken last."""
        found = False
        while self._gaps and self._gaps[0] <= self._taken:
            self._gaps.popleft()
            found = True
        return found

    def put_nowait(self, item: aiomqtt.Message) -> None:
        payload = item.payload
        if isinstance(payload, bytes) and len(payload) > MAX_PAYLOAD_BYTES:
            item.payload = payload = payload[: MAX_PAYLOAD_BYTES + 1]
        size = _size(item)
        if self.qsize() >= INCOMING_MESSAGES or self._bytes + size > INCOMING_BYTES:
            self.dropped += 1
            self._full = True
            return
        self._bytes += size
        self._came += 1
        if self._full:
            self._gaps.append(self._came)
            self._full = False
        super().put_nowait(item)

    def _get(self) -> aiomqtt.Message:
        item: aiomqtt.Message = super()._get()
        self._bytes -= _size(item)
        self._taken += 1
        return item


def _size(item: aiomqtt.Message) -> int:
    return len(item.payload) if isinstance(item.payload, bytes) else 0


@contextlib.asynccontextmanager
async def _entered(client: aiomqtt.Client) -> AsyncIterator[None]:
    """Leave a client that was entered already; a broker that does not take leave is no fault of ours."""
    try:
        yield
    finally:
        try:
            with contextlib.suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)
        finally:
            _close_socket(client)


def _close_socket(client: aiomqtt.Client) -> None:
    """End the TCP connection if the library has left it open, and let it notice, so that it takes the socket off the event loop."""
    paho = client._client  # noqa: SLF001 (the library offers no way to close after a failed connect)
    sock: Any = paho.socket()
    if sock is None:
        return
    with contextlib.suppress(OSError):
        sock.shutdown(2)
    with contextlib.suppress(OSError, ValueError):
        paho.loop_read()


def _properties(
    payload: bytes, expiry_s: int | None, correlation: str | None, reply_to: str | None
) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho is half typed
    if payload:
        properties.ContentType = (
            "application/json" if payload[0] == _OPEN_BRACE else "application/vnd.msgpack"
        )
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    if correlation is not None:
        properties.CorrelationData = correlation.encode()
    if reply_to is not None:
        properties.ResponseTopic = reply_to
    return properties
