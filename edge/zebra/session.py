"""One Zebra reader and its messages, as a state machine. Pure: messages and time in, actions out. The theory stands in `edge.zebra.windows`."""

from __future__ import annotations

from collections.abc import Iterable

from edge.config import ReaderConfig
from edge.iot.actions import Action, Out
from edge.iot.bodies import Body, objects
from edge.iot.session import IotSession
from edge.iot.turn import Turn
from edge.ports import Cycle
from edge.zebra import mode
from edge.zebra.control import Control
from edge.zebra.events import Alert, Heartbeat, Report, management, reports
from edge.zebra.mode import Options
from edge.zebra.windows import ONCE, Windows
from shelfwire.errors import PeerError


class ZebraSession(IotSession):
    """One reader; lives as long as its driver. The shell is `edge.iot.shell`."""

    _control: Control | None

    def __init__(
        self,
        config: ReaderConfig,
        options: Options,
        cycle: Cycle | None,
        now_us: int,
        *,
        prefix: str = "shelfwire",
    ) -> None:
        out = Out()
        self._options = options
        self._windows = Windows(int(options.interval_s * 1e6))
        if options.control is not None and config.session:
            out.note(
                "session",
                f"session {config.session} with a single target: a tag that is silent may still hold its flag; set session: 0",
            )
        super().__init__(
            config,
            cycle,
            now_us,
            out=out,
            control=Control(config, options, out, prefix) if options.control is not None else None,
            evidence=self._windows,
            air=mode.air(config),
            own="it runs its own mode: no command reaches it, as its options name no `control` topic",
        )

    @property
    def filters(self) -> list[str]:
        """Topics to subscribe to."""
        found = (self._config.topic, self._options.events, self._options.responses)
        return [topic for topic in found if topic is not None]

    @property
    def estimated(self) -> bool:
        """It never says when its antennas work."""
        return True

    # What comes in

    def up(self, now_us: int) -> list[Action]:
        """The broker is there, and with it the way to the reader."""
        if self._control is not None:
            self._control.up(now_us)
        return super().up(now_us)

    def down(self, now_us: int) -> list[Action]:
        """The broker is gone: what came by now counts."""
        if self._control is not None:
            self._control.down()
        return super().down(now_us)

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

    def answered(self, number: int, status: int, body: bytes, now_us: int) -> list[Action]:
        """Nothing is asked over HTTP."""
        del number, status, body
        return self._flush(now_us)

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
        self._idle = beat.active is False
        if beat.active is False and self._control is not None:
            self._control.restarted(now_us)
        lost = ", ".join(str(port) for port in self.ports if beat.connected.get(port) is False)
        self.out.note("antennas", f"antenna {lost} is not connected, by its own word" if lost else "")
        missing = self._windows.heartbeat(beat, at_us, self.ports, now_us)
        words = f"it heard tags at antenna {', '.join(map(str, sorted(missing)))} of which no report came"
        self.out.note("missing", words if missing else "")

    # What the readers' common work asks

    def _lost(self, now_us: int) -> None:
        del now_us
        self._windows.lost()

    def _complete(self, now_us: int, *, everything: bool) -> Iterable[Turn]:
        return self._windows.tick(now_us, everything=everything)

    def _changed(self, cycle: Cycle | None, now_us: int) -> None:
        self._windows.lost()
        self.out.dwells(self._dwells(now_us))
        if cycle is not None:
            self._windows.interval_us = mode.interval_s(cycle) * 1_000_000

    def _step_dbm(self, wish_dbm: float) -> float:
        return mode.power_dbm(wish_dbm)
