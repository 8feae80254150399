"""GS1 EPCs, put on by publishers and suppliers. The work is epcpy's; this file asks it, and bounds what it may say.

epcpy is imported only when a GS1 header is met, so that the other families need the standard library alone.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from shelfwire.tags.bits import to_hex
from shelfwire.tags.errors import TagError

HEADER_BITS: Final = {
    0x2C: 96, 0x2D: 96, 0x2E: 96, 0x2F: 96, 0x30: 96, 0x31: 96, 0x32: 96, 0x33: 96,
    0x34: 96, 0x35: 96, 0x36: 198, 0x37: 170, 0x38: 202, 0x39: 195, 0x3A: 113, 0x3B: 16,
    0x3C: 96, 0x3D: 16, 0x3E: 174, 0x3F: 96, 0x40: 110, 0x41: 212,
}  # fmt: skip
"""The least bits of each header's form; those of variable length have 16."""
_GTIN_DIGITS: Final = 14
_ISBN: Final = ("0978", "0979")


@dataclass(frozen=True, slots=True)
class Gs1:
    """One GS1 identifier. Two printers may write one ISBN and serial in different EPCs: compare `element_string`."""

    scheme: str
    uri: str
    key: str | None
    element_string: str | None
    isbn: str | None
    serial: str | None


def may_be_gs1(epc: bytes) -> bool:
    """Whether header and length fit a GS1 form."""
    return bool(epc) and 8 * len(epc) >= HEADER_BITS.get(epc[0], 1 << 16)


def decode_gs1(epc: bytes) -> Gs1 | None:
    """The identifier, or None where epcpy does not take it. Half of all random numbers behind header 30 are taken."""
    try:
        found: Any = _epcpy().hex_to_tag_encodable(to_hex(epc))
        key: str | None = found.gs1_key() if hasattr(found, "gs1_key") else None
        element: str | None = found.gs1_element_string() if hasattr(found, "gs1_element_string") else None
        scheme, uri = type(found).__name__, str(found.epc_uri)
    except Exception:  # noqa: BLE001 (untrusted bytes in a package that is not ours: whatever it raises means "no")
        return None
    return Gs1(
        scheme=scheme,
        uri=uri,
        key=key,
        element_string=element,
        isbn=key[1:] if scheme == "SGTIN" and key and key.startswith(_ISBN) else None,
        serial=uri.split(":", 4)[4].split(".", 2)[2] if scheme == "SGTIN" else None,
    )


def encode_sgtin(gtin: str, serial: str, company_digits: int = 7, *, filter_value: int = 1) -> bytes:
    """SGTIN-96 of a GTIN of 8, 12, 13 or 14 digits (an ISBN is one of 13) and a numeric serial. Raises `TagError`."""
    digits = gtin.replace("-", "").zfill(_GTIN_DIGITS)
    is_number = len(digits) == _GTIN_DIGITS and digits.isascii() and digits.isdigit()
    if not is_number or check_digit(digits[:-1]) != digits[-1]:
        raise TagError("bad_number", f"{gtin!r} is no GTIN: its digits or its check digit are wrong")
    try:
        package = _epcpy()
        schemes: Any = package.epc_schemes
        made = schemes.SGTIN.from_gtin_plus_serial(digits, serial, company_digits)
        text = made.hex(
            binary_coding_scheme=schemes.SGTIN.BinaryCodingScheme.SGTIN_96,
            filter_value=schemes.sgtin.SGTINFilterValue(str(filter_value)),
        )
        data = bytes.fromhex(text)
    except ImportError:
        raise TagError("gs1_not_installed", "GS1 tags need the package epcpy: pip install epcpy") from None
    except Exception as fault:
        raise TagError("bad_number", f"GTIN {gtin!r}, serial {serial!r}: {fault}") from fault
    read = decode_gs1(data)
    if read is None or read.key != digits or read.serial != serial:
        raise TagError(
            "bad_number", f"GTIN {gtin!r}, serial {serial!r} do not fit an SGTIN-96: want a serial below 2^38"
        )
    return data


def check_digit(digits: str) -> str:
    """The GTIN's last digit for the 13 before it."""
    return str(-sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(digits)) % 10)


def is_installed() -> bool:
    """Whether epcpy is there."""
    try:
        _epcpy()
    except ImportError:
        return False
    return True


@cache
def _epcpy() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # its own, while it is compiled: a program that makes errors of them would lose GS1
        import epcpy  # noqa: PLC0415 (only where a GS1 tag is met)

    return epcpy
