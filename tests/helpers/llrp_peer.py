"""Two readers that do what a test tells them: `Talk` without a socket, `ScriptedReader` on loopback TCP.

Not the emulator: neither has a state of its own beyond the script.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from helpers.llrp import DATA

from edge.config import ReaderConfig
from edge.dwells import DwellBuilder
from edge.llrp import events as ev
from edge.llrp import messages as msg
from edge.llrp.actions import Action, Close, Heard, Note, Send
from edge.llrp.codec import Framer, decode, encode
from edge.llrp.rospec import ROSpec, Utc
from edge.llrp.session import Session
from edge.llrp.status import LlrpStatus
from edge.llrp.tags import TagReport
from edge.ports import Cycle
from shelfwire.messages import Dwell

BASE_US = 1_767_225_600_000_000
RECORDED: Path = DATA / "GetReaderCapabilitiesResponse-000.bytes"

ANSWERS: dict[type[msg.Message], type[msg.Answer]] = {
    msg.ImpinjEnable: msg.ImpinjEnableResponse,
    msg.DeleteAccessSpec: msg.DeleteAccessSpecResponse,
    msg.DeleteROSpec: msg.DeleteROSpecResponse,
    msg.SetReaderConfig: msg.SetReaderConfigResponse,
    msg.AddROSpec: msg.AddROSpecResponse,
    msg.EnableROSpec: msg.EnableROSpecResponse,
    msg.DisableROSpec: msg.DisableROSpecResponse,
    msg.StartROSpec: msg.StartROSpecResponse,
    msg.GetROSpecs: msg.GetROSpecsResponse,
    msg.CloseConnection: msg.CloseConnectionResponse,
}


def capabilities() -> msg.GetReaderCapabilitiesResponse:
    """Those of the recorded reader: Impinj, 4 antennas, 32 specs."""
    found = decode(11, RECORDED.read_bytes())
    assert isinstance(found, msg.GetReaderCapabilitiesResponse)
    return found


def status(code: int = 0, text: str = "") -> LlrpStatus:
    """A reader's opinion."""
    return LlrpStatus(code=code, description=text)


def event(*events: ev.Event, at_us: int | None = None) -> msg.ReaderEventNotification:
    """A notification of one moment."""
    return msg.ReaderEventNotification(ev.EventData(utc=None if at_us is None else Utc(at_us), events=events))


GREETING = event(ev.ConnectionAttempt(ev.ACCEPTED), at_us=BASE_US)


def reply(request: msg.Message) -> msg.Message | None:
    """What an agreeable reader answers."""
    if isinstance(request, msg.GetReaderCapabilities):
        return capabilities()
    answer = ANSWERS.get(type(request))
    return answer() if answer else None


def config(**changes: object) -> ReaderConfig:
    """The configuration of a reader in tests."""
    return ReaderConfig(**{"id": "R1", "host": "127.0.0.1", "antennas": [1, 2], **changes})  # type: ignore[arg-type]  # any fields


CYCLE = Cycle(antennas=(1, 2), dwell_ms=1000, power_dbm=30.0)


class Talk:
    """A session and the reader's side of it, in memory. Time stands still unless `wait` moves it."""

    def __init__(self, cycle: Cycle | None = CYCLE, **changes: object) -> None:
        self.now_us = BASE_US
        self.builder = DwellBuilder("R1")
        self.session = Session(config(**changes), self.builder, cycle, self.now_us)
        self.asked: list[msg.Message] = []
        self.numbers: list[int] = []
        self.dwells: list[Dwell] = []
        self.notes: list[str] = []
        self._close: Close | None = None
        self._framer = Framer()
        self._number = 0

    def last(self) -> msg.Message:
        """What we asked last."""
        return self.asked[-1]

    def open(self) -> bool:
        """The session has not asked to close TCP."""
        return self._close is None

    @property
    def closed(self) -> Close:
        """Why the session asked to close TCP."""
        assert self._close is not None
        return self._close

    def says(self, message: msg.Message, number: int | None = None) -> None:
        """The reader sends a message."""
        self._number += 1
        self.sends(encode(message, self._number if number is None else number))

    def sends(self, data: bytes) -> None:
        """The reader sends bytes."""
        self.session.received(data, self.now_us)
        while (actions := self.session.step(self.now_us)) is not None:
            self.do(actions)

    def answers(self, message: msg.Message | None = None) -> None:
        """The reader answers what waits for an answer, agreeably if nothing else is said."""
        request, number = self.waiting
        found = message or reply(request)
        assert found is not None, request
        self.says(found, number)

    def refuses(self, code: int = 100, text: str = "no") -> None:
        """The reader answers what waits for an answer with an error."""
        request, _ = self.waiting
        self.answers(ANSWERS[type(request)](status(code, text)))

    def greets(self) -> None:
        """The reader accepts the connection."""
        self.says(event(ev.ConnectionAttempt(ev.ACCEPTED), at_us=self.now_us))

    def goes_on_until(self, kind: type[msg.Message]) -> None:
        """The reader agrees to everything up to a request of `kind`, which it leaves open."""
        for _ in range(40):
            if isinstance(self.waiting[0], kind):
                return
            self.answers()
        raise AssertionError(f"never asked: {kind}")

    def runs(self) -> int:
        """Go on until the cycle is enabled; the id of its ROSpec."""
        self.greets()
        self.goes_on_until(msg.EnableROSpec)
        enable, _ = self.waiting
        assert isinstance(enable, msg.EnableROSpec)
        self.answers()
        return enable.rospec

    @property
    def waiting(self) -> tuple[msg.Message, int]:
        """The newest request that wants an answer, and its number."""
        for message, number in zip(reversed(self.asked), reversed(self.numbers), strict=True):
            if not isinstance(message, msg.EnableEventsAndReports | msg.KeepaliveAck):
                return message, number
        raise AssertionError("nothing was asked")

    def rospec(self) -> ROSpec:
        """The newest plan that was sent."""
        return next(one.spec for one in reversed(self.asked) if isinstance(one, msg.AddROSpec))

    def happens(self, *events: ev.Event) -> None:
        """Events of now."""
        self.says(event(*events, at_us=self.now_us))

    def hears(self, *tags: TagReport) -> None:
        """A report."""
        self.says(msg.ROAccessReport(tags=tags))

    def wait(self, seconds: float) -> None:
        """Time passes; each deadline in it is kept."""
        end_us = self.now_us + round(seconds * 1_000_000)
        for _ in range(10_000):
            due_us = self.session.deadline()
            if self._close or due_us > end_us:
                break
            self.now_us = max(self.now_us, due_us)
            self.do(self.session.tick(self.now_us))
        self.now_us = end_us

    def do(self, actions: list[Action]) -> None:
        """Do what the session says."""
        for action in actions:
            match action:
                case Send():
                    self._framer.feed(action.data)
                    while (frame := self._framer.take()) is not None:
                        self.asked.append(decode(frame.type, frame.body))
                        self.numbers.append(frame.id)
                case Heard():
                    self.dwells.append(action.dwell)
                case Note():
                    self.notes.append(action.text)
                case Close():
                    self._close = action


class ScriptedReader:
    """Listens on loopback and runs `script` for each client."""

    def __init__(self, script: Callable[[Peer], Awaitable[None]]) -> None:
        self._script = script
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.clients = 0
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._script(Peer(reader, writer, self.clients))
        finally:
            self._tasks.discard(task)
            writer.close()


class Peer:
    """One client of a `ScriptedReader`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number
        """1 for the first client, and so on."""
        self._framer = Framer()

    async def says(self, message: msg.Message, number: int = 0) -> None:
        """Send a message."""
        await self.sends(encode(message, number))

    async def sends(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def asked(self) -> tuple[msg.Message, int]:
        """The next message of the client and its number."""
        while (frame := self._framer.take()) is None:
            data = await self.reader.read(65_536)
            if not data:
                raise ConnectionResetError
            self._framer.feed(data)
        return decode(frame.type, frame.body), frame.id

    async def agree_until(self, kind: type[msg.Message]) -> msg.Message:
        """Greet, then agree to everything up to and with `kind`, which is returned."""
        await self.says(GREETING)
        while True:
            request, number = await self.asked()
            answer = reply(request)
            if answer is not None:
                await self.says(answer, number)
            if isinstance(request, kind):
                return request

    async def agree(self) -> None:
        """Agree to everything, for ever."""
        while True:
            request, number = await self.asked()
            answer = reply(request)
            if answer is not None:
                await self.says(answer, number)

    def reset(self) -> None:
        """Break TCP with an RST."""
        self.writer.transport.abort()
