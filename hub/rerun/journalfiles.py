"""The journal of a hub that may be running, read without touching it.

`hub.journal.Journal` is the writer's: it cuts torn ends off. Here nothing is opened for writing, and a group that is being written at
this moment is simply not there yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hub import frames
from hub.frames import Group, JournalDamagedError
from hub.journal import SUFFIX, Segment, read_segment


def list_journal(folder: Path) -> tuple[list[Segment], list[str]]:
    """(files, faults), oldest first. A youngest file without a header was begun a moment ago and is no fault."""
    found: list[Segment] = []
    faults: list[str] = []
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    for path in paths:
        try:
            with path.open("rb") as file:
                header = frames.unpack_segment(file.read(frames.SEGMENT_HEAD_BYTES))
        except FileNotFoundError:  # given back since; the raw log has it
            continue
        except OSError as fault:
            faults.append(f"{path}: cannot be read: {fault.strerror}; it is passed over")
            continue
        if header is not None:
            found.append(Segment(path, *header))
        elif path != paths[-1]:
            faults.append(f"{path}: its header is damaged; it is passed over")
    return found, faults


def read_journal(segment: Segment, *, youngest: bool) -> Iterator[Group]:
    """Its groups. Raises `JournalDamagedError`, not for the end of the `youngest` file, and `FileNotFoundError`."""
    try:
        yield from read_segment(segment)
    except JournalDamagedError:
        if not youngest:
            raise
