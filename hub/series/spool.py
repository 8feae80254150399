"""Points on disk that wait for their server: append-only segments, a checksum a line, a bound in bytes.

A folder holds ``<number>.spool`` (lines ``crc32 json``), ``state.json`` (what was sent, what was dropped) and ``lock``. Written
without fsync: a killed process loses nothing, a power cut the last second; these are aggregates, the journal holds the
evidence. A torn or damaged line is skipped and counted. A batch whose sending was not noted before a crash is sent again,
which changes nothing in a time series.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from hub.effects import Point
from shelfwire.errors import InputError

SEGMENTS: Final = 16
"""The bound is kept by dropping whole segments: a sixteenth of the spool at most goes at once."""

MIN_SEGMENT_BYTES: Final = 16 * 1024
MAX_SEGMENT_BYTES: Final = 4 * 1024 * 1024
MAX_LINE_BYTES: Final = 64 * 1024

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(tuple[str, dict[str, str], dict[str, float], int]).decode


class _State(msgspec.Struct, frozen=True):
    segment: int = 0
    offset: int = 0
    dropped: int = 0


class _Segment:
    """One file: its number, size, and the points in it that were not sent yet."""

    def __init__(self, number: int, size: int, points: int) -> None:
        self.number = number
        self.size = size
        self.points = points


class Batch(NamedTuple):
    """The oldest points, and where they end."""

    points: list[Point]
    lines: int
    """Points and damaged lines together."""
    segment: int
    offset: int
    """Just behind the last of them."""


class Spool:
    """First in, first out, on disk, bounded. Thread-safe: one writes, another sends. One process at a time."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max = max_bytes
        self._segment_bytes = max(MIN_SEGMENT_BYTES, min(MAX_SEGMENT_BYTES, max_bytes // SEGMENTS))
        self._mutex = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder / "lock")
        self._state = _read_state(folder / "state.json")
        self._segments = list(self._found())
        self._file: int | None = None
        self._next = max([self._state.segment, *(s.number for s in self._segments)]) + 1

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._mutex:
            return sum(segment.points for segment in self._segments)

    @property
    def size_bytes(self) -> int:
        """Size on disk."""
        with self._mutex:
            return sum(segment.size for segment in self._segments)

    @property
    def dropped(self) -> int:
        """Points lost since the spool was made."""
        return self._state.dropped

    def append(self, points: Sequence[Point]) -> None:
        """Put `points` at the end. Raises `OSError` when the disk refuses; then they are counted as dropped."""
        lines = [line for point in points if len(line := _line(point)) <= MAX_LINE_BYTES]
        with self._mutex:
            self._count_dropped(len(points) - len(lines))
            if not lines:
                return
            try:
                self._write(b"".join(lines), len(lines))
            except OSError:
                self._close_file()  # its end may be torn: the next line begins a new segment
                self._count_dropped(len(lines))
                raise
            self._keep_bound()

    def _write(self, data: bytes, points: int) -> None:
        if self._file is None or self._segments[-1].size >= self._segment_bytes:
            self._close_file()
            path = self._path(self._next)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._segments.append(_Segment(self._next, 0, 0))
            self._next += 1
        last = self._segments[-1]
        view = memoryview(data)
        while view:
            written = os.write(self._file, view)
            last.size += written
            view = view[written:]
        last.points += points

    def _keep_bound(self) -> None:
        while sum(segment.size for segment in self._segments) > self._max and len(self._segments) > 1:
            oldest = self._segments.pop(0)
            self._remove(oldest.number)
            self._state = _State(self._segments[0].number, 0, self._state.dropped)
            self._count_dropped(oldest.points)

    def oldest(self, max_points: int) -> Batch | None:
        """The oldest points that were not sent, in order; None: nothing waits. They stay until `sent`."""
        with self._mutex:
            for segment in self._segments:
                offset = self._state.offset if segment.number == self._state.segment else 0
                batch = self._read(segment.number, offset, max_points)
                if batch is not None:
                    return batch
            return None

    def _read(self, number: int, offset: int, max_points: int) -> Batch | None:
        points: list[Point] = []
        lines = 0
        with self._path(number).open("rb") as file:
            file.seek(offset)
            while lines < max_points and (line := file.readline(MAX_LINE_BYTES + 1)):
                offset += len(line)
                lines += 1
                point = _point(line)
                if point is not None:
                    points.append(point)
        return Batch(points, lines, number, offset) if lines else None

    def sent(self, batch: Batch, refused: int = 0) -> None:
        """`batch` is with the server, but for `refused` points: never give it again."""
        with self._mutex:
            self._count_dropped(batch.lines - len(batch.points) + refused)
            if (batch.segment, batch.offset) <= (self._state.segment, self._state.offset):
                return  # the bound took it while it was on its way
            self._state = _State(batch.segment, batch.offset, self._state.dropped)
            while self._segments and self._segments[0].number < batch.segment:
                self._remove(self._segments.pop(0).number)
            if self._segments and self._segments[0].number == batch.segment:
                self._advance(batch)
            self._write_state()

    def _advance(self, batch: Batch) -> None:
        first = self._segments[0]
        first.points = max(0, first.points - batch.lines)
        if batch.offset >= first.size and (len(self._segments) > 1 or first.size >= self._segment_bytes):
            if len(self._segments) == 1:
                self._close_file()
            self._remove(self._segments.pop(0).number)

    def close(self) -> None:
        """Leave everything on disk for the next start."""
        with self._mutex:
            self._close_file()
            with contextlib.suppress(OSError):
                self._write_state()
            os.close(self._lock)

    def _count_dropped(self, points: int) -> None:
        if points > 0:
            state = self._state
            self._state = _State(state.segment, state.offset, state.dropped + points)
            with contextlib.suppress(
                OSError
            ):  # counted in memory; the file follows with the next that succeeds
                self._write_state()

    def _write_state(self) -> None:
        part = self._folder / "state.json.part"
        part.write_bytes(_encode(self._state))
        part.replace(self._folder / "state.json")

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}.spool"

    def _remove(self, number: int) -> None:
        self._path(number).unlink(missing_ok=True)

    def _found(self) -> Iterator[_Segment]:
        """The segments of earlier processes, with what was not sent of them; those that were sent are removed."""
        for path in sorted(self._folder.glob("*.spool")):
            if not path.stem.isdigit():
                continue
            number = int(path.stem)
            start = self._state.offset if number == self._state.segment else 0
            data = path.read_bytes()
            lines = data.count(b"\n", start) + (not data.endswith(b"\n") and len(data) > start)
            if number < self._state.segment or lines == 0:
                path.unlink()
            else:
                yield _Segment(number, len(data), lines)


def _line(point: Point) -> bytes:
    data = _encode((point.measurement, point.tags, point.fields, point.at_us))
    return b"%08x %b\n" % (zlib.crc32(data), data)


def _point(line: bytes) -> Point | None:
    """The point of a line; None: torn or damaged."""
    data = line[9:-1]
    try:
        if not line.endswith(b"\n") or int(line[:8], 16) != zlib.crc32(data):
            return None
        return Point(*_decode(data))
    except ValueError:  # of `int`, and msgspec's own is one
        return None


def _read_state(path: Path) -> _State:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_State)
    except FileNotFoundError:
        return _State()
    except msgspec.DecodeError:  # a power cut in the middle of its first write: send again what is there
        return _State()


def _locked(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(handle)
        raise InputError(
            f"{path.parent}: another process uses this spool; stop it, or give each its state_dir"
        ) from fault
    return handle
