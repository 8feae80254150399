"""What an item says, as 64 bits, so that a listing of a million items can be compared without reading a million rows. Pure.

Two numbers are added: one of what the catalogue says of the book, one of its state. So when only the state changes (a loan
at the desk), the digest in the store follows without the rest, and the next listing is compared with how it is now.
Two different items have one digest once in 2⁶⁴ comparisons: in the life of a library of a million items never.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import Final

from hub.catalog.model import Item

DIGEST_FORMAT: Final = b"item-1"
"""Changed whenever the fields or their order change: then every item counts as changed once, and is compared field by field."""

DROPPED: Final = 0
"""In place of the digest of an item that was dropped: whatever a listing says of it is new."""

_FIELD: Final = "\x1f"
_LIST: Final = "\x1e"


def barcode_key(barcode: str) -> str:
    """A barcode without case and blanks: two spellings that a person takes for one are one item."""
    return "".join(barcode.split()).casefold()


def barcode_hash(barcode: str) -> int:
    """`barcode_key` as a signed 64-bit number."""
    return _signed(_hash(barcode_key(barcode)))


def item_digest(item: Item, unsaid: Collection[str] = ()) -> int:
    """Of an item as the rules of `hub.catalog.merge` leave it, from a source that says nothing of `unsaid`; signed, 64 bits."""
    text = _FIELD.join(
        (
            item.barcode,
            item.title,
            item.author,
            item.call_number,
            item.scheme,
            item.home_from,
            item.home_to,
            _LIST.join(item.alternative_ids),
            _LIST.join(item.tags),
            _LIST.join(sorted(unsaid)),
        )
    )
    return _signed(_hash(text) + _state(item.status, item.source_status, item.flags))


def with_state(
    digest: int,
    old: tuple[str, str, Sequence[str]],
    new: tuple[str, str, Sequence[str]],
) -> int:
    """`digest` after the state (status, source's own word, flags) went from `old` to `new`."""
    return _signed(digest - _state(*old) + _state(*new))


def _state(status: str, source_status: str, flags: Sequence[str]) -> int:
    return _hash(_FIELD.join((status, source_status, _LIST.join(sorted(flags)))))


def _hash(text: str) -> int:
    data = text.encode("utf-8", "replace")
    return int.from_bytes(blake2b(data, digest_size=8, person=DIGEST_FORMAT).digest(), "big")


def _signed(number: int) -> int:
    number &= 0xFFFF_FFFF_FFFF_FFFF
    return number - (1 << 64) if number >= 1 << 63 else number
