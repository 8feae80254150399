"""The identifier in an EPC of the university alliance, in 8, 12 or 14 bytes. Pure and total."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shelfwire.tags.errors import TagError

PII_BYTES: Final = {0: 8, 1: 12, 2: 14}
"""By method."""
_LONGEST: Final = 14
_COUNTED: Final = (7, 11)
"""The longest text of methods 1 and 2 that stands as it is behind its count."""
_ALPHANUMERIC: Final = {code: chr(code + 0x30) for code in (*range(10), *range(17, 43))}
_CODES: Final = {sign: code for code, sign in _ALPHANUMERIC.items()}
_DIGITS: Final = frozenset("0123456789")
_NINE: Final = 9
_PRINTABLE: Final = range(0x20, 0x7F)

Read = tuple[str | None, str | None]
"""Text, or the code of what is wrong."""


def decode_pii(method: int, field: bytes) -> Read:
    """The identifier of a whole field, or a code: ``bad_length``, ``bad_character``, ``bad_number``."""
    if method == 2:  # noqa: PLR2004 (the third of the three methods)
        return _printable(field.rstrip(b"\x00"))
    count = field[0] & 0x0F
    if not 1 <= count <= _LONGEST:
        return None, "bad_length"
    if count <= _COUNTED[method]:
        return _printable(field[1 : 1 + count])
    return _packed_1(field, count) if method == 0 else _packed_2(field, count)


def encode_pii(text: str, method: int | None = None) -> tuple[int, bytes]:
    """Method and field, short forms without their filling. The first method that fits, or the one that is named.

    Raises `TagError` ``bad_character`` where the text fits none.
    """
    for number in (0, 1, 2) if method is None else (method,):
        field = (_encode_1, _encode_2, _encode_3)[number](text)
        if field is not None:
            return number, field
    raise TagError(
        "bad_character",
        f"{text!r} does not fit an alliance tag: want 1 to 14 printable ASCII characters"
        + ("" if method is None else f" that method {method + 1} can pack"),
    )


def _printable(raw: bytes) -> Read:
    if not raw:
        return None, "bad_length"
    if not all(byte in _PRINTABLE for byte in raw):
        return None, "bad_character"
    return raw.decode("ascii"), None


def _packed_1(field: bytes, count: int) -> Read:
    number = int.from_bytes(field, "little")
    head = _signs(number >> shift & 0x3F for shift in (24, 18, 12))
    fourth, last = number >> 30 & 0x0F, number >> 4 & 0xFF
    if head is None or fourth > _NINE or last not in _PRINTABLE:
        return None, "bad_character"
    digits = str(number >> 34)
    if len(digits) > count - 5:
        return None, "bad_number"
    return f"{head}{fourth}{digits.zfill(count - 5)}{chr(last)}", None


def _packed_2(field: bytes, count: int) -> Read:
    tail, middle, front = (int.from_bytes(field[at : at + 4], "little") for at in (0, 4, 8))
    codes = [word >> shift & 0x3F for word in (front, middle) for shift in (24, 18, 12, 6, 0)]
    codes += [tail >> 12 + 6 * place & 0x3F for place in reversed(range(count - 11))]
    head = _signs(codes)
    last = tail >> 4 & 0xFF
    if head is None or last not in _PRINTABLE:
        return None, "bad_character"
    return head + chr(last), None


def _signs(codes: Iterable[int]) -> str | None:
    try:
        return "".join([_ALPHANUMERIC[code] for code in codes])
    except KeyError:
        return None


def _encode_1(text: str) -> bytes | None:
    if not _is_printable(text):
        return None
    if len(text) <= _COUNTED[0]:
        return bytes((len(text),)) + text.encode()
    head, digits, last = text[:3], text[3:-1], text[-1]
    if not (_CODES.keys() >= set(head) and set(digits) <= _DIGITS):
        return None
    number = len(text) | ord(last) << 4 | _pack(head) << 12 | int(digits[0]) << 30 | int(digits[1:]) << 34
    return number.to_bytes(8, "little")


def _encode_2(text: str) -> bytes | None:
    if not _is_printable(text):
        return None
    if len(text) <= _COUNTED[1]:
        return bytes((len(text),)) + text.encode()
    if not _CODES.keys() >= set(text[:-1]):
        return None
    words = (len(text) | ord(text[-1]) << 4 | _pack(text[10:-1]) << 12, _pack(text[5:10]), _pack(text[:5]))
    return b"".join(word.to_bytes(4, "little") for word in words)


def _encode_3(text: str) -> bytes | None:
    return text.encode() if _is_printable(text) else None


def _is_printable(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and all(ord(sign) in _PRINTABLE for sign in text)


def _pack(text: str) -> int:
    number = 0
    for sign in text:
        number = number << 6 | _CODES[sign]
    return number
