"""The socket around an emulated LLRP reader, on loopback. Many can live in one process.

emulator = LlrpEmulator(Box(name="R1"), radio)
await emulator.start()
…  # connect a driver to 127.0.0.1:emulator.port
emulator.machine.faults.silent.add(3)
await emulator.die(); await emulator.start()
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Final

from edge.llrp.codec import Framer, LinkError, encode
from edge.llrp.events import REFUSED_CLIENT_STARTED, REFUSED_OTHER
from firmware_sim.radio import Field
from firmware_sim.readers.box import Box
from firmware_sim.readers.faults import LineFaults, bend
from firmware_sim.readers.machine import Machine, Out
from firmware_sim.readers.pace import Pace
from shelfwire.clock import SystemClock

log = logging.getLogger(__name__)

LONGEST_SLEEP_S: Final = 0.5
"""How late a new plan (a ROSpec that was just enabled is noticed at once) can be noticed at the most."""

FULL_BYTES: Final = 256 * 1024
"""Unsent bytes from which on a client counts as one that does not read: reports then wait in the reader's own buffer, and what does not fit is lost with an overflow event."""

EMPTY_BYTES: Final = 32 * 1024
"""Below it the client reads again."""

UNSENT_BYTES: Final = 4 * 1024 * 1024
"""With so much unsent the client is cut off at once, and after `STUCK_S` with less. 64 readers in one process may all have such a client."""

STUCK_S: Final = 30.0
"""A client that has read nothing for so long is dead."""

HALF_MESSAGE_S: Final = 30.0
"""A message must be whole so long after its first byte (facts sheet, section 12)."""

LARGEST_BYTES: Final = 1024 * 1024
"""What a client's header may claim. The largest useful request (1,024 AISpecs) has 60 KiB."""

MOST_GUESTS: Final = 16
"""Clients that are being turned away at once, each told why; further ones are cut off without a word."""

GOODBYE_S: Final = 1.0
"""How long a client that was turned away has to read why, before its socket is closed."""


class LlrpEmulator:
    """One reader on a loopback port. `host_us` gives the time; with a clock that runs `speed` times as fast as the wall's everything is so much faster."""

    def __init__(
        self,
        box: Box,
        field: Field,
        *,
        port: int = 0,
        host_us: Callable[[], int] | None = None,
        speed: float = 1.0,
    ) -> None:
        self._host_us = host_us or SystemClock().wall_us
        self._speed = speed
        self.machine = Machine(box, field, self._host_us())
        self.line = LineFaults()
        """What is wrong with the way out to the client."""
        self.port = port
        """0 until `start` has chosen one; kept over `die`."""
        self.refuses = False
        """Take no client, with reason 3."""
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._stuck_since_s: float | None = None
        self._wake = asyncio.Event()
        self._ticker: asyncio.Task[None] | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def connected(self) -> bool:
        """Whether a client is being served."""
        return self._writer is not None

    async def start(self) -> None:
        """Listen; the reader's plans go on from where they were."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._ticker = asyncio.create_task(self._tick())
        self._ticker.add_done_callback(self._mourn)

    async def stop(self) -> None:
        """Stop listening, drop the client, end all tasks."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
            self._ticker = None
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        self._stopping = True
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._stopping = False

    async def die(self) -> None:
        """Lose power: nothing listens, the connection breaks, all plans are gone. `start` brings it back."""
        await self.stop()
        faults = self.machine.faults
        sent = self.machine.sent_reports
        self.machine = Machine(self.machine.box, self.machine.field, self._host_us())
        self.machine.faults = faults
        self.machine.sent_reports = sent

    def cut(self) -> None:
        """Break the TCP connection of the client, without a word."""
        if self._writer is not None:
            self._writer.transport.abort()

    def say(self, data: bytes) -> None:
        """Send raw bytes to the client: garbage, half messages, whatever a test wants."""
        if self._writer is not None:
            self._writer.write(data)

    def unplug(self, antenna: int, *, noticed: bool = False) -> None:
        """Silence an antenna; `noticed`: the reader says so, as it cannot behind a hub."""
        if noticed:
            self._send(self.machine.unplug(antenna, self._host_us()))
        else:
            self.machine.faults.silent.add(antenna)

    def plug(self, antenna: int) -> None:
        """The antenna works again."""
        self._send(self.machine.plug(antenna, self._host_us()))

    def input(self, port: int, *, level: bool) -> None:
        """An input of the reader changes."""
        self._send(self.machine.input(port, self._host_us(), level=level))
        self._wake.set()

    async def _tick(self) -> None:
        while True:
            now_us = self._host_us()
            self._send(self.machine.advance(now_us))
            self._watch_congestion(now_us)
            next_us = self.machine.next_us()
            wait_s = LONGEST_SLEEP_S if next_us is None else (next_us - now_us) / 1e6 / self._speed
            self._wake.clear()
            # not wait_for: in Python 3.11 it swallows a cancellation that comes together with the event, and `stop` would wait for ever
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LONGEST_SLEEP_S, max(0.001, wait_s))):
                    await self._wake.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if self.refuses or self._writer is not None:
                await self._turn_away(reader, writer)
            else:
                self._writer = writer
                self._send(self.machine.connect(self._host_us()))
                await self._converse(reader, writer)
        except (ConnectionError, LinkError, TimeoutError) as fault:
            log.debug("emulator %s: client lost: %s", self.machine.box.name, fault)
        except asyncio.CancelledError:
            if not self._stopping:  # asyncio's own callback complains about a task that ended by cancellation
                raise
        finally:
            self._clients.discard(task)
            if self._writer is writer:
                self._writer, self._stuck_since_s = None, None
                self.machine.disconnect()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say why, and give the client a moment to read it: a socket closed over unread bytes takes the words with it."""
        if len(self._clients) > MOST_GUESTS + 1:
            writer.transport.abort()
            return
        reason = REFUSED_OTHER if self.refuses else REFUSED_CLIENT_STARTED
        now_us = self._host_us()
        out = self.machine.refusal(now_us, reason)
        writer.write(encode(out.message, out.id))
        if self._writer is not None:
            self._send(self.machine.somebody_tried(now_us))
        writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                while await reader.read(65_536):
                    pass

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer, pace, loop = Framer(LARGEST_BYTES), Pace(), asyncio.get_running_loop()
        begun_s: float | None = None
        while True:
            left_s = None if begun_s is None else max(0.0, begun_s + HALF_MESSAGE_S - loop.time())
            async with asyncio.timeout(left_s):
                data = await reader.read(65_536)
            if not data:
                return
            framer.feed(data)
            while (frame := framer.take()) is not None:
                begun_s = None
                if self._send(self.machine.receive(frame, self._host_us())):
                    return
                self._wake.set()
                await writer.drain()  # who does not read the answers is not asked for more questions
                await asyncio.sleep(pace.wait_s(loop.time()))
            begun_s = (begun_s or loop.time()) if framer.waiting else None

    def _watch_congestion(self, now_us: int) -> None:
        """Whether the client reads what it gets."""
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        unsent = writer.transport.get_write_buffer_size()
        now_s = asyncio.get_running_loop().time()
        if unsent > FULL_BYTES:
            self._stuck_since_s = self._stuck_since_s or now_s
            self._send(self.machine.congestion(now_us, on=True))
        elif unsent < EMPTY_BYTES:
            self._stuck_since_s = None
            self._send(self.machine.congestion(now_us, on=False))
        stuck = self._stuck_since_s is not None and now_s - self._stuck_since_s > STUCK_S
        if unsent > UNSENT_BYTES or stuck:
            log.debug("emulator %s: the client reads nothing, cut off", self.machine.box.name)
            writer.transport.abort()

    def _send(self, outs: Sequence[Out]) -> bool:
        """Write; returns whether the reader closes the connection now."""
        writer = self._writer
        if writer is None or writer.is_closing() or not outs:
            return False
        if self.line.none:
            last = next((place for place, out in enumerate(outs) if out.close), len(outs) - 1)
            writer.write(b"".join(encode(out.message, out.id, out.version) for out in outs[: last + 1]))
            if outs[last].close:
                writer.close()
            return outs[last].close
        return self._send_bent(writer, outs)

    def _send_bent(self, writer: asyncio.StreamWriter, outs: Sequence[Out]) -> bool:
        """Message by message, as the line's faults have it."""
        for out in outs:
            for segment in bend(encode(out.message, out.id, out.version), self.line):
                writer.write(segment)
            if out.close or self.line.cut_next:
                self.line.cut_next = False
                writer.close()
                return True
        return False

    def _mourn(self, ticker: asyncio.Task[None]) -> None:
        """A reader whose inside broke stands still: that is a fault of this program and must be seen."""
        if not ticker.cancelled() and (fault := ticker.exception()) is not None:
            log.error("emulator %s stands still", self.machine.box.name, exc_info=fault)
