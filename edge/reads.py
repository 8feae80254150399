"""Reads of one dwell, summed tag by tag into the columns of the wire. Pure; knows no protocol."""

from __future__ import annotations

import math
import re
from typing import Final, TypeVar

import msgspec

from shelfwire.messages import MAX_TAGS_A_DWELL, NO_TAGS, Dwell, Tags

NO_RSSI_DBM: Final = -128.0
"""Where a reader gives no RSSI: the lowest that LLRP can say, so that it never wins against a real one."""

MAX_EPC_HEX: Final = 124
"""31 words: the most that the length bits of a PC word can say."""

MAX_COUNT: Final = 2**31 - 1
"""The largest count that the wire holds; one that is larger would make the hub refuse the whole message, and a report for ever."""

T = TypeVar("T")
_HEX: Final = re.compile(r"[0-9A-F]*")


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One read, or a sum of reads, of one tag on one antenna. Times on the host's boot clock; None: not told."""

    epc: str
    """Upper-case hex; `whole_words` brings it into the form of the wire."""
    antenna: int
    turn: int | None = None
    """Place of its turn in the cycle, from 1."""
    pc: int | None = None
    rssi_dbm: float = NO_RSSI_DBM
    count: int = 1
    first_us: int | None = None
    last_us: int | None = None
    phase_deg: float | None = None
    channel_khz: int | None = None


def whole_words(epc: str) -> str | None:
    """`epc` as whole words of four digits, padded with zeros; None if it is no EPC at all."""
    padded = epc + "0" * (-len(epc) % 4)
    return padded if len(padded) <= MAX_EPC_HEX and _HEX.fullmatch(padded) else None


def finite(dwell: Dwell) -> Dwell:
    """`dwell` (itself, if it is in order) without numbers that are none, as a driver may make them; JSON has no word for them.

    An RSSI becomes `NO_RSSI_DBM`, a column of phases or positions is left out, the power is not told.
    """
    tags, changes = dwell.tags, dict[str, list[float] | None]()
    if not _all_finite(tags.rssi_dbm):
        changes["rssi_dbm"] = [value if math.isfinite(value) else NO_RSSI_DBM for value in tags.rssi_dbm]
    changes |= {
        name: None
        for name, column in (("phase_deg", tags.phase_deg), ("position_m", tags.position_m))
        if column is not None and not _all_finite(column)
    }
    if changes:
        dwell = msgspec.structs.replace(dwell, tags=msgspec.structs.replace(tags, **changes))
    if dwell.power_dbm is not None and not math.isfinite(dwell.power_dbm):
        dwell = msgspec.structs.replace(dwell, power_dbm=None)
    return dwell


class Sums:
    """Sums the reads of one antenna in one dwell; holds at most `MAX_TAGS_A_DWELL` tags, counts what it refuses."""

    def __init__(self) -> None:
        self._best: dict[tuple[str, int | None], Heard] = {}
        self._count: dict[tuple[str, int | None], int] = {}
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.refused = 0

    def __bool__(self) -> bool:
        return bool(self._best)

    def add(self, read: Heard) -> None:
        """Take one read: counts add up, the strongest answer gives RSSI, phase and channel."""
        epc = whole_words(read.epc)
        key = (epc or "", read.pc)
        if epc is None or (len(self._best) >= MAX_TAGS_A_DWELL and key not in self._best):
            self.refused += 1
            return
        if not math.isfinite(read.rssi_dbm):  # else no other answer would ever be stronger
            read = msgspec.structs.replace(read, rssi_dbm=NO_RSSI_DBM)
        best = self._best.get(key)
        if best is None or read.rssi_dbm > best.rssi_dbm:
            self._best[key] = read
        self._count[key] = min(MAX_COUNT, self._count.get(key, 0) + max(1, read.count))
        if read.first_us is not None:
            self.first_us = read.first_us if self.first_us is None else min(self.first_us, read.first_us)
        last_us = read.last_us if read.last_us is not None else read.first_us
        if last_us is not None:
            self.last_us = last_us if self.last_us is None else max(self.last_us, last_us)

    def tags(self) -> Tags:
        """The columns. A column that some tags lack is left out, except PC words, whose length bits the EPC tells."""
        if not self._best:
            return NO_TAGS
        reads = list(self._best.values())
        epcs = [epc for epc, _ in self._best]
        return Tags(
            epc=epcs,
            pc=_pcs(epcs, reads),
            count=list(self._count.values()),
            rssi_dbm=[read.rssi_dbm for read in reads],
            phase_deg=_column([read.phase_deg for read in reads]),
            channel_khz=_column([read.channel_khz for read in reads]),
        )


def _all_finite(column: list[float]) -> bool:
    return math.isfinite(sum(column)) or all(map(math.isfinite, column))


def _pcs(epcs: list[str], reads: list[Heard]) -> list[int] | None:
    if all(read.pc is None for read in reads):
        return None
    return [
        len(epc) // 4 << 11 if read.pc is None else read.pc for epc, read in zip(epcs, reads, strict=True)
    ]


def _column(values: list[T | None]) -> list[T] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None
