"""Fills the shelves: catalogue rows → books with tags, packed in the order in which they are given. Pure.

Half of the tags are of the university alliance (the barcode stands in the EPC, whose first bit says whether the book is lent), half are plain 96-bit numbers
that mean nothing by themselves; so both ways to a tag key are used in every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from shelfwire.site.model import Site

ALLIANCE_PC: Final = 0x3400
"""Six words, USER memory written, toggle 0."""

PLAIN_PC: Final = 0x3000
"""Six words."""

_LENT: Final = 0x80
_PACKED_FROM: Final = 8
_PACKED_TO: Final = 14


class Title(msgspec.Struct, frozen=True):
    """One row of a catalogue."""

    barcode: str
    title: str
    author: str
    call_number: str
    status: str = "on_shelf"


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """One book of the simulated library."""

    number: int
    row: Title
    epc: str
    pc: int
    shelf: int
    """Index of the shelf where it belongs."""
    home_from: int
    home_to: int
    """The home span: its shelf and one board to each side, because books drift."""

    @property
    def status(self) -> str:
        """What the catalogue says at the start."""
        return self.row.status

    def epc_for(self, status: str) -> str:
        """The EPC under this loan state: the alliance's first bit is set while the book is lent."""
        if self.pc != ALLIANCE_PC or status != "on_loan":
            return self.epc
        return f"{int(self.epc[:2], 16) | _LENT:02X}{self.epc[2:]}"


def alliance_epc(barcode: str) -> str | None:
    """The 96-bit alliance form of a barcode of 8 to 14 characters (method 1), None where it does not fit.

    Three letters or digits, then digits, then anything printable. Source: the format's bit tables, packed number little-endian.
    """
    if not (_PACKED_FROM <= len(barcode) <= _PACKED_TO and barcode.isascii()):
        return None
    head, digits, last = barcode[:3], barcode[3:-1], barcode[-1]
    if not (
        all(c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" for c in head)
        and digits.isdigit()
        and last.isprintable()
    ):
        return None
    number = len(barcode) | ord(last) << 4
    for place, character in enumerate(reversed(head)):
        number |= (ord(character) - 0x30) << (12 + 6 * place)
    number |= int(digits[0]) << 30 | int(digits[1:] or "0") << 34
    return "00000003" + number.to_bytes(8, "little").hex().upper()


def plain_epc(number: int, seed: int) -> str:
    """A 96-bit EPC that belongs to no family: first byte 6D is neither a GS1 header nor an alliance one."""
    return f"6D5E{seed & 0xFFFFFFFF:08X}{number:012X}"


def furnish(site: Site, rows: Sequence[Title], *, seed: int, fill: float = 1.0) -> list[Book]:
    """Books from `rows`, spread evenly over the shelves that an antenna hears, in the order of `rows`.

    `fill` is the share of those shelves that is used, from the first on.
    """
    watched = [shelf.index for shelf in site.shelves if shelf.id in site.heard_by]
    used = watched[: max(1, round(len(watched) * fill))]
    last = len(site.shelves) - 1
    books: list[Book] = []
    for number, row in enumerate(rows):
        shelf = used[number * len(used) // len(rows)]
        alliance = alliance_epc(row.barcode) if number % 2 == 0 else None
        books.append(
            Book(
                number=number,
                row=row,
                epc=alliance or plain_epc(number, seed),
                pc=ALLIANCE_PC if alliance else PLAIN_PC,
                shelf=shelf,
                home_from=max(0, shelf - 1),
                home_to=min(last, shelf + 1),
            )
        )
    return books
