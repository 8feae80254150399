"""What a call number is when it has been read. Pure, standard library only.

How keys are built, so that plain comparison of bytes is the order on the shelf (docs/callnumbers.md):
scheme, one byte · prefix as text, closed by `STOP` · the elements, each closed by a byte lower than any that can stand inside · `END`, and the copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

KEY_FORMAT: Final = 2
"""Raised whenever a key changes its bytes; whoever stores keys stores this beside them and builds them anew."""

MAX_SIGNS: Final = 200
"""A longer text is no call number; it is filed by its beginning."""

LC: Final = b"\x20"
DEWEY: Final = b"\x30"
CLC: Final = b"\x40"
LOCAL: Final = b"\x50"
FREE: Final = b"\x80"
"""First byte of texts that fit no scheme: behind everything recognised."""
NONE: Final = FREE + b"\xff"
"""The key of an item without a call number: behind everything, inside no range."""

END: Final = b"\x00"
STOP: Final = b"\x01"
MORE: Final = b"\x02"
MISSING: Final = b"\x02"
"""In the place of a number that could stand there and does not; lower than any number."""


class Part(NamedTuple):
    """One element of a call number: what it is, and its normal spelling."""

    name: str
    text: str


class Malformed(NamedTuple):
    """Why a text is no call number of its scheme, and the key by which it is filed all the same."""

    why: str
    key: bytes


@dataclass(frozen=True, slots=True)
class CallNumber:
    """A call number that was read; `key` orders it, `raw` is for display."""

    raw: str
    scheme: str
    """The scheme it was read by: ``LC``, ``DEWEY``, ``CLC``, ``LOCAL`` or ``FREE``."""
    key: bytes
    stem: bytes
    """The key cut at its last stated element: every number that begins with this one has a key that begins so."""
    parts: tuple[Part, ...]
    fault: str | None = None
    """Why it is malformed; None when all is well."""

    @property
    def normal(self) -> str:
        """One spelling for all spellings of this number."""
        return " ".join(part.text for part in self.parts)


def value(digits: str) -> bytes:
    """Digits that compare by value: how many there are, then they themselves without leading zeros."""
    digits = digits.lstrip("0")
    return (len(digits) + 3).to_bytes(1, "big") + digits.encode()


def sequence(key: bytes) -> bytes:
    """The part of a key that says in which row of shelves a number stands at all: scheme and prefix.

    A label of one sequence says nothing about numbers of another.
    """
    return key[:1] if key[:1] == FREE else key[: key.index(STOP, 1) + 1]
