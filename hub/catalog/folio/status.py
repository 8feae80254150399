"""From FOLIO's 21 item statuses to ours. Pure; the library's own table overrides every default."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from hub.catalog.model import Flag, ItemStatus
from hub.catalog.statuses import UNKNOWN, Words

NO_PIECE: Final = "intellectual item"
"""A record of a work without a volume on any shelf; such items are left out."""

STATUSES: Final[dict[str, tuple[ItemStatus, tuple[Flag, ...]]]] = {
    "available": ("on_shelf", ()),
    "checked out": ("on_loan", ()),
    "claimed returned": ("on_loan", ("claimed_returned",)),
    "awaiting pickup": ("hold_shelf", ()),
    "awaiting delivery": ("in_transit", ()),
    "in transit": ("in_transit", ()),
    "paged": ("on_shelf", ("requested",)),
    "missing": ("missing", ()),
    "long missing": ("missing", ()),
    "declared lost": ("lost", ()),
    "aged to lost": ("lost", ()),
    "lost and paid": ("lost", ()),
    "withdrawn": ("withdrawn", ()),
    "in process": ("in_processing", ()),
    "in process (non-requestable)": ("in_processing", ()),
    "on order": ("in_processing", ()),
    "order closed": ("in_processing", ()),
    "restricted": ("not_for_loan", ("restricted",)),
    "unavailable": ("in_processing", ("unclear",)),
    "unknown": ("in_processing", ("unclear",)),
}

_WORD: Final = re.compile(r"[A-Z][a-z]{1,30}(?: \(?[a-z-]{1,30}\)?){0,4}")
"""As FOLIO writes a status. Anything else may be a text about a person and is not repeated."""


class Status(NamedTuple):
    """What a status came to."""

    status: ItemStatus
    source_status: str
    flags: tuple[Flag, ...]
    known: bool
    """False: nobody knows the word; it is kept as in_processing and reported."""


def read_status(word: str | None, words: Words) -> Status | None:
    """Our status for FOLIO's `word`; None: an item without a piece, to be left out."""
    text = " ".join((word or "").split())
    plain = text.casefold()
    own = words.get(plain)
    found = STATUSES.get(plain)
    if own is not None:
        return Status(own, text, found[1] if found else (), known=True)
    if plain == NO_PIECE:
        return None
    if found is not None:
        return Status(found[0], text, found[1], known=True)
    return Status(UNKNOWN, text if _WORD.fullmatch(text) else "", ("unclear",), known=False)
