"""Call numbers → sort keys, so that bytes compare as books stand. Pure, standard library only.

Nothing is rejected: a text that does not fit its scheme gets a key that files after everything recognised.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from shelfwire.callnumbers import lc

MAX_SIGNS: Final = 200
"""A longer text is no call number; it is filed by its beginning."""

RECOGNISED: Final = b"\x20"
FREE: Final = b"\x80"


def sort_key(text: str, scheme: str = "LC") -> bytes:
    """The key of a call number; keys compare as the books stand on the shelf.

    `scheme`: ``LC``; any other is filed as free text. Spellings of one number get one key.
    """
    plain = unicodedata.normalize("NFKC", text)[:MAX_SIGNS]
    if scheme.upper() == "LC":
        key = lc.key(plain)
        if key is not None:
            return RECOGNISED + key
    return FREE + " ".join(plain.casefold().split()).encode("utf-8", "surrogatepass")


__all__ = ["sort_key"]
