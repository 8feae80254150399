"""The user memory of the Chinese university alliance's format: elements behind 16-bit headers. Pure and total."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from shelfwire.tags.errors import TagError

OWNER: Final = 3
SET: Final = 4
USAGE: Final = 5
LOCATION: Final = 6
BORROWER: Final = 11
MAX_ELEMENTS: Final = 64
MAX_OID: Final = 63
_MAX_LENGTH: Final = 0x3FF
_SHIFTED_FROM: Final = 60_000
"""Institution codes 9xxxx are stored as 6xxxx, so that they fit 16 bits."""
_SHIFT: Final = 30_000
_OWNERS: Final = frozenset({OWNER, BORROWER})
_ISO_USAGE: Final = {(0, 0): "10", (0, 1): "20", (0, 2): "70"}
_ISO_MAIN: Final = {3: "80", 4: "90"}


class Element(NamedTuple):
    """One element. `text` is None where its data are none; `at` and `end` are its place with its header."""

    oid: int
    data: bytes
    text: str | None
    legacy: bool = False
    at: int = 0
    end: int = 0


class Elements(NamedTuple):
    """Everything read, and the codes of what was wrong."""

    elements: tuple[Element, ...]
    errors: tuple[str, ...]

    def text(self, oid: int) -> str | None:
        """The first text of an element that says something."""
        return next((one.text for one in self.elements if one.oid == oid and one.text), None)


def decode_user(memory: bytes) -> Elements:
    """The elements up to a header that begins with 00, the end, or the first that runs past it."""
    found: list[Element] = []
    errors: list[str] = []
    at = 0
    while at < len(memory) and memory[at] and len(found) < MAX_ELEMENTS:
        head = int.from_bytes(memory[at : at + 2], "big")
        oid, end = head >> 10, at + 2 + (head & _MAX_LENGTH)
        if at + 2 > len(memory) or end > len(memory):
            errors.append("truncated_object")
            break
        data = memory[at + 2 : end]
        text, legacy = decode_element(oid, data)
        if text is None and "bad_element" not in errors:
            errors.append("bad_element")
        found.append(Element(oid, data, text, legacy, at, end))
        at = end
    return Elements(tuple(found), tuple(errors))


def encode_user(elements: Sequence[tuple[int, str]]) -> bytes:
    """(element, text) pairs one after another, an even count of bytes. Raises `TagError`."""
    coded = bytearray()
    for oid, text in elements:
        if not 1 <= oid <= MAX_OID:
            raise TagError("bad_oid", f"element {oid}: want 1 to {MAX_OID}")
        data = encode_element(oid, text)
        if len(data) > _MAX_LENGTH:
            raise TagError("too_long", f"element {oid} has {len(data)} bytes, at most {_MAX_LENGTH}")
        coded += (oid << 10 | len(data)).to_bytes(2, "big") + data
    if len(coded) % 2:
        coded.append(0)
    return bytes(coded)


def decode_element(oid: int, data: bytes) -> tuple[str | None, bool]:
    """Text (None: of a wrong size, or none), and whether it is in the older character set GB18030."""
    if not data:
        return "", False
    number = int.from_bytes(data[:2], "big")
    if oid in _OWNERS:
        code = number + _SHIFT if number >= _SHIFTED_FROM else number
        return (f"{code:05d}" if len(data) == 2 else None), False  # noqa: PLR2004 (16 bits)
    if oid == SET:
        return (f"{int.from_bytes(data[2:], 'big')}/{number}" if len(data) == 4 else None), False  # noqa: PLR2004
    if oid == USAGE:
        return (f"{data[0]}.{data[1]}" if len(data) == 2 else None), False  # noqa: PLR2004 (two bytes)
    return _text(data)


def encode_element(oid: int, text: str) -> bytes:
    """The data of one element. Raises `TagError` ``bad_character``."""
    if oid in _OWNERS:
        number = _number(text, 99_999, oid) if len(text) == 5 else -1  # noqa: PLR2004 (the codes' digits)
        if number >= 90_000 and number - _SHIFT <= 0xFFFF:  # noqa: PLR2004 (see _SHIFTED_FROM)
            number -= _SHIFT
        elif not 0 <= number < _SHIFTED_FROM:
            raise TagError(
                "bad_character", f"element {oid}: {text!r} is no code 00000 to 59999 or 90000 to 95535"
            )
        return number.to_bytes(2, "big")
    if oid == SET:
        ordinal, _, total = text.partition("/")
        return _number(total, 0xFFFF, oid).to_bytes(2, "big") + _number(ordinal, 0xFFFF, oid).to_bytes(
            2, "big"
        )
    if oid == USAGE:
        main, _, sub = text.partition(".")
        return bytes((_number(main, 0xFF, oid), _number(sub, 0xFF, oid)))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise TagError("bad_character", f"element {oid}: {text!r} is no text") from None


def iso_usage(text: str) -> str | None:
    """Type of usage as ISO 28560 writes it (two hex digits), None for discs and shelf labels, which it lacks."""
    main, sub = (int(part) for part in text.split("."))
    return _ISO_USAGE.get((main, sub)) or _ISO_MAIN.get(main)


def _text(data: bytes) -> tuple[str | None, bool]:
    try:
        return data.decode(), False
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030"), True
    except UnicodeDecodeError:
        return None, False


def _number(text: str, most: int, oid: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1  # noqa: PLR2004 (65535)
    if not 0 <= number <= most:
        raise TagError("bad_character", f"element {oid}: {text!r} is no number of 0 to {most}")
    return number
