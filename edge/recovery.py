"""What an earlier process left in the outbox's folder, read back: segments, lost records, and how far all was acknowledged."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from edge import segments
from edge.segments import LOST, MARK, REPORT, SUFFIX, Head, Mark, Segment
from shelfwire.codec import decode_from_agent
from shelfwire.errors import InputError, PeerError
from shelfwire.messages import Report

log = logging.getLogger(__name__)

_EARLIEST_US: Final = 1_577_836_800_000_000
"""2020: a file older than this was written before the clock was set; its age is unknown and counts from now."""

_LARGEST_GAP: Final = 1_000_000
"""A number this far ahead of its neighbour is damage that the checksum missed."""


class Item(NamedTuple):
    """What is to be published for the numbers `first` … `last`: a report (one number) or a lost record."""

    first: int
    last: int
    payload: bytes


class LostRecords:
    """Lost records that wait for their acknowledgement, by first number; a wider one replaces those within it."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}

    def put(self, item: Item) -> None:
        """Put one in force."""
        self._items = {
            first: old
            for first, old in self._items.items()
            if not (item.first <= old.first and old.last <= item.last)
        }
        self._items[item.first] = item

    def at(self, seq: int) -> Item | None:
        """The one that covers `seq`."""
        return next((item for item in self._items.values() if item.first <= seq <= item.last), None)

    def begun_by(self, seq: int) -> list[Item]:
        """Those that begin at `seq` or before, in order."""
        return sorted(item for item in self._items.values() if item.first <= seq)

    def drop(self, upto: int) -> None:
        """Forget those that are acknowledged."""
        self._items = {first: item for first, item in self._items.items() if item.last > upto}


class Recovered:
    """The folder as it was found. `log` is None when there is nothing that can be read: then begin a new outbox.

    Raises `InputError` for what belongs to someone else, or to a newer version.
    """

    def __init__(self, folder: Path, *, site: str, agent: str, now_us: int, wall_us: int) -> None:
        self.log: str | None = None
        self.segments: list[Segment] = []
        self.lost = LostRecords()
        self.upto = 0
        self.lost_reports = 0
        self.headless = False
        """The last segment does not say whose it is; another must be begun."""
        self._owner = (site, agent)
        for part in folder.glob("*.part"):
            part.unlink()
        logs = set()
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            head = self._load(path, born_us(path, now_us, wall_us))
            self.headless = head is None
            if head is not None:
                logs.add(head.log)
        if len(logs) > 1:
            raise InputError(
                f"{folder}: holds segments of {len(logs)} outboxes; give each a folder of its own"
            )
        if logs:
            self.log = logs.pop()
            self.upto = max(self.upto, self._gone())
        elif self.segments:
            self._put_aside(folder)

    def _gone(self) -> int:
        """The highest number of which neither a report nor a lost record is left: only an acknowledgement removes both."""
        seq = self.segments[0].first - 1
        while (cover := self.lost.at(seq)) is not None:
            seq = cover.first - 1
        return seq

    def _put_aside(self, folder: Path) -> None:
        log.error(
            "outbox %s: no segment can be read; they are kept as *.bad, and a new outbox begins", folder
        )
        for segment in self.segments:
            segment.path.replace(segment.path.with_suffix(".bad"))
        self.segments, self.lost = [], LostRecords()
        self.upto = self.lost_reports = 0

    def _load(self, path: Path, born: int) -> Head | None:
        if not path.stem.isdigit():
            raise InputError(f"{path}: is no segment of an outbox; move it away")
        data = path.read_bytes()
        head = segments.head_of(data, path)
        if head is not None and (head.site, head.agent) != self._owner:
            raise InputError(
                f"{path.parent}: is the outbox of agent {head.agent} of site {head.site}; "
                f"give {self._owner[1]} a state_dir of its own"
            )
        if head is not None:
            self._note(head.upto, head.lost_reports)
        segment = Segment(path, int(path.stem), born)
        if self.segments:  # numbers that the end of the segment before has lost
            _fill(self.segments[-1], segment.first)
        for record in segments.records(data):
            self._replay(segment, record)
        if segment.size < len(data):
            log.warning("outbox: %s: %d bytes at its end are torn and cut", path, len(data) - segment.size)
        self.segments.append(segment)
        return head

    def _replay(self, segment: Segment, record: segments.Record) -> None:
        segment.size = record.offset + segments.HEADER_BYTES + len(record.body)
        if record.kind == REPORT and segment.last < record.seq <= segment.last + _LARGEST_GAP:
            _fill(segment, record.seq)
            segment.note(record.offset)
        elif record.kind == LOST and (upto := _lost_upto(record.body)) >= record.seq:
            self.lost.put(Item(record.seq, upto, record.body))
        elif record.kind == MARK:
            try:
                mark = msgspec.json.decode(record.body, type=Mark)
            except msgspec.DecodeError:
                return
            self._note(mark.upto, mark.lost_reports)

    def _note(self, upto: int, lost_reports: int) -> None:
        self.upto, self.lost_reports = max(self.upto, upto), max(self.lost_reports, lost_reports)


def is_report(payload: bytes) -> bool:
    """Whether these bytes of the outbox are a report that can be read."""
    try:
        return isinstance(decode_from_agent(payload), Report)
    except PeerError:
        return False


def _lost_upto(payload: bytes) -> int:
    """The last number of a lost record; 0 when it is none."""
    try:
        message = decode_from_agent(payload)
    except PeerError:
        return 0
    return 0 if isinstance(message, Report) else message.upto


def _fill(segment: Segment, before: int) -> None:
    """Numbers up to `before` that the disk has lost are known to be damaged."""
    while segment.last + 1 < before:
        segment.note(0)


def born_us(path: Path, now_us: int, wall_us: int) -> int:
    """When the youngest report of a file of an earlier process was written, on this process's monotonic clock."""
    written_us = path.stat().st_mtime_ns // 1000
    if written_us < _EARLIEST_US or written_us > wall_us:
        return now_us
    return now_us - (wall_us - written_us)
