"""One Zebra reader and its messages, as a state machine. Pure: messages and time in, actions out. The theory stands in `edge.zebra.windows`."""

from __future__ import annotations

from edge.config import ReaderConfig
from edge.iot.actions import Action, Known, Out, Publish
from edge.iot.bodies import Body, objects
from edge.iot.hosttime import HostTime
from edge.iot.turn import DwellMaker, Turn
from edge.ports import Cycle
from edge.zebra import mode
from edge.zebra.control import Control
from edge.zebra.events import Alert, Heartbeat, Report, management, reports
from edge.zebra.mode import Options
from edge.zebra.windows import ONCE, Windows
from shelfwire.errors import PeerError
from shelfwire.messages import Air, Dwell


class ZebraSession:
    """One reader; lives as long as its driver. The shell is `edge.iot.shell`."""

    def __init__(
        self,
        config: ReaderConfig,
        options: Options,
        cycle: Cycle | None,
        now_us: int,
        *,
        prefix: str = "shelfwire",
    ) -> None:
        self._config, self._options = config, options
        self.out = Out()
        self._time = HostTime()
        self._windows = Windows(int(options.interval_s * 1e6))
        self._known = Known()
        self._maker = DwellMaker(config.id, self._time)
        self._control = Control(config, options, self.out, prefix) if options.control is not None else None
        self._wish = cycle
        self._air = mode.air(config) if self._control is not None else Air()
        self._active: bool | None = None
        self._in_force: Cycle | None = None
        self.heard_us: int | None = None
        """Host time of the last message that made sense."""
        if self._control is not None and config.session:
            self.out.note(
                "session",
                f"session {config.session} with a single target: a tag that is silent may still hold its flag; set session: 0",
            )
        self._take_wish(now_us)

    @property
    def filters(self) -> list[str]:
        """Topics to subscribe to."""
        found = (self._config.topic, self._options.events, self._options.responses)
        return [topic for topic in found if topic is not None]

    @property
    def resting(self) -> bool:
        """Its radio is off, as far as is known: then silence is in order."""
        told_off = self._control is not None and self._control.settled and self._control.cycle is None
        return told_off or self._active is False

    @property
    def gaps(self) -> int:
        """Reports that are missing by their numbers."""
        return self._windows.gaps

    @property
    def estimated(self) -> bool:
        """It never says when its antennas work."""
        return True

    @property
    def refused(self) -> int:
        """Reads that no dwell can hold."""
        return self._maker.refused + self._windows.refused

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
        if self._control is not None:
            self._control.up(now_us)
        return self._flush(now_us)

    def down(self, now_us: int) -> list[Action]:
        """The broker is gone: what came by now counts."""
        self._windows.lost()
        if self._control is not None:
            self._control.down()
        return self._flush(now_us)

    def missed(self, now_us: int) -> list[Action]:
        """Messages were dropped on our side."""
        self._windows.doubt()
        self.out.note(
            "missed", "messages came faster than they were handled: silence at that time proves nothing"
        )
        return self._flush(now_us)

    def received(self, topic: str, payload: bytes, *, retained: bool, now_us: int) -> list[Action]:
        """A message on one of its topics."""
        for body in objects(payload):
            if isinstance(body, PeerError):
                self.out.strange(str(body))
            elif retained:  # kept by the broker from some earlier time: of any age, and no sign of life
                self.out.old += 1
            else:
                self._take(topic, body, now_us)
        return self._flush(now_us)

    def set_cycle(self, cycle: Cycle | None, now_us: int) -> list[Action]:
        """Wish another cycle (None: radio off)."""
        self._wish = cycle
        self._take_wish(now_us)
        return self._flush(now_us)

    def answered(self, number: int, status: int, body: bytes, now_us: int) -> list[Action]:
        """Nothing is asked over HTTP."""
        del number, status, body
        return self._flush(now_us)

    def stop(self, now_us: int) -> list[Action]:
        """Go: switch the radio off where we can, and hand on what was heard."""
        self._windows.lost()
        self.out.dwells(self._dwells(now_us, everything=True))
        if self._options.control is not None:
            self.out.add(Publish(self._options.control, mode.command("stop", "shelfwire-goes", {})))
        return self.out.take()

    def tick(self, now_us: int) -> list[Action]:
        """Time has passed."""
        return self._flush(now_us)

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        times = [self._windows.deadline(), self._control.deadline() if self._control is not None else None]
        return min((at_us for at_us in times if at_us is not None), default=None)

    def details(self) -> list[str]:
        """What is to be said about a reader that is there."""
        parts = list(self.out.notes.values())
        if self._options.events is None:
            parts.append(
                "its management events are not listened to: an antenna that falls silent is not told of"
            )
        return parts

    # Messages

    def _take(self, topic: str, body: Body, now_us: int) -> None:
        if topic == self._options.responses:
            self.heard_us = now_us
            if self._control is not None:
                self._control.answered(body, now_us)
        elif topic == self._options.events:
            self._management(body, now_us)
        else:
            for found in reports(body):
                if isinstance(found, PeerError):
                    self.out.strange(str(found))
                else:
                    self._report(found, now_us)

    def _report(self, report: Report, now_us: int) -> None:
        self.heard_us = now_us
        own = self._config.antennas or []
        port = report.port if report.port is not None else (own[0] if len(own) == 1 else None)
        if port is None:
            self.out.unusable += 1
            self.out.note("antenna", "its reports name no antenna: add ANTENNA to the mode's tagMetaData")
            return
        if report.mode in ONCE:
            self.out.note(
                "mode", f"mode {report.mode} reports a tag once: its silence proves nothing; set INVENTORY"
            )
        else:
            self.out.note("mode", "")
        at_us = self._placed(report.at_us, now_us)
        told = report.at_us is not None or report.number is not None
        if at_us is None or (told and self._known.again(report)):
            self.out.old += 1
            return
        self._windows.report(report, port, at_us, now_us)

    def _management(self, body: Body, now_us: int) -> None:
        try:
            found = management(body)
        except PeerError as fault:
            self.out.strange(str(fault))
            return
        self.heard_us = now_us
        if isinstance(found, Alert):
            self.out.note("event", f"it told of: {found.kind}")
            return
        self._heartbeat(found, now_us)

    def _heartbeat(self, beat: Heartbeat, now_us: int) -> None:
        at_us = self._placed(beat.at_us, now_us)
        if at_us is None:
            self.out.old += 1
            return
        self._active = beat.active
        if beat.active is False and self._control is not None:
            self._control.restarted(now_us)
        lost = ", ".join(str(port) for port in self.ports if beat.connected.get(port) is False)
        self.out.note("antennas", f"antenna {lost} is not connected, by its own word" if lost else "")
        missing = self._windows.heartbeat(beat, at_us, self.ports, now_us)
        words = f"it heard tags at antenna {', '.join(map(str, sorted(missing)))} of which no report came"
        self.out.note("missing", words if missing else "")

    def _placed(self, reader_us: int | None, now_us: int) -> int | None:
        """When it happened on the reader's clock; None: too old to count."""
        jumps = self._time.jumps
        at_us = self._time.take(reader_us, now_us)
        if self._time.jumps != jumps:
            self._windows.lost()
            self.out.note("clock", f"its clock jumped by more than 2 s, {self._time.jumps} times")
        return at_us

    def _take_wish(self, now_us: int) -> None:
        cycle = self._wish
        if self._control is not None:
            self._control.wish(cycle, now_us)
            return
        usual = (self._config.dwell_ms, self._config.power_dbm)
        own = cycle is not None and (cycle.dwell_ms, cycle.power_dbm) == usual and not cycle.port_power_dbm
        words = "it runs its own mode: no command reaches it, as its options name no `control` topic"
        self.out.note("control", "" if own else words)

    def _flush(self, now_us: int) -> list[Action]:
        control = self._control
        if control is not None:
            control.advance(now_us)
            if control.cycle != self._in_force:
                self._windows.lost()
                self.out.dwells(self._dwells(now_us))
                self._in_force = control.cycle
                if control.cycle is not None:
                    self._windows.interval_us = mode.interval_s(control.cycle) * 1_000_000
        self.out.dwells(self._dwells(now_us))
        return self.out.take()

    def _dwells(self, now_us: int, *, everything: bool = False) -> list[Dwell]:
        return [self._dwell(turn, now_us) for turn in self._windows.tick(now_us, everything=everything)]

    def _dwell(self, turn: Turn, now_us: int) -> Dwell:
        cycle = self._in_force if self._control is not None else self._wish
        power_dbm = None
        if self._control is not None and cycle is not None:
            power_dbm = mode.power_dbm(cycle.power_of(turn.port))
        sweep = None if cycle is None else cycle.sweep
        return self._maker.dwell(turn, now_us, air=self._air, power_dbm=power_dbm, sweep=sweep)
