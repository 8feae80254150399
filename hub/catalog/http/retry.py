"""When a request is sent again, and after how long. Pure: the time of the answer comes with it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from shelfwire.retry import Backoff

AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others a moment later. All requests only read, so each may be sent twice."""

LONGEST_WAIT_S: Final = 300.0
"""A system that wants to be left alone for longer is away: whoever asked comes back at his own time."""

BACKOFF: Final = Backoff(first_s=1.0, longest_s=60.0)


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` asks for, a number or a date (RFC 9110, 10.2.3); None: there is none, or no sense in it."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) <= len("999999999"):
        return float(text)
    at = http_date(text)
    return None if at is None else max(0.0, (at - now).total_seconds())


def http_date(text: str | None) -> datetime | None:
    """UTC time of a ``Date`` header; None: there is none that can be read."""
    try:
        at = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def wait_s(failures: int, asked_s: float | None, dice: float) -> float | None:
    """How long to wait after `failures` tries in a row; None: longer than we wait. `dice` lies in 0 … 1."""
    wait = max(BACKOFF.wait_s(failures, dice), asked_s or 0.0)
    return wait if wait <= LONGEST_WAIT_S else None
