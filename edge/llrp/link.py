"""One TCP connection to an LLRP reader: feeds the session what comes, does what it says. Decides nothing else.

What is held for a slow sink is bounded in bytes: one chunk, one unfinished message, and the buffer of the stream; then
nothing is read, and the reader's own buffer and its overflow event do the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Protocol

from edge.llrp.actions import Action, Close, Heard, Note, Send
from edge.llrp.session import Session
from edge.ports import Cycle, PatientSink, ReaderSink
from shelfwire.clock import BootClock

WRITE_S: Final = 10.0
"""For a reader to take what we write; one that does not read is dead."""
LEAVE_S: Final = 2.5
"""The session bounds the polite end to 2 s; this holds even if something in it hangs."""
LOOK_S: Final = 1.0
"""How reader and counts stand is told at least this often after a change."""
CHUNK_BYTES: Final = 32 * 1024
"""One summed report of 500 tags; the stream holds twice as much before it stops reading from the kernel."""


class Host(Protocol):
    """What a link needs of its driver."""

    clock: BootClock
    sink: ReaderSink
    cycle: Cycle | None
    changed: asyncio.Event
    """Set when `cycle` has changed."""

    def note(self, note: Note) -> None:
        """Log a remark."""
        ...

    def working(self, session: Session) -> None:
        """The session is set up."""
        ...


class Link:
    """One TCP connection and its session."""

    def __init__(
        self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, host: Host
    ) -> None:
        self._host = host
        self._session = session
        self._reader = reader
        self._writer = writer
        self._reading: asyncio.Task[bytes] | None = None
        self._end: Close | None = None
        self._leaving = False

    async def work(self) -> Close:
        """Until the session is over or TCP is."""
        while True:
            self.apply(self._session.set_cycle(self._host.cycle, self._now_us()))
            self._host.changed.clear()
            if (end := await self._turn()) is not None:
                return end
            if self._session.ready:
                self._host.working(self._session)

    async def leave(self) -> None:
        """The polite end: radio off, plan deleted, connection closed; the session bounds the time."""
        self._leaving = True
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                self.apply(self._session.stop(self._now_us()))
                while self._end is None and await self._turn() is None:
                    pass

    async def shut(self) -> None:
        """Close TCP, whatever the other side does."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._reading
        self._writer.close()
        try:
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    async def _turn(self) -> Close | None:
        """Wait for bytes, a new cycle or the deadline, and handle what came; the reason if it is over."""
        if self._end is not None:
            return self._end
        if self._reading is None:
            self._reading = asyncio.create_task(self._reader.read(CHUNK_BYTES))
        waking = asyncio.create_task(self._host.changed.wait())
        left_s = min(LOOK_S, max(0.0, (self._session.deadline() - self._now_us()) / 1_000_000))
        try:
            await asyncio.wait({self._reading, waking}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
        if self._reading.done():
            data, self._reading = self._reading.result(), None
            if not data:
                return self._end or Close("it closed the connection")
            await self._handle(data)
        self.apply(self._session.tick(self._now_us()))
        async with asyncio.timeout(WRITE_S):
            await self._writer.drain()
        return self._end

    async def _handle(self, data: bytes) -> None:
        """Message by message, so that a slow sink stops us between two of them."""
        self._session.received(data, self._now_us())
        sink = self._host.sink
        while (actions := self._session.step(self._now_us())) is not None:
            self.apply(actions)
            if isinstance(sink, PatientSink) and not self._leaving:
                await sink.room()

    def apply(self, actions: list[Action]) -> None:
        """Do what the session says."""
        for action in actions:
            match action:
                case Send():
                    if not self._writer.is_closing():
                        self._writer.write(action.data)
                case Heard():
                    self._host.sink.dwell(action.dwell)
                case Note():
                    self._host.note(action)
                case Close():
                    self._end = action

    def _now_us(self) -> int:
        return self._host.clock.now_us()
