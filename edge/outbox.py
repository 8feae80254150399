"""What the agent has heard and the hub has not yet in its journal: on disk, numbered, bounded.

Each report is stored as the very bytes that are published. A report is *taken* when `commit` has returned: it is on the
disk, and only then may it be published, so a number that anyone has seen is never given twice. A torn tail (power lost in the middle of a
write) is cut at the next start: it was never published. What was heard but not yet taken is a hole: no dwell says
anything about that time, and the birth of the new boot tells the hub why.

Three things free room. An acknowledgement removes whole segments. A bound (bytes, age) gives up the oldest segment: a `Lost` record
with its numbers, antennas and time takes its place, on disk before the segment goes. A full disk gives up nothing: the outbox takes no more
until there is room.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

import msgspec

from edge import segments
from edge.config import OutboxConfig
from edge.recovery import Item, LostRecords, Recovered, is_report
from edge.segments import LOST, MARK, REPORT, Head, Mark, Segment
from edge.spans import Spans
from shelfwire.errors import FullError, InputError
from shelfwire.messages import Silence

log = logging.getLogger(__name__)

MakeLost = Callable[[int, int, str, Sequence[Silence]], bytes]
"""(seq, upto, reason, spans) → the bytes of a `Lost` record of this agent."""

SEGMENTS: Final = 32
"""A bound gives up one segment at a time, 3 % of the outbox; more of them would cost more files than they save."""

LARGEST_SEGMENT: Final = 8 * 1024 * 1024
"""Read whole at start and when given up: 8 MiB take 0.1 s on a small board."""

IDLE_BYTES: Final = 1024 * 1024
"""An outbox that the hub keeps empty takes no more room than this, and is read in a moment at the next start."""

HOUR_US: Final = 3_600_000_000
TOO_LARGE: Final = "the outbox reached its bound in bytes while the hub was away"
TOO_OLD: Final = "older than the outbox keeps"
DAMAGED: Final = "damaged on the agent's disk"


class Outbox:
    """The outbox of one agent. One task writes (`append`, `commit`, `enforce`); `acked` and `item` may be called beside it.

    `now_us` is monotonic; `wall_us` serves only to guess how old the files of an earlier process are.
    """

    def __init__(
        self,
        folder: Path,
        config: OutboxConfig,
        *,
        site: str,
        agent: str,
        new_log: str,
        make_lost: MakeLost,
        now_us: int,
        wall_us: int,
    ) -> None:
        self.folder = folder
        self.log = new_log
        self.upto = 0
        """All numbers up to this one are in the hub's journal."""
        self.committed = 0
        """The last number that is safely on disk."""
        self.lost_reports = 0
        self._config = config
        self._site, self._agent = site, agent
        self._make_lost = make_lost
        self._lost = LostRecords()
        self._segments: list[Segment] = []
        self._committed_size = 0
        self._noted = Mark(upto=0, lost_reports=0)
        self._segment_bytes = min(LARGEST_SEGMENT, config.max_bytes // SEGMENTS)
        self._lock = _lock(folder)
        try:
            self._recover(now_us, wall_us)
        except BaseException:
            self.close()
            raise

    @property
    def last(self) -> int:
        """The last number given."""
        return self._active.last

    @property
    def next_seq(self) -> int:
        """The number of the next report."""
        return self._active.last + 1

    @property
    def reports(self) -> int:
        """How many numbers wait for an acknowledgement."""
        return self.last - self.upto

    @property
    def size_bytes(self) -> int:
        """Room taken on disk."""
        return sum(segment.size for segment in self._segments)

    def append(self, payload: bytes, now_us: int) -> int:
        """Write a report under `next_seq`; taken only after `commit`. Raises `FullError`, and then nothing has changed."""
        room = len(payload) + segments.HEADER_BYTES
        while self.size_bytes + room > self._config.max_bytes and len(self._segments) > 1:
            self._give_up(TOO_LARGE)
        if self._active.size + room > self._segment_bytes and self._active.last >= self._active.first:
            self._roll(now_us)
        elif self._active.size > IDLE_BYTES:
            self.tidy(now_us)
        seq = self.next_seq
        self._active.append(REPORT, seq, payload)
        self._active.newest_us = now_us
        return seq

    def commit(self) -> None:
        """All that was appended is on disk when this returns; may run in a thread. On `FullError` call `take_back`."""
        mark = Mark(upto=self.upto, lost_reports=self.lost_reports)
        if mark != self._noted:
            with contextlib.suppress(
                FullError
            ):  # what is acknowledged is merely sent once more after a restart
                self._active.append(MARK, self.last, msgspec.json.encode(mark))
                self._noted = mark
        seq, size = self.last, self._active.size
        self._active.sync()
        self.committed, self._committed_size = seq, size

    def take_back(self) -> None:
        """Forget what was appended since the last commit: the disk did not take it, and nobody has seen its numbers."""
        self._active.cut(self._committed_size, self.committed)

    def acked(self, upto: int) -> bool:
        """The hub has all numbers up to `upto`. False, and nothing done, when they were never taken here."""
        if upto > self.committed:
            return False
        if upto <= self.upto:
            return True
        self.upto = upto
        self._free()
        self._lost.drop(upto)
        return True

    def item(self, seq: int) -> Item | None:
        """What to publish for `seq`; None when it is acknowledged or not on disk yet."""
        if not self.upto < seq <= self.committed:
            return None
        if (item := self._lost.at(seq)) is not None:
            return item
        if seq < self._segments[0].first:
            return self._damaged(seq, self._segments[0].first - 1)
        payload = self._segment_of(seq).read(seq)
        if payload is None:
            return self._damaged(seq, seq)
        return Item(seq, seq, payload)

    def enforce(self, now_us: int) -> None:
        """Give up what is older than the bound. Raises `FullError` when the disk does not even take the lost record."""
        bound_us = self._config.max_age_h * HOUR_US
        while (oldest := self._segments[0]).last > self.upto and now_us - oldest.newest_us > bound_us:
            if oldest.last < oldest.first:  # holds only lost records, which are never too old
                return
            if oldest is self._active:
                self._roll(now_us)
            self._give_up(TOO_OLD)

    def tidy(self, now_us: int) -> None:
        """Give back the room of the segment that is being written, when all in it is acknowledged. Raises `FullError`."""
        if self.upto == self.last >= self._active.first:
            self._roll(now_us)
            self._free()

    def close(self) -> None:
        """Let go of the files."""
        for segment in self._segments:
            segment.close()
        self._lock.close()

    @property
    def _active(self) -> Segment:
        return self._segments[-1]

    def _free(self) -> None:
        while len(self._segments) > 1 and self._segments[0].last <= self.upto:
            self._segments.pop(0).remove()

    def _segment_of(self, seq: int) -> Segment:
        return self._segments[bisect_right([segment.first for segment in self._segments], seq) - 1]

    def _roll(self, now_us: int) -> None:
        """Begin a new segment; the old one is on disk before."""
        self._active.sync()
        self.committed = self.last
        segment = segments.create(self.folder, self.next_seq, self._head(), now_us)
        self._active.close()
        self._segments.append(segment)
        self._committed_size = segment.size

    def _head(self) -> Head:
        self._noted = Mark(upto=self.upto, lost_reports=self.lost_reports)
        return Head(
            site=self._site,
            agent=self._agent,
            log=self.log,
            upto=self.upto,
            lost_reports=self.lost_reports,
        )

    def _give_up(self, reason: str) -> None:
        """Put a lost record in the place of the oldest segment, together with lost records that wait already."""
        oldest = self._segments[0]
        if oldest.last > self.upto:
            waiting = self._lost.begun_by(oldest.last)
            first = min([max(oldest.first, self.upto + 1), *(item.first for item in waiting)])
            given_up = [
                Item(seq, seq, body or b"")
                for seq, body in oldest.bodies(self.upto + 1)
                if not any(item.first <= seq <= item.last for item in waiting)
            ]
            self._book(
                self._merged(first, oldest.last, sorted([*waiting, *given_up]), reason),
                sum(is_report(item.payload) for item in given_up),
            )
            log.warning("outbox: reports %d to %d are given up: %s", first, oldest.last, reason)
        self._segments.pop(0).remove()

    def _merged(self, first: int, last: int, items: Sequence[Item], reason: str) -> list[Item]:
        """One lost record for all `items`, or as few as their antennas allow."""
        made: list[Item] = []
        spans = Spans()
        for item in items:
            if not spans.take(item.payload):
                made.append(self._lost_item(first, item.first - 1, reason, spans))
                first, spans = item.first, Spans()
                spans.take(item.payload)
        return [*made, self._lost_item(first, last, reason, spans)]

    def _lost_item(self, first: int, last: int, reason: str, spans: Spans) -> Item:
        return Item(first, last, self._make_lost(first, last, reason, spans.silences()))

    def _book(self, items: Sequence[Item], given_up: int) -> None:
        """Lost records on disk, and only then in force."""
        size, seq = self._active.size, self.last
        try:
            for item in items:
                self._active.append(LOST, item.first, item.payload)
            self._active.sync()
        except FullError:
            self._active.cut(size, seq)
            raise
        self.committed, self._committed_size = seq, self._active.size
        self.lost_reports += given_up
        for item in items:
            self._lost.put(item)

    def _damaged(self, first: int, last: int) -> Item:
        item = Item(first, last, self._make_lost(first, last, DAMAGED, ()))
        self._lost.put(item)
        self.lost_reports += last - first + 1
        log.error("outbox: reports %d to %d are damaged on disk and given up", first, last)
        return item

    def _recover(self, now_us: int, wall_us: int) -> None:
        found = Recovered(self.folder, site=self._site, agent=self._agent, now_us=now_us, wall_us=wall_us)
        self.lost_reports, self._lost = found.lost_reports, found.lost
        self._segments = found.segments
        if found.log is None:
            self._segments = [segments.create(self.folder, 1, self._head(), now_us)]
        else:
            self.log = found.log
            self._reopen(now_us, headless=found.headless)
        self.committed, self._committed_size = self.last, self._active.size
        self.acked(min(found.upto, self.committed))

    def _reopen(self, now_us: int, *, headless: bool) -> None:
        """Go on writing where the process before has stopped."""
        if headless and self._active.last < self._active.first:
            self._segments[-1] = segments.create(self.folder, self._active.first, self._head(), now_us)
            return
        self._active.open()
        if headless:
            self._roll(now_us)


def _lock(folder: Path) -> TextIO:
    """One process an outbox: two would give one number twice."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("w")
    except OSError as fault:
        raise InputError(
            f"{folder}: cannot be written: {fault.strerror}; choose another state_dir"
        ) from fault
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        file.close()
        raise InputError(
            f"{folder}: another agent works on this outbox; stop it, or give this one a state_dir of its own"
        ) from fault
    return file
