"""Reading one field of a reader's JSON, whatever firmware wrote it: a value of the stated unit, or None where it is none. Pure."""

from __future__ import annotations

import base64
import binascii
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from edge.iot.bodies import Body
from edge.reads import MAX_EPC_HEX, NO_RSSI_DBM
from shelfwire.errors import PeerError

_BIGGEST: Final = 2**53
"""What JSON readers elsewhere keep exactly; nothing that a reader counts comes near it."""

LOUDEST_DBM: Final = 40.0
MAX_PORT: Final = 0xFFFF
"""What the wire holds."""
KHZ: Final = (300_000, 3_000_000)
"""UHF; another number is another unit, or nonsense."""

_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,12}))?(Z|z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_HEX: Final = re.compile(r"[0-9A-Fa-f]*", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def inner(body: Body, *names: str) -> Body:
    """The object under the first of `names` that is one; an empty one if none is."""
    return next((body[name] for name in names if isinstance(body.get(name), dict)), {})


def text(body: Body, *names: str) -> str | None:
    """The text under the first of `names` that has one."""
    return next((body[name] for name in names if isinstance(body.get(name), str)), None)


def decimal(body: Body, *names: str) -> float | None:
    """The finite number under the first of `names` that has one; some firmware writes numbers as text."""
    for name in names:
        value = _number(body.get(name))
        if value is not None:
            return value
    return None


def whole(body: Body, *names: str) -> int | None:
    """As `decimal`, of a whole number."""
    value = decimal(body, *names)
    return int(value) if value is not None and value == int(value) else None


def port(body: Body, *names: str) -> int | None:
    """An antenna number, counted from 1."""
    value = whole(body, *names)
    return value if value is not None and 1 <= value <= MAX_PORT else None


def rssi_dbm(value_dbm: float | None) -> float:
    """A loudness that can be one, else the one that says that it is not known."""
    return value_dbm if value_dbm is not None and NO_RSSI_DBM <= value_dbm <= LOUDEST_DBM else NO_RSSI_DBM


def khz(value_khz: float | None) -> int | None:
    """A UHF channel in kHz."""
    return round(value_khz) if value_khz is not None and KHZ[0] <= value_khz <= KHZ[1] else None


def phase_deg(value_deg: float | None) -> float | None:
    """0 ≤ phase < 360."""
    return None if value_deg is None else value_deg % 360.0


def pc_word(digits: str | None) -> int | None:
    """A PC word from four hex digits."""
    return int(digits, 16) if digits is not None and len(digits) == 4 and _HEX.fullmatch(digits) else None  # noqa: PLR2004 (one word)


def hex_digits(value: str | None) -> str | None:
    """Upper-case hex of an EPC; None if it is none."""
    if value is None or len(value) > MAX_EPC_HEX or not _HEX.fullmatch(value):
        return None
    return value.upper()


def from_base64(value: str | None) -> str | None:
    """Upper-case hex of base64, with the URL's alphabet or the other, padded or not; None if it is none."""
    if value is None or len(value) > MAX_EPC_HEX:
        return None
    plain = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return hex_digits(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).hex())
    except (binascii.Error, ValueError):
        return None


def time_us(value: str | None) -> int | None:
    """Microseconds since 1970 of an ISO time: up to twelve digits of a fraction (cut to six), a zone with or without colon, none is UTC.

    None without a value. Raises `PeerError` for what is no time.
    """
    if value is None:
        return None
    found = _TIME.fullmatch(value)
    if found is None:
        raise PeerError(f"{value[:40]!r} is no time")
    *parts, second, fraction, zone = found.groups()
    try:
        year, month, day, hour, minute = map(int, parts)
        at = datetime(
            year, month, day, hour, minute, min(59, int(second)), tzinfo=timezone(_zone(zone))
        )  # 60: a leap second
        whole_us = (at - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as fault:
        raise PeerError(f"{value[:40]!r} is no time") from fault
    return whole_us + int((fraction or "")[:6].ljust(6, "0"))


def _zone(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))


def _number(value: Any) -> float | None:
    if isinstance(value, str) and len(value) <= 40:  # noqa: PLR2004 (longer is no number of a reader)
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_BIGGEST <= value <= _BIGGEST and math.isfinite(value) else None
