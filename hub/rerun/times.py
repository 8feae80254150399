"""Moments and lengths of time as a person writes and reads them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shelfwire.errors import InputError


def moment_us(text: str, timezone: str, option: str) -> int:
    """``2026-11-01``, ``2026-11-01T08:00`` (both in the site's time) or with an offset → UTC microseconds. Raises `InputError`."""
    try:
        found = datetime.fromisoformat(text.strip())
        aware = found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(timezone))
        us = int(aware.timestamp() * 1_000_000)
    except (ValueError, OverflowError, OSError) as fault:
        raise InputError(
            f"{option} {text[:40]!r}: is no time; write 2026-11-01 or 2026-11-01T08:00"
        ) from fault
    if us <= 0:
        raise InputError(f"{option} {text[:40]!r}: lies before 1970")
    return us


def moment(us: int, timezone: str) -> str:
    """``2026-11-01 08:00:05`` in the site's time."""
    return (
        datetime.fromtimestamp(us // 1_000_000, tz=UTC)
        .astimezone(ZoneInfo(timezone))
        .strftime("%Y-%m-%d %H:%M:%S")
    )


def length(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3.5 h``, ``2.1 d``; with a minus where it is one."""
    size = abs(seconds)
    if size < 120:  # noqa: PLR2004 (below two minutes in seconds)
        return f"{seconds:.0f} s"
    if size < 7_200:  # noqa: PLR2004 (below two hours in minutes)
        return f"{seconds / 60:.0f} min"
    if size < 172_800:  # noqa: PLR2004 (below two days in hours)
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} d"
