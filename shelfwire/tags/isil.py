"""How ISO 28560-2 packs the sign of an institution (ISIL): three character sets, with shifts and latches. Pure, total."""

from __future__ import annotations

from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from shelfwire.tags.errors import TagError

UPPER: Final = 0
LOWER: Final = 1
DIGITS: Final = 2
MAX_SIGNS: Final = 16
"""The longest ISIL."""

_WIDTH: Final = (5, 5, 4)
_SIGNS: Final = (f"-{ascii_uppercase}:", f"-{ascii_lowercase}/", "0123456789-:")
_CODES: Final = tuple({sign: code for code, sign in enumerate(signs)} for signs in _SIGNS)
_LATCH: Final = ({LOWER: 28, DIGITS: 30}, {UPPER: 28, DIGITS: 30}, {UPPER: 12, LOWER: 14})
_SHIFT: Final = ({LOWER: 29, DIGITS: 31}, {UPPER: 29, DIGITS: 31}, {UPPER: 13, LOWER: 15})
_LATCHED: Final = tuple({code: to for to, code in codes.items()} for codes in _LATCH)
_SHIFTED: Final = tuple({code: to for to, code in codes.items()} for codes in _SHIFT)


@lru_cache(maxsize=256)  # a library's tags have few owners
def unpack_isil(data: bytes) -> str:
    """The text. Every byte string has one: what is left over at the end is filling."""
    bits = "".join(f"{byte:08b}" for byte in data)
    text: list[str] = []
    latched = current = UPPER
    at = 0
    while at + _WIDTH[current] <= len(bits):
        width = _WIDTH[current]
        code = int(bits[at : at + width], 2)
        at += width
        if code in _LATCHED[current]:
            latched = current = _LATCHED[current][code]
        elif code in _SHIFTED[current]:
            current = _SHIFTED[current][code]
        else:
            text.append(_SIGNS[current][code])
            current = latched
    return "".join(text)


def pack_isil(text: str) -> bytes:
    """The bytes. Raises `TagError` ``bad_character`` for a sign that no set has."""
    bits: list[str] = []
    current = UPPER
    for at, sign in enumerate(text):
        if sign in _CODES[current]:
            bits.append(_bits(_CODES[current][sign], current))
            continue
        home = _set_of(sign, text)
        following = text[at + 1 : at + 2]
        if not following or following in _CODES[current]:
            bits.append(_bits(_SHIFT[current][home], current))
        else:
            bits.append(_bits(_LATCH[current][home], current))
            current = home
        bits.append(_bits(_CODES[home][sign], home))
    whole = "".join(bits)
    whole += "1" * (-len(whole) % 8)
    return int(whole, 2).to_bytes(len(whole) // 8, "big") if whole else b""


def is_isil(text: str) -> bool:
    """Whether an owner's sign keeps to the rules for ISILs: at most 16 of ``A-Z a-z 0-9 - / :``."""
    return 0 < len(text) <= MAX_SIGNS and all(any(sign in codes for codes in _CODES) for sign in text)


def same_owner(one: str, other: str) -> bool:
    """Whether two signs name one institution. Case does not tell them apart."""
    return one.casefold() == other.casefold()


def _bits(code: int, current: int) -> str:
    return f"{code:0{_WIDTH[current]}b}"


def _set_of(sign: str, text: str) -> int:
    for number, codes in enumerate(_CODES):
        if sign in codes:
            return number
    raise TagError("bad_character", f"{text!r} is no ISIL: {sign!r} is none of A-Z a-z 0-9 - / :")
