"""One item as every connector hands it over. No field can hold anything about a patron (a law; a test reads this)."""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

ItemStatus = Literal[
    "on_shelf",
    "on_loan",
    "hold_shelf",
    "in_transit",
    "in_processing",
    "lost",
    "missing",
    "withdrawn",
    "not_for_loan",
    "display",
]
STATUSES: tuple[str, ...] = get_args(ItemStatus)

EXPECTED_ON_SHELF: frozenset[str] = frozenset({"on_shelf", "not_for_loan", "display"})
"""Statuses whose items a sweep expects on their shelf."""


Flag = Literal[
    "requested",
    "recently_returned",
    "claimed_returned",
    "long_overdue",
    "damaged",
    "restricted",
    "unclear",
]
"""What a source says beside the status: someone will fetch it, it is on a cart, the reader says it was brought back …"""
FLAGS: tuple[str, ...] = get_args(Flag)

Scheme = Literal["", "LC", "DEWEY", "CLC", "LOCAL", "FREE"]
"""How a call number is built, as far as its source says so; empty: as the site is set."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One book as the catalogue knows it."""

    barcode: str
    """Text: leading zeros and letters stay."""
    title: str = ""
    author: str = ""
    call_number: str = ""
    status: ItemStatus = "on_shelf"
    source_status: str = ""
    """The source's own word, kept and shown."""
    flags: tuple[Flag, ...] = ()
    scheme: Scheme = ""
    alternative_ids: tuple[str, ...] = ()
    """Other identifiers that a tag of this item may carry: accession number, inventory number, the source's own id."""
    home_from: str = ""
    """Shelf id; empty: no home known."""
    home_to: str = ""
    """Empty: the same as `home_from`."""
    tags: tuple[str, ...] = ()
    """EPCs in hex; linked through their tag keys. ``PC:EPC`` where the source knows the PC word."""
    place: int = 0
    """Line or record of the source where it stands, for what is told of it; 0: none. Never stored, no part of the content."""


class ItemState(msgspec.Struct, frozen=True, kw_only=True):
    """Only the loan state of an item: what a source answers when it is asked about one."""

    barcode: str
    status: ItemStatus
    source_status: str = ""
    flags: tuple[Flag, ...] = ()


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """The source says that it has no such item any more."""

    barcode: str
    source_status: str = ""


class RowFault(msgspec.Struct, frozen=True):
    """A row or record that could not be taken as it stands. No row vanishes: each is an item, a fault, or both."""

    where: str
    """Line or record number and, where known, the barcode or control number."""
    what: str
    """What is wrong, and by which documented rule it was decided."""
    taken: bool
    """Whether an item was still made of it."""
    barcode: str = ""
    """Of the item that could not be taken, where the source says it: it is not gone from the source for that."""
    unread: bool = False
    """It could not be read at all, so nobody knows which items it held."""


class FileNote(RowFault, frozen=True):
    """No fault of a row, but something to know of the file as a whole; `taken` is always true."""


SAYABLE: Final = frozenset({"title", "author", "call_number", "status", "alternative_ids", "home", "tags"})
"""What a source may say of an item beside its barcode; ``status`` with the source's word and flags, ``home`` with both ends."""

FROM_A_SYSTEM: Final = frozenset({"home", "tags"})
"""What library systems and their exports do not say: their shelves are no boards, and their tags have no EPC."""


class Unsaid(msgspec.Struct, frozen=True):
    """What a source says of no item, told before its first one: what another source said of these things stays."""

    fields: frozenset[str]
    """Of `SAYABLE`."""


class Reached(msgspec.Struct, frozen=True):
    """How far a file connector has read: for progress only, now and then between rows."""

    at_bytes: int


def file_note(what: str) -> FileNote:
    """A note of a connector, for example how many records it found."""
    return FileNote(where="file", what=what, taken=True)
