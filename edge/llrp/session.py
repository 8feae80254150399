"""The conversation with one reader over one connection, as a state machine. Pure: bytes and time in, actions out.

::

    GREETING -> (what `Steering` asks: setting up, then cycles) -> CLOSED

The reader speaks first. Whatever does not fit ends in `Close` with a reason in words, or is counted and left out; a
new connection starts with a new session.
"""

from __future__ import annotations

from typing import Final

from edge.config import ReaderConfig
from edge.dwells import DwellBuilder
from edge.llrp import codec, plan
from edge.llrp import events as ev
from edge.llrp import messages as msg
from edge.llrp.actions import CLOSE_US, DEAD_US, GREETING_US, KEEPALIVE_US, STALL_US, TAKEN_S, Action, Out
from edge.llrp.readerclock import ReaderClock
from edge.llrp.reports import Normaliser
from edge.llrp.steering import Steering
from edge.llrp.wire import VERSION_1_0_1, DropError, Frame, Framer, LinkError
from edge.ports import Cycle

_PLUGGED: Final = {0: "lost", 1: "plugged in"}


class Session:
    """One connection. Feed it with `received`, then call `step` until it gives None; call `tick` at `deadline`."""

    def __init__(self, config: ReaderConfig, dwells: DwellBuilder, cycle: Cycle | None, now_us: int) -> None:
        self._dwells = dwells
        self._framer = Framer()
        self._out = Out()
        self._steering = Steering(config, dwells, self._out, cycle, now_us)
        self._clock = ReaderClock()
        self._normaliser = Normaliser(self._clock)
        self._greeted = False
        self._began_us = now_us
        self._heard_us = now_us
        self._partial_us: int | None = None
        self._closing_us: int | None = None
        self._stall_us: int | None = None
        self._cycle_stall_us: int | None = None
        """The same for a reader that tells only its cycles; set once it has told the end of one."""

    @property
    def closed(self) -> bool:
        """Over; nothing more comes of it."""
        return self._out.closed

    @property
    def ready(self) -> bool:
        """Set up: it runs its cycle, or rests."""
        return not self.closed and self._steering.reader is not None and self._steering.ready

    @property
    def reader(self) -> plan.Reader | None:
        """What the reader is, once it said so."""
        return self._steering.reader

    @property
    def ports(self) -> list[int]:
        """The antennas of the cycle that runs."""
        made = self._steering.plan
        return [port for turn in made.turns for port in turn.antennas] if made else []

    @property
    def notes(self) -> dict[str, str]:
        """What is not as it should be: one text a subject."""
        return self._out.notes

    @property
    def dropped(self) -> int:
        """Messages and report items that were unusable."""
        return self._out.dropped + self._normaliser.unusable

    @property
    def clock_offset_us(self) -> int | None:
        """Reader minus host; None if the reader has no clock or said nothing yet."""
        reader = self._steering.reader
        return self._clock.offset_us if reader is not None and reader.has_utc else None

    # What comes in

    def received(self, data: bytes, now_us: int) -> None:
        """Bytes from the reader. Then `step` until None."""
        self._heard_us = now_us
        self._framer.feed(data)

    def step(self, now_us: int) -> list[Action] | None:
        """Handle one of the messages that were received; None if none is whole, or the session is over."""
        if self.closed:
            return None
        try:
            frame = self._framer.take()
            if frame is None:
                if not self._framer.waiting:
                    self._partial_us = None
                elif self._partial_us is None:
                    self._partial_us = now_us
                return None
            self._partial_us = None
            self._frame(frame, now_us)
        except LinkError as error:
            self._out.close(f"it breaks the protocol: {error}")
        return self._flush(now_us)

    def set_cycle(self, cycle: Cycle | None, now_us: int) -> list[Action]:
        """Wish another cycle (None: radio off)."""
        if not self._steering.leaving:
            self._steering.wish = cycle
        return self._flush(now_us)

    def stop(self, now_us: int) -> list[Action]:
        """Go politely: radio off, plan deleted, connection closed; within `CLOSE_US`."""
        self._closing_us = now_us + CLOSE_US
        self._steering.leave()
        if not self._greeted:
            self._out.close("stopped", polite=True)
        return self._flush(now_us)

    def lost(self, now_us: int) -> list[Action]:
        """TCP is gone, whoever closed it: what was open proves nothing."""
        self._out.dwells(self._dwells.lost(now_us))
        self._out.closed = True
        return self._out.take()

    def deadline(self) -> int:
        """When `tick` must be called at the latest."""
        times = [self._heard_us + DEAD_US]
        if not self._greeted:
            times.append(self._began_us + GREETING_US)
        if self._steering.request:
            times.append(self._steering.request.due_us)
        elif not self._steering.keepalive:
            times.append(self._heard_us + KEEPALIVE_US)
        if self._partial_us is not None:
            times.append(self._partial_us + DEAD_US)
        stalls = (self._stall_us, self._cycle_stall_us)
        others = (self._steering.restart_us, self._closing_us, *stalls, self._dwells.deadline())
        return min(times + [at_us for at_us in others if at_us is not None])

    def tick(self, now_us: int) -> list[Action]:
        """Time has passed."""
        reason = self._overdue(now_us)
        if self.closed:
            return []
        if self._closing_us is not None and now_us >= self._closing_us:
            self._out.close("stopped", polite=True)
        elif reason:
            self._out.close(reason)
        else:
            self._out.dwells(self._dwells.tick(now_us))
            if self._steering.restart_us is not None and now_us >= self._steering.restart_us:
                self._steering.restart()
            quiet = now_us >= self._heard_us + KEEPALIVE_US
            if quiet and not self._steering.keepalive and self._steering.ready:
                self._steering.probe(now_us)
        return self._flush(now_us)

    def _overdue(self, now_us: int) -> str | None:
        """Why the link is given up, if it is."""
        request = self._steering.request
        if not self._greeted and now_us >= self._began_us + GREETING_US:
            return "it accepted TCP and said nothing for 10 s; another client may hold it"
        if request and now_us >= request.due_us:
            return f"no answer to {codec.name_of(request.message)} within 10 s"
        if now_us >= self._heard_us + DEAD_US:
            return "no sign of life for 30 s"
        if self._partial_us is not None and now_us >= self._partial_us + DEAD_US:
            return "a message stayed unfinished for 30 s"
        stalls = (self._stall_us, self._cycle_stall_us)
        if any(at_us is not None and now_us >= at_us for at_us in stalls):
            return "it lives, but its antennas stand still"
        return None

    # Messages

    def _frame(self, frame: Frame, now_us: int) -> None:
        if frame.version != VERSION_1_0_1:
            raise LinkError(f"version {frame.version} of LLRP where 1 was spoken")
        try:
            message = codec.decode(frame.type, frame.body)
        except DropError as error:
            self._out.unusable(f"a message of type {frame.type} was unusable: {error}")
            self._steering.unusable_answer(frame.type, frame.id, now_us)
            return
        if isinstance(message, msg.ReaderEventNotification):
            self._notification(message.data, now_us)
        elif not self._greeted:
            self._out.unusable(f"{codec.name_of(message)} came before the reader's greeting")
        elif isinstance(message, msg.Keepalive):
            self._out.send(msg.KeepaliveAck(), frame.id)
        elif isinstance(message, msg.ROAccessReport):
            self._report(message, now_us)
        elif isinstance(message, msg.Answer):
            self._answer(message, frame.id, now_us)
        else:
            self._out.unusable(f"{codec.name_of(message)} is nothing that a reader should send")

    def _answer(self, answer: msg.Answer, number: int, now_us: int) -> None:
        self._steering.answer(answer, number, now_us)
        if isinstance(answer, msg.GetReaderCapabilitiesResponse) and self.reader is not None:
            self._normaliser.channels_khz = self.reader.channels_khz

    def _report(self, report: msg.ROAccessReport, now_us: int) -> None:
        self._out.dropped += report.dropped
        if self._steering.running:
            if report.tags:
                self._cycle_lives(now_us)
            reads = self._normaliser.read(report.tags, self._steering.rospec, now_us)
            self._out.dwells(self._dwells.heard(reads, now_us))

    # Events

    def _notification(self, data: ev.EventData, now_us: int) -> None:
        for event in data.events:
            if isinstance(event, ev.ConnectionAttempt):
                self._attempt(event.status, now_us)
        if not self._greeted or self.closed:
            return
        at_us = self._time(data, now_us)
        for event in sorted(data.events, key=self._order):
            self._event(event, at_us, now_us)

    def _attempt(self, status: int, now_us: int) -> None:
        if status == ev.SOMEBODY_TRIED:
            self._out.note("attempt", "another client tried to connect")
        elif self._greeted:
            self._out.unusable("it greets a second time")
        elif status == ev.ACCEPTED:
            self._greeted = True
            self._steering.start(now_us)
        elif status in (ev.REFUSED_CLIENT_STARTED, ev.REFUSED_READER_STARTED):
            self._out.close("another client holds it", refused=True, wait_s=TAKEN_S)
        else:
            self._out.close(f"it refuses connections (reason {status})", refused=True, wait_s=TAKEN_S)

    def _time(self, data: ev.EventData, now_us: int) -> int:
        stamp = data.utc or data.uptime
        if stamp is None:
            return now_us
        self._clock.sample(stamp.us, now_us)
        if self._clock.jumps:
            self._out.note("clock", f"its clock jumped by more than 2 s, {self._clock.jumps} times")
        return self._clock.to_host(stamp.us, now_us)

    def _order(self, event: ev.Event) -> int:
        """Events of one moment come in any order: the end of a turn, the end of the cycle, and a start where it fits."""
        if isinstance(event, ev.ROSpecEvent):
            if event.kind == ev.ROSPEC_START:
                return 3 if self._steering.active else 0
            return 2
        return 1

    def _event(self, event: ev.Event, at_us: int, now_us: int) -> None:
        steering = self._steering
        if isinstance(event, ev.ROSpecEvent):
            if steering.running and event.rospec == steering.rospec:
                steering.cycle_event(event, at_us, now_us)
                self._cycle_lives(now_us, ended=event.kind != ev.ROSPEC_START)
        elif isinstance(event, ev.AISpecEnd):
            if steering.running and event.rospec == steering.rospec:
                self._out.dwells(self._dwells.turn_ended(event.spec_index, at_us))
                self._stall_us = now_us + STALL_US + 3 * self._longest_turn_us()
        elif isinstance(event, ev.BufferOverflow):
            self._dwells.doubt()
            self._out.note("buffer", "its report buffer overflowed: silence at that time proves nothing")
        elif isinstance(event, ev.BufferWarning):
            self._out.note("buffer", "its report buffer is nearly full")
        elif isinstance(event, ev.ExceptionEvent):
            self._out.note("exception", f"it reports an exception: {event.text[:120]!r}")
        elif isinstance(event, ev.AntennaEvent):
            word = _PLUGGED.get(event.kind, "changed")
            self._out.note(f"antenna {event.antenna}", f"the cable of antenna {event.antenna} was {word}")
        elif isinstance(event, ev.ConnectionClose):
            self._out.close("it closed the connection of its own will", wait_s=0.0)

    def _cycle_lives(self, now_us: int, *, ended: bool = False) -> None:
        if ended or self._cycle_stall_us is not None:
            made = self._steering.plan
            cycle_us = sum(turn.duration_us for turn in made.turns) if made else 0
            self._cycle_stall_us = now_us + STALL_US + 3 * cycle_us

    def _longest_turn_us(self) -> int:
        made = self._steering.plan
        return max((turn.duration_us for turn in made.turns), default=0) if made else 0

    def _flush(self, now_us: int) -> list[Action]:
        if not self.closed and self._greeted:
            self._steering.advance(now_us)
        if not self._steering.running:
            self._stall_us = self._cycle_stall_us = None
        return self._out.take()
