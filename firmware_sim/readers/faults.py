"""What is broken in an emulated reader now: a test, the demo or a scenario changes it while the reader runs. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.llrp.wire import HEADER
from firmware_sim.dice import mix

LATE_US: Final = 100_000
"""A reader that is ten times slower than usual (`Faults.slow` 10) ends its turns most of a second late. Assumption."""


class Faults(msgspec.Struct, kw_only=True):
    """Faults of the reader itself."""

    silent: set[int] = msgspec.field(default_factory=set)
    """Antennas that hear nothing, not even their reference tags: a cable was pulled behind the hub."""
    hubs_away: set[int] = msgspec.field(default_factory=set)
    """Antenna hubs, from 1, that are gone: none of their antennas hears anything, and the reader says which hub it is when it is asked."""
    mute_aispec: bool = False
    """No AISpec end events, as from readers that do not know them."""
    clock_offset_us: int = 0
    drop_answers: int = 0
    """So many of the next answers are swallowed."""
    answers_late_us: int = 0
    """Answers to requests come so much later."""
    doubled_reports: bool = False
    slow: float = 1.0
    """Divides what the reader can do in a second: turns end late. Reads a second are the radio's affair (its wiring)."""

    @property
    def late_us(self) -> int:
        """How much later than wished a turn ends."""
        return round((self.slow - 1.0) * LATE_US / 10) if self.slow > 1.0 else 0


class LineFaults(msgspec.Struct, kw_only=True):
    """Faults of what goes out: how the bytes of a message are bent on their way into the socket."""

    split_bytes: int = 0
    """Each message goes out in segments of so many bytes; 0: as it is."""
    cut_next: bool = False
    """Half of the next message goes out, then the connection breaks."""
    damaged_share: float = 0.0
    """Share of messages that is damaged."""
    seed: int = 0
    sent: int = 0
    """Messages that went through here; the dice of the next one."""

    @property
    def none(self) -> bool:
        """Whether all is well."""
        return not (self.split_bytes or self.cut_next or self.damaged_share)


_MILLION: Final = 1_000_000
_KINDS: Final = 8
_UNKNOWN_TV: Final = 0xFF
"""TV parameter 127, whose length nobody knows."""


def bend(data: bytes, faults: LineFaults) -> list[bytes]:
    """The segments in which the message `data` goes out, damaged as `faults` say; counts it."""
    faults.sent += 1
    if faults.damaged_share:
        throw = int(mix(faults.seed, faults.sent)[0])
        if throw % _MILLION < faults.damaged_share * _MILLION:
            data = damaged(data, throw // _MILLION)
    if faults.cut_next:
        data = data[: len(data) // 2]
    size = faults.split_bytes or len(data)
    return [data[at : at + size] for at in range(0, len(data), size)]


def damaged(data: bytes, throw: int) -> bytes:
    """`data` with one wound: now and then its length (then all that follows is lost), mostly one byte of its body."""
    if len(data) <= HEADER.size:
        return data
    raw = bytearray(data)
    kind, throw = throw % _KINDS, throw // _KINDS
    at = HEADER.size + throw % (len(raw) - HEADER.size)
    if kind == 0:
        raw[2] = 0xFF  # 4 GiB: no frame can be so long, and the other side gives up the connection
    elif kind == 1 and len(raw) > HEADER.size + 3:
        raw[HEADER.size + 2] = 0xFF  # the first parameter claims more than there is
    elif kind == 2:  # noqa: PLR2004 (the third kind)
        raw[at] = _UNKNOWN_TV
    else:
        raw[at] ^= 1 + (throw >> 8) % 255
    return bytes(raw)
