"""The agent: readers → writer → broker, and back: acknowledgements and commands. One event loop owns all state.

Beside the drivers there are five tasks: the *link*, the *writer* (`edge.writer`), the *sender*, which publishes what the window says, the
*teller*, which publishes the status, and the *timer*, which ends special cycles.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from edge.config import EdgeConfig
from edge.drivers import Keeper, find_driver
from edge.orders import Orders
from edge.ports import DriverFactory
from edge.status import Numbers, StatusBoard
from edge.window import Window
from edge.writer import Writer, ring
from shelfwire import topics
from shelfwire.clock import BootClock, Clock, SystemClock
from shelfwire.codec import decode_ack, decode_command, encode
from shelfwire.errors import PeerError
from shelfwire.link import Link, Message, Will
from shelfwire.messages import Ack, AgentStatus, Dwell, ReaderState

log = logging.getLogger(__name__)

LINGER_S: Final = 2.0
"""At a clean stop the hub has this long to acknowledge the rest; what it does not, stays in the outbox."""

STOP_S: Final = 5.0
"""A driver has 3 s to switch the radio off and close; the rest of us is faster."""

BLOCKED_US: Final = 100_000
"""While the link takes no more."""


class Agent:
    """One agent. `base` is the folder that the configuration's paths start from. Raises `InputError` before anything has started."""

    def __init__(
        self,
        config: EdgeConfig,
        base: Path,
        *,
        clock: Clock | None = None,
        drivers: Callable[[str], DriverFactory] = find_driver,
    ) -> None:
        self.config = config
        self.boot = secrets.token_hex(8)
        self.clock = BootClock(clock or SystemClock())
        self.window = Window()
        self.orders = Orders(config.readers)
        self.board = StatusBoard(config, self.boot)
        self.ready = asyncio.Event()
        """Connected to the broker for the first time."""
        self._keepers = [
            Keeper(
                reader,
                drivers(reader.kind),
                clock=self.clock,
                sink=self,
                cycle=partial(self.orders.cycle, reader.id),
            )
            for reader in config.readers
        ]
        self._send_bell, self._timer_bell, self._empty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.writer = Writer(
            config,
            base,
            boot=self.boot,
            clock=self.clock,
            on_taken=self._send_bell.set,
            trouble=self.board.trouble,
        )
        self.outbox = self.writer.outbox
        self.board.log = self.outbox.log
        site, agent = config.site, config.agent
        self._topic_ack, self._topic_dwells = topics.ack(site, agent), topics.dwells(site, agent)
        self._topic_status, self._topic_reply = topics.status(site, agent), topics.reply(site, agent)
        try:
            self.link = Link(
                config.broker,
                client_id=f"shelfwire-{site}-{agent}",
                filters=[self._topic_ack, topics.command(site, agent)],
                on_message=self._on_message,
                on_up=self._on_up,
                on_down=self._on_down,
                will=Will(self._topic_status, encode(self.board.death())),
                base=base,
            )
        except BaseException:
            self.outbox.close()
            raise

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then switch the readers off, empty the batch, say goodbye."""
        log.info(
            "agent %s of %s: boot %s, log %s, %d reports wait for the hub",
            *(self.config.agent, self.config.site, self.boot, self.outbox.log, self.outbox.reports),
        )
        halt = asyncio.create_task(stop.wait(), name="stop")
        writer = asyncio.create_task(self.writer.run(), name="writer")
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("link", self.link.run()),
                ("sender", self._send()),
                ("teller", self._tell()),
                ("timer", self._time()),
            )
        ]
        keepers = [asyncio.create_task(keeper.run(), name=keeper.config.id) for keeper in self._keepers]
        try:
            await asyncio.wait([halt, writer, *tasks, *keepers], return_when=asyncio.FIRST_COMPLETED)
            if halt.done():
                await _end(keepers)
                await self._goodbye(writer)
        finally:
            faults = await _end([halt, *keepers, writer, *tasks])
            self.outbox.close()
        for fault in faults:
            raise fault

    # What drivers call (`edge.ports.PatientSink`).

    def dwell(self, dwell: Dwell) -> None:
        """Take one dwell of a reader."""
        self.writer.take(dwell)

    def state(self, state: ReaderState) -> None:
        """Take how a reader is now."""
        self.board.reader(state)

    async def room(self) -> None:
        """Return when there is room for more dwells."""
        await self.writer.room()

    # To the hub.

    async def _send(self) -> None:
        while True:
            now_us = self.clock.now_us()
            seq = self.window.due(now_us, self.outbox.upto, self.outbox.committed)
            if seq is None:
                await ring(self._send_bell, self.window.wait_us(now_us))
            elif not self._send_one(seq, now_us):
                await ring(self._send_bell, BLOCKED_US)

    def _send_one(self, seq: int, now_us: int) -> bool:
        item = self.outbox.item(seq)
        if item is None:
            raise RuntimeError(f"report {seq} is due and not in the outbox")
        if not self.link.post(self._topic_dwells, item.payload):
            return False
        self.window.sent(item.first, item.last, len(item.payload), now_us)
        return True

    async def _tell(self) -> None:
        while True:
            await ring(self.board.bell, self.board.wait_us(self.clock.now_us()))
            status = self.board.due(self.clock.now_us(), self.clock.wall_us(), self._numbers())
            if status is not None and not await self._publish_status(status):
                self.board.failed()

    async def _publish_status(self, status: AgentStatus) -> bool:
        return await self.link.publish(self._topic_status, encode(status, self.config.wire), retain=True)

    def _numbers(self) -> Numbers:
        return Numbers(self.outbox.reports, self.outbox.size_bytes, self.outbox.lost_reports)

    async def _goodbye(self, writer: asyncio.Task[None]) -> None:
        """The readers are off: what they said last goes to disk and, if the hub is there, to the hub."""
        self.writer.stop()
        await asyncio.wait([writer], timeout=STOP_S)
        self._empty.clear()
        if self.link.connected.is_set() and self.outbox.reports:
            await ring(self._empty, int(LINGER_S * 1e6))
        if writer.done():
            self.writer.last_words()
        status = self.board.goodbye(self.clock.now_us(), self.clock.wall_us(), self._numbers())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                await self._publish_status(status)
        log.info("agent %s: stopped; %d reports wait", self.config.agent, self.outbox.reports)

    # From broker and hub.

    async def _on_up(self) -> None:
        self.window.up(self.clock.now_us())
        self._send_bell.set()
        self.board.up()
        self.ready.set()

    async def _on_down(self, reason: str) -> None:
        del reason  # the link has said it
        self.window.down()
        self.board.down()

    async def _on_message(self, message: Message) -> None:
        try:
            if message.topic == self._topic_ack:
                self._on_ack(decode_ack(message.payload))
            elif not message.retained:  # a command that was kept is an old one
                await self._on_command(message.payload)
        except PeerError as fault:
            self.board.count_strange(f"{message.topic}: {fault}")

    def _on_ack(self, ack: Ack) -> None:
        if ack.log != self.outbox.log:
            self.board.count_strange(f"an acknowledgement for another outbox, {ack.log}")
            return
        if not self.outbox.acked(ack.upto):
            self.board.count_strange(f"report {ack.upto} is acknowledged and was never made")
            self.board.trouble(
                "clone",
                f"the hub has report {ack.upto} of this outbox, which made only {self.outbox.committed}: one of two copies. "
                f"Stop the agent, move {self.outbox.folder} away, start it again",
            )
            return
        self.window.acked(ack.upto, self.clock.now_us())
        if strange := self.window.want(ack.want, self.outbox.committed):
            self.board.count_strange(f"{strange} ranges are asked for that were never made")
        self._send_bell.set()
        if not self.outbox.reports:
            self._empty.set()

    async def _on_command(self, payload: bytes) -> None:
        outcome = self.orders.apply(decode_command(payload), self.clock.now_us())
        reply = outcome.reply
        log.info("command %s: %s: %s", reply.id, "done" if reply.ok else "refused", reply.detail)
        await self._refresh(outcome.changed)
        if not self.link.post(self._topic_reply, encode(reply, self.config.wire), correlation=reply.id):
            log.warning("command %s: the answer could not be sent", reply.id)

    async def _time(self) -> None:
        """End special cycles when their time is over."""
        while True:
            now_us = self.clock.now_us()
            await self._refresh(self.orders.expire(now_us))
            next_us = self.orders.next_us()
            await ring(self._timer_bell, None if next_us is None else max(0, next_us - now_us))

    async def _refresh(self, readers: Sequence[str]) -> None:
        for keeper in self._keepers:
            if keeper.config.id in readers:
                await keeper.refresh()
        if readers:
            self._timer_bell.set()


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> list[BaseException]:
    """Cancel `tasks` and wait for them; returns what they failed with."""
    for task in tasks:
        task.cancel()
    if not tasks:
        return []
    with contextlib.suppress(asyncio.CancelledError):
        _, late = await asyncio.wait(tasks, timeout=STOP_S)
        for task in late:
            log.warning("%s does not stop within %g s and is left", task.get_name(), STOP_S)
    ended = [task for task in tasks if task.done() and not task.cancelled()]
    return [fault for task in ended if (fault := task.exception()) is not None]
