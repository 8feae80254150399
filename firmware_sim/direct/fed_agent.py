"""One agent of a fed hub: it speaks for itself at the broker, with the window, the acknowledgements and the commands of a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.window import Window
from firmware_sim.hearing import Delivery
from shelfwire import codec, topics
from shelfwire.broker import BrokerConfig
from shelfwire.clock import SystemClock
from shelfwire.errors import PeerError
from shelfwire.link import Link, Message
from shelfwire.messages import AgentStatus, Command


class FedAgent:
    """One agent at the broker: its outbox in memory, its window, its commands."""

    def __init__(
        self, site: str, name: str, broker: BrokerConfig, base: Path, on_command: Callable[[Command], Any]
    ) -> None:
        self.name = name
        self.site = site
        self.waiting: dict[int, bytes] = {}
        self.sent = 0
        self.again = 0
        self.committed = 0
        self.upto = 0
        self.boot = ""
        self._log = ""
        self._window = Window()
        self._clock = SystemClock()
        self._bell = asyncio.Event()
        self._on_command = on_command
        self.link = Link(
            broker,
            client_id=f"shelfwire-{site}-{name}",
            filters=[topics.ack(site, name), topics.command(site, name)],
            on_message=self._hear,
            on_up=self._up,
            on_down=self._down,
            base=base,
        )

    def put(self, delivery: Delivery, payload: bytes) -> None:
        """A report for the outbox; a duplicate goes out at once, as a broker that repeats itself would send it."""
        if delivery.seq <= self.committed:
            self.link.post(topics.dwells(self.site, self.name), payload)
            return
        self._log = delivery.log
        self.waiting[delivery.seq] = payload
        if delivery.seq > self.committed + 1:  # overtaken: it comes to the hub before those that it follows
            self.link.post(topics.dwells(self.site, self.name), payload)
        while self.committed + 1 in self.waiting:
            self.committed += 1
        self._bell.set()

    def born(self, delivery: Delivery, wall_us: int) -> None:
        """Its process has begun."""
        self.boot = delivery.boot
        birth = AgentStatus(
            agent=self.name, boot=delivery.boot, log=delivery.log, online=True, at_us=wall_us + delivery.clock_us,
            wall_at_us=wall_us + delivery.wall_us, software="simulated",
        )  # fmt: skip
        self.link.post(topics.status(self.site, self.name), codec.encode(birth), retain=True)

    async def send(self) -> None:
        """Send what is due, until cancelled."""
        while True:
            self._bell.clear()
            now_us = self._clock.wall_us()
            while (seq := self._window.due(now_us, self.upto, self.committed)) is not None:
                payload = self.waiting[seq]
                if not self.link.post(topics.dwells(self.site, self.name), payload):
                    break
                self.sent += 1
                self._window.sent(seq, seq, len(payload), now_us)
            wait_us = self._window.wait_us(now_us)
            try:
                async with asyncio.timeout(1.0 if wait_us is None else wait_us / 1e6):
                    await self._bell.wait()
            except TimeoutError:
                continue

    async def _hear(self, message: Message) -> None:
        try:
            if message.topic == topics.ack(self.site, self.name):
                self._acknowledged(message.payload)
            else:
                self._on_command(codec.decode_command(message.payload))
        except PeerError:
            return  # nobody but the hub may write there; what is none of its messages is no business of a simulation

    def _acknowledged(self, payload: bytes) -> None:
        ack = codec.decode_ack(payload)
        if ack.log != self._log:
            return
        now_us = self._clock.wall_us()
        self._window.acked(ack.upto, now_us)
        for seq in range(self.upto + 1, min(ack.upto, self.committed) + 1):
            self.waiting.pop(seq, None)
        self.upto = max(self.upto, min(ack.upto, self.committed))
        self.again += len(ack.want)
        self._window.want(ack.want, self.committed)
        self._bell.set()

    async def _up(self) -> None:
        self._window.up(self._clock.wall_us())
        self._bell.set()

    async def _down(self, _reason: str) -> None:
        self._window.down()
