"""The shell around a session of a reader with MQTT of its own: the link to its broker, requests over HTTP, the clock, and how it stands.

Decides nothing but when to say it. The port is `edge.ports.ReaderDriver`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import Final, Literal, NamedTuple, Protocol

from edge.config import ReaderConfig
from edge.iot.actions import Action, Ask, Heard, Note, Publish
from edge.iot.session import IotSession
from edge.ports import Cycle, PatientSink, ReaderSink
from shelfwire.clock import BootClock
from shelfwire.errors import InputError
from shelfwire.link import Link, Message
from shelfwire.messages import ReaderState

log = logging.getLogger(__name__)

SILENT_US: Final = 30_000_000
"""A reader whose radio works says something every turn. After half a minute without a word it is lost, as with LLRP."""

PAUSE_US: Final = 1_000_000
"""Counts and remarks are told once a second at the most; a change of state at once."""

LOOK_S: Final = 1.0
"""How often the shell looks at least."""

LEAVE_S: Final = 2.0
"""For the radio's last command; a driver has 3 s."""

MINUTE_US: Final = 60_000_000
NOTES_A_MINUTE: Final = 20
"""Lines in the log about one reader; a hostile one makes no more."""

TOLD_LETTERS: Final = 400
"""What the wire allows for a detail."""

MAX_OFFSET_US: Final = 2**53
OFFSET_STEP_US: Final = 100_000
"""Smaller changes of the clock's offset are delays of the network."""

State = Literal["connected", "connecting", "lost", "stopped"]


class HttpAnswer(NamedTuple):
    """What a request brought; status 0: nothing, and the body says why."""

    status: int
    body: bytes


class Http(Protocol):
    """A way to ask the reader."""

    async def ask(self, ask: Ask, timeout_s: float) -> HttpAnswer:
        """One request; never raises for what the other side does."""
        ...


class MqttDriver:
    """Makes one reader with MQTT of its own work."""

    def __init__(
        self,
        config: ReaderConfig,
        clock: BootClock,
        sink: ReaderSink,
        session: IotSession,
        *,
        model: str,
        http: Http | None = None,
        http_timeout_s: float = 10.0,
    ) -> None:
        if config.broker is None:
            raise InputError(f"readers: {config.id}: {config.kind} needs a broker")
        self._config, self._clock, self._sink, self._session = config, clock, sink, session
        self._model, self._http, self._http_timeout_s = model, http, http_timeout_s
        self._link = Link(
            config.broker,
            # two sites may have a reader of one name at one broker
            client_id=f"shelfwire-{config.id}-{secrets.token_hex(4)}",
            filters=session.filters,
            on_message=self._on_message,
            on_up=self._on_up,
            on_down=self._on_down,
        )
        self._bell = asyncio.Event()
        self._asking: set[asyncio.Task[None]] = set()
        self._publishing: set[asyncio.Task[bool]] = set()
        self._dropped = 0
        self._leaving = False
        self._reason = ""
        self._told: ReaderState | None = None
        self._told_us = self._up_us = 0
        self._noted_us: list[int] = []

    async def set_cycle(self, cycle: Cycle | None) -> None:
        """Note a new cycle; it is taken up at once where the reader can be reached."""
        self._apply(self._session.set_cycle(cycle, self._clock.now_us()))
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        link = asyncio.create_task(self._link.run(), name=f"{self._config.id} link")
        try:
            while True:
                now_us = self._clock.now_us()
                self._bell.clear()
                self._count_dropped(now_us)
                self._apply(self._session.tick(now_us))
                self._tell()
                await self._wait(link)
        finally:
            await self._leave(link)

    async def _wait(self, link: asyncio.Task[None]) -> None:
        due_us = self._session.deadline()
        left_s = LOOK_S if due_us is None else (due_us - self._clock.now_us()) / 1e6
        bell = asyncio.create_task(self._bell.wait())
        try:
            await asyncio.wait(
                {link, bell}, timeout=min(LOOK_S, max(0.01, left_s)), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            bell.cancel()
        if link.done():
            link.result()
            raise RuntimeError("the link ended by itself")

    async def _leave(self, link: asyncio.Task[None]) -> None:
        """Radio off where that is ours to do; within `LEAVE_S`."""
        self._leaving = True
        if self._asking:  # a request is on its way, and "start" must not overtake our "stop"
            await asyncio.wait(self._asking, timeout=LEAVE_S / 2)
        for asking in self._asking:
            asking.cancel()
        last = self._session.stop(self._clock.now_us())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S / 2):
                    await self._last_words(last)
        finally:
            link.cancel()
            await asyncio.wait([link, *self._asking, *self._publishing])
            self._tell("stopped")

    async def _last_words(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Heard):
                self._sink.dwell(action.dwell)
            elif isinstance(action, Publish):
                await self._link.publish(action.topic, action.payload)
            elif isinstance(action, Ask) and self._http is not None:
                await self._http.ask(action, LEAVE_S / 2)

    # From the link

    async def _on_message(self, message: Message) -> None:
        now_us = self._clock.now_us()
        if message.after_gap:  # what was dropped stood behind all that waited then
            self._apply(self._session.missed(now_us))
        self._apply(
            self._session.received(message.topic, message.payload, retained=message.retained, now_us=now_us)
        )
        self._bell.set()
        if isinstance(self._sink, PatientSink):
            await self._sink.room()

    async def _on_up(self) -> None:
        self._up_us = self._clock.now_us()
        self._apply(self._session.up(self._up_us))
        self._bell.set()

    async def _on_down(self, reason: str) -> None:
        self._reason = reason
        self._apply(self._session.down(self._clock.now_us()))
        self._bell.set()

    def _count_dropped(self, now_us: int) -> None:
        if self._link.dropped > self._dropped:
            self._dropped = self._link.dropped
            self._apply(self._session.missed(now_us))

    # What the session wants

    def _apply(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Heard():
                    self._sink.dwell(action.dwell)
                case Note():
                    self._note(action)
                case Ask():
                    self._start_asking(action)
                case Publish():
                    sending = asyncio.ensure_future(self._link.publish(action.topic, action.payload))
                    self._publishing.add(sending)
                    sending.add_done_callback(self._publishing.discard)

    def _start_asking(self, ask: Ask) -> None:
        task = asyncio.create_task(self._ask(ask))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, ask: Ask) -> None:
        answer = HttpAnswer(0, b"no way to ask")
        if self._http is not None:
            answer = await self._http.ask(ask, self._http_timeout_s)
        if self._leaving:
            return
        self._apply(self._session.answered(ask.number, answer.status, answer.body, self._clock.now_us()))
        self._bell.set()

    # How it stands

    def _tell(self, state: State | None = None) -> None:
        now_us = self._clock.now_us()
        found, detail = self._standing(now_us) if state is None else (state, state)
        offset_us = self._session.clock_offset_us
        if offset_us is not None:
            offset_us = max(-MAX_OFFSET_US, min(MAX_OFFSET_US, offset_us)) // OFFSET_STEP_US * OFFSET_STEP_US
        known = ReaderState(
            reader=self._config.id,
            state=found,
            detail=detail[:TOLD_LETTERS],
            ports=self._session.ports,
            model=self._model,
            clock_offset_us=offset_us,
            gaps=self._session.gaps,
            estimated=self._session.estimated,
        )
        told = self._told
        if known == told or (told and told.state == found and now_us - self._told_us < PAUSE_US):
            return
        self._told, self._told_us = known, now_us
        self._sink.state(known)

    def _standing(self, now_us: int) -> tuple[State, str]:
        broker = self._config.broker
        assert broker is not None
        if not self._link.connected.is_set():
            words = f": {self._reason}" if self._reason else ""
            return ("lost" if self._reason else "connecting"), f"broker {broker.host}:{broker.port}{words}"
        session = self._session
        parts = session.details()
        if session.resting:
            parts.insert(0, "at rest")
        unusable = session.out.unusable + session.refused
        if unusable or session.out.old:
            parts.append(f"unusable messages or reads: {unusable}, old or doubled: {session.out.old}")
        quiet_us = now_us - max(self._up_us, session.heard_us or 0)
        if not session.resting and quiet_us >= SILENT_US:
            parts.insert(0, f"nothing heard of it for {quiet_us // 60_000_000 or 'half a'} min")
            return "lost", "; ".join(parts)
        return ("connected" if session.heard_us is not None else "connecting"), "; ".join(parts)

    def _note(self, note: Note) -> None:
        now_us = self._clock.now_us()
        self._noted_us = [at_us for at_us in self._noted_us if now_us - at_us < MINUTE_US]
        if len(self._noted_us) < NOTES_A_MINUTE:
            self._noted_us.append(now_us)
            level = logging.WARNING if note.trouble else logging.INFO
            log.log(level, "reader %s: %s", self._config.id, note.text)
