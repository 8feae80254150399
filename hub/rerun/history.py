"""All that is kept of a site's reports, in the order in which they came: raw log first, then what is still in the journal.

Reads only, a piece at a time. What is damaged is named and passed over; where positions are lacking is named too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from hub.config import HubFiles
from hub.events import Event, ReportTaken
from hub.frames import Entry, Group, JournalDamagedError
from hub.intake import event_of
from hub.journal import Segment
from hub.rerun.journalfiles import list_journal, read_journal
from hub.rerun.messages import Kept
from hub.rerun.rawfiles import HistoryDamagedError, RawFile, list_raw, read_raw, span_us
from shelfwire.errors import PeerError
from shelfwire.messages import Report


@dataclass
class Read:
    """What was read, and what could not be."""

    raw_files: int = 0
    journal_files: int = 0
    reports: int = 0
    dwells: int = 0
    observations: int = 0
    faults: list[str] = field(default_factory=list)


MAX_FAULTS: Final = 100


class History:
    """See the module. `read` fills while `entries` is used up."""

    def __init__(self, files: HubFiles, site: str) -> None:
        self.read = Read()
        self._site = site
        self._raw_dir: Path = files.raw_log_dir / site
        segments, faults = list_journal(
            files.journal_dir
        )  # before the raw log: what is given back meanwhile is in that
        self._segments = segments
        self._raw = list_raw(self._raw_dir)
        self.read.faults += faults
        self._reached = 0
        self._adjoins = True
        self._raw_end = 0

    def begin_us(self) -> int | None:
        """When the oldest report that is kept came; None: nothing is kept."""
        for file in self._raw:
            try:
                return span_us(file)[0]
            except HistoryDamagedError:
                continue
        for segment in self._segments:
            try:
                for group in read_journal(segment, youngest=True):
                    if group.entries:
                        return group.entries[0].now_us
            except FileNotFoundError:
                continue
        return None

    def entries(self, from_us: int, to_us: int) -> Iterator[Kept]:
        """Everything that was taken in that time. Can be used once."""
        begin = self._segments[0].first if self._segments else 2**63
        for file in self._raw:
            if file.first < begin:
                yield from self._raw_file(file, from_us, to_us)
        for number, segment in enumerate(self._segments):
            youngest = number == len(self._segments) - 1
            for kept in self._journal_file(segment, youngest=youngest):
                if kept.now_us > to_us:
                    return
                if kept.now_us >= from_us:
                    yield kept

    def _raw_file(self, file: RawFile, from_us: int, to_us: int) -> Iterator[Kept]:
        if self._raw_end and file.first != self._raw_end + 1:
            self._adjoins = False
        self._raw_end = file.last
        try:
            first_us, last_us = span_us(file)
            if last_us < from_us or first_us > to_us:
                return
            self.read.raw_files += 1
            for position, at_us, message in read_raw(file):
                if position > self._reached and from_us <= at_us <= to_us:
                    yield self._kept(position, at_us, ReportTaken(message, at_us), is_whole=False)
        except HistoryDamagedError as fault:
            self._fault(str(fault))

    def _journal_file(self, segment: Segment, *, youngest: bool) -> Iterator[Kept]:
        self.read.journal_files += 1
        if self._raw_end and segment.first > self._raw_end + 1 and segment.previous != self._raw_end:
            self._adjoins = False
        self._raw_end = 0
        try:
            for group in read_journal(segment, youngest=youngest):
                yield from self._group(segment, group)
        except FileNotFoundError:
            # given back while this was reading: its reports are in the raw log by now
            for file in list_raw(self._raw_dir):
                if file.first == segment.first:
                    yield from self._raw_file(file, 0, 2**63)
        except JournalDamagedError as fault:
            self._fault(f"{fault}; the rest of the file is passed over")

    def _group(self, segment: Segment, group: Group) -> Iterator[Kept]:
        if group.size and not group.entries:
            self._fault(f"{segment.path}: positions {group.first} to {group.last} were lost in a repair")
            self._adjoins = False
        for place, entry in enumerate(group.entries):
            position = group.first + place
            if entry.site != self._site or position <= self._reached:
                continue
            event = self._event(segment, position, entry)
            if event is not None:
                yield self._kept(position, entry.now_us, event, is_whole=True)

    def _event(self, segment: Segment, position: int, entry: Entry) -> Event | None:
        try:
            return event_of(entry)
        except (PeerError, msgspec.DecodeError) as fault:
            self._fault(f"{segment.path}: position {position}: {fault}; passed over")
            return None

    def _kept(self, position: int, at_us: int, event: Event, *, is_whole: bool) -> Kept:
        self._reached = position
        adjoins, self._adjoins = self._adjoins, True
        if isinstance(event, ReportTaken):
            self.read.reports += 1
            if isinstance(event.message, Report):
                self.read.dwells += len(event.message.dwells)
                self.read.observations += sum(len(dwell.tags.epc) for dwell in event.message.dwells)
        return Kept(position, at_us, event, is_whole, adjoins)

    def _fault(self, text: str) -> None:
        self._adjoins = False
        if len(self.read.faults) < MAX_FAULTS:
            self.read.faults.append(text)
