"""Argon2id, the one way passwords are kept."""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shelfwire.errors import InputError

SHORTEST: Final = 10
LONGEST: Final = 200
"""Characters; a bound, because hashing takes time for each byte."""

AT_ONCE: Final = 2
"""Checks that run at once. Argon2 takes 64 MiB for each: without a bound, strangers who try to log in on every thread take
5 GB. Two keep two cores busy; a third waits about 50 ms."""

_hasher: Final = PasswordHasher()
_turns: Final = threading.BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """What the store keeps. Raises `InputError` for a password that is too short or absurdly long."""
    if len(password) < SHORTEST:
        raise InputError(f"password: must have {SHORTEST} characters or more; three or four words are good")
    if len(password) > LONGEST:
        raise InputError(f"password: must have {LONGEST} characters or fewer")
    return _hasher.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password fits. Takes the same time when there is no such user (`stored` is None)."""
    if len(password) > LONGEST:
        password = ""
    with _turns:
        try:
            return _hasher.verify(stored or _nobody(), password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password, it only takes the time")
