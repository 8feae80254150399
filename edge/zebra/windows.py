"""When a Zebra reader's antennas listened: from its interval reports and its counters to dwells. Pure. Times are the reader's.

The IoT Connector tells no beginning and no end of a dwell. What it tells is worth this much:

* tags of one antenna in the report of an interval: the antenna worked in that interval, and who else it heard stands in the same report.
  That is an ``estimated`` dwell of the interval; the antennas of the cycle shared it, and nobody knows how.
* an antenna without any tag in a report may have been off: no dwell.
* two heartbeats that say that the radio worked, and between which an antenna's counter of reads stood still: it heard nothing. That is
  an empty ``estimated`` dwell, so that a dead antenna is a question to a person.
* a gap in the reports' numbers, or counters that grew without reports: what was heard counts, silence does not (``doubtful``).

Nothing of it is ever ``exact``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from edge.iot.turn import Turn
from edge.reads import MAX_COUNT, Heard, Sums
from edge.zebra.events import Heartbeat, Report
from shelfwire.messages import Quality

SETTLE_US: Final = 300_000
"""A report of an interval comes as a burst of messages, one a tag; so long without one it is over."""

PART: Final = 4
"""A burst that brings less than a quarter of an interval is what came late of the one before."""

LONGEST_BEAT_US: Final = 3_600_000_000
"""Between two heartbeats that belong together; their longest useful interval."""

MAX_PORTS: Final = 64
"""Antennas in one burst; four times the largest reader. Reads of more are refused."""

ONCE: Final = frozenset({"SIMPLE", "PORTAL", "CONVEYOR"})
"""Modes that report a tag once: who is not in a report may be there all the same."""


class Burst(msgspec.Struct):
    """The reports of one interval. Host times of its first and last message; reader times of its tags."""

    began_us: int
    last_us: int
    first_at_us: int
    last_at_us: int
    sums: dict[int, Sums]
    doubt: bool = False


class Windows:
    """The intervals of one reader."""

    def __init__(self, interval_us: int) -> None:
        self.interval_us = interval_us
        """How much time one report covers."""
        self.gaps = 0
        """Reports that are missing by their numbers."""
        self.refused = 0
        self._burst: Burst | None = None
        self._ready: list[Turn] = []
        self._ended_us: int | None = None
        self._number: int | None = None
        self._beat: Heartbeat | None = None
        self._beat_us = 0
        self._heard: set[int] = set()
        """Antennas with reports since the last heartbeat."""
        self._doubt = False

    def report(self, report: Report, port: int, at_us: int, now_us: int) -> None:
        """One tag in a report."""
        burst = self._burst
        if burst is not None and self._over(burst, now_us):
            self._close(burst)
            burst = None
        if burst is None:
            burst = self._burst = Burst(now_us, now_us, at_us, at_us, {}, doubt=self._doubt)
            self._doubt = False
        self._count(report, burst)
        burst.doubt |= report.mode in ONCE
        burst.last_us = now_us
        burst.first_at_us, burst.last_at_us = min(burst.first_at_us, at_us), max(burst.last_at_us, at_us)
        if port not in burst.sums and len(burst.sums) >= MAX_PORTS:
            self.refused += 1
            return
        self._heard.add(port)
        burst.sums.setdefault(port, Sums()).add(
            Heard(
                epc=report.epc, antenna=port, pc=report.pc, rssi_dbm=report.rssi_dbm, first_us=at_us, last_us=at_us,
                count=1 if report.reads is None or report.mode == "SIMPLE" else report.reads,
                phase_deg=report.phase_deg, channel_khz=report.channel_khz,
            )
        )  # fmt: skip

    def heartbeat(self, beat: Heartbeat, at_us: int, ports: Iterable[int], now_us: int) -> set[int]:
        """A heartbeat; `ports`: the antennas of the cycle. Returns those whose reports went missing."""
        if self._burst is not None and self._over(self._burst, now_us):
            self._close(self._burst)
        before, before_us, heard = self._beat, self._beat_us, self._heard
        self._beat, self._beat_us, self._heard = beat, at_us, set()
        if before is None or not (before.active and beat.active):
            return set()
        if not 0 < at_us - before_us <= LONGEST_BEAT_US:
            return set()
        both = [port for port in ports if port in before.reads and port in beat.reads]
        if any(beat.reads[port] < before.reads[port] for port in both):
            return set()  # it started again in between
        missing = set()
        for port in both:
            if port in heard:
                continue
            if beat.reads[port] > before.reads[port]:
                missing.add(port)
            else:
                self._ready.append(Turn(port, before_us, at_us, "estimated", Sums()))
        if missing:
            self.doubt()
        return missing

    def doubt(self) -> None:
        """Reports may be lost: of the interval that runs, or of the next."""
        if self._burst is not None:
            self._burst.doubt = True
        else:
            self._doubt = True

    def lost(self) -> None:
        """Nothing is known any more (the link, the reader's clock)."""
        if self._burst is not None:
            self._burst.doubt = True
            self._close(self._burst)
        self._ended_us = self._beat = None
        self._heard = set()

    def tick(self, now_us: int, *, everything: bool = False) -> list[Turn]:
        """What is complete by now, or `everything`."""
        burst = self._burst
        if burst is not None and (everything or self._over(burst, now_us)):
            self._close(burst)
        ready, self._ready = self._ready, []
        return ready

    def deadline(self) -> int | None:
        """Host time at which `tick` has something to do."""
        if self._burst is None:
            return None
        return min(self._burst.last_us + SETTLE_US, self._burst.began_us + self.interval_us)

    def _over(self, burst: Burst, now_us: int) -> bool:
        """Either no more messages come, or they never stop coming: each read is reported by itself."""
        return now_us - burst.last_us >= SETTLE_US or now_us - burst.began_us >= self.interval_us

    def _count(self, report: Report, burst: Burst) -> None:
        """Look for gaps in the numbers; a lower one is a reader that started again."""
        if report.number is None:
            return
        if self._number is not None and report.number > self._number + 1:
            self.gaps = min(MAX_COUNT, self.gaps + report.number - self._number - 1)
            burst.doubt = True
        self._number = report.number

    def _close(self, burst: Burst) -> None:
        self._burst = None
        end_us = burst.last_at_us
        since_us = end_us - self.interval_us
        if self._ended_us is not None:
            since_us = min(max(since_us, self._ended_us), end_us)
        quality: Quality = "doubtful" if burst.doubt else "estimated"
        if end_us - since_us < self.interval_us // PART:
            quality, since_us = "doubtful", min(since_us, burst.first_at_us)
        self._ended_us = max(end_us, self._ended_us or end_us)
        self._ready += [Turn(port, since_us, end_us, quality, sums) for port, sums in burst.sums.items()]
