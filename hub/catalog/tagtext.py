"""A tag as a catalogue writes it → its tag key. Pure.

``E280…`` is the EPC alone, ``3400:E280…`` the PC word and the EPC. Without its PC word a tag of another family can look
like a lent tag of the university alliance (2 in 10,000 of random ones) and would then get that family's key, so write
the PC word where the source knows it.
"""

from __future__ import annotations

import re
from typing import Final

from shelfwire.errors import PeerError
from shelfwire.tags.key import tag_key

_PC_DIGITS: Final = 4
_BETWEEN: Final = re.compile(r"[\s;]+")


def split_tags(text: str) -> tuple[str, ...]:
    """The tags that stand in one cell or subfield."""
    return tuple(tag for tag in _BETWEEN.split(text) if tag) if text else ()


def key_of(text: str) -> str:
    """The tag key of ``EPC`` or ``PC:EPC`` in hex. Raises `PeerError` for what is neither."""
    pc, colon, epc = text.rpartition(":")
    if not colon:
        return tag_key(text, None)
    try:
        word = int(pc, 16) if len(pc) == _PC_DIGITS and pc.isalnum() else -1
    except ValueError:
        word = -1
    if word < 0:
        raise PeerError(f"{text[:60]!r} is no tag: before the colon stands the PC word, four hex digits")
    return tag_key(epc, word)
