"""An emulated LLRP reader without its socket: messages and time in, messages out. Pure.

`receive` answers one message, `advance` lets time pass; both give what goes out, in order. The parts: `requests` answers, `plans` runs the ROSpecs, `gathering` hears and
sums up, `access` works on tags, `voice` says it all and holds back what nobody takes.
"""

from __future__ import annotations

from collections import deque

from edge.llrp import messages as m
from edge.llrp.codec import DropError, Frame, decode
from edge.llrp.events import (
    ACCEPTED,
    ON_ANTENNA,
    ON_EXCEPTION,
    ON_INPUT,
    SOMEBODY_TRIED,
    AntennaEvent,
    ConnectionAttempt,
    ExceptionEvent,
    InputEvent,
)
from edge.llrp.status import UNSUPPORTED_MESSAGE, UNSUPPORTED_VERSION, LlrpStatus
from edge.llrp.wire import VERSION_1_1
from firmware_sim.radio import Field
from firmware_sim.readers.access import AccessSpecs
from firmware_sim.readers.box import Box
from firmware_sim.readers.faults import Faults
from firmware_sim.readers.gathering import Gathering
from firmware_sim.readers.plans import Plans
from firmware_sim.readers.reports import Clocked
from firmware_sim.readers.requests import Requests
from firmware_sim.readers.settings import Settings
from firmware_sim.readers.voice import Out, Voice

__all__ = ["Faults", "Machine", "Out"]

_TRIED_EVERY_US = 100_000
"""The owner is told of others who want in at most ten times a second, however many there are."""

_ANY_VERSION = (m.GetSupportedVersion, m.SetProtocolVersion)


class Machine:
    """The reader's inside. One client at a time is the shell's business; state survives the client."""

    def __init__(self, box: Box, field: Field, now_us: int) -> None:
        self.box = box
        self.field = field
        self.faults = Faults()
        self._booted_us = now_us
        self._levels: dict[int, bool] = {}
        self._late: deque[tuple[int, m.Message, int, bool, int]] = deque()
        self._tried_us = 0
        self._settings = Settings(box)
        self._voice = Voice(box, self._settings, self._clock)
        self._access = AccessSpecs(box)
        self._gathering = Gathering(box, field, self._voice, self._access, self._clock)
        self._plans = Plans(box, self._settings, self._voice, self._gathering, self._faults)
        self._requests = Requests(
            box=box,
            settings=self._settings,
            voice=self._voice,
            plans=self._plans,
            access=self._access,
            gathering=self._gathering,
            faults=self._faults,
            levels=self._levels,
        )

    @property
    def sent_reports(self) -> int:
        """Tag report items made since the start."""
        return self._gathering.sent

    @sent_reports.setter
    def sent_reports(self, count: int) -> None:
        self._gathering.sent = count

    # From the shell

    def connect(self, now_us: int) -> list[Out]:
        """A client came: the reader speaks first."""
        self._requests.vendor_on = False
        self._late.clear()
        self._voice.connect(now_us, ConnectionAttempt(ACCEPTED))
        return self._voice.flush()

    def refusal(self, now_us: int, reason: int) -> Out:
        """What a client hears that is not taken: 2 another client is here, 3 other reason."""
        message = self._voice.notification(now_us, ConnectionAttempt(reason))
        return Out(message, self._voice.next_id(), close=True)

    def somebody_tried(self, now_us: int) -> list[Out]:
        """Tell the client that another one wanted in; not each of a flood."""
        if now_us - self._tried_us >= _TRIED_EVERY_US:
            self._tried_us = now_us
            self._voice.aside(now_us, ConnectionAttempt(SOMEBODY_TRIED))
        return self._voice.flush()

    def disconnect(self) -> None:
        """The client is gone; ROSpecs go on."""
        self._voice.disconnect()
        self._late.clear()

    def congestion(self, now_us: int, *, on: bool) -> list[Out]:
        """The client does not take what is sent, or takes it again."""
        if self._voice.congested == on:
            return []
        self._voice.congested = on
        if not on and not self._voice.holding:
            self._voice.release(now_us)
        return self._voice.flush()

    def receive(self, frame: Frame, now_us: int) -> list[Out]:
        """Answer one message."""
        answer, version = self._answer(frame, now_us)
        if answer is None:
            return self._voice.flush()
        if self.faults.drop_answers > 0:
            self.faults.drop_answers -= 1
            return self._voice.flush()
        closing = isinstance(answer, m.CloseConnectionResponse)
        if self.faults.answers_late_us:
            self._late.append((now_us + self.faults.answers_late_us, answer, frame.id, closing, version))
            return self._voice.flush()
        return [Out(answer, frame.id, closing, version), *self._voice.flush()]

    def advance(self, now_us: int) -> list[Out]:
        """Let time pass up to `now_us`."""
        while self._late and self._late[0][0] <= now_us:
            _, answer, number, closing, version = self._late.popleft()
            self._voice.answer(answer, number, close=closing, version=version)
        self._plans.advance(now_us)
        self._voice.ask_alive(now_us)
        self._voice.confess(now_us)
        return self._voice.flush()

    def next_us(self) -> int | None:
        """When `advance` has something to do again, None: nothing is planned."""
        times = [self._plans.next_us, self._voice.keepalive_us, *(late[0] for late in self._late)]
        return min((time for time in times if time is not None), default=None)

    # From the room around it

    def unplug(self, antenna: int, now_us: int) -> list[Out]:
        """The cable of an antenna is pulled, and the reader notices."""
        self.faults.silent.add(antenna)
        self._voice.event(now_us, ON_ANTENNA, AntennaEvent(0, antenna))
        return self._voice.flush()

    def plug(self, antenna: int, now_us: int) -> list[Out]:
        """The cable is in again."""
        self.faults.silent.discard(antenna)
        self._voice.event(now_us, ON_ANTENNA, AntennaEvent(1, antenna))
        return self._voice.flush()

    def input(self, port: int, now_us: int, *, level: bool) -> list[Out]:
        """An input (a door contact, a light barrier) changes; an input that is not enabled is not looked at."""
        changed = self._levels.get(port) != level
        self._levels[port] = level
        if changed and port in self._settings.inputs_on:
            self._voice.event(now_us, ON_INPUT, InputEvent(port, level))
            self._plans.input_changed(port, now_us, level=level)
        return self._voice.flush()

    def exception(self, text: str, now_us: int) -> list[Out]:
        """Something went wrong inside the reader, and it says so."""
        self._voice.event(now_us, ON_EXCEPTION, ExceptionEvent(text=text))
        return self._voice.flush()

    # Inside

    def _answer(self, frame: Frame, now_us: int) -> tuple[m.Message | None, int]:
        """The answer, and the version in its head: that of the request when versions are being settled."""
        version = self._voice.version
        settling = frame.type in {m.TYPES[cls] for cls in _ANY_VERSION} and frame.version <= self._highest
        if frame.version != version and not settling:
            text = f"version {frame.version} is not the one of this connection, {version}"
            status = LlrpStatus(code=UNSUPPORTED_VERSION, description=text)
            answer = None if frame.type == m.TYPES[m.ErrorMessage] else m.ErrorMessage(status)
            return answer, version
        try:
            message = decode(frame.type, frame.body)
        except DropError as fault:
            status = LlrpStatus(code=fault.status, description=str(fault)[:200])
            return self._requests.refusal(frame, status), version
        if self._requests.knows(message):
            return self._requests.answer(message, now_us), frame.version
        if isinstance(message, m.Answer):
            return None, version
        status = LlrpStatus(code=UNSUPPORTED_MESSAGE, description=f"unsupported message type {frame.type}")
        return self._requests.refusal(frame, status), version

    @property
    def _highest(self) -> int:
        return VERSION_1_1 if self.box.highest_version >= VERSION_1_1 else 1

    def _faults(self) -> Faults:
        return self.faults

    def _clock(self) -> Clocked:
        if self.box.has_clock:
            return Clocked(offset_us=self.faults.clock_offset_us)
        return Clocked(uptime_from_us=self._booted_us)
