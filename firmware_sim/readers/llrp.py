"""The socket around an emulated LLRP reader, on loopback. Several can live in one process.

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
from firmware_sim.readers.machine import Machine, Out
from shelfwire.clock import SystemClock

log = logging.getLogger(__name__)

LONGEST_SLEEP_S: Final = 0.5
"""How late a new plan (a ROSpec that was just enabled is noticed at once) can be noticed at the most."""

UNSENT_BYTES: Final = 8 * 1024 * 1024
"""A client that reads nothing for so long is cut off; the machine's own buffer is for clients that are away."""


class LlrpEmulator:
    """One reader on a loopback port. `host_us` gives the time; a test may bring its own."""

    def __init__(
        self, box: Box, field: Field, *, port: int = 0, host_us: Callable[[], int] | None = None
    ) -> None:
        self._host_us = host_us or SystemClock().wall_us
        self.machine = Machine(box, field, self._host_us())
        self.port = port
        """0 until `start` has chosen one; kept over `die`."""
        self.refuses = False
        """Take no client, with reason 3."""
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
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

    async def _tick(self) -> None:
        while True:
            now_us = self._host_us()
            self._send(self.machine.advance(now_us))
            next_us = self.machine.next_us()
            wait_s = LONGEST_SLEEP_S if next_us is None else (next_us - now_us) / 1e6
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(LONGEST_SLEEP_S, max(0.001, wait_s)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if self.refuses or self._writer is not None:
                self._turn_away(writer)
            else:
                self._writer = writer
                self._send(self.machine.connect(self._host_us()))
                await self._converse(reader)
        except (ConnectionError, LinkError) as fault:
            log.debug("emulator %s: client lost: %s", self.machine.box.name, fault)
        except asyncio.CancelledError:
            if not self._stopping:  # asyncio's own callback complains about a task that ended by cancellation
                raise
        finally:
            self._clients.discard(task)
            if self._writer is writer:
                self._writer = None
                self.machine.disconnect()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _turn_away(self, writer: asyncio.StreamWriter) -> None:
        reason = REFUSED_OTHER if self.refuses else REFUSED_CLIENT_STARTED
        out = self.machine.refusal(self._host_us(), reason)
        writer.write(encode(out.message, out.id))
        if self._writer is not None:
            self._send(self.machine.somebody_tried(self._host_us()))

    async def _converse(self, reader: asyncio.StreamReader) -> None:
        framer = Framer()
        while data := await reader.read(65_536):
            framer.feed(data)
            while (frame := framer.take()) is not None:
                if self._send(self.machine.receive(frame, self._host_us())):
                    return
            self._wake.set()

    def _send(self, outs: Sequence[Out]) -> bool:
        """Write; returns whether the reader closes the connection now."""
        writer = self._writer
        if writer is None or writer.is_closing():
            return False
        for out in outs:
            writer.write(encode(out.message, out.id))
            if out.close:
                writer.close()
                return True
        if writer.transport.get_write_buffer_size() > UNSENT_BYTES:
            writer.transport.abort()
        return False
