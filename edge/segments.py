"""The files of the outbox: append-only segments of checksummed records.

A record is a header of 20 bytes (magic, kind, length, sequence number, CRC-32 of all that and the body) and its
body. A segment's first record says whose outbox it is; its name is the first sequence number in it. Reports stand in order and without
a gap, so one offset each is all that memory holds of them.
"""

from __future__ import annotations

import os
import struct
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from shelfwire.errors import FullError, InputError
from shelfwire.messages import MAX_PAYLOAD_BYTES

FORMAT: Final = 1
SUFFIX: Final = ".seg"

HEAD: Final = 1
REPORT: Final = 2
"""A report, or a lost record with a number of its own; takes the next number."""
LOST: Final = 3
"""A lost record in the place of older numbers; the last one that begins with a number counts."""
MARK: Final = 4
"""What is acknowledged, and how much was ever given up."""

_MAGIC: Final = b"\xd5W"
_HEADER: Final = struct.Struct("<2sBxIQI")
_COVERED: Final = struct.Struct("<2sBxIQ")
HEADER_BYTES: Final = _HEADER.size

_MAX_BODY: Final = MAX_PAYLOAD_BYTES
"""What the wire refuses never gets in; a longer record is damage."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first record of a segment: whose outbox this is, and what was known when the segment was begun."""

    format: int = FORMAT
    site: str
    agent: str
    log: str
    upto: int
    lost_reports: int


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since the head."""

    upto: int
    lost_reports: int


class Record(NamedTuple):
    """One record as it stands in a file."""

    kind: int
    seq: int
    offset: int
    """Of its header."""
    body: bytes


def pack(kind: int, seq: int, body: bytes) -> bytes:
    """A record's bytes."""
    crc = zlib.crc32(body, zlib.crc32(_COVERED.pack(_MAGIC, kind, len(body), seq)))
    return _HEADER.pack(_MAGIC, kind, len(body), seq, crc) + body


def unpack(data: bytes, offset: int = 0) -> Record | None:
    """The record that begins at `offset`, or None when there is no whole and undamaged one."""
    if len(data) - offset < HEADER_BYTES:
        return None
    magic, kind, length, seq, crc = _HEADER.unpack_from(data, offset)
    if magic != _MAGIC or length > _MAX_BODY:
        return None
    body = data[offset + HEADER_BYTES : offset + HEADER_BYTES + length]
    if len(body) < length:
        return None
    if zlib.crc32(body, zlib.crc32(_COVERED.pack(magic, kind, length, seq))) != crc:
        return None
    return Record(kind, seq, offset, body)


def records(data: bytes) -> Iterator[Record]:
    """All whole records of a file. Damage in the middle is stepped over to the next whole record."""
    offset = 0
    while offset < len(data):
        record = unpack(data, offset)
        if record is None:
            offset = data.find(_MAGIC, offset + 1)
            if offset < 0:
                return
            continue
        yield record
        offset += HEADER_BYTES + len(record.body)


class Segment:
    """One file of the outbox, and where each of its reports begins."""

    def __init__(self, path: Path, first: int, born_us: int) -> None:
        self.path = path
        self.first = first
        """The number of its first report; of the next one to come while it has none."""
        self.size = 0
        self.newest_us = born_us
        """Monotonic time of its youngest report, as far as this process can know it."""
        self._offsets: array[int] = array("Q")
        self._file = -1

    @property
    def last(self) -> int:
        """The number of its last report; ``first - 1`` while it has none."""
        return self.first + len(self._offsets) - 1

    def note(self, offset: int) -> None:
        """A report stands at `offset`; 0: it is known to be damaged."""
        self._offsets.append(offset)

    def open(self) -> None:
        """Open for writing at its end, as far as `size` says. Raises `FullError`."""
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            os.ftruncate(self._file, self.size)
        except OSError as fault:
            raise disk_fault(self.path, fault) from fault

    def append(self, kind: int, seq: int, body: bytes) -> None:
        """Write one record, whole or not at all. Raises `FullError`."""
        data = pack(kind, seq, body)
        try:
            done = os.pwrite(self._file, data, self.size)
            if done < len(data):  # the disk took a part; the next try says why
                done += os.pwrite(self._file, data[done:], self.size + done)
        except OSError as fault:
            self._cut_to(self.size)
            raise disk_fault(self.path, fault) from fault
        if done < len(data):
            self._cut_to(self.size)
            raise FullError(f"outbox {self.path}: the disk takes only parts of what is written; make room")
        if kind == REPORT:
            self.note(self.size)
        self.size += len(data)

    def sync(self) -> None:
        """Return when all of it is on the disk; may run in a thread. Raises `FullError`."""
        try:
            os.fdatasync(self._file) if hasattr(os, "fdatasync") else os.fsync(self._file)
        except OSError as fault:
            raise disk_fault(self.path, fault) from fault

    def cut(self, size: int, last: int) -> None:
        """Take back what was written beyond `size` and after report `last`: the disk did not take it."""
        self._cut_to(size)
        self.size = size
        del self._offsets[max(0, last - self.first + 1) :]

    def read(self, seq: int) -> bytes | None:
        """The body of report `seq`, or None when the disk has spoilt it."""
        offset = self._offsets[seq - self.first]
        if offset == 0:
            return None
        end = self._offsets[seq - self.first + 1] if seq < self.last else self.size
        if end <= offset:  # the next one is damaged
            end = self.size
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                record = unpack(file.read(end - offset))
        except OSError:
            return None
        is_it = record is not None and (record.kind, record.seq) == (REPORT, seq)
        return record.body if record is not None and is_it else None

    def bodies(self, first: int) -> Iterator[tuple[int, bytes | None]]:
        """Number and body of each report from `first` on, or None for a body that the disk has spoilt."""
        try:
            data = self.path.read_bytes()
        except OSError:
            data = b""
        for seq in range(max(first, self.first), self.last + 1):
            record = unpack(data, self._offsets[seq - self.first])
            is_it = record is not None and (record.kind, record.seq) == (REPORT, seq)
            yield seq, record.body if record is not None and is_it else None

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        """Give its room back. A file that is gone already is no fault."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _cut_to(self, size: int) -> None:
        try:
            os.ftruncate(self._file, size)
        except OSError:
            return  # what stands beyond `size` is overwritten, or cut at the next start


def create(folder: Path, first: int, head: Head, now_us: int) -> Segment:
    """A new segment that is whole on the disk, name and all, before it is used. Raises `FullError`."""
    path = folder / f"{first:016d}{SUFFIX}"
    part = path.with_suffix(".part")
    segment = Segment(part, first, now_us)
    try:
        with part.open("wb"):
            pass
        segment.open()
        segment.append(HEAD, first, msgspec.json.encode(head))
        segment.sync()
        part.replace(path)
        segment.path = path
        sync_folder(folder)
    except (OSError, FullError) as fault:
        segment.close()
        part.unlink(missing_ok=True)
        raise fault if isinstance(fault, FullError) else disk_fault(path, fault) from fault
    return segment


def sync_folder(folder: Path) -> None:
    """Names in `folder` are on the disk when this returns."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def head_of(data: bytes, path: Path) -> Head | None:
    """Whose outbox the segment belongs to, or None when its head is spoilt. Raises `InputError` on a newer format."""
    record = unpack(data)
    if record is None or record.kind != HEAD:
        return None
    try:
        head = msgspec.json.decode(record.body, type=Head)
    except msgspec.DecodeError:
        return None
    if head.format > FORMAT:
        raise InputError(
            f"{path}: written by a newer Shelfwire (format {head.format}); start that one, or let it empty its outbox first"
        )
    return head


def disk_fault(path: Path, fault: OSError) -> FullError:
    """The error that says in words which disk does not take what."""
    return FullError(f"outbox {path}: {fault.strerror or fault}; make room, nothing that was taken is lost")
