"""What we ask of a reader: setting up, then whatever leads from the cycle that runs to the one that is wished. Pure.

::

    capabilities -> vendor's extension -> delete all -> configure -> [ add -> enable <-> start ... disable -> delete ]*

One request at a time, each with a deadline and with what follows from its answer and from its refusal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from edge.config import ReaderConfig
from edge.dwells import DwellBuilder
from edge.llrp import codec, plan
from edge.llrp import events as ev
from edge.llrp import messages as msg
from edge.llrp.actions import KEEPALIVE_US, RESPONSE_US, RESTART_US, Out
from edge.ports import Cycle
from shelfwire.messages import Air

CYCLE_EVENTS: Final = (ev.ON_ROSPEC,)
TURN_EVENTS: Final = (ev.ON_AISPEC,)
HEALTH_EVENTS: Final = (ev.ON_BUFFER, ev.ON_EXCEPTION, ev.ON_ANTENNA)
KEEPALIVE: Final = ev.KeepaliveSpec(1, KEEPALIVE_US // 1000)

Then = Callable[[msg.Answer, int], None]
Refused = Callable[[str, int], None]


class Request(msgspec.Struct, frozen=True):
    """What waits for an answer."""

    number: int
    message: msg.Message
    expected: type[msg.Answer]
    due_us: int
    then: Then
    refused: Refused


class Steering:
    """The asking half of a session."""

    def __init__(
        self, config: ReaderConfig, dwells: DwellBuilder, out: Out, wish: Cycle | None, now_us: int
    ) -> None:
        self._config = config
        self._dwells = dwells
        self._out = out
        self._todo: deque[Callable[[int], None]] = deque()
        self._level = plan.FULL
        self._self_starts = True
        self._runs: Cycle | None = None
        self.wish = wish
        self.request: Request | None = None
        self.reader: plan.Reader | None = None
        self.plan: plan.Plan | None = None
        self.rospec = 1 + now_us // 1_000_000 % 1_000_000 * 1000
        """Differs from connection to connection, so that what was held back from an earlier one is known."""
        self.active = False
        """The reader said that the cycle started."""
        self.restart_us: int | None = None
        self._start_waits = False
        """The reader is to be told to start; said when nothing else is under way."""
        self.keepalive = True
        """The reader sends them."""
        self.leaving = False

    @property
    def running(self) -> bool:
        """A cycle of ours is enabled."""
        return self._runs is not None

    @property
    def ready(self) -> bool:
        """Set up; nothing is under way but the cycle."""
        return self.reader is not None and not self._todo and self.request is None and not self._start_waits

    def start(self, now_us: int) -> None:
        """The reader accepted us."""
        self._ask(msg.GetReaderCapabilities(), msg.GetReaderCapabilitiesResponse, now_us, self._capabilities)

    def answer(self, answer: msg.Answer, number: int, now_us: int) -> None:
        """An answer came; order and interleaving are the reader's affair, number and kind must fit."""
        request = self.request
        if request is None or request.number != number:
            self._out.unusable(f"{codec.name_of(answer)} answers nothing that was asked")
            return
        self.request = None
        status = getattr(answer, "status", None)
        words = status.text() if status is not None else ""
        if not isinstance(answer, request.expected):
            request.refused(f"{codec.name_of(answer)}, {words}", now_us)
        elif status is not None and status.code:
            request.refused(words, now_us)
        else:
            request.then(answer, now_us)

    def unusable_answer(self, kind: int, number: int, now_us: int) -> None:
        """A message could not be decoded; if it was the answer we wait for, that is a refusal."""
        request = self.request
        if request and request.number == number and kind == msg.TYPES.get(request.expected):
            self.request = None
            request.refused("its answer was unusable", now_us)

    def advance(self, now_us: int) -> None:
        """Make the next request, if none is under way."""
        while self.request is None and not self._out.closed:
            if self._todo and not self.leaving:
                self._todo.popleft()(now_us)
            elif self._runs is not None and self._runs != self.wish:
                self._disable(now_us)
            elif self.leaving:
                self._ask(msg.CloseConnection(), msg.CloseConnectionResponse, now_us, self._gone, self._gone)
            elif self._runs is None and self.wish is not None and self.reader is not None:
                self._add(self.wish, self.reader, now_us)
            elif self._start_waits:
                self._start_again(now_us)
            else:
                return

    def leave(self) -> None:
        """Radio off, then go."""
        self.wish, self.leaving = None, True

    def probe(self, now_us: int) -> None:
        """Ask something harmless, where the reader sends no keepalives."""
        self._ask(msg.GetROSpecs(), msg.GetROSpecsResponse, now_us, _go_on)

    # Setting up

    def _capabilities(self, answer: msg.Answer, _now_us: int) -> None:
        assert isinstance(answer, msg.GetReaderCapabilitiesResponse)
        self.reader = plan.reader_of(answer)
        if self.reader.is_impinj:
            self._todo.append(self._extend)
        self._todo += [
            self._step(msg.DeleteAccessSpec(), msg.DeleteAccessSpecResponse, "to delete access specs"),
            self._step(msg.DeleteROSpec(), msg.DeleteROSpecResponse, "to delete ROSpecs"),
            self._configure,
        ]

    def _extend(self, now_us: int) -> None:
        def refused(reason: str, _at_us: int) -> None:
            self._level = max(self._level, plan.NO_CUSTOM)
            self._out.note("extension", f"it refuses its vendor's extension: {reason}")

        self._ask(msg.ImpinjEnable(), msg.ImpinjEnableResponse, now_us, _go_on, refused)

    def _configure(self, now_us: int) -> None:
        holds = self.reader is not None and self.reader.holds
        whole = msg.SetReaderConfig(
            events=_events(CYCLE_EVENTS + TURN_EVENTS + HEALTH_EVENTS, others_off=True),
            keepalive=KEEPALIVE,
            holding=ev.Holding(on=True) if holds else None,
        )
        self._ask(whole, msg.SetReaderConfigResponse, now_us, _go_on, self._configure_singly)

    def _configure_singly(self, reason: str, _now_us: int) -> None:
        """The whole was refused: try its parts, each for itself."""
        self._out.note("config", f"it refuses the settings as a whole: {reason}")
        for words, on in (
            ("events at the end of a turn", TURN_EVENTS),
            ("events at the start and end of a cycle", CYCLE_EVENTS),
            ("events of buffer, exceptions and antennas", HEALTH_EVENTS),
        ):
            part = msg.SetReaderConfig(events=_events(on))
            self._todo.append(self._step(part, msg.SetReaderConfigResponse, words))
        self._todo.append(self._configure_keepalive)

    def _configure_keepalive(self, now_us: int) -> None:
        def refused(reason: str, _at_us: int) -> None:
            self.keepalive = False
            self._out.note("keepalive", f"it refuses keepalives: {reason}; it is asked every 10 s instead")

        message = msg.SetReaderConfig(keepalive=KEEPALIVE)
        self._ask(message, msg.SetReaderConfigResponse, now_us, _go_on, refused)

    # From the cycle that runs to the one that is wished

    def _add(self, wish: Cycle, reader: plan.Reader, now_us: int) -> None:
        self.rospec += 1
        made = plan.make(self._config, wish, reader, self.rospec, self._level)
        if made is None:
            self._out.close(f"it has none of the antennas that are asked for, only {reader.antennas}")
            return

        def then(_answer: msg.Answer, at_us: int) -> None:
            self._enable(wish, made, at_us)

        self._ask(msg.AddROSpec(made.spec), msg.AddROSpecResponse, now_us, then, self._add_refused)

    def _add_refused(self, reason: str, _now_us: int) -> None:
        """Ask for less, in the stated order."""
        if self._level >= plan.NO_ANTENNA_CONFIG:
            self._out.close(f"it refuses every plan: {reason}")
            return
        self._level += 1
        self._out.note(
            "plan", f"it refused a plan ({reason}); tried again without {plan.DROPPED[self._level]}"
        )

    def _enable(self, wish: Cycle, made: plan.Plan, now_us: int) -> None:
        self._runs, self.plan, self.active, self._start_waits = wish, made, False, False
        self._out.notes.pop("dropped", None)
        if made.dropped:
            self._out.note("dropped", "left out: " + "; ".join(made.dropped))
        self._out.dwells(self._dwells.begin(made.turns, made.air, wish.sweep, now_us))

        def then(_answer: msg.Answer, _at_us: int) -> None:
            self._out.say(f"cycle of {len(made.turns)} turns enabled")

        self._ask(msg.EnableROSpec(self.rospec), msg.EnableROSpecResponse, now_us, then)
        self._out.send(msg.EnableEventsAndReports())

    def _disable(self, now_us: int) -> None:
        self.restart_us, self._start_waits = None, False

        def then(_answer: msg.Answer, at_us: int) -> None:
            self._delete(at_us)

        def refused(reason: str, at_us: int) -> None:
            self._out.note("disable", f"it refuses to disable the cycle: {reason}")
            self._delete(at_us)

        self._ask(msg.DisableROSpec(self.rospec), msg.DisableROSpecResponse, now_us, then, refused)

    def _delete(self, now_us: int) -> None:
        self._runs, self.plan, self.active = None, None, False
        self._out.dwells(self._dwells.begin((), Air(), None, now_us))
        self._step(msg.DeleteROSpec(), msg.DeleteROSpecResponse, "to delete the cycle")(now_us)

    # The reader's cycle

    def cycle_event(self, event: ev.ROSpecEvent, at_us: int, now_us: int) -> None:
        """Our ROSpec started, ended or was preempted."""
        if event.kind == ev.ROSPEC_START:
            self.active, self.restart_us, self._start_waits = True, None, False
            self._out.dwells(self._dwells.started(at_us))
            return
        self.active = False
        self._out.dwells(self._dwells.ended(at_us))
        self.restart_us = now_us + (RESTART_US if self._self_starts else 0)
        if event.kind == ev.ROSPEC_PREEMPTED:
            self._out.note("preempted", f"its cycle was preempted by ROSpec {event.preempting}")

    def restart(self) -> None:
        """The reader did not begin again by itself: `advance` starts it, as soon as no other request is under way."""
        self.restart_us = None
        self._start_waits = self._runs is not None

    def _start_again(self, now_us: int) -> None:
        """Start it, now and after each end from here on."""
        self._start_waits, self._self_starts = False, False
        self._ask(msg.StartROSpec(self.rospec), msg.StartROSpecResponse, now_us, _go_on, self._start_refused)

    def _start_refused(self, reason: str, now_us: int) -> None:
        if self.active:
            return  # it began by itself in the meantime
        self._out.note("restart", f"it refuses to start the cycle again: {reason}; disabled and added anew")
        self._disable(now_us)

    # Small things

    def _ask(
        self,
        message: msg.Message,
        expected: type[msg.Answer],
        now_us: int,
        then: Then,
        refused: Refused | None = None,
    ) -> None:
        """Send a request. Without `refused` a refusal closes."""

        def close(reason: str, _now_us: int) -> None:
            self._out.close(f"it refuses {codec.name_of(message)}: {reason}")

        number = self._out.send(message)
        self.request = Request(number, message, expected, now_us + RESPONSE_US, then, refused or close)

    def _step(self, message: msg.Message, expected: type[msg.Answer], words: str) -> Callable[[int], None]:
        """A request whose refusal is only noted."""

        def refused(reason: str, _at_us: int) -> None:
            self._out.note(words, f"it refuses {words}: {reason}")

        return lambda now_us: self._ask(message, expected, now_us, _go_on, refused)

    def _gone(self, _answer: object, _now_us: int) -> None:
        self._out.close("stopped", polite=True)


def _go_on(_answer: msg.Answer, _now_us: int) -> None:
    """Nothing follows but the next request."""


def _events(on: tuple[int, ...], *, others_off: bool = False) -> ev.EventSpec:
    """Events switched on; what is not named stays as it was."""
    named = range(ev.ON_ANTENNA + 1) if others_off else on
    return ev.EventSpec(tuple(ev.EventEntry(event, event in on) for event in named))
