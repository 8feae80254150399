"""A network between an agent and its broker that can be slow, lossy or cut. The shell around `firmware_sim.faults.weather`.

proxy = LinkProxy(broker.port, seed=1)
await proxy.start()
…  # the agent connects to 127.0.0.1:proxy.port
proxy.weather.cut = True
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Final

from firmware_sim.faults.packets import Packets
from firmware_sim.faults.weather import Answered, Broken, Lane, Weather

HELD_BYTES: Final = 4 * 1024 * 1024
"""What one direction may hold; then the sender is held up, as TCP's window does. A minute of a busy agent."""

LOOK_S: Final = 0.1
"""How soon a healed line or an emptied lane is noticed."""

CONNECTIONS: Final = 32
"""At a time. One agent has one; while a line is cut it opens a new one every few seconds, and gives up the old."""

CHUNK: Final = 65_536


class LinkProxy:
    """Listens on loopback and hands everything on to `to_port`, as `weather` lets it."""

    def __init__(self, to_port: int, *, seed: int) -> None:
        self.weather = Weather()
        self.port = 0
        """Chosen by `start`, and kept."""
        self._to_port = to_port
        self._seed = seed
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._made = 0

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, and break all connections."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin a connection, in a task of our own: asyncio complains about one of its own that is cancelled."""
        if len(self._open) >= CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._connection(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._made += 1
        far: asyncio.StreamWriter | None = None
        try:
            while self.weather.cut:  # noqa: ASYNC110 (whoever sets the weather knows no event)
                await asyncio.sleep(LOOK_S)
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._to_port, limit=CHUNK)
            answered = Answered()
            out = _Pump(reader, far, Lane(self.weather, self._seed * 2 + 2_000_003 * self._made, answered))
            back = _Pump(
                far_reader, writer, Lane(self.weather, self._seed * 2 + 1 + 2_000_003 * self._made), answered
            )
            await _first_end(out.run(), back.run())
            writer.close()  # what was said last still goes out
            far.close()
        except (OSError, Broken):
            _break(writer, far)
        except asyncio.CancelledError:
            _break(writer, far)
            raise


def _break(*ends: asyncio.StreamWriter | None) -> None:
    for end in ends:
        if end is not None:
            end.transport.abort()


class _Pump:
    """One direction: reads as long as there is room, writes when it is time."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        lane: Lane,
        answers: Answered | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._lane = lane
        self._answers = answers
        """Given on the broker's lane: answers to second copies end here."""
        self._packets = Packets()
        self._news = asyncio.Event()
        self._ended = False

    async def run(self) -> None:
        """Until this direction has ended and everything has left."""
        reading = asyncio.create_task(self._read())
        try:
            while not (self._ended and not self._lane.waiting_bytes):
                await self._write()
            if reading.done():
                reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await self._reader.read(CHUNK):
                for packet in self._packets.feed(data):
                    if self._answers is None or not self._answers.swallows(packet):
                        self._lane.take(packet, loop.time())
                self._news.set()
                while self._lane.waiting_bytes > HELD_BYTES:  # noqa: ASYNC110 (the lane is pure)
                    await asyncio.sleep(LOOK_S)
        finally:
            self._ended = True
            self._news.set()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        for packet in self._lane.due(loop.time()):
            if self._writer.is_closing():
                raise ConnectionResetError
            self._writer.write(packet)
        await self._writer.drain()
        next_s = self._lane.next_s()
        wait_s = LOOK_S if next_s is None else min(LOOK_S, max(0.0, next_s - loop.time()))
        self._news.clear()
        if self._ended and not self._lane.waiting_bytes:
            return
        # not wait_for: in Python 3.11 it swallows a cancellation that comes together with the event, and `stop` would wait for ever
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._news.wait()


async def _first_end(*works: Coroutine[Any, Any, None]) -> None:
    """Wait until one direction ends; the other ends with it. Raises what it failed with."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
