"""LLRP frames: from a stream of bytes to whole messages and back. Pure; knows no message but by its number.

A frame is 3 reserved bits, 3 bits version, 10 bits type, u32 length with these ten bytes, u32 message id, body; all big-endian.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from shelfwire.errors import PeerError

HEADER: Final = struct.Struct(">HII")

_LENGTH: Final = slice(2, 6)
"""Where the header says how long the message is."""

MAX_FRAME_BYTES: Final = 4 * 1024 * 1024
"""A longer message is a protocol error. The largest useful report (8,000 tags of 60 bytes) is half a MiB; what a
length field may claim, 4 GiB, must never be waited for."""

MAX_DEPTH: Final = 8
"""Parameters nested deeper are left out. The deepest useful nest (a mask in a filter in an inventory command in an antenna
configuration in an AISpec in a ROSpec) is seven; hostile nesting must not reach the interpreter's stack."""

VERSION_1_0_1: Final = 1
VERSION_1_1: Final = 2


class LlrpError(PeerError):
    """Bytes that break the protocol. `status` is the LLRP code with which a reader would answer them."""

    def __init__(self, text: str, *, status: int = 100) -> None:
        super().__init__(text)
        self.status = status


class LinkError(LlrpError):
    """Nothing sensible can follow on this connection: close it and connect again."""


class DropError(LlrpError):
    """One message is unusable as a whole; the link stays."""


class Frame(msgspec.Struct, frozen=True):
    """One whole message as it came."""

    type: int
    """10 bits, section 3 of the standard's tables."""
    id: int
    """A response repeats the id of its request."""
    body: bytes
    version: int = VERSION_1_0_1


def pack(frame: Frame) -> bytes:
    """The bytes of `frame`."""
    length = HEADER.size + len(frame.body)
    return HEADER.pack((frame.version & 7) << 10 | frame.type & 0x3FF, length, frame.id) + frame.body


class Framer:
    """Cuts a stream into frames: `feed` what came, then `take` until it gives None.

    Holds at most one frame and what was fed beyond it; `limit` bounds the length that a header may claim.
    """

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._limit = limit
        self._buffer = bytearray()

    @property
    def waiting(self) -> int:
        """Bytes of an unfinished frame; more than 30 s of it is a dead or hostile peer."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take bytes as they came; segments mean nothing."""
        self._buffer += data

    def take(self) -> Frame | None:
        """The next whole frame, or None while it is not there yet.

        Raises `LinkError` on a length that no frame can have, as soon as the header's six first bytes are there.
        """
        if len(self._buffer) < _LENGTH.stop:
            return None
        length = int.from_bytes(self._buffer[_LENGTH])
        if not HEADER.size <= length <= self._limit:
            raise LinkError(f"a header claims {length} bytes; {HEADER.size} to {self._limit} are possible")
        if len(self._buffer) < length:
            return None
        head, _, number = HEADER.unpack_from(self._buffer)
        body = bytes(self._buffer[HEADER.size : length])
        del self._buffer[:length]
        return Frame(type=head & 0x3FF, id=number, body=body, version=head >> 10 & 7)
