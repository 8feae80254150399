"""An emulated reader with the Zebra IoT Connector, without its sockets: commands and time in, messages out. Pure. Source: facts sheet, section 16.

It reports each tag of each antenna once an interval, when the interval is over, and tells its counters in a heartbeat. It never says when an
antenna begins or ends.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from firmware_sim.radio.listening import Answer, Field
from firmware_sim.readers.faults import Faults as ReaderFaults
from firmware_sim.readers.wheel import Settings, Turn, Wheel

FULL_DBM: Final = 30.0
POWER_DBM: Final = (10.0, 30.0)
SHORTEST_MS: Final = 125
"""With more than `MANY_ANTENNAS`."""
MANY_ANTENNAS: Final = 8
MAX_INTERVAL_S: Final = 600
METADATA: Final = ("ANTENNA", "RSSI", "SEEN_COUNT", "PC")

_SECOND: Final = 1_000_000


class Faults(ReaderFaults, kw_only=True):
    """What is broken now; of the common ones `silent`, `clock_offset_us` and `slow`."""

    lose_every: int = 0
    """Every so many-th report gets lost on its way; its number is missing."""
    mute_heartbeat: bool = False


class StopCondition(msgspec.Struct, frozen=True):
    """When an antenna's turn ends."""

    type: Literal["DURATION"]
    value: Annotated[int, msgspec.Meta(ge=1, le=60_000)]
    """ms."""


class Query(msgspec.Struct, frozen=True):
    """The Gen2 query of one antenna."""

    session: Literal["S0", "S1", "S2", "S3"]


class Interval(msgspec.Struct, frozen=True):
    """How often it reports."""

    unit: Literal["seconds"]
    value: Annotated[float, msgspec.Meta(gt=0, le=MAX_INTERVAL_S)]


class ModeSettings(msgspec.Struct, frozen=True):
    """Of the mode INVENTORY."""

    interval: Interval


class WantedMode(msgspec.Struct, frozen=True):
    """What ``set_mode`` may say here; a real reader knows more."""

    type: Literal["INVENTORY"]
    antennas: Annotated[list[int], msgspec.Meta(min_length=1)]
    transmitPower: list[float] | float  # noqa: N815 (the maker's word)
    antennaStopCondition: Annotated[list[StopCondition], msgspec.Meta(min_length=1)]  # noqa: N815 (the maker's word)
    query: Annotated[list[Query], msgspec.Meta(min_length=1)]
    modeSpecificSettings: ModeSettings  # noqa: N815 (the maker's word)
    tagMetaData: list[str] = []  # noqa: N815 (the maker's word)


class Mode(msgspec.Struct, frozen=True, kw_only=True):
    """The operating mode, as far as this emulator knows it."""

    type: str = "INVENTORY"
    settings: Settings
    interval_us: int = _SECOND
    metadata: tuple[str, ...] = METADATA


class Best(msgspec.Struct):
    """One tag at one antenna in this interval."""

    answer: Answer
    count: int


class Zebra:
    """The reader's inside. `autostart`: it runs all antennas from the beginning, as a reader that was set up by hand."""

    def __init__(
        self,
        name: str,
        antennas: int,
        field: Field,
        *,
        turn_us: int = 500_000,
        heartbeat_us: int = 60 * _SECOND,
        autostart: bool = False,
    ) -> None:
        self.name = name
        self.antennas = antennas
        self.faults = Faults()
        self.sent_reports = 0
        self._heartbeat_us = heartbeat_us
        self._autostart = autostart
        self._wheel = Wheel(name, field)
        self._mode = self._default(turn_us)
        self._heard: dict[tuple[int, str], Best] = {}
        self._counters = dict.fromkeys(range(1, antennas + 1), 0)
        self._number = self._events = 0
        self._report_us: int | None = None
        self._beat_us = 0

    @property
    def running(self) -> bool:
        """Whether its antennas work."""
        return self._wheel.running

    @property
    def mode(self) -> Mode:
        """The mode in force."""
        return self._mode

    def power_up(self, now_us: int) -> None:
        """Begin; the mode was kept, counters and numbers begin anew."""
        self._counters = dict.fromkeys(self._counters, 0)
        self._number = self._events = 0
        self._beat_us = now_us
        if self._autostart:
            self._start(now_us)

    def power_down(self) -> None:
        """End without a word."""
        self._wheel = Wheel(self.name, self._wheel.field)
        self._heard, self._report_us = {}, None

    @property
    def next_us(self) -> int | None:
        """When `advance` has something to do."""
        times = (self._wheel.next_us, self._report_us, self._beat_us)
        return min(at_us for at_us in times if at_us is not None)

    def advance(self, now_us: int) -> tuple[list[bytes], list[bytes]]:
        """(tag data, management events) since the last call, in order."""
        self._wheel.silent, self._wheel.late_us = self.faults.silent, self.faults.late_us
        data: list[bytes] = []
        turns = list(self._wheel.advance(now_us))
        while self._report_us is not None and self._report_us <= now_us:
            at_us = self._report_us
            while turns and turns[0].to_us <= at_us:
                self._take(turns.pop(0))
            data += self._reports(at_us)
            self._report_us = max(at_us, now_us - 5 * self._mode.interval_us) + self._mode.interval_us
        for turn in turns:
            self._take(turn)
        events = []
        if now_us >= self._beat_us:
            self._beat_us = now_us + self._heartbeat_us
            if not self.faults.mute_heartbeat:
                events.append(self._beat(now_us))
        return data, events

    # Commands

    def command(self, payload: bytes, now_us: int) -> tuple[bytes, list[bytes]]:
        """(answer, tag data that were due); a wrong command changes nothing."""
        try:
            body = msgspec.json.decode(payload, type=dict[str, Any])
            name, number = str(body["command"]), str(body["command_id"])
        except (msgspec.DecodeError, KeyError, RecursionError):
            return _answer("unknown", "", "not understood"), []
        wrong, data = "", list[bytes]()
        try:
            if name == "stop":
                data = self._stop(now_us)
            elif name == "start":
                if not self.running:
                    self._start(now_us)
            elif name == "set_mode":
                if self.running:
                    wrong = "the radio works; stop it first"
                else:
                    self._mode = self._mode_of(msgspec.convert(body.get("payload"), WantedMode))
            else:
                wrong = f"command {name[:40]!r} is not known"
        except (msgspec.ValidationError, ValueError) as fault:
            wrong = f"{name} was refused: {fault}"
        return _answer(name, number, wrong), data

    def _mode_of(self, wanted: WantedMode) -> Mode:
        ports, powers = tuple(wanted.antennas), wanted.transmitPower
        if len(set(ports)) < len(ports) or not set(ports) <= set(self._counters):
            raise ValueError(f"antennas are 1 to {self.antennas}")
        power = tuple(powers if isinstance(powers, list) else [powers] * len(ports))
        if len(power) != len(ports) or not all(POWER_DBM[0] <= one <= POWER_DBM[1] for one in power):
            raise ValueError(f"transmitPower is {POWER_DBM[0]} to {POWER_DBM[1]} dBm, one or one an antenna")
        turn_ms = wanted.antennaStopCondition[0].value
        if set(wanted.antennaStopCondition) != {wanted.antennaStopCondition[0]}:
            raise ValueError("antennaStopCondition: this emulator knows one for all antennas")
        if len(ports) > MANY_ANTENNAS and turn_ms < SHORTEST_MS:
            raise ValueError(f"antennaStopCondition: {SHORTEST_MS} ms at the least with so many antennas")
        settings = Settings(
            ports=ports, turn_us=turn_ms * 1000, power_dbm=power, session=int(wanted.query[0].session[1]), target="A"
        )  # fmt: skip
        return Mode(
            settings=settings,
            interval_us=int(wanted.modeSpecificSettings.interval.value * _SECOND),
            metadata=tuple(wanted.tagMetaData),
        )

    def _default(self, turn_us: int) -> Mode:
        ports = tuple(range(1, self.antennas + 1))
        power = (FULL_DBM,) * len(ports)
        return Mode(settings=Settings(ports=ports, turn_us=turn_us, power_dbm=power, session=0, target="A"))

    def _start(self, now_us: int) -> None:
        self._wheel.start(self._mode.settings, now_us)
        self._report_us = now_us + self._mode.interval_us

    def _stop(self, now_us: int) -> list[bytes]:
        turn = self._wheel.stop(now_us)
        if turn is None:
            return []
        self._take(turn)
        self._report_us = None
        return self._reports(now_us)

    # What it says

    def _take(self, turn: Turn) -> None:
        for answer in turn.answers:
            self._counters[turn.port] += answer.count
            best = self._heard.get((turn.port, answer.epc))
            if best is None:
                self._heard[turn.port, answer.epc] = Best(answer, answer.count)
            else:
                best.count += answer.count
                if answer.rssi_dbm > best.answer.rssi_dbm:
                    best.answer = answer

    def _reports(self, at_us: int) -> list[bytes]:
        heard, self._heard = self._heard, {}
        out = []
        for (port, epc), best in sorted(heard.items(), key=lambda one: one[0]):
            self._number += 1
            if self.faults.lose_every and self._number % self.faults.lose_every == 0:
                continue
            self.sent_reports += 1
            data: dict[str, Any] = {"eventNum": self._number, "format": "epc", "idHex": epc.lower()}
            data |= {
                key: value
                for wish, key, value in (
                    ("ANTENNA", "antenna", port),
                    ("RSSI", "peakRssi", round(best.answer.rssi_dbm)),
                    ("SEEN_COUNT", "reads", best.count),
                    ("PC", "PC", f"{best.answer.pc:04x}"),
                )
                if wish in self._mode.metadata
            }
            out.append(
                msgspec.json.encode({"data": data, "timestamp": self._stamp(at_us), "type": self._mode.type})
            )
        return out

    def _beat(self, at_us: int) -> bytes:
        self._events += 1
        radio = {
            "antennas": {str(port): "connected" for port in self._counters},
            "numTagReads": sum(self._counters.values()),
            "numTagReadsPerAntenna": {str(port): count for port, count in self._counters.items()},
            "radioActivity": "active" if self.running else "inactive",
            "radioConnection": "connected",
            "status": "running",
        }
        body = {
            "component": "RG", "data": {"radio_control": radio}, "eventNum": self._events, "timestamp": self._stamp(at_us),
            "type": "heartbeat",
        }  # fmt: skip
        return msgspec.json.encode(body)

    def _stamp(self, at_us: int) -> str:
        at_us += self.faults.clock_offset_us
        at = datetime.fromtimestamp(at_us // _SECOND, UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at_us % _SECOND // 1000:03d}+0000"


def _answer(name: str, number: str, wrong: str) -> bytes:
    body = {"command": name, "command_id": number, "response": "failure" if wrong else "success"}
    return msgspec.json.encode(body | {"payload": {"message": wrong} if wrong else {}})
