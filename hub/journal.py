"""The journal on disk: append-only segments, written through in groups. *In the journal* is what an acknowledgement means.

Blocking; the hub calls `append` in a thread. One writer. Files are named by the position of their first entry. See
`hub.frames` for the bytes. What a crash leaves half written is cut at the next start; anything else that does not fit its checksum stops the
hub with `JournalDamagedError` until a person has run ``shelfwire hub repair``.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

from hub import frames
from hub.frames import Entry, Group, JournalDamagedError
from shelfwire.errors import FullError

log = logging.getLogger(__name__)

SUFFIX: Final = ".journal"
CUT: Final = ".cut"
"""Of the torn end of a file, kept beside it until the next snapshot."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Disk:
    """What the journal asks of the operating system; tests bring one that fails."""

    def write(self, fd: int, data: bytes) -> None:
        """All of `data`, or an `OSError`."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]

    def sync(self, fd: int) -> None:
        """Returns when the data is on the disk."""
        getattr(os, "fdatasync", os.fsync)(fd)

    def free_bytes(self, folder: Path) -> int:
        """Space left for us."""
        return shutil.disk_usage(folder).free


class Segment(NamedTuple):
    """One file of the journal."""

    path: Path
    first: int
    previous: int
    """The last position of the file before it; 0: none."""


class Journal:
    """See the module. `tail` is the last position that is on the disk."""

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int,
        max_bytes: int,
        min_free_bytes: int = 0,
        disk: Disk | None = None,
    ) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._max_bytes = max_bytes
        self._min_free_bytes = min_free_bytes
        self._disk = disk or Disk()
        self._fd: int | None = None
        self.open_bytes = 0
        """Of the file that grows."""
        self.cut_bytes = 0
        """What the last start cut off: a group that was never acknowledged."""
        folder.mkdir(parents=True, exist_ok=True)
        self.segments = list_segments(folder)
        self.tail = self._open_last()
        self._closed_bytes = sum(segment.path.stat().st_size for segment in self.segments[:-1])

    @property
    def size_bytes(self) -> int:
        """Bytes on disk."""
        return self._closed_bytes + self.open_bytes

    def append(self, entries: Sequence[Entry]) -> int:
        """Write one group through to the disk; returns the position of its first entry.

        Raises `FullError` when disk or budget has no room: nothing of the group is then in the journal.
        """
        first = self.tail + 1
        frame = frames.pack(first, entries)
        self.ask_for_room(len(frame))
        if self._fd is None or self.open_bytes >= self._segment_bytes:
            self._start_segment(first)
        self._write(frame)
        self.tail = first + len(entries) - 1
        return first

    def ask_for_room(self, size: int) -> None:
        """Raises `FullError` when disk or budget has no room for `size` bytes more."""
        if self.size_bytes + size > self._max_bytes:
            raise FullError(
                f"journal: {self.size_bytes} bytes fill the budget journal.max_bytes of {self._max_bytes}; "
                "space comes back after the next snapshot, or raise the budget"
            )
        free = self._disk.free_bytes(self._folder)
        if free < self._min_free_bytes + size:
            raise FullError(
                f"journal: {free} bytes are free on the disk of {self._folder}, less than journal.min_free_bytes "
                f"of {self._min_free_bytes}; make room"
            )

    def roll(self) -> None:
        """Close the open file, so that it can be given back; the next group starts another."""
        if self.open_bytes > frames.SEGMENT_HEAD_BYTES:
            self._close_file()

    def skip_to(self, position: int) -> None:
        """Let the next entry be `position`; used when the database knows of later ones than this folder."""
        if position > self.tail + 1:
            self._start_segment(position)
            self.tail = position - 1

    def read(self, after: int, upto: int | None = None) -> Iterator[Group]:
        """The groups that hold positions behind `after`, up to the group of `upto` (default: the tail now)."""
        last = self.tail if upto is None else upto
        segments = self._from(after)
        for segment, follower in zip_longest(segments, segments[1:]):
            reached = segment.first - 1
            for group in _groups(segment, last):
                reached = group.last
                if group.last > after:
                    yield group
            if reached >= last:
                return
            if follower is not None and follower.previous != reached:
                raise JournalDamagedError(
                    _damage(follower.path, 0, f"positions {reached + 1} to {follower.previous} are missing")
                )

    def first(self) -> int:
        """The oldest position that can still be read; tail + 1 when there is none."""
        return self.segments[0].first if self.segments else self.tail + 1

    def closed_behind(self, position: int) -> list[Segment]:
        """Closed files whose entries are all at or before `position`, oldest first."""
        found = []
        for segment, follower in zip(self.segments, self.segments[1:], strict=False):
            if follower.previous > position:
                break
            found.append(segment)
        return found

    def drop(self, segment: Segment) -> None:
        """Give back the oldest file."""
        if not self.segments or segment != self.segments[0] or len(self.segments) == 1:
            raise ValueError(f"{segment.path} is not the oldest closed file")
        self._closed_bytes -= segment.path.stat().st_size
        segment.path.unlink()
        self.segments = self.segments[1:]

    def close(self) -> None:
        """Close the file; what was appended is on the disk already."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _close_file(self) -> None:
        self.close()
        self._closed_bytes += self.open_bytes
        self.open_bytes = 0

    def _from(self, after: int) -> list[Segment]:
        segments = list(self.segments)
        while len(segments) > 1 and segments[1].previous <= after:
            segments = segments[1:]
        return segments

    def _write(self, frame: bytes) -> None:
        assert self._fd is not None
        try:
            self._disk.write(self._fd, frame)
            self._disk.sync(self._fd)
        except OSError as fault:
            if fault.errno not in _FULL:
                raise  # after a failed sync nobody knows what is on the disk: end, and read it again at the next start
            os.ftruncate(self._fd, self.open_bytes)
            os.lseek(self._fd, self.open_bytes, os.SEEK_SET)
            raise FullError(f"journal: {self._folder}: {fault.strerror}; make room on the disk") from fault
        self.open_bytes += len(frame)

    def _start_segment(self, first: int) -> None:
        if self._fd is not None:
            self._close_file()
        path = self._folder / f"{first:020d}{SUFFIX}"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            header = frames.pack_segment(first, self.tail)
            self._disk.write(fd, header)
            self._disk.sync(fd)
        except OSError as fault:
            os.close(fd)
            path.unlink()
            if fault.errno in _FULL:
                raise FullError(
                    f"journal: {self._folder}: {fault.strerror}; make room on the disk"
                ) from fault
            raise
        sync_folder(self._folder)
        self._fd = fd
        self.open_bytes = len(header)
        self.segments = [*self.segments, Segment(path, first, self.tail)]

    def _open_last(self) -> int:
        """Open the youngest file behind its last sound group; returns that group's last position."""
        if not self.segments:
            return 0
        segment = self.segments[-1]
        data = segment.path.read_bytes()
        good, tail = _sound_part(segment, data)
        self.cut_bytes = len(data) - good
        if self.cut_bytes:
            log.warning(
                "journal: %s ends in %d bytes of a group that was never acknowledged; cut, kept in %s",
                segment.path, self.cut_bytes, segment.path.with_suffix(CUT),
            )  # fmt: skip
            with contextlib.suppress(
                OSError
            ):  # only for a person who wants to look; a full disk must not stop us
                segment.path.with_suffix(CUT).write_bytes(data[good:])
        self._fd = os.open(segment.path, os.O_RDWR)
        os.ftruncate(self._fd, good)
        os.fsync(self._fd)
        os.lseek(self._fd, good, os.SEEK_SET)
        self.open_bytes = good
        return tail


def list_segments(folder: Path) -> list[Segment]:
    """The files of a journal, oldest first. Raises `JournalDamagedError` when one is missing or has no header."""
    found: list[Segment] = []
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    for path in paths:
        with path.open("rb") as file:
            header = frames.unpack_segment(file.read(frames.SEGMENT_HEAD_BYTES))
        if header is None and path == paths[-1] and path.stat().st_size <= frames.SEGMENT_HEAD_BYTES:
            path.unlink()  # made in the moment of a crash; it never held a group
            continue
        if header is None:
            raise JournalDamagedError(_damage(path, 0, "the header of the file is damaged"))
        found.append(Segment(path, *header))
    return found


def read_segment(segment: Segment) -> Iterator[Group]:
    """All groups of one closed file. Raises `JournalDamagedError`."""
    return _groups(segment, 2**63)


def _sound_part(segment: Segment, data: bytes) -> tuple[int, int]:
    """(bytes, last position) up to which `data` is sound; what follows is torn, or this raises."""
    place = frames.SEGMENT_HEAD_BYTES
    tail = segment.first - 1
    while place < len(data):
        head = frames.unpack_head(data[place : place + frames.HEAD_BYTES])
        begin = place + frames.HEAD_BYTES
        group = frames.unpack_body(head, data[begin : begin + head.length]) if head else None
        if group is None or group.first != tail + 1:
            if frames.next_sound(data, place + 1) is not None:
                raise JournalDamagedError(
                    _damage(segment.path, place, f"the group behind position {tail} is damaged")
                )
            break
        tail = group.last
        assert head is not None
        place = begin + head.length
    return place, tail


def _groups(segment: Segment, last: int) -> Iterator[Group]:
    """The groups of one file up to the one that holds `last`."""
    place = frames.SEGMENT_HEAD_BYTES
    expected = segment.first
    with segment.path.open("rb") as file:
        file.seek(place)
        while expected <= last:
            raw = file.read(frames.HEAD_BYTES)
            if not raw:
                return
            head = frames.unpack_head(raw)
            group = frames.unpack_body(head, file.read(head.length)) if head else None
            if group is None or group.first != expected:
                raise JournalDamagedError(
                    _damage(segment.path, place, f"the group at position {expected} is damaged")
                )
            yield group
            assert head is not None
            place += frames.HEAD_BYTES + head.length
            expected = group.last + 1


def _damage(path: Path, place: int, what: str) -> str:
    return (
        f"{path}: at byte {place}: {what}. This is no trace of a crash; check the disk. `shelfwire hub repair --config "
        "hub.yaml` keeps what is sound, says what is lost, and leaves the damaged file beside it"
    )


def sync_folder(folder: Path) -> None:
    """Make new, renamed and removed names in `folder` last over a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
