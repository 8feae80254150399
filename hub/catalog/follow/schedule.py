"""When a system is listed, and how much of it. Pure.

A listing goes on where the last one stopped, whatever the reason. One of everything comes first, then those of what
changed; one of everything again when it is time. After a failure the next try waits longer each time.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from shelfwire.retry import Backoff

_MIN_US: Final = 60_000_000
RETRY: Final = Backoff(first_s=15.0, longest_s=900.0)
"""A system that restarts is back in a minute; one that is down for the night is asked every quarter of an hour."""

Job = Literal["full", "changes"]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the listings of one source stand; kept in the store."""

    job: Job | None = None
    """The listing that was begun and is not through."""
    cursor: str | None = None
    """Where it goes on; between two listings, where the next one of changes begins."""
    begun_at_us: int = 0
    full_at_us: int = 0
    """When the last listing of everything was through; 0: never."""
    listed_at_us: int = 0
    """When the last listing of either kind was through."""


def next_job(at: Progress, *, every_min: float, full_every_h: float, now_us: int) -> tuple[Job, int]:
    """(what to list next, when). A time that has passed means now."""
    if at.job is not None:
        return at.job, now_us
    full_us = at.full_at_us + int(full_every_h * 60 * _MIN_US) if at.full_at_us else now_us
    changes_us = at.listed_at_us + int(every_min * _MIN_US)
    # The clock went back: nothing was listed in the future.
    full_us = now_us if at.full_at_us > now_us else full_us
    changes_us = now_us if at.listed_at_us > now_us else changes_us
    return ("full", full_us) if full_us <= max(now_us, changes_us) else ("changes", changes_us)


def begun(at: Progress, job: Job, now_us: int) -> Progress:
    """A listing begins. One of everything starts without a cursor."""
    cursor = None if job == "full" else at.cursor
    return msgspec.structs.replace(at, job=job, cursor=cursor, begun_at_us=now_us)


def marked(at: Progress, cursor: str) -> Progress:
    """Everything before `cursor` is in the catalogue."""
    return msgspec.structs.replace(at, cursor=cursor)


def through(at: Progress, cursor: str, now_us: int) -> Progress:
    """The listing is at its end."""
    full_us = now_us if at.job == "full" else at.full_at_us
    return msgspec.structs.replace(at, job=None, cursor=cursor, full_at_us=full_us, listed_at_us=now_us)
