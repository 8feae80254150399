"""EPC and PC word → tag key: the identity that a tag keeps for life. Pure and total.

Almost every tag keeps its EPC, and its key is that EPC. A tag of the university alliance ("gxlm") sets bit 7 of its
first EPC byte while it is lent, so its EPC changes with every loan; its key has that bit cleared. Only tags that pass
the format's plausibility test are touched: of random 96-bit EPCs about 2 in 10,000 pass it.
"""

from __future__ import annotations

import re
from typing import Final

from shelfwire.errors import PeerError

_HEX: Final = re.compile(r"[0-9A-F]+")
_TOGGLE: Final = 0x0100
"""PC bit 7 from the top: 1 = ISO, the low byte is an AFI; 0 = GS1 or alliance."""
_LENT: Final = 0x80
_RESERVED: Final = 0x60
_MAX_HEX: Final = 124
"""62 bytes: what the length field of the PC word can say (31 words)."""
_PII_BYTES: Final = {0: 8, 1: 12, 2: 14}
"""Bytes of the identifier, from EPC byte 4 on, by encoding method."""
_ALPHANUMERIC: Final = frozenset((*range(10), *range(17, 43)))
"""``ASCII code - 0x30`` of 0-9 and A-Z."""


def tag_key(epc: str, pc: int | None) -> str:
    """The tag key in upper-case hex. `epc` is hex of the EPC bank from word 2 on, `pc` the PC word if it is known.

    An EPC longer than the PC word says is cut: readers sometimes hand over trailing bytes. Raises `PeerError` for what
    is no EPC: an odd count of digits, other signs, more than 62 bytes, a PC word out of range, a blank tag.
    """
    text = epc.upper()
    if len(text) > _MAX_HEX or len(text) % 2 or (text and _HEX.fullmatch(text) is None):
        raise PeerError(f"{epc[:40]!r} is no EPC: want 1 to 62 bytes as hex")
    if pc is not None:
        if not 0 <= pc <= 0xFFFF:  # noqa: PLR2004 (16 bits)
            raise PeerError(f"{pc} is no PC word: want 0 to 65535")
        text = text[: (pc >> 11) * 4]
    if not text:
        raise PeerError("the tag is blank: it has no EPC")
    if text[0] not in "89" or (pc is not None and pc & _TOGGLE):
        return text
    data = bytes.fromhex(text)
    if data[0] & _RESERVED or not is_alliance(data):
        return text
    return f"{data[0] & ~_LENT:02X}{text[2:]}"


def is_alliance(data: bytes) -> bool:
    """Whether the EPC can be one of the alliance: readable identifier, and nothing but 00 behind it."""
    size = _PII_BYTES.get(data[1] >> 6) if len(data) > 1 else None
    if size is None or len(data) < 4 + size:
        return False
    pii, rest = data[4 : 4 + size], data[4 + size :]
    if any(rest):
        return False
    return (_method_1, _method_2, _method_3)[data[1] >> 6](pii)


def _method_1(pii: bytes) -> bool:
    length = pii[0] & 0x0F
    if length <= 7:  # noqa: PLR2004 (longest counted form)
        return _counted(pii)
    number = int.from_bytes(pii, "little")
    rest = number >> 34
    return (
        length <= 14  # noqa: PLR2004 (longest packed form)
        and _printable((number >> 4) & 0xFF)
        and all((number >> shift) & 0x3F in _ALPHANUMERIC for shift in (12, 18, 24))
        and (number >> 30) & 0x0F <= 9  # noqa: PLR2004 (a decimal digit)
        and rest < 10 ** (length - 5)
    )


def _method_2(pii: bytes) -> bool:
    length = pii[0] & 0x0F
    if length <= 11:  # noqa: PLR2004 (longest counted form)
        return _counted(pii)
    if length > 14:  # noqa: PLR2004 (longest packed form)
        return False
    words = [int.from_bytes(pii[at : at + 4], "little") for at in (0, 4, 8)]
    signs = [(words[0] >> (12 + 6 * at)) & 0x3F for at in range(length - 11)]
    signs += [(word >> (6 * at)) & 0x3F for word in words[1:] for at in range(5)]
    return _printable((words[0] >> 4) & 0xFF) and all(sign in _ALPHANUMERIC for sign in signs)


def _method_3(pii: bytes) -> bool:
    text = pii.rstrip(b"\x00")
    return bool(text) and all(map(_printable, text))


def _counted(pii: bytes) -> bool:
    """A count byte, that many signs, filled with 00."""
    length = pii[0]
    return 1 <= length < len(pii) and all(map(_printable, pii[1 : 1 + length])) and not any(pii[1 + length :])


def _printable(code: int) -> bool:
    return 0x20 <= code <= 0x7E  # noqa: PLR2004 (ASCII)
