"""The one door to MQTT: a link that is made again and again, with a bounded queue on each side.

aiomqtt does not reconnect by itself, queues without bound, and acknowledges QoS 1 before our code has stored anything;
so nothing here is taken as delivered: end-to-end acknowledgement is the business of agent and hub.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import aiomqtt
import msgspec

from shelfwire.errors import InputError
from shelfwire.retry import Backoff

log = logging.getLogger(__name__)

INCOMING_MESSAGES: Final = 4_000
"""Messages that wait for our code; at 25 kB each 100 MB at the most. What comes beyond it is dropped by the client library, and
sent again by the agents, because no acknowledgement came."""

KEEPALIVE_S: Final = 20


class BrokerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is and who we are there."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 1883
    username: str | None = None
    password_file: str | None = None
    """A file with the password in its first line; relative to the configuration file."""
    tls: bool = False
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    protocol: Literal["3.1.1", "5"] = "5"
    """The embedded broker of the demo speaks only 3.1.1."""

    def faults(self) -> list[str]:
        """What is wrong, in words."""
        found = []
        if self.host not in {"127.0.0.1", "::1", "localhost"} and not self.tls:
            found.append(
                "broker.tls: must be true for a broker that is not on this machine (passwords would travel in the open)"
            )
        if (self.username is None) != (self.password_file is None):
            found.append("broker: username and password_file go together")
        return found


class Will(msgspec.Struct, frozen=True):
    """What the broker publishes, retained, when we vanish."""

    topic: str
    payload: bytes


class Message(msgspec.Struct, frozen=True):
    """One message that came in."""

    topic: str
    payload: bytes
    retained: bool


class Link:
    """A connection that comes back by itself.

    Run `run` as a task; it calls `on_up` after each connect (subscribed already), `on_message` for each message, one at a time and
    in order, and `on_down` with the reason after each loss. `publish` returns False, at once, while the link is down: the caller keeps what must not
    get lost.
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
        self._base = base or Path()
        self._backoff = backoff or Backoff()
        self._client: aiomqtt.Client | None = None

    async def run(self) -> None:
        """Connect, serve, and come back after each loss, until cancelled."""
        failures = 0
        while True:
            reason = "connection lost"
            try:
                async with self._open() as client:
                    failures = 0
                    await self._serve(client)
            except aiomqtt.MqttError as fault:
                reason = str(fault) or type(fault).__name__
            finally:
                was_up = self.connected.is_set()
                self._client = None
                self.connected.clear()
            failures += 1
            if was_up or failures == 1:
                log.warning("broker %s:%d: %s; trying again", self.config.host, self.config.port, reason)
            if self._on_down is not None:
                await self._on_down(reason)
            await asyncio.sleep(self._backoff.wait_s(failures, random.random()))  # noqa: S311 (no secret)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand one message to the broker; with QoS 1 returns when the broker has it. False: the link is down."""
        client = self._client
        if client is None:
            return False
        try:
            await client.publish(topic, payload, qos=qos, retain=retain, timeout=10)
        except aiomqtt.MqttError as fault:
            log.debug("publish on %s failed: %s", topic, fault)
            return False
        return True

    async def _serve(self, client: aiomqtt.Client) -> None:
        if self._filters:
            await client.subscribe([(name, 1) for name in self._filters])
        self._client = client
        self.connected.set()
        log.info("connected to broker %s:%d as %s", self.config.host, self.config.port, self._client_id)
        if self._on_up is not None:
            await self._on_up()
        async for message in client.messages:
            payload = message.payload
            if isinstance(payload, bytes):
                await self._on_message(Message(str(message.topic), payload, bool(message.retain)))

    def _open(self) -> aiomqtt.Client:
        config = self.config
        five = config.protocol == "5"
        return aiomqtt.Client(
            config.host,
            config.port,
            username=config.username,
            password=self._password(),
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(self._will.topic, self._will.payload, qos=1, retain=True)
            if self._will
            else None,
            keepalive=KEEPALIVE_S,
            clean_session=None if five else True,
            tls_context=self._tls(),
            max_queued_incoming_messages=INCOMING_MESSAGES,
            max_inflight_messages=100,
        )

    def _password(self) -> str | None:
        if self.config.password_file is None:
            return None
        path = self._base / self.config.password_file
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as fault:
            raise InputError(f"{path}: the broker password cannot be read: {fault.strerror}") from fault
        if not lines:
            raise InputError(f"{path}: holds no password")
        return lines[0]

    def _tls(self) -> ssl.SSLContext | None:
        if not self.config.tls:
            return None
        return ssl.create_default_context(
            cafile=str(self._base / self.config.ca_file) if self.config.ca_file else None
        )
