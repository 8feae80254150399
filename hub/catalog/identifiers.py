"""What a tag says of its item, in a form in which millions can be compared: 64 bits, without case and blanks. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from hub.catalog.digest import barcode_key
from hub.catalog.model import FLAGS


def digest(text: str) -> int:
    """64 bits of a text as it stands; two of a million share one with probability 3e-8."""
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=8).digest(), "big")


def identifier_digest(identifier: str) -> int:
    """64 bits of a barcode or another identifier as items are matched: without case and blanks, since people typed them."""
    return digest(barcode_key(identifier))


def flag_bits(flags: Collection[str]) -> int:
    """Flags as one number: bit n stands for `FLAGS[n]`. Words that are no flag count nothing."""
    return sum(1 << bit for bit, flag in enumerate(FLAGS) if flag in flags)
