"""What an installation that has stopped left on its disks: reports in outboxes and journal, points on the spool. A shell; reads files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from edge import config
from edge.outbox import Outbox
from hub.events import ReportTaken
from hub.intake import event_of
from hub.journal import list_segments, read_segment
from hub.series.open import SPOOL
from hub.series.spool import Spool
from shelfwire.clock import SystemClock
from shelfwire.messages import Report


class Taken(msgspec.Struct, frozen=True):
    """Reports in the hub's journal."""

    reports: int
    """Each number of each agent's log once."""
    doubled: int
    """How many of them stand there again; the promise is none."""
    lost: int = 0
    """Numbers that an agent had to give up, and said so."""


class SeriesLeft(msgspec.Struct, frozen=True):
    """Points of the hub's series that did not arrive."""

    waiting: int
    """On the hub's disk, for its next start."""
    dropped: int
    """Given up."""


def taken(journal: Path) -> Taken | None:
    """Every report of the journal; None: its beginning was given back already."""
    segments = list_segments(journal)
    if not segments or segments[0].first != 1:
        return None
    seen: Counter[tuple[str, str, int]] = Counter()
    lost: set[tuple[str, str, int]] = set()
    for segment in segments:
        for group in read_segment(segment):
            for entry in group.entries:
                event = event_of(entry) if entry.kind == "report" else None
                if not isinstance(event, ReportTaken):
                    continue
                message = event.message
                if isinstance(message, Report):
                    seen[message.agent, message.log, message.seq] += 1
                else:
                    numbers = range(message.seq, message.upto + 1)
                    lost |= {(message.agent, message.log, number) for number in numbers}
    return Taken(reports=len(seen), doubled=sum(seen.values()) - len(seen), lost=len(lost - seen.keys()))


def series_left(state: Path, spool_max_bytes: int) -> SeriesLeft:
    """Points of a hub's series that did not arrive; `state` is its folder."""
    spool = Spool(state / SPOOL, spool_max_bytes)
    try:
        return SeriesLeft(waiting=spool.waiting, dropped=spool.dropped)
    finally:
        spool.close()


def last_report(agent_file: Path) -> int:
    """The number of the last report that the agent of this configuration put into its outbox."""
    found = config.read(agent_file)
    clock = SystemClock()
    outbox = Outbox(
        agent_file.parent / found.state_dir / "outbox",
        found.outbox,
        site=found.site,
        agent=found.agent,
        new_log="unused",
        make_lost=lambda *_: b"",
        now_us=clock.monotonic_us(),
        wall_us=clock.wall_us(),
    )
    try:
        return outbox.last
    finally:
        outbox.close()
