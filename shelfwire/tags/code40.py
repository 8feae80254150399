"""URN Code 40: the text of an ISO/TS 28560-4 item identifier, three characters in two bytes. Pure and total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from string import ascii_uppercase, digits
from typing import Final, NamedTuple

from shelfwire.tags.errors import TagError

_TABLE: Final = "\0" + ascii_uppercase + "-.:" + digits
_CODES: Final = {sign: code for code, sign in enumerate(_TABLE) if code}
_LAST_WORD: Final = 0xFA00
_LONG_NUMBER: Final = 0xFB
_ASCII: Final = 0xFC
_FAULTY: Final = 0xFF
_LEAST_DIGITS: Final = 9
_MOST_DIGITS: Final = 24
_LEAST_BYTES: Final = 4
_RUNS: Final = re.compile(
    r"(?P<number>[0-9]{9,})|(?P<words>(?:(?![0-9]{9})[A-Z0-9.:-])+)|(?P<other>.)", re.DOTALL
)


class Urn(NamedTuple):
    """The text read before the end or the first fault. `tidy` is False when something stands behind the end."""

    text: str
    fault: str | None = None
    tidy: bool = True


def decode_urn40(data: bytes) -> Urn:
    """The text; at a fault, what was read before it and the fault's code."""
    parts: list[str] = []
    words = _texts()
    at, size = 0, len(data)
    while at < size:
        first = data[at]
        if first < _LONG_NUMBER:
            if at + 1 == size:
                return Urn("".join(parts), "truncated_uii" if first else None)
            word = first << 8 | data[at + 1]
            at += 2
            if word == 0:
                return Urn("".join(parts), None, not any(data[at:]))
            if word > _LAST_WORD:
                return Urn("".join(parts), "bad_word")
            parts.append(words[word - 1])
            continue
        text, at, fault = _escape(data, at)
        if fault:
            return Urn("".join(parts), fault)
        parts.append(text)
    return Urn("".join(parts))


def encode_urn40(text: str) -> bytes:
    """The bytes, an even count. Raises `TagError` ``bad_character`` for what no escape can hold (emoji, NUL)."""
    coded = bytearray()
    for run in _RUNS.finditer(text):
        kind, found = str(run.lastgroup), run.group()
        if kind == "number":
            for number in _cut(found):
                value = _number_bytes(number)
                coded += bytes(
                    (_LONG_NUMBER, (len(number) - _LEAST_DIGITS) << 4 | (len(value) - _LEAST_BYTES))
                )
                coded += value
        elif kind == "words":
            coded += _words(found)
        else:
            coded += _escaped(found)
    if len(coded) % 2:
        coded.append(0)
    return bytes(coded)


def token_length(data: bytes, at: int) -> int:
    """How many bytes the word or escape at `at` has, at most to the end."""
    first = data[at]
    if first == _LONG_NUMBER and at + 1 < len(data):
        size = 2 + (data[at + 1] & 0x0F) + _LEAST_BYTES
    elif _ASCII <= first < _FAULTY:
        size = 2 + first - _ASCII
    else:
        size = 2
    return min(size, len(data) - at)


@cache
def _texts() -> tuple[str, ...]:
    """Text of word 1, 2, … FA00. Four megabytes, so only where such tags are met."""
    triples = (first + second + third for first in _TABLE for second in _TABLE for third in _TABLE)
    return tuple(triple.replace("\0", "") for triple in triples)


def _escape(data: bytes, at: int) -> tuple[str, int, str | None]:
    """Text, place behind it, fault."""
    first = data[at]
    if first == _FAULTY:
        return "", at, "bad_escape"
    if first == _LONG_NUMBER:
        return _long_number(data, at)
    end = at + 1 + (first - _ASCII + 1)
    raw = data[at + 1 : end]
    if end > len(data):
        return "", at, "truncated_uii"
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "", at, "bad_escape"
    return (text, end, None) if len(text) == 1 else ("", at, "bad_escape")


def _long_number(data: bytes, at: int) -> tuple[str, int, str | None]:
    if at + 1 >= len(data):
        return "", at, "truncated_uii"
    count = (data[at + 1] >> 4) + _LEAST_DIGITS
    end = at + 2 + (data[at + 1] & 0x0F) + _LEAST_BYTES
    if end > len(data):
        return "", at, "truncated_uii"
    number = str(int.from_bytes(data[at + 2 : end], "big"))
    if len(number) > count:
        return "", at, "bad_number"
    return number.zfill(count), end, None


def _cut(number: str) -> Iterator[str]:
    """Runs of 9 to 24 digits: 24 first, but at least 9 are left for the rest."""
    while number:
        take = min(len(number), _MOST_DIGITS)
        if 0 < len(number) - take < _LEAST_DIGITS:
            take = len(number) - _LEAST_DIGITS
        yield number[:take]
        number = number[take:]


def _number_bytes(number: str) -> bytes:
    value = int(number)
    return value.to_bytes(max((value.bit_length() + 7) // 8, _LEAST_BYTES), "big")


def _words(text: str) -> bytes:
    coded = bytearray()
    for at in range(0, len(text), 3):
        one, two, three = [*(_CODES[sign] for sign in text[at : at + 3]), 0, 0][:3]
        coded += (1600 * one + 40 * two + three + 1).to_bytes(2, "big")
    return bytes(coded)


def _escaped(sign: str) -> bytes:
    try:
        raw = sign.encode()
    except UnicodeEncodeError:
        raw = b""
    if not 1 <= len(raw) <= 3 or sign < " ":  # noqa: PLR2004 (the escapes hold one to three bytes)
        raise TagError("bad_character", f"{sign!r} cannot stand in an item identifier of ISO/TS 28560-4")
    return bytes((_ASCII + len(raw) - 1,)) + raw
