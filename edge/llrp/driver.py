"""The driver of LLRP readers: connects, lets a session work over the link, says how the reader stands, connects again."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from typing import Final

from edge.config import ReaderConfig
from edge.dwells import DwellBuilder
from edge.llrp.actions import Close, Note
from edge.llrp.link import CHUNK_BYTES, Link
from edge.llrp.session import Session
from edge.llrp.standing import Standing, State, details
from edge.ports import Cycle, ReaderSink
from shelfwire.clock import BootClock
from shelfwire.errors import InputError
from shelfwire.retry import Backoff

log = logging.getLogger(__name__)

AGAIN: Final = Backoff(first_s=1.0, longest_s=60.0)
CONNECT_S: Final = 10.0
"""For TCP. A reader on the same network answers in milliseconds; a powered-down one never."""
MINUTE_US: Final = 60_000_000
HEALTHY_US: Final = MINUTE_US
"""A connection that lasted a minute begins the back-off anew; a shorter one is part of the same trouble."""
NOTES_A_MINUTE: Final = 20
"""Lines in the log about one reader; a hostile one makes no more."""


class LlrpDriver:
    """Makes one LLRP reader work. The port is `edge.ports.ReaderDriver`.

    The one option is ``phase: true`` (Impinj: ask for phases). Raises `InputError` on any other.
    """

    def __init__(
        self, config: ReaderConfig, clock: BootClock, sink: ReaderSink, *, backoff: Backoff = AGAIN
    ) -> None:
        unknown = {
            key: value
            for key, value in config.options.items()
            if key != "phase" or not isinstance(value, bool)
        }
        if unknown:
            raise InputError(f"readers: {config.id}: options {unknown}: LLRP knows only phase, true or false")
        self._config = config
        self.clock = clock
        self.sink = sink
        self._backoff = backoff
        self.cycle: Cycle | None = Cycle.usual(config)
        self._dwells = DwellBuilder(config.id)
        self._standing = Standing(config, self._dwells)
        self.changed = asyncio.Event()
        self._notes: list[int] = []

    async def set_cycle(self, cycle: Cycle | None) -> None:
        """Note a new cycle; a running connection takes it up at once."""
        self.cycle = cycle
        self.changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        failures = 0
        try:
            while True:
                self._tell("connecting", f"connecting to {self._config.host}:{self._config.port}")
                began_us = self.clock.now_us()
                end = await self._connection()
                healthy = self.clock.now_us() - began_us >= HEALTHY_US
                failures = 1 if healthy else failures + 1
                wait_s = self._wait_s(end, failures, healthy=healthy)
                detail = f"{end.reason}; next try in {wait_s:.0f} s"
                log.warning("reader %s: %s", self._config.id, detail)
                self._tell("refused" if end.refused else "lost", detail)
                await asyncio.sleep(wait_s)
        finally:
            self._tell("stopped", "stopped")

    def _wait_s(self, end: Close, failures: int, *, healthy: bool) -> float:
        wait_s = self._backoff.wait_s(failures, random.random())  # noqa: S311 (no secret)
        if end.wait_s is None:
            return wait_s
        if end.wait_s == 0.0:  # a clean goodbye; one that says it all the time is not clean
            return 0.0 if healthy else wait_s
        return max(end.wait_s, wait_s)

    async def _connection(self) -> Close:
        """One connection from TCP to its end; returns why it ended."""
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(
                    self._config.host, self._config.port, limit=CHUNK_BYTES
                )
        except (OSError, TimeoutError, UnicodeError) as fault:  # a host name can be no name at all
            return Close(f"no connection to {self._config.host}:{self._config.port}: {_words(fault)}")
        _watch(writer)
        session = Session(self._config, self._dwells, self.cycle, self.clock.now_us())
        link = Link(session, reader, writer, host=self)
        try:
            return await link.work()
        except (OSError, TimeoutError) as fault:
            return Close(f"the connection broke: {_words(fault)}")
        except asyncio.CancelledError:
            await link.leave()
            raise
        finally:
            link.apply(session.lost(self.clock.now_us()))
            await link.shut()

    def working(self, session: Session) -> None:
        """The session is set up: tell how the reader stands."""
        self._tell("connected", details(session, self._dwells), session)

    def _tell(self, state: State, detail: str, session: Session | None = None) -> None:
        told = self._standing.change(state, detail, self.clock.now_us(), session)
        if told is not None:
            self.sink.state(told)

    def note(self, note: Note) -> None:
        """Log a remark of the session, within bounds."""
        now_us = self.clock.now_us()
        self._notes = [at_us for at_us in self._notes if now_us - at_us < MINUTE_US]
        if len(self._notes) < NOTES_A_MINUTE:
            self._notes.append(now_us)
            log.log(
                logging.WARNING if note.trouble else logging.INFO, "reader %s: %s", self._config.id, note.text
            )


def _watch(writer: asyncio.StreamWriter) -> None:
    """Let the kernel find a half-open connection too, should both sides be silent."""
    found = writer.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _words(fault: BaseException) -> str:
    return str(fault) or ("no answer in time" if isinstance(fault, TimeoutError) else type(fault).__name__)
