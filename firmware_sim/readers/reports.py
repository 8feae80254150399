"""From what the radio answered to report items: single reads, their sums, and the fields that a ROSpec selects. Pure.

An item sums up the reads of one EPC on one antenna, AISpec and channel, as far as these fields are switched on (facts sheet, section 7): peak loudness is the maximum,
times are the extremes, counts add up. Phase, fine loudness and Doppler belong to one read: here the strongest, the first of equals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from edge.llrp.impinj import PHASE_TURN, Selector
from edge.llrp.rospec import ReportSpec
from edge.llrp.tags import ReadResult, TagReport
from firmware_sim.dice import gauss, mix
from firmware_sim.radio import Answer
from firmware_sim.readers.box import hop_place
from firmware_sim.readers.memory import crc, tid
from firmware_sim.readers.runs import Turn

MOST_COUNT: Final = 65_535
"""Seen count stops there."""

MOST_READS: Final = 1_000
"""Of one tag in one slice; no reader makes more in a quarter of a second."""

NOISE_DB: Final = 0.5
"""Loudness of single reads around each other, within a channel: 0.2 to 0.9 dB (measured)."""

STILL: Final = 0
"""Doppler of tags that stand on a shelf."""

_STEP_DB: Final = 0.5
_PLACES: Final = np.arange(MOST_READS, dtype=np.uint64)
_CENTI: Final = 100


class Clocked(msgspec.Struct, frozen=True, kw_only=True):
    """How the reader's clock shows host time."""

    offset_us: int = 0
    uptime_from_us: int | None = None
    """Set on a reader without a clock: it counts from here."""

    def utc(self, us: int) -> int | None:
        """UTC on the reader's clock, None if it has none."""
        return max(0, us + self.offset_us) if self.uptime_from_us is None else None

    def uptime(self, us: int) -> int | None:
        """Uptime, None on a reader with a clock."""
        return None if self.uptime_from_us is None else max(0, us - self.uptime_from_us)


class Sighting(msgspec.Struct, kw_only=True):
    """One read, or the sum of several, before it is told."""

    answer: Answer
    turn: Turn
    rospec: int
    count: int
    rssi_dbm: float
    first_us: int
    last_us: int
    phase_deg: float
    access_spec: int | None = None
    reads: tuple[ReadResult, ...] = ()

    def add(self, other: Sighting) -> None:
        """Sum up another read of the same tag."""
        self.count += other.count
        self.first_us, self.last_us = min(self.first_us, other.first_us), max(self.last_us, other.last_us)
        if other.rssi_dbm > self.rssi_dbm:
            self.rssi_dbm, self.phase_deg, self.answer = other.rssi_dbm, other.phase_deg, other.answer
        if other.reads:
            self.access_spec, self.reads = other.access_spec, other.reads


Key = tuple[object, ...]


def key_of(one: Sighting, report: ReportSpec) -> Key:
    """Reads with the same key are told in one item. A field that is switched off melts its reads together."""
    want = report.content
    bank = want.bank
    return (
        one.answer.epc,
        one.answer.pc if bank is not None and bank.pc else None,
        one.turn.antenna if want.antenna else None,
        one.turn.spec_index if want.spec_index else None,
        one.turn.inventory_spec if want.inventory_spec else None,
        one.answer.channel if want.channel else None,
        one.access_spec if want.access_spec else None,
    )


def whole(answer: Answer, turn: Turn, rospec: int) -> Sighting:
    """All reads of a slice in one."""
    return Sighting(
        answer=answer,
        turn=turn,
        rospec=rospec,
        count=answer.count,
        rssi_dbm=answer.rssi_dbm,
        first_us=answer.first_us,
        last_us=answer.last_us,
        phase_deg=answer.phase_deg,
    )


def singles(answer: Answer, turn: Turn, rospec: int) -> Iterator[Sighting]:
    """Each read by itself: spread over the time between first and last, one as loud as the loudest, the others a little quieter."""
    count = min(answer.count, MOST_READS)
    if count == 1:
        yield whole(answer, turn, rospec)
        return
    words = mix(int(answer.epc[-16:] or "0", 16), turn.antenna, turn.from_us, _PLACES[:count])
    below = np.rint(np.abs(gauss(words, 1)) * (NOISE_DB / _STEP_DB)) * _STEP_DB
    below[int(words[0]) % count] = 0.0
    span_us = answer.last_us - answer.first_us
    for place, below_db in enumerate(below.tolist()):
        at_us = answer.first_us + span_us * place // (count - 1)
        yield Sighting(
            answer=answer,
            turn=turn,
            rospec=rospec,
            count=1,
            rssi_dbm=answer.rssi_dbm - below_db,
            first_us=at_us,
            last_us=at_us,
            phase_deg=answer.phase_deg,
        )


def item(one: Sighting, report: ReportSpec, clock: Clocked) -> TagReport:
    """The report item with exactly the fields that were selected."""
    want, bank = report.content, report.content.bank
    answer = one.answer
    vendor = next((each for each in report.custom if isinstance(each, Selector)), Selector())
    return TagReport(
        epc=answer.epc,
        antenna=one.turn.antenna if want.antenna else None,
        rssi_dbm=round(one.rssi_dbm) if want.rssi else None,
        channel=hop_place(answer.channel) if want.channel else None,
        first_utc_us=clock.utc(one.first_us) if want.first_seen else None,
        last_utc_us=clock.utc(one.last_us) if want.last_seen else None,
        first_uptime_us=clock.uptime(one.first_us) if want.first_seen else None,
        last_uptime_us=clock.uptime(one.last_us) if want.last_seen else None,
        count=min(one.count, MOST_COUNT) if want.count else None,
        pc=answer.pc if bank is not None and bank.pc else None,
        crc=crc(answer.epc, answer.pc) if bank is not None and bank.crc else None,
        rospec=one.rospec if want.rospec else None,
        spec_index=one.turn.spec_index if want.spec_index else None,
        inventory_spec=one.turn.inventory_spec if want.inventory_spec else None,
        access_spec=(one.access_spec or 0) if want.access_spec else None,
        phase=_raw_phase(one.phase_deg) if vendor.phase is not None and vendor.phase.on else None,
        rssi_cdbm=round(one.rssi_dbm * _CENTI) if vendor.rssi is not None and vendor.rssi.on else None,
        doppler=STILL if vendor.doppler is not None and vendor.doppler.on else None,
        tid=tid(answer.epc, answer.pc).hex().upper() if vendor.tid is not None and vendor.tid.on else None,
        reads=one.reads,
    )


def _raw_phase(phase_deg: float) -> int:
    """Impinj's 4096 steps a turn."""
    return round(phase_deg * PHASE_TURN / 360.0) % PHASE_TURN
