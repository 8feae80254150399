"""What a database driver says → our errors, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shelfwire.errors import AwayError, FullError, InputError, ShelfwireError

BY_ITSELF: Final = ", it goes on by itself"
"""End of what a hub says whose disk is full; a command that ends must not say it."""

_DISK_FULL: Final = frozenset({"53100"})
_NO_TABLE: Final = frozenset({"42P01", "42703"})
_REFUSED: Final = frozenset({"28000", "28P01", "3D000", "42501"})
"""Login refused, no such database, no right: waiting does not help."""
_AWAY: Final = frozenset({"53", "55", "57", "58", "08", "40"})
"""Classes of SQLSTATE: out of resources, not ready, operator intervention, system, connection, rolled back."""


@contextmanager
def guarded(engine: Engine, what: str) -> Iterator[None]:
    """Around every use of the database: raises `AwayError`, `FullError` or `InputError` in words; a bug stays a bug.

    `what` says in words what was tried, for example ``write rows``.
    """
    try:
        yield
    except DBAPIError as fault:
        error = _translated(fault, f"{engine.url.render_as_string(hide_password=True)}: cannot {what}")
        if error is None:
            raise
        raise error from fault
    except UnicodeEncodeError as fault:
        raise InputError(f"cannot {what}: a text in it holds half of a sign, which is no Unicode") from fault
    except PoolTimeoutError as fault:
        raise AwayError(
            f"cannot {what}: all connections to the database are busy; it is tried again"
        ) from fault


def _translated(fault: DBAPIError, where: str) -> ShelfwireError | None:  # noqa: PLR0911 (one line a kind of fault)
    text = " ".join(str(fault.orig).split())[:400]
    state = getattr(fault.orig, "sqlstate", None) or ""
    if state in _DISK_FULL or "disk is full" in text or "No space left" in text:
        return FullError(f"{where}: the disk of the database is full; make room{BY_ITSELF}")
    if state in _NO_TABLE or "no such table" in text or "no such column" in text:
        return AwayError(f"{where}: it has no tables of this version yet; start the hub, which makes them")
    if state in _REFUSED:
        return InputError(f"{where}: {text}; correct `database` or the rights in the server")
    if "readonly database" in text or "not a database" in text:
        return InputError(f"{where}: {text}; check the file and its rights")
    if isinstance(fault, DataError):  # NUL in a text for PostgreSQL, a number beyond 64 bits
        return InputError(f"{where}: {text}")
    if fault.connection_invalidated or state[:2] in _AWAY:
        return AwayError(f"{where} now: {text or 'the connection was closed'}")
    if isinstance(fault, OperationalError) and not isinstance(fault, ProgrammingError) and not state:
        return AwayError(f"{where} now: {text}")
    return None
