"""When a system is listed next, and how much of it. Pure.

A listing goes on where the last one stopped, whatever the reason. One of everything comes first, then those of what
changed; one of everything again when it is time. While one waits for the hub or for a person, no other begins.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from shelfwire.retry import Backoff

_MIN_US: Final = 60_000_000
RETRY: Final = Backoff(first_s=15.0, longest_s=900.0)
"""A system that restarts is back in a minute; one that is down for the night is asked every quarter of an hour."""

WRONG: Final = Backoff(first_s=900.0, longest_s=21_600.0)
"""What only a person can mend is tried far more rarely: systems lock an account after some wrong passwords (FOLIO five within
ten minutes, Koha as many as it is set to)."""


class Standing(NamedTuple):
    """Where the listings of one source stand; times in microseconds, None: never."""

    cursor: str | None
    """Where a listing of changes begins; None: there was no listing of everything yet."""
    listing_full: bool | None
    """Of the listing that was broken off; None: there is none."""
    listed_at_us: int | None
    full_at_us: int | None


def next_listing(at: Standing, *, every_min: float, full_every_h: float, now_us: int) -> tuple[bool, int]:
    """(whether of everything, when). A time that has passed means now."""
    if at.listing_full is not None:
        return at.listing_full, now_us
    # A time in the future: the clock was set back since, and nothing was listed then.
    if at.cursor is None or at.full_at_us is None or at.full_at_us > now_us:
        return True, now_us
    full_us = at.full_at_us + int(full_every_h * 60 * _MIN_US)
    if at.listed_at_us is None or at.listed_at_us > now_us:
        changes_us = now_us
    else:
        changes_us = at.listed_at_us + int(every_min * _MIN_US)
    return (True, full_us) if full_us <= max(now_us, changes_us) else (False, changes_us)
