"""The socket around an emulated reader with MQTT of its own: its link to a broker, and a bounded buffer of events for the time without one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Final

from firmware_sim.dice import mix
from firmware_sim.readers.faults import LineFaults
from shelfwire.clock import SystemClock
from shelfwire.errors import InputError
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.retry import Backoff

log = logging.getLogger(__name__)

BUFFER_MESSAGES: Final = 10_000
"""Events that wait for the broker; an R700 can be set to 1,000 to 300,000. The oldest are given up."""

LONGEST_SLEEP_S: Final = 0.25
"""How late a new plan is noticed at the most."""

FULL_S: Final = 0.01
"""Until a link that is full is tried again."""

_MILLION: Final = 1_000_000

AGAIN: Final = Backoff(first_s=0.5, longest_s=5.0)


class MqttEmulator:
    """One reader that publishes by itself. A subclass brings the machine."""

    def __init__(
        self,
        name: str,
        broker: BrokerConfig,
        *,
        filters: list[str],
        host_us: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.host_us = host_us or SystemClock().wall_us
        self.line = LineFaults()
        """What is wrong with the way out; of it only `damaged_share` here: MQTT keeps its messages whole."""
        self.lost_events = 0
        """Given up, since the start."""
        self._broker, self._filters = broker, filters
        self._buffer: deque[tuple[str, bytes]] = deque()
        self._wake, self._cut = asyncio.Event(), asyncio.Event()
        self._link: Link | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def connected(self) -> bool:
        """Whether the broker has us."""
        return self._link is not None and self._link.connected.is_set()

    async def start(self) -> None:
        """Power on."""
        self.power_up(self.host_us())
        self._tasks = [
            asyncio.create_task(self._converse(), name=f"{self.name} link"),
            asyncio.create_task(self._tick(), name=f"{self.name} ticks"),
        ]

    async def stop(self) -> None:
        """Power off."""
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks, self._link = [], None
        self.power_down()
        self._buffer.clear()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def cut(self) -> None:
        """Break the connection to the broker; the reader comes back by itself."""
        self._cut.set()

    async def _converse(self) -> None:
        while True:
            self._cut.clear()
            try:
                self._link = self._new_link()
            except InputError as fault:  # a broker of this run writes its passwords when it starts
                log.debug("reader %s: %s; trying again", self.name, fault)
                await asyncio.sleep(AGAIN.first_s)
                continue
            link, cut = asyncio.create_task(self._link.run()), asyncio.create_task(self._cut.wait())
            try:
                await asyncio.wait({link, cut}, return_when=asyncio.FIRST_COMPLETED)
                if link.done():
                    link.result()
            finally:
                for task in (link, cut):
                    task.cancel()
                await asyncio.gather(link, cut, return_exceptions=True)
            await asyncio.sleep(AGAIN.first_s)

    async def die(self) -> None:
        """Lose power: what was in the buffer is gone. `start` brings it back."""
        await self.stop()

    def _new_link(self) -> Link:
        return Link(
            self._broker,
            client_id=f"reader-{self.name}",
            filters=self._filters,
            on_message=self._on_message,
            backoff=AGAIN,
        )

    async def _tick(self) -> None:
        while True:
            now_us = self.host_us()
            self._keep(self.advance(now_us))
            full = not self._send()
            next_us = self.next_us()
            wait_s = LONGEST_SLEEP_S if next_us is None else (next_us - now_us) / 1e6
            self._wake.clear()
            # not wait_for: in Python 3.11 it swallows a cancellation that comes together with the event, and `stop` would wait for ever
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FULL_S if full else min(LONGEST_SLEEP_S, max(0.001, wait_s))):
                    await self._wake.wait()

    def nudge(self) -> None:
        """There is something new to do."""
        self._wake.set()

    def _keep(self, events: list[tuple[str, bytes]]) -> None:
        self._buffer.extend(events)
        over = len(self._buffer) - BUFFER_MESSAGES
        if over > 0:
            for _ in range(over):
                self._buffer.popleft()
            self.lost_events += over
            self._buffer.extend(self.overflowed(over, len(self._buffer), self.host_us()))

    def _send(self) -> bool:
        """Hand over what the link takes; whether it took all that it could."""
        link = self._link
        while link is not None and link.connected.is_set() and self._buffer:
            topic, payload = self._buffer[0]
            if not link.post(topic, self._bent(payload)):
                return False
            self.line.sent += 1
            self._buffer.popleft()
        return True

    def _bent(self, payload: bytes) -> bytes:
        """`payload`, now and then with a byte that is another."""
        throw = int(mix(self.line.seed, self.line.sent)[0])
        if throw % _MILLION >= self.line.damaged_share * _MILLION:
            return payload
        at = throw // _MILLION % len(payload)
        return payload[:at] + bytes([payload[at] ^ 0xFF]) + payload[at + 1 :]

    async def _on_message(self, message: Message) -> None:
        self._keep(self.told(message.topic, message.payload, self.host_us()))
        self.nudge()

    @property
    def port(self) -> int:
        """Of what the reader itself listens on; 0: nothing."""
        return 0

    # The machine

    @abstractmethod
    def power_up(self, now_us: int) -> None:
        """Begin."""

    @abstractmethod
    def power_down(self) -> None:
        """End without a word."""

    @abstractmethod
    def advance(self, now_us: int) -> list[tuple[str, bytes]]:
        """(topic, payload) of what happened by now."""

    @abstractmethod
    def next_us(self) -> int | None:
        """When `advance` has something to do."""

    def told(self, topic: str, payload: bytes, now_us: int) -> list[tuple[str, bytes]]:
        """Answer a message."""
        del topic, payload, now_us
        return []

    def overflowed(self, purged: int, remaining: int, now_us: int) -> list[tuple[str, bytes]]:
        """What the reader says of events that it gave up."""
        del purged, remaining, now_us
        return []
