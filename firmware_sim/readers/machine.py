"""An emulated LLRP reader without its socket: messages and time in, messages out. Pure.

`receive` answers one message, `advance` lets time pass; both give what goes out, in order. The conversation follows sections 7 and 11 of the facts
sheet: what is wrong changes nothing and is answered in the response of the message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from edge.llrp import messages as m
from edge.llrp.codec import DropError, Frame, decode
from edge.llrp.events import (
    ACCEPTED,
    ON_AISPEC,
    ON_AISPEC_DETAILS,
    ON_ANTENNA,
    ON_BUFFER,
    ON_ROSPEC,
    ROSPEC_END,
    ROSPEC_START,
    SOMEBODY_TRIED,
    AISpecEnd,
    AntennaEvent,
    BufferOverflow,
    BufferWarning,
    ConnectionAttempt,
    Event,
    EventData,
    ROSpecEvent,
)
from edge.llrp.impinj import IMPINJ
from edge.llrp.rospec import (
    ACTIVE,
    DISABLED,
    INACTIVE,
    STOP_DURATION,
    ROSpec,
    Uptime,
    Utc,
)
from edge.llrp.status import (
    OK,
    UNSUPPORTED_MESSAGE,
    UNSUPPORTED_VERSION,
    LlrpStatus,
)
from edge.llrp.tags import TagReport
from edge.llrp.wire import VERSION_1_0_1
from firmware_sim.radio import Field, Listen
from firmware_sim.readers.box import Box, capabilities
from firmware_sim.readers.checks import endless, field_status, rospec_status
from firmware_sim.readers.runs import (
    Clocked,
    Listening,
    Run,
    StepEnd,
    period_us,
    report_of,
    starts_us,
)
from firmware_sim.readers.settings import Settings

MISSED_ACKS: Final = 3
"""After so many keepalives without acknowledgement the client is dead."""

WARNING_PERCENT: Final = 80

_SHORT: Final[dict[int, Any]] = {
    request: m.CLASSES[answer]
    for request, answer in {
        1: 11, 2: 12, 3: 13, 14: 4, 20: 30, 21: 31, 22: 32, 23: 33, 24: 34, 25: 35, 26: 36,
        40: 50, 41: 51, 42: 52, 43: 53, 44: 54,
    }.items()
}  # fmt: skip
"""Request type → class of its answer, for refusals."""


class Out(msgspec.Struct, frozen=True):
    """One message that goes to the client; `close`: then the reader closes the connection."""

    message: m.Message
    id: int
    close: bool = False


class Faults(msgspec.Struct, kw_only=True):
    """What is broken now; a test or the demo changes it while the reader runs."""

    silent: set[int] = msgspec.field(default_factory=set)
    """Antennas that hear nothing, not even their reference tags: a cable was pulled behind the hub."""
    mute_aispec: bool = False
    """No AISpec end events, as from readers that do not know them."""
    clock_offset_us: int = 0
    drop_answers: int = 0
    """So many of the next answers are swallowed."""
    doubled_reports: bool = False


class Machine:
    """The reader's inside. One client at a time is the shell's business; state survives the client."""

    def __init__(self, box: Box, field: Field, now_us: int) -> None:
        self.box = box
        self.faults = Faults()
        self.sent_reports = 0
        """Tag report items made since the start."""
        self.field = field
        self._booted_us = now_us
        self._rospecs: dict[int, ROSpec] = {}
        self._runs: dict[int, Run] = {}
        self._starts_us: dict[int, int] = {}
        self._settings = Settings(box)
        self._connected = False
        self._holding = False
        self._vendor_on = False
        self._held: deque[m.Message] = deque()
        self._overflowed = self._warned = False
        self._waiting: list[TagReport] = []
        self._ids = 0
        self._unacknowledged = 0
        self._keepalive_us = 0
        self._out: list[Out] = []

    # From the shell

    def connect(self, now_us: int) -> list[Out]:
        """A client came: the reader speaks first."""
        self._connected = True
        self._vendor_on = False
        self._holding = self._settings.holds
        self._unacknowledged = 0
        self._keepalive_us = now_us + self._settings.keepalive_ms * 1000
        self._send_now(self._event_message(now_us, ConnectionAttempt(ACCEPTED)))
        if not self._holding:
            self._release(now_us)
        return self._flush()

    def refusal(self, now_us: int, reason: int) -> Out:
        """What a client hears that is not taken: 2 another client is here, 3 other reason."""
        return Out(self._event_message(now_us, ConnectionAttempt(reason)), self._next_id(), close=True)

    def somebody_tried(self, now_us: int) -> list[Out]:
        """Tell the client that another one wanted in."""
        self._send_now(self._event_message(now_us, ConnectionAttempt(SOMEBODY_TRIED)))
        return self._flush()

    def disconnect(self) -> None:
        """The client is gone; ROSpecs go on."""
        self._connected = False
        self._holding = self._settings.holds

    def receive(self, frame: Frame, now_us: int) -> list[Out]:
        """Answer one message."""
        if frame.version != VERSION_1_0_1:
            return self._error(frame, UNSUPPORTED_VERSION, f"version {frame.version} is not known")
        try:
            message = decode(frame.type, frame.body)
        except DropError as fault:
            return self._refuse(frame, LlrpStatus(code=fault.status, description=str(fault)[:200]))
        handler = self._handlers().get(type(message))
        if handler is None:
            if frame.type in _SHORT:
                return self._refuse(
                    frame, LlrpStatus(code=UNSUPPORTED_MESSAGE, description="not in this reader")
                )
            if isinstance(message, m.Answer):
                return []
            return self._error(frame, UNSUPPORTED_MESSAGE, f"unsupported message type {frame.type}")
        answer = handler(message, now_us)
        if answer is not None and self.faults.drop_answers > 0:
            self.faults.drop_answers -= 1
            answer = None
        closing = isinstance(answer, m.CloseConnectionResponse)
        first = [] if answer is None else [Out(answer, frame.id, close=closing)]
        return first + self._flush()

    def advance(self, now_us: int) -> list[Out]:
        """Let time pass up to `now_us`."""
        for number, at_us in sorted(self._starts_us.items()):
            if at_us <= now_us:
                del self._starts_us[number]
                self._start(number, at_us)
        for number in sorted(self._runs):
            self._advance_run(number, now_us)
        if self._connected and self._settings.keepalive_ms and now_us >= self._keepalive_us:
            self._keepalive(now_us)
        return self._flush()

    def next_us(self) -> int | None:
        """When `advance` has something to do again, None: nothing is planned."""
        times = [run.next_us for run in self._runs.values()] + list(self._starts_us.values())
        if self._connected and self._settings.keepalive_ms:
            times.append(self._keepalive_us)
        return min(times, default=None)

    def unplug(self, antenna: int, now_us: int) -> list[Out]:
        """The cable of an antenna is pulled, and the reader notices."""
        self.faults.silent.add(antenna)
        return self._antenna_event(antenna, 0, now_us)

    def plug(self, antenna: int, now_us: int) -> list[Out]:
        """The cable is in again."""
        self.faults.silent.discard(antenna)
        return self._antenna_event(antenna, 1, now_us)

    # Requests

    def _handlers(self) -> dict[type, Callable[[Any, int], m.Message | None]]:
        return {
            m.GetReaderCapabilities: lambda message, _: capabilities(self.box, message.requested),
            m.GetReaderConfig: lambda message, _: self._settings.shown(message, self.faults.silent),
            m.SetReaderConfig: self._set_config,
            m.CloseConnection: lambda _message, _now: m.CloseConnectionResponse(),
            m.AddROSpec: self._add,
            m.DeleteROSpec: self._delete,
            m.EnableROSpec: self._enable,
            m.DisableROSpec: self._disable,
            m.StartROSpec: self._start_asked,
            m.StopROSpec: self._stop_asked,
            m.GetROSpecs: lambda _message, _now: m.GetROSpecsResponse(rospecs=tuple(self._listed())),
            m.GetAccessSpecs: lambda _message, _now: m.GetAccessSpecsResponse(),
            m.DeleteAccessSpec: lambda message, _: m.DeleteAccessSpecResponse(
                _no_access(message.access_spec)
            ),
            m.GetReport: self._get_report,
            m.KeepaliveAck: self._acknowledged,
            m.EnableEventsAndReports: self._enable_reports,
            m.ImpinjEnable: self._enable_vendor,
            m.CustomMessage: lambda _message, _now: m.ErrorMessage(
                LlrpStatus(code=UNSUPPORTED_MESSAGE, description="no such vendor's message")
            ),
        }

    def _set_config(self, message: m.SetReaderConfig, now_us: int) -> m.Message:
        status = self._settings.fault(message, vendor_on=self._vendor_on)
        if status.code:
            return m.SetReaderConfigResponse(status)
        if message.reset and not self.box.keeps_rospecs_on_reset:
            self._forget(list(self._rospecs))
        self._settings.take(message)
        if message.keepalive is not None:
            self._keepalive_us = now_us + self._settings.keepalive_ms * 1000
            self._unacknowledged = 0
        return m.SetReaderConfigResponse()

    def _add(self, message: m.AddROSpec, _now_us: int) -> m.Message:
        status = rospec_status(self.box, message.spec, self._rospecs, vendor_on=self._vendor_on)
        if not status.code:
            self._rospecs[message.spec.id] = message.spec
        return m.AddROSpecResponse(status)

    def _delete(self, message: m.DeleteROSpec, _now_us: int) -> m.Message:
        return m.DeleteROSpecResponse(self._each(message.rospec, self._forget))

    def _enable(self, message: m.EnableROSpec, now_us: int) -> m.Message:
        return m.EnableROSpecResponse(self._each(message.rospec, lambda ids: self._set_enabled(ids, now_us)))

    def _disable(self, message: m.DisableROSpec, now_us: int) -> m.Message:
        def disable(ids: Sequence[int]) -> None:
            for number in ids:
                self._starts_us.pop(number, None)
                self._stop(number, now_us)
                self._set_state(number, DISABLED)

        return m.DisableROSpecResponse(self._each(message.rospec, disable))

    def _start_asked(self, message: m.StartROSpec, now_us: int) -> m.Message:
        spec = self._rospecs.get(message.rospec)
        if spec is None or spec.state == DISABLED:
            return m.StartROSpecResponse(field_status("ROSpecID: unknown or disabled"))
        if message.rospec not in self._runs:
            self._start(message.rospec, now_us)
        return m.StartROSpecResponse()

    def _stop_asked(self, message: m.StopROSpec, now_us: int) -> m.Message:
        if message.rospec not in self._rospecs:
            return m.StopROSpecResponse(field_status("ROSpecID"))
        self._stop(message.rospec, now_us)
        return m.StopROSpecResponse()

    def _get_report(self, _message: m.GetReport, _now_us: int) -> m.Message | None:
        self._send(m.ROAccessReport(tags=tuple(self._waiting)))
        self._waiting.clear()
        return None

    def _acknowledged(self, _message: m.KeepaliveAck, _now_us: int) -> m.Message | None:
        self._unacknowledged = 0
        return None

    def _enable_reports(self, _message: m.EnableEventsAndReports, now_us: int) -> m.Message | None:
        self._release(now_us)
        return None

    def _enable_vendor(self, _message: m.ImpinjEnable, _now_us: int) -> m.Message:
        if self.box.vendor != IMPINJ:
            return m.ErrorMessage(
                LlrpStatus(code=UNSUPPORTED_MESSAGE, description="no such vendor's message")
            )
        self._vendor_on = True
        return m.ImpinjEnableResponse()

    def _each(self, number: int, do: Callable[[Sequence[int]], None]) -> LlrpStatus:
        """Apply to one ROSpec, or to all with 0."""
        if number and number not in self._rospecs:
            return field_status("ROSpecID")
        do([number] if number else list(self._rospecs))
        return OK

    # ROSpecs

    def _listed(self) -> list[ROSpec]:
        return [
            msgspec.structs.replace(spec, state=ACTIVE) if number in self._runs else spec
            for number, spec in self._rospecs.items()
        ]

    def _set_state(self, number: int, state: int) -> None:
        self._rospecs[number] = msgspec.structs.replace(self._rospecs[number], state=state)

    def _forget(self, ids: Sequence[int]) -> None:
        for number in ids:
            self._rospecs.pop(number, None)
            self._runs.pop(number, None)
            self._starts_us.pop(number, None)

    def _set_enabled(self, ids: Sequence[int], now_us: int) -> None:
        for number in ids:
            if self._rospecs[number].state != DISABLED:
                continue
            self._set_state(number, INACTIVE)
            at_us = starts_us(self._rospecs[number], now_us)
            if at_us is not None:
                self._starts_us[number] = at_us

    def _start(self, number: int, at_us: int) -> None:
        spec = self._rospecs[number]
        if number in self._runs:
            return
        self._runs[number] = Run(self.box, spec, self._settings.antennas, at_us)
        if period_us(spec):
            self._starts_us[number] = at_us + period_us(spec)
        self._event(at_us, ON_ROSPEC, _rospec_event(ROSPEC_START, number))

    def _stop(self, number: int, at_us: int) -> None:
        run = self._runs.pop(number, None)
        if run is None:
            return
        self._listen(run.spec, run.cut(at_us))
        self._report_waiting(run.spec, rospec_over=True)
        self._event(at_us, ON_ROSPEC, _rospec_event(ROSPEC_END, number))

    def _advance_run(self, number: int, now_us: int) -> None:
        while (run := self._runs.get(number)) is not None:
            stop = run.spec.boundary.stop
            if stop.kind == STOP_DURATION and now_us >= run.started_us + stop.duration_ms * 1000:
                self._stop(number, run.started_us + stop.duration_ms * 1000)
                return
            step = run.advance(now_us)
            if step is None:
                return
            self._end_step(run.spec, step)
            if step.list_over and not endless(run.spec):
                del self._runs[number]
                self._report_waiting(run.spec, rospec_over=True)
                self._event(step.at_us, ON_ROSPEC, _rospec_event(ROSPEC_END, number))
                immediate = starts_us(run.spec, step.at_us) == step.at_us and not period_us(run.spec)
                if immediate and self.box.restarts:
                    self._start(number, step.at_us)

    def _end_step(self, spec: ROSpec, step: StepEnd) -> None:
        self._listen(spec, step.listened)
        self._report_waiting(spec, rospec_over=False)
        if not step.spec_over or self.faults.mute_aispec:
            return
        end = AISpecEnd(rospec=spec.id, spec_index=step.spec_index)
        if ON_AISPEC in self._settings.events:
            self._event(step.at_us, ON_AISPEC, end)
        elif ON_AISPEC_DETAILS in self._settings.events:
            slots = (len(step.listened), 2 * len(step.listened))
            self._event(step.at_us, ON_AISPEC_DETAILS, msgspec.structs.replace(end, slots=slots))

    def _listen(self, spec: ROSpec, listened: Sequence[Listening]) -> None:
        report = spec.report or self._settings.report
        clock = self._clock()
        for one in listened:
            if one.antenna in self.faults.silent:
                continue
            answers = self.field.answers(
                Listen(
                    reader=self.box.name,
                    port=one.antenna,
                    from_us=one.from_us,
                    to_us=one.to_us,
                    power_dbm=one.power_dbm,
                    target=one.target,
                )
            )
            self._waiting += [report_of(answer, one, spec, report, clock) for answer in answers]
            self.sent_reports += len(answers)

    def _report_waiting(self, spec: ROSpec, *, rospec_over: bool) -> None:
        """Send what the report trigger says: 0 nothing, N > 0 in pieces of N, the rest at the end of AISpec (1) or ROSpec (2)."""
        report = spec.report or self._settings.report
        if report.trigger == 0:
            return
        while report.n and len(self._waiting) >= report.n:
            self._send_tags(self._waiting[: report.n])
            del self._waiting[: report.n]
        if self._waiting and (report.trigger == 1 or rospec_over):
            self._send_tags(self._waiting)
            self._waiting = []

    def _send_tags(self, tags: Sequence[TagReport]) -> None:
        for _ in range(2 if self.faults.doubled_reports else 1):
            self._send(m.ROAccessReport(tags=tuple(tags)))

    # Sending

    def _clock(self) -> Clocked:
        if self.box.has_clock:
            return Clocked(offset_us=self.faults.clock_offset_us)
        return Clocked(uptime_from_us=self._booted_us)

    def _event_message(self, at_us: int, event: Event) -> m.Message:
        utc, uptime = self._clock().utc(at_us), self._clock().uptime(at_us)
        data = EventData(
            utc=None if utc is None else Utc(max(0, utc)),
            uptime=None if uptime is None else Uptime(uptime),
            events=(event,),
        )
        return m.ReaderEventNotification(data)

    def _event(self, at_us: int, kind: int, event: Event) -> None:
        if kind in self._settings.events:
            self._send(self._event_message(at_us, event))

    def _antenna_event(self, antenna: int, kind: int, now_us: int) -> list[Out]:
        self._event(now_us, ON_ANTENNA, AntennaEvent(kind, antenna))
        return self._flush()

    def _send(self, message: m.Message) -> None:
        """To the client, or into the buffer while it holds; without holding, what nobody takes is gone."""
        if self._connected and not self._holding:
            self._send_now(message)
        elif self._settings.holds and len(self._held) < self.box.buffer_messages:
            self._held.append(message)
        elif self._settings.holds:
            self._overflowed = True

    def _send_now(self, message: m.Message) -> None:
        self._out.append(Out(message, self._next_id()))

    def _release(self, now_us: int) -> None:
        self._holding = False
        filled = 100 * len(self._held) // self.box.buffer_messages
        if filled >= WARNING_PERCENT:
            self._event(now_us, ON_BUFFER, BufferWarning(min(100, filled)))
        while self._held:
            self._send_now(self._held.popleft())
        if self._overflowed:
            self._overflowed = False
            self._send_now(self._event_message(now_us, BufferOverflow()))

    def _keepalive(self, now_us: int) -> None:
        self._keepalive_us = now_us + self._settings.keepalive_ms * 1000
        if self._unacknowledged >= MISSED_ACKS:
            self._out.append(Out(m.Keepalive(), self._next_id(), close=True))
            return
        self._unacknowledged += 1
        self._send_now(m.Keepalive())

    def _error(self, frame: Frame, code: int, text: str) -> list[Out]:
        if frame.type == m.TYPES[m.ErrorMessage]:
            return []
        return [Out(m.ErrorMessage(LlrpStatus(code=code, description=text)), frame.id)]

    def _refuse(self, frame: Frame, status: LlrpStatus) -> list[Out]:
        cls: Any = _SHORT.get(frame.type)
        if cls is None:
            return self._error(frame, status.code, status.description)
        return [Out(cls(status=status), frame.id)]

    def _next_id(self) -> int:
        self._ids = (self._ids + 1) & 0xFFFFFFFF
        return self._ids

    def _flush(self) -> list[Out]:
        out, self._out = self._out, []
        return out


def _rospec_event(kind: int, number: int) -> Event:
    return ROSpecEvent(kind, number)


def _no_access(number: int) -> LlrpStatus:
    return field_status("AccessSpecID") if number else OK
