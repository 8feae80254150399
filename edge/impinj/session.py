"""One R700 and its events, as a state machine. Pure: messages and time in, actions out. The theory of its turns stands in `edge.impinj.turns`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from edge.config import ReaderConfig
from edge.impinj import preset
from edge.impinj.control import Control
from edge.impinj.events import Activation, Cable, Event, Overflow, Status, TagRead, event
from edge.impinj.preset import Options
from edge.impinj.turns import Turns
from edge.iot.actions import Action, Out
from edge.iot.bodies import objects
from edge.iot.session import IotSession
from edge.iot.turn import Turn
from edge.ports import Cycle
from shelfwire.errors import PeerError

MUTE_READS: Final = 100
"""So many reads without one activation: its antenna activations are switched off, and no dwell can be whole."""

MAX_TOLD: Final = 40
"""Antennas in one remark."""

MAX_LOST: Final = 64
"""Antennas whose cable is lost: twice a reader with hubs. A hostile one names 65,000, and each costs a look at all others."""


class ImpinjSession(IotSession):
    """One reader; lives as long as its driver. The shell is `edge.iot.shell`."""

    _control: Control | None

    def __init__(self, config: ReaderConfig, options: Options, cycle: Cycle | None, now_us: int) -> None:
        out = Out()
        self._turns = Turns()
        self._cables: set[int] = set()
        """Antennas whose cable is lost, by the reader's word."""
        self._reads = 0
        super().__init__(
            config,
            cycle,
            now_us,
            out=out,
            control=Control(config, options, out) if options.control is not None else None,
            evidence=self._turns,
            air=preset.air(config),
            own="it runs its own preset: no command reaches it, as its options name no `control` address",
        )

    @property
    def filters(self) -> list[str]:
        """Topics to subscribe to."""
        return [self._config.topic] if self._config.topic else []

    @property
    def estimated(self) -> bool:
        """It does not say when its antennas work."""
        return not self._turns.activations and self._reads >= MUTE_READS

    # What comes in

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

    def answered(self, number: int, status: int, body: bytes, now_us: int) -> list[Action]:
        """The answer to an `Ask`."""
        if self._control is not None:
            self._control.answered(number, status, body, now_us)
        return self._flush(now_us)

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
        if self._turns.unsteady:
            parts.append(
                "its antennas come in no fixed order, or beginnings of their turns are lost: those turns are doubtful"
            )
        return parts

    # Events

    def _event(self, found: Event, now_us: int) -> None:
        at_us = self._placed(found.at_us, now_us)
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
            self._cables.discard(cable.port)
        elif len(self._cables) < MAX_LOST or cable.port in self._cables:
            self._cables.add(cable.port)
        else:
            self.out.unusable += 1
            return
        names = ", ".join(map(str, sorted(self._cables)[:MAX_TOLD]))
        self.out.note("antennas", f"it lost the cable of antenna {names}" if names else "")

    # What the readers' common work asks

    def _lost(self, now_us: int) -> None:
        self._turns.lost(now_us)

    def _complete(self, now_us: int, *, everything: bool) -> Iterable[Turn]:
        at_us = now_us + (self._time.offset_us or 0)
        return self._turns.tick(now_us, at_us, everything=everything)

    def _changed(self, cycle: Cycle | None, now_us: int) -> None:
        del cycle
        self.out.dwells(self._dwells(now_us, everything=True))
        self._turns.changed()

    def _step_dbm(self, wish_dbm: float) -> float:
        return preset.power_cdbm(wish_dbm) / 100
