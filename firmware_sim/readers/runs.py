"""A ROSpec that runs: which antenna listens until when, and what it then reports. Pure; time comes in as an argument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from edge.llrp.impinj import SEARCH_SINGLE, SEARCH_SUPPRESS, SearchMode, Selector
from edge.llrp.rospec import (
    START_IMMEDIATE,
    START_PERIODIC,
    STOP_DURATION,
    STOP_OBSERVATION,
    AISpec,
    AntennaConfig,
    ReportSpec,
    ROSpec,
)
from edge.llrp.tags import TagReport
from firmware_sim.dice import uniform
from firmware_sim.radio import Answer
from firmware_sim.readers.box import CHANNELS, Box

SLICE_US: Final = 250_000
"""An AISpec without a stop reports in slices of this length; a real reader reports read by read."""

OVERRUN_US: Final = 400
"""A dwell ends a little after its wish: the started round is finished."""

ASLEEP_US: Final = 5_000_000
"""When the emulator itself was stopped longer than this it does not make up for the dwells in between."""

_EPOCH_HOP_US: Final = 200_000
_PHASE_TURN: Final = 4096


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna's share of an AISpec."""

    spec_index: int
    antenna: int
    from_us: int
    to_us: int
    power_dbm: float
    target: Literal["A", "AB"]


class StepEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A slice or an AISpec is over."""

    spec_index: int
    at_us: int
    listened: list[Listening]
    spec_over: bool
    """False: a slice of an AISpec that goes on."""
    list_over: bool
    """The last AISpec of the list is over."""


class Run:
    """An active ROSpec. `advance` gives what has ended by now."""

    def __init__(self, box: Box, spec: ROSpec, defaults: dict[int, AntennaConfig], start_us: int) -> None:
        self.spec = spec
        self.started_us = start_us
        self._box = box
        self._defaults = defaults
        self._place = 0
        self._from_us = start_us

    @property
    def next_us(self) -> int:
        """When the running slice or AISpec ends."""
        return self._from_us + (self._length_us() or SLICE_US)

    def advance(self, now_us: int) -> StepEnd | None:
        """What ended first by `now_us`, None if nothing did; call again until None."""
        if self.next_us > now_us:
            return None
        if now_us - self.next_us > ASLEEP_US:
            self._from_us = now_us - (self._length_us() or SLICE_US)
        return self._end_step(self.next_us)

    def cut(self, now_us: int) -> list[Listening]:
        """What was listened to in the AISpec that is stopped in the middle."""
        return list(self._listened(now_us))

    def _end_step(self, at_us: int) -> StepEnd:
        length_us = self._length_us()
        index = self._place + 1
        listened = list(self._listened(at_us))
        last = self._place == len(self.spec.aispecs) - 1
        if length_us is not None:
            self._place = 0 if last else self._place + 1
        self._from_us = at_us
        over = length_us is not None
        return StepEnd(
            spec_index=index, at_us=at_us, listened=listened, spec_over=over, list_over=over and last
        )

    def _length_us(self) -> int | None:
        stop = self.spec.aispecs[self._place].stop
        if stop.kind == STOP_DURATION:
            return stop.duration_ms * 1000 + OVERRUN_US
        if stop.kind == STOP_OBSERVATION and stop.observation is not None:
            return max(1, stop.observation.timeout_ms) * 1000 + OVERRUN_US
        return None

    def _listened(self, to_us: int) -> Iterator[Listening]:
        spec = self.spec.aispecs[self._place]
        antennas = range(1, self._box.antennas + 1) if 0 in spec.antennas else spec.antennas
        share_us = max(1, (to_us - self._from_us) // max(1, len(antennas)))
        for place, antenna in enumerate(antennas):
            from_us = self._from_us + place * share_us
            yield Listening(
                spec_index=self._place + 1,
                antenna=antenna,
                from_us=from_us,
                to_us=from_us + share_us,
                power_dbm=self._power(spec, antenna),
                target=self._target(spec, antenna),
            )

    def _configs(self, spec: AISpec, antenna: int) -> Iterator[AntennaConfig]:
        own = spec.inventories[0].antennas
        yield from (config for config in own if config.antenna == antenna)
        yield from (config for config in own if config.antenna == 0)
        if antenna in self._defaults:
            yield self._defaults[antenna]

    def _power(self, spec: AISpec, antenna: int) -> float:
        for config in self._configs(spec, antenna):
            if config.transmitter is not None:
                return self._box.powers_cdbm[config.transmitter.power] / 100.0
        return 30.0

    def _target(self, spec: AISpec, antenna: int) -> Literal["A", "AB"]:
        for config in self._configs(spec, antenna):
            if config.inventory is not None:
                modes = [one.mode for one in config.inventory.custom if isinstance(one, SearchMode)]
                single = any(mode in {SEARCH_SINGLE, SEARCH_SUPPRESS} for mode in modes)
                return "A" if single or config.inventory.state_aware else "AB"
        return "AB"


def starts_us(spec: ROSpec, now_us: int) -> int | None:
    """When an enabled ROSpec begins by itself; None: it waits for START_ROSPEC."""
    start = spec.boundary.start
    if start.kind == START_IMMEDIATE:
        return now_us
    if start.kind == START_PERIODIC and start.periodic is not None:
        return now_us + start.periodic.offset_ms * 1000
    return None


def period_us(spec: ROSpec) -> int:
    """Length of a periodic start's period; 0: once."""
    periodic = spec.boundary.start.periodic
    return periodic.period_ms * 1000 if periodic is not None else 0


class Clocked(msgspec.Struct, frozen=True, kw_only=True):
    """How the reader's clock shows host time."""

    offset_us: int = 0
    uptime_from_us: int | None = None
    """Set on a reader without a clock: it counts from here."""

    def utc(self, us: int) -> int | None:
        """UTC on the reader's clock, None if it has none."""
        return us + self.offset_us if self.uptime_from_us is None else None

    def uptime(self, us: int) -> int | None:
        """Uptime, None on a reader with a clock."""
        return None if self.uptime_from_us is None else max(0, us - self.uptime_from_us)


def report_of(
    answer: Answer, listening: Listening, spec: ROSpec, report: ReportSpec, clock: Clocked
) -> TagReport:
    """One report item with the fields that the ROSpec selects."""
    want = report.content
    channel = listening.from_us // _EPOCH_HOP_US % CHANNELS + 1
    bank = want.bank
    vendor = next((one for one in report.custom if isinstance(one, Selector)), Selector())
    return TagReport(
        epc=answer.epc,
        antenna=listening.antenna if want.antenna else None,
        rssi_dbm=round(answer.rssi_dbm) if want.rssi else None,
        channel=channel if want.channel else None,
        first_utc_us=clock.utc(answer.first_us) if want.first_seen else None,
        last_utc_us=clock.utc(answer.last_us) if want.last_seen else None,
        first_uptime_us=clock.uptime(answer.first_us) if want.first_seen else None,
        last_uptime_us=clock.uptime(answer.last_us) if want.last_seen else None,
        count=min(answer.count, 65_535) if want.count else None,
        pc=answer.pc if bank is not None and bank.pc else None,
        crc=_crc(answer) if bank is not None and bank.crc else None,
        rospec=spec.id if want.rospec else None,
        spec_index=listening.spec_index if want.spec_index else None,
        inventory_spec=1 if want.inventory_spec else None,
        phase=_phase(answer, listening.antenna, channel) if vendor.phase is not None else None,
        rssi_cdbm=round(answer.rssi_dbm * 100) if vendor.rssi is not None else None,
    )


def _phase(answer: Answer, antenna: int, channel: int) -> int:
    """Fixed for one tag, antenna and channel, as while nothing moves; it says nothing about the distance."""
    number = int(answer.epc or "0", 16) & 0xFFFFFFFFFFFFFFFF
    return int(uniform(number, antenna, channel)[0] * _PHASE_TURN)


def _crc(answer: Answer) -> int:
    """CRC-16 of Gen2 over PC and EPC (polynomial 1021, start FFFF, inverted)."""
    crc = 0xFFFF
    for byte in answer.pc.to_bytes(2) + bytes.fromhex(answer.epc):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc ^ 0xFFFF
