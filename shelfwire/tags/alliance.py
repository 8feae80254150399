"""The UHF format of the Chinese university alliance ("gxlm"): the EPC. Pure and total.

The first bit of the EPC says whether the book is lent, so the EPC changes with every loan; see `key`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shelfwire.tags.alliance_pii import PII_BYTES, decode_pii, encode_pii
from shelfwire.tags.errors import TagError

LENT: Final = 0x80
PII_AT: Final = 4
INDEX_OIDS: Final = (3, 4, 5, 6, 11, 12, 14, 15, 16, 24, 26, 27, 28, 29, 30, 31)
"""Elements that the content parameter can announce, from its lowest bit on."""
_MAX_SORTING: Final = 31
_MAX_VERSION: Final = 64


@dataclass(frozen=True, slots=True)
class Alliance:
    """What an EPC of this family says. `content` are the announced elements; never rely on them."""

    lent: bool = False
    reserved: int = 0
    sorting: int = 0
    encoding: int = 0
    version: int = 1
    content: tuple[int, ...] = ()
    pii: str | None = None
    errors: tuple[str, ...] = ()


def decode_alliance(epc: bytes) -> Alliance:
    """The EPC, leniently: what stands behind the used part does not matter here."""
    if len(epc) < PII_AT:
        return Alliance(errors=("too_short",))
    method = epc[1] >> 6
    size = PII_BYTES.get(method)
    pii: str | None = None
    fault: str | None = None
    if size is None:
        fault = "unsupported_encoding"
    elif len(epc) < PII_AT + size:
        fault = "too_short"
    else:
        pii, fault = decode_pii(method, epc[PII_AT : PII_AT + size])
    return Alliance(
        lent=bool(epc[0] & LENT),
        reserved=epc[0] >> 5 & 3,
        sorting=epc[0] & 0x1F,
        encoding=method,
        version=(epc[1] & 0x3F) + 1,
        content=decode_content(int.from_bytes(epc[2:4], "big")),
        pii=pii,
        errors=(fault,) if fault else (),
    )


def encode_alliance(
    pii: str, *, lent: bool = False, sorting: int = 0, version: int = 1, content: Sequence[int] = ()
) -> bytes:
    """An EPC of 12, 16 or 18 bytes: the shortest that holds `pii`. Raises `TagError`."""
    if not 0 <= sorting <= _MAX_SORTING or not 1 <= version <= _MAX_VERSION:
        raise TagError("bad_number", f"sorting bin {sorting}, version {version}: want 0 to 31 and 1 to 64")
    method, field = encode_pii(pii)
    head = bytes(((LENT if lent else 0) | sorting, method << 6 | version - 1))
    return head + encode_content(content).to_bytes(2, "big") + field.ljust(PII_BYTES[method], b"\x00")


def decode_content(number: int) -> tuple[int, ...]:
    """The elements of a content parameter."""
    return tuple(oid for bit, oid in enumerate(INDEX_OIDS) if number >> bit & 1)


def encode_content(oids: Sequence[int]) -> int:
    """A content parameter. Raises `TagError` ``bad_oid`` for an element that it cannot announce."""
    unknown = sorted(set(oids) - set(INDEX_OIDS))
    if unknown:
        raise TagError("bad_oid", f"element {unknown[0]} cannot be announced: want one of {INDEX_OIDS}")
    return sum(1 << INDEX_OIDS.index(oid) for oid in set(oids))
