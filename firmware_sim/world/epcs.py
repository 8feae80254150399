"""What is written on the tags: two families of EPCs, so that both ways to a tag key are used in every run. Pure.

University alliance tags carry the barcode, and their first bit says whether the book is lent; plain tags are 96-bit numbers that mean nothing by themselves.
"""

from __future__ import annotations

from typing import Final

ALLIANCE_PC: Final = 0x3400
"""Six words, USER memory written, toggle 0."""

PLAIN_PC: Final = 0x3000
"""Six words."""

_LENT: Final = 0x80
_PACKED_FROM: Final = 8
_PACKED_TO: Final = 14
_LETTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def alliance_epc(barcode: str) -> str | None:
    """The 96-bit alliance form of a barcode of 8 to 14 characters (method 1), None where it does not fit.

    Three letters or digits, then digits, then anything printable. Source: the format's bit tables, packed number little-endian.
    """
    if not (_PACKED_FROM <= len(barcode) <= _PACKED_TO and barcode.isascii()):
        return None
    head, digits, last = barcode[:3], barcode[3:-1], barcode[-1]
    if not (_LETTERS.issuperset(head) and digits.isdigit() and last.isprintable()):
        return None
    number = len(barcode) | ord(last) << 4
    for place, character in enumerate(reversed(head)):
        number |= (ord(character) - 0x30) << (12 + 6 * place)
    number |= int(digits[0]) << 30 | int(digits[1:] or "0") << 34
    return "00000003" + number.to_bytes(8, "little").hex().upper()


def lent_form(epc: str) -> str:
    """An alliance EPC with its first bit set: the book is lent."""
    return f"{int(epc[:2], 16) | _LENT:02X}{epc[2:]}"


def plain_epc(number: int, seed: int) -> str:
    """A 96-bit EPC that belongs to no family: first byte 6D is neither a GS1 header nor an alliance one."""
    return f"6D5E{seed & 0xFFFFFFFF:08X}{number:012X}"


def stranger_epc(number: int, word: int) -> str:
    """The EPC of a tag that no catalogue knows; `word` is its own throw."""
    return f"7E57{word & 0xFFFFFFFF:08X}{number:012X}"
