"""The journal's bytes: groups of entries ↔ frames with a checksum. Pure.

A segment file is a header and then frames; one frame holds one group, which was written and synced as one. So a torn
tail can only be the last frame of the last file: a damaged frame with a sound one behind it is damage, never a torn tail.

=========== ======= ==========================================================
frame       bytes
=========== ======= ==========================================================
magic       4       ``SWJf``
length      4       of the body, little-endian as all numbers here
crc32       4       over the rest of the head and the body
first       8       position of the first entry
count       4       entries; a hole left by a repair has a count and an empty body
body        length  MessagePack list of entries ``[now_us, site, kind, payload]``
=========== ======= ==========================================================
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from shelfwire.errors import ShelfwireError

MAX_FRAME_BYTES: Final = 32 * 1024 * 1024
"""A group is closed at 2 MiB and may hold one more message of 1 MiB; anything near this bound is no length of ours."""

MAGIC: Final = b"SWJf"
SEGMENT_MAGIC: Final = b"SWJ1"
_HEAD: Final = struct.Struct("<4sIIQI")
_CHECKED: Final = struct.Struct("<QI")
_SEGMENT: Final = struct.Struct("<4sQQI")
HEAD_BYTES: Final = _HEAD.size
SEGMENT_HEAD_BYTES: Final = _SEGMENT.size

Kind = Literal["report", "event", "tick", "note"]


class JournalDamagedError(ShelfwireError):
    """The journal has a hole that no crash can have made. The text names the file, the place and the way out."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of the journal."""

    now_us: int
    """The hub's time at which it was taken; a replay hands the same time to the engine."""
    site: str
    kind: Kind
    """``report``: the bytes of a report or lost record as they came. ``event``: an event in MessagePack.
    ``tick``: time has passed. ``note``: what intake counted (`hub.intake`)."""
    payload: bytes = b""


class Group(NamedTuple):
    """Entries that were written as one; entry n has the position `first` + n."""

    first: int
    size: int
    entries: list[Entry]

    @property
    def last(self) -> int:
        """Position of the last entry."""
        return self.first + self.size - 1


_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(list[Entry])


def pack(first: int, entries: Sequence[Entry]) -> bytes:
    """One frame."""
    return _frame(first, len(entries), _encode(entries))


def pack_hole(first: int, count: int) -> bytes:
    """A frame that stands for `count` entries that were lost."""
    return _frame(first, count, _encode([]))


def _frame(first: int, count: int, body: bytes) -> bytes:
    crc = zlib.crc32(body, zlib.crc32(_CHECKED.pack(first, count)))
    return _HEAD.pack(MAGIC, len(body), crc, first, count) + body


class Head(NamedTuple):
    """The head of a frame."""

    length: int
    crc: int
    first: int
    size: int


def unpack_head(data: bytes) -> Head | None:
    """The head of a frame, or None when these bytes are none."""
    if len(data) < HEAD_BYTES:
        return None
    magic, length, crc, first, count = _HEAD.unpack_from(data)
    if magic != MAGIC or length > MAX_FRAME_BYTES or count < 1:
        return None
    return Head(length, crc, first, count)


def unpack_body(head: Head, body: bytes) -> Group | None:
    """The group of a frame, or None when the checksum or the content is wrong."""
    if len(body) != head.length:
        return None
    if zlib.crc32(body, zlib.crc32(_CHECKED.pack(head.first, head.size))) != head.crc:
        return None
    try:
        entries = _decoder.decode(body)
    except msgspec.DecodeError:
        return None
    if entries and len(entries) != head.size:
        return None
    return Group(head.first, head.size, entries)


def pack_segment(first: int, previous: int) -> bytes:
    """The header of a file whose first entry is `first` and that follows the one which ended with `previous`."""
    return _SEGMENT.pack(SEGMENT_MAGIC, first, previous, zlib.crc32(_SEGMENT_CHECKED.pack(first, previous)))


_SEGMENT_CHECKED: Final = struct.Struct("<QQ")


def unpack_segment(data: bytes) -> tuple[int, int] | None:
    """(first, previous) of a file's header, or None when these bytes are none."""
    if len(data) < SEGMENT_HEAD_BYTES:
        return None
    magic, first, previous, crc = _SEGMENT.unpack_from(data)
    if magic != SEGMENT_MAGIC or crc != zlib.crc32(_SEGMENT_CHECKED.pack(first, previous)):
        return None
    return first, previous


def next_sound(data: bytes, start: int) -> int | None:
    """Where the next sound frame begins in `data` at or after `start`; None: nowhere."""
    place = data.find(MAGIC, start)
    while place >= 0:
        head = unpack_head(data[place : place + HEAD_BYTES])
        if head is not None:
            begin = place + HEAD_BYTES
            if unpack_body(head, data[begin : begin + head.length]) is not None:
                return place
        place = data.find(MAGIC, place + 1)
    return None
