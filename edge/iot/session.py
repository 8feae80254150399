"""One reader with MQTT of its own, as a state machine: what all makers have in common. Pure: messages and time in, actions out.

What a message means, and when an antenna listened, is each maker's own: `edge.impinj.session` and `edge.zebra.session`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Protocol

from edge.config import ReaderConfig
from edge.iot.actions import Action, Known, Out
from edge.iot.control import IotControl
from edge.iot.hosttime import HostTime
from edge.iot.turn import DwellMaker, Turn
from edge.ports import Cycle
from shelfwire.messages import Air, Dwell


class Evidence(Protocol):
    """When the antennas listened, as far as the reader tells."""

    gaps: int
    refused: int

    def doubt(self) -> None:
        """Messages may be lost now."""
        ...

    def deadline(self) -> int | None:
        """Host time at which something is complete."""
        ...


class IotSession(ABC):
    """One reader; lives as long as its driver. The shell is `edge.iot.shell`."""

    def __init__(
        self,
        config: ReaderConfig,
        cycle: Cycle | None,
        now_us: int,
        *,
        out: Out,
        control: IotControl | None,
        evidence: Evidence,
        air: Air,
        own: str,
    ) -> None:
        """`air`: of dwells under our control; `own`: why no command reaches it without."""
        self._config = config
        self.out = out
        self._control = control
        self._evidence = evidence
        self._own = own
        self._time = HostTime()
        self._known = Known()
        self._maker = DwellMaker(config.id, self._time)
        self._wish = cycle
        self._in_force: Cycle | None = None
        """Of a reader that is controlled."""
        self._air = air if control is not None else Air()
        self._idle = False
        """By the reader's own word."""
        self.heard_us: int | None = None
        """Host time of the last message that made sense."""
        self._take_wish(now_us)

    @property
    @abstractmethod
    def filters(self) -> list[str]:
        """Topics to subscribe to."""

    @property
    @abstractmethod
    def estimated(self) -> bool:
        """It does not say when its antennas work."""

    @property
    def resting(self) -> bool:
        """Its radio is off, as far as is known: then silence is in order."""
        control = self._control
        return self._idle or (control is not None and control.settled and control.cycle is None)

    @property
    def gaps(self) -> int:
        """What it should have told and did not: beginnings of turns, numbered reports."""
        return self._evidence.gaps

    @property
    def refused(self) -> int:
        """Reads that no dwell can hold."""
        return self._maker.refused + self._evidence.refused

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
        self._lost(now_us)
        return self._flush(now_us)

    def missed(self, now_us: int) -> list[Action]:
        """Messages were dropped on our side."""
        self._evidence.doubt()
        self.out.note(
            "missed", "messages came faster than they were handled: silence at that time proves nothing"
        )
        return self._flush(now_us)

    @abstractmethod
    def received(self, topic: str, payload: bytes, *, retained: bool, now_us: int) -> list[Action]:
        """A message on one of its topics."""

    @abstractmethod
    def answered(self, number: int, status: int, body: bytes, now_us: int) -> list[Action]:
        """The answer to an `Ask`."""

    def set_cycle(self, cycle: Cycle | None, now_us: int) -> list[Action]:
        """Wish another cycle (None: radio off)."""
        self._wish = cycle
        self._take_wish(now_us)
        return self._flush(now_us)

    def stop(self, now_us: int) -> list[Action]:
        """Go: switch the radio off where we can, and hand on what was heard."""
        self._lost(now_us)
        self.out.dwells(self._dwells(now_us, everything=True))
        if self._control is not None:
            self.out.add(self._control.off())
        return self.out.take()

    def tick(self, now_us: int) -> list[Action]:
        """Time has passed."""
        return self._flush(now_us)

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        times = [self._evidence.deadline(), self._control.deadline() if self._control is not None else None]
        return min((at_us for at_us in times if at_us is not None), default=None)

    @abstractmethod
    def details(self) -> list[str]:
        """What is to be said about a reader that is there."""

    # What each maker does its own way

    @abstractmethod
    def _lost(self, now_us: int) -> None:
        """Nothing is known any more (the link, the reader's clock)."""

    @abstractmethod
    def _complete(self, now_us: int, *, everything: bool) -> Iterable[Turn]:
        """Turns that are complete by now, or `everything` that is over."""

    @abstractmethod
    def _changed(self, cycle: Cycle | None, now_us: int) -> None:
        """The reader was made to do `cycle`; what is over belongs to the one before, which is still in force."""

    @abstractmethod
    def _step_dbm(self, wish_dbm: float) -> float:
        """The reader's own power for this wish."""

    # Common work

    def _take_wish(self, now_us: int) -> None:
        cycle = self._wish
        if self._control is not None:
            self._control.wish(cycle, now_us)
            return
        usual = (self._config.dwell_ms, self._config.power_dbm)
        own = cycle is not None and (cycle.dwell_ms, cycle.power_dbm) == usual and not cycle.port_power_dbm
        self.out.note("control", "" if own else self._own)

    def _placed(self, reader_us: int | None, now_us: int) -> int | None:
        """When it happened on the reader's clock; None: too old to count."""
        jumps = self._time.jumps
        at_us = self._time.take(reader_us, now_us)
        if self._time.jumps != jumps:
            self._lost(now_us)
            self.out.note("clock", f"its clock jumped by more than 2 s, {self._time.jumps} times")
        return at_us

    def _flush(self, now_us: int) -> list[Action]:
        control = self._control
        if control is not None:
            if control.cycle != self._in_force:
                self._changed(control.cycle, now_us)
                self._in_force = control.cycle
            control.advance(now_us)
        self.out.dwells(self._dwells(now_us))
        return self.out.take()

    def _dwells(self, now_us: int, *, everything: bool = False) -> list[Dwell]:
        return [self._dwell(turn, now_us) for turn in self._complete(now_us, everything=everything)]

    def _dwell(self, turn: Turn, now_us: int) -> Dwell:
        cycle = self._in_force if self._control is not None else self._wish
        power_dbm = None
        if self._control is not None and cycle is not None:
            power_dbm = self._step_dbm(cycle.power_of(turn.port))
        sweep = None if cycle is None else cycle.sweep
        return self._maker.dwell(turn, now_us, air=self._air, power_dbm=power_dbm, sweep=sweep)
