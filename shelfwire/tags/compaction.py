"""The seven ways of ISO/IEC 15962 to write a value in fewer bytes. Pure and total.

0 application-defined · 1 integer · 2 numeric · 3 five bits · 4 six bits · 5 seven bits · 6 octets · 7 UTF-8.
Code 0 is decided by the element: see `objects`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from shelfwire.tags.errors import TagError

APPLICATION: Final = 0
INTEGER: Final = 1
NUMERIC: Final = 2
FIVE_BIT: Final = 3
SIX_BIT: Final = 4
SEVEN_BIT: Final = 5
OCTETS: Final = 6
UTF_8: Final = 7

_INTEGER_BYTES: Final = 8
"""19 digits fit; more would be numeric."""
_INTEGER_DIGITS: Final = range(2, 20)
_FIVE: Final = frozenset(map(chr, range(0x41, 0x60)))
_SIX: Final = frozenset(map(chr, range(0x20, 0x60)))
_SEVEN: Final = frozenset(map(chr, range(0x7F)))
_PRINTABLE: Final = frozenset(map(chr, range(0x20, 0x7F)))
_DIGITS: Final = frozenset("0123456789")
_LATIN: Final = frozenset((*range(0x20, 0x7F), *range(0xA0, 0x100)))
_FILLING: Final = {5: "0000000", 6: "100000", 7: "1111111"}


class Expanded(NamedTuple):
    """A value. `text` is None where the bytes are no text; `fault` says when they break the scheme."""

    text: str | None
    fault: str | None = None
    tidy: bool = True
    """Whether the filling is as the standard wants it."""


_BAD: Final = Expanded(None, "bad_compaction")


def expand(scheme: int, data: bytes) -> Expanded:
    """The value behind compaction code 1 to 7."""
    if not data:
        return Expanded("")
    return _EXPANDERS[scheme](data)


def compact(scheme: int, text: str) -> bytes:
    """The bytes of `text` under code 1 to 7. Raises `TagError` ``bad_character`` where the code does not allow it."""
    if not allowed(scheme, text):
        raise TagError("bad_character", f"{text!r} does not fit compaction code {scheme}")
    if scheme == INTEGER:
        number = int(text)
        return number.to_bytes((number.bit_length() + 7) // 8, "big")
    if scheme == NUMERIC:
        return bytes.fromhex(text if len(text) % 2 == 0 else text + "F")
    if scheme == OCTETS:
        return text.encode("latin-1")
    if scheme == UTF_8:
        return text.encode()
    width = scheme + 2
    return _pack(text, width, _FILLING[width])


def allowed(scheme: int, text: str) -> bool:
    """Whether code 1 to 7 can write `text` so that the same text is read."""
    return _RULES[scheme](text, set(text))


def choose(text: str) -> int:
    """The first code that can write `text`, in the order of the standard."""
    return next(scheme for scheme in range(INTEGER, UTF_8 + 1) if scheme == UTF_8 or allowed(scheme, text))


def _is_utf_8(text: str, _signs: set[str]) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


_RULES: Final[dict[int, Callable[[str, set[str]], bool]]] = {
    INTEGER: lambda text, signs: len(text) in _INTEGER_DIGITS and signs <= _DIGITS and text[0] != "0",
    NUMERIC: lambda text, signs: len(text) >= 2 and signs <= _DIGITS,  # noqa: PLR2004 (the standard's least)
    FIVE_BIT: lambda text, signs: len(text) >= 3 and signs <= _FIVE,  # noqa: PLR2004 (shorter saves nothing)
    SIX_BIT: lambda text, signs: len(text) >= 4 and signs <= _SIX and text[-1] != " ",  # noqa: PLR2004 (as above)
    SEVEN_BIT: lambda text, signs: len(text) >= 8 and signs <= _SEVEN,  # noqa: PLR2004 (as above)
    OCTETS: lambda _, signs: signs <= _PRINTABLE,
    UTF_8: _is_utf_8,
}


def _integer(data: bytes) -> Expanded:
    number = data.lstrip(b"\x00")
    if len(number) > _INTEGER_BYTES:
        return _BAD
    return Expanded(str(int.from_bytes(number, "big")))


def _numeric(data: bytes) -> Expanded:
    digits, _, rest = data.hex().partition("f")
    if not _DIGITS.issuperset(digits):
        return _BAD
    return Expanded(digits, None, not rest)


def _five_bit(data: bytes) -> Expanded:
    signs, rest = _groups(data, 5)
    end = signs.index(0) if 0 in signs else len(signs)
    tidy = not any(signs[end:]) and "1" not in rest
    return Expanded("".join(chr(0x40 | sign) for sign in signs[:end]), None, tidy)


def _six_bit(data: bytes) -> Expanded:
    signs, rest = _groups(data, 6)
    if not rest and signs[-1:] == [0b100000]:
        signs.pop()
    text = "".join(chr(sign if sign & 0x20 else sign | 0x40) for sign in signs)
    return Expanded(text, None, "100000".startswith(rest))


def _seven_bit(data: bytes) -> Expanded:
    signs, rest = _groups(data, 7)
    if not rest and signs[-1:] == [0b1111111]:
        signs.pop()
    return Expanded("".join(map(chr, signs)), None, "0" not in rest)


def _octets(data: bytes) -> Expanded:
    kept = data.rstrip(b"\x00")
    return Expanded(kept.decode("latin-1") if _LATIN.issuperset(kept) else None)


def _utf_8(data: bytes) -> Expanded:
    try:
        return Expanded(data.decode())
    except UnicodeDecodeError:
        return _BAD


_EXPANDERS: Final = {
    INTEGER: _integer,
    NUMERIC: _numeric,
    FIVE_BIT: _five_bit,
    SIX_BIT: _six_bit,
    SEVEN_BIT: _seven_bit,
    OCTETS: _octets,
    UTF_8: _utf_8,
}


def _groups(data: bytes, width: int) -> tuple[list[int], str]:
    """Groups of `width` bits from the top, and the bits that are left over. Work is linear in the bytes."""
    found: list[int] = []
    held = count = 0
    for byte in data:
        held, count = held << 8 | byte, count + 8
        while count >= width:
            count -= width
            found.append(held >> count)
            held &= (1 << count) - 1
    return found, f"{held:0{count}b}" if count else ""


def _pack(text: str, width: int, filling: str) -> bytes:
    """The low `width` bits of each character, filled up to whole bytes with the first bits of `filling`."""
    bits = "".join(_bits(text, width))
    bits += filling[: -len(bits) % 8]
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _bits(text: str, width: int) -> Iterator[str]:
    for sign in text:
        yield f"{ord(sign) & ((1 << width) - 1):0{width}b}"
