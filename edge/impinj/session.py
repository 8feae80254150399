"""One R700 and its events, as a state machine. Pure: messages and time in, actions out. The theory of its turns stands in `edge.impinj.turns`."""

from __future__ import annotations

from typing import Final

from edge.config import ReaderConfig
from edge.impinj import preset
from edge.impinj.control import Control
from edge.impinj.events import Activation, Cable, Event, Overflow, Status, TagRead, event
from edge.impinj.preset import Options
from edge.impinj.turns import Turns
from edge.iot.actions import Action, Ask, Known, Out
from edge.iot.bodies import objects
from edge.iot.hosttime import HostTime
from edge.iot.turn import DwellMaker, Turn
from edge.ports import Cycle
from shelfwire.errors import PeerError
from shelfwire.messages import Air, Dwell

MUTE_READS: Final = 100
"""So many reads without one activation: its antenna activations are switched off, and no dwell can be whole."""

MAX_TOLD: Final = 40
"""Antennas in one remark."""

MAX_LOST: Final = 64
"""Antennas whose cable is lost: twice a reader with hubs. A hostile one names 65,000, and each costs a look at all others."""


class ImpinjSession:
    """One reader; lives as long as its driver. The shell is `edge.iot.shell`."""

    def __init__(self, config: ReaderConfig, options: Options, cycle: Cycle | None, now_us: int) -> None:
        self._config = config
        self.out = Out()
        self._time = HostTime()
        self._turns = Turns()
        self._known = Known()
        self._control = Control(config, options, self.out) if options.control is not None else None
        self._wish: Cycle | None = cycle
        self._in_force: Cycle | None = None
        """Of a reader that is controlled."""
        self._lost: set[int] = set()
        """Antennas whose cable is lost, by the reader's word."""
        self._air = preset.air(config) if self._control is not None else Air()
        self._idle = False
        self._reads = 0
        self._maker = DwellMaker(config.id, self._time)
        self.heard_us: int | None = None
        """Host time of the last message that made sense."""
        self._take_wish(now_us)

    @property
    def filters(self) -> list[str]:
        """Topics to subscribe to."""
        return [self._config.topic] if self._config.topic else []

    @property
    def resting(self) -> bool:
        """Its radio is off, as far as is known: then silence is in order."""
        return self._idle or (
            self._control is not None and self._control.settled and self._control.cycle is None
        )

    @property
    def gaps(self) -> int:
        """Beginnings of turns that were missed."""
        return self._turns.gaps

    @property
    def estimated(self) -> bool:
        """It does not say when its antennas work."""
        return not self._turns.activations and self._reads >= MUTE_READS

    @property
    def refused(self) -> int:
        """Reads that no dwell can hold."""
        return self._maker.refused + self._turns.refused

    @property
    def ports(self) -> list[int]:
        """The antennas that it is to drive."""
        wish = self._wish
        return list(wish.antennas if wish is not None and wish.antennas else self._config.antennas or ())

    @property
    def clock_offset_us(self) -> int | None:
        """Reader minus host."""
        return self._time.offset_us

    # What comes in

    def up(self, now_us: int) -> list[Action]:
        """The broker is there."""
        return self._flush(now_us)

    def down(self, now_us: int) -> list[Action]:
        """The broker is gone: what was open proves nothing."""
        self._turns.lost(now_us)
        return self._flush(now_us)

    def missed(self, now_us: int) -> list[Action]:
        """Messages were dropped on our side."""
        self._turns.doubt()
        self.out.note(
            "missed", "messages came faster than they were handled: silence at that time proves nothing"
        )
        return self._flush(now_us)

    def received(self, topic: str, payload: bytes, *, retained: bool, now_us: int) -> list[Action]:
        """A message of the reader."""
        del topic  # there is one
        for body in objects(payload):
            try:
                if isinstance(body, PeerError):
                    raise body
                found = event(body)
            except PeerError as fault:
                self.out.strange(str(fault))
                continue
            if retained:  # kept by the broker from some earlier time: of any age, and no sign of life
                self.out.old += 1
                continue
            self.heard_us = now_us
            if found is not None:
                self._event(found, now_us)
        return self._flush(now_us)

    def set_cycle(self, cycle: Cycle | None, now_us: int) -> list[Action]:
        """Wish another cycle (None: radio off)."""
        self._wish = cycle
        if self._control is not None:
            self._control.wish(cycle, now_us)
        else:
            usual = (self._config.dwell_ms, self._config.power_dbm)
            own = (
                cycle is not None and (cycle.dwell_ms, cycle.power_dbm) == usual and not cycle.port_power_dbm
            )
            words = "it runs its own preset: no command reaches it, as its options name no `control` address"
            self.out.note("control", "" if own else words)
        return self._flush(now_us)

    def answered(self, number: int, status: int, body: bytes, now_us: int) -> list[Action]:
        """The answer to an `Ask`."""
        if self._control is not None:
            self._control.answered(number, status, body, now_us)
            if self._control.cycle != self._in_force:  # what is over belongs to the cycle before
                self.out.dwells(self._dwells(now_us, everything=True))
                self._turns.doubt_open()
                self._in_force = self._control.cycle
        return self._flush(now_us)

    def stop(self, now_us: int) -> list[Action]:
        """Go: switch the radio off where we can, and hand on what was heard."""
        self._turns.lost(now_us)
        self.out.dwells(self._dwells(now_us, everything=True))
        if self._control is not None:
            self.out.add(Ask(0, "POST", preset.STOP))
        return self.out.take()

    def tick(self, now_us: int) -> list[Action]:
        """Time has passed."""
        return self._flush(now_us)

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        times = [self._turns.deadline(), self._control.deadline() if self._control is not None else None]
        return min((at_us for at_us in times if at_us is not None), default=None)

    def details(self) -> list[str]:
        """What is to be said about a reader that is there."""
        parts = list(self.out.notes.values())
        if self.estimated:
            parts.insert(
                0,
                "no antenna activations come (antennaActivationEventDelivery, API 1.7.0): dwells are doubtful",
            )
        if self._turns.distrusted:
            parts.append(
                "its reads do not fall into its antennas' turns: is reportingIntervalSeconds 0? silence proves nothing"
            )
        return parts

    def _take_wish(self, now_us: int) -> None:
        cycle = self._wish
        if self._control is not None:
            self._control.wish(cycle, now_us)
            return
        usual = (self._config.dwell_ms, self._config.power_dbm)
        own = cycle is not None and (cycle.dwell_ms, cycle.power_dbm) == usual and not cycle.port_power_dbm
        words = "it runs its own preset: no command reaches it, as its options name no `control` address"
        self.out.note("control", "" if own else words)

    # Events

    def _event(self, found: Event, now_us: int) -> None:
        jumps = self._time.jumps
        at_us = self._time.take(found.at_us, now_us)
        if self._time.jumps != jumps:
            self._turns.lost(now_us)
            self.out.note("clock", f"its clock jumped by more than 2 s, {self._time.jumps} times")
        if at_us is None or (found.at_us is not None and self._known.again(found)):
            self.out.old += 1
            return
        match found:
            case TagRead():
                self._reads += 1
                self._turns.heard(found, at_us, now_us)
            case Activation():
                self._idle = False
                self._turns.activated(found.port, at_us, now_us)
            case Status(word="running"):
                self._idle = False
                self._turns.began(at_us, now_us)
            case Status():
                self._idle = True
                self._turns.rested(at_us, now_us)
            case Overflow():
                self._turns.doubt(found.first_us, found.last_us)
                self.out.note("buffer", "its event buffer overflowed: silence at that time proves nothing")
            case Cable():
                self._cable(found)

    def _cable(self, cable: Cable) -> None:
        if cable.connected:
            self._lost.discard(cable.port)
        elif len(self._lost) < MAX_LOST or cable.port in self._lost:
            self._lost.add(cable.port)
        else:
            self.out.unusable += 1
            return
        names = ", ".join(map(str, sorted(self._lost)[:MAX_TOLD]))
        self.out.note("antennas", f"it lost the cable of antenna {names}" if names else "")

    def _flush(self, now_us: int) -> list[Action]:
        if self._control is not None:
            self._control.advance(now_us)
        self.out.dwells(self._dwells(now_us))
        return self.out.take()

    def _dwells(self, now_us: int, *, everything: bool = False) -> list[Dwell]:
        at_us = now_us + (self._time.offset_us or 0)
        return [self._dwell(turn, now_us) for turn in self._turns.tick(now_us, at_us, everything=everything)]

    def _dwell(self, turn: Turn, now_us: int) -> Dwell:
        cycle = self._in_force if self._control is not None else self._wish
        power_dbm = None
        if self._control is not None and cycle is not None:
            power_dbm = preset.power_cdbm(cycle.power_of(turn.port)) / 100
        sweep = None if cycle is None else cycle.sweep
        return self._maker.dwell(turn, now_us, air=self._air, power_dbm=power_dbm, sweep=sweep)
