"""Who asks FOLIO: the token of an account, fetched before it is needed and again before it ends.

Since its release of 2024 FOLIO's tokens live ten minutes. Its own advice to programs is to log in again rather than to
refresh: `POST /authn/login-with-expiry` gives the token as the cookie ``folioAccessToken``. An older FOLIO lacks that
path; it gives a token file instead, or is updated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from hub.catalog.http.door import Door
from shelfwire.errors import InputError, PeerError

PATH: Final = "/authn/login-with-expiry"
COOKIE: Final = "folioAccessToken"
MAX_TOKEN_SIGNS: Final = 8_192
"""A token has some hundreds; servers refuse headers from 8 kB on."""

EARLY: Final = 0.8
"""A token is renewed after this share of its life. Higher: a slow request meets its end; lower: more log-ins."""
SHORTEST_S: Final = 30.0
"""And never sooner than this, whatever the two clocks say: a log-in a request would lock the account."""
LIFE_S: Final = 600.0
"""FOLIO's own default, for an answer that does not say when its token ends."""


class _LoggedIn(msgspec.Struct, frozen=True, rename="camel"):
    access_token_expiration: str | None = None


class Login:
    """Gives the headers of each request; logs in when there is no good token. Never shows account, password or token."""

    def __init__(self, tenant: str, user: str, password: str, clock: Callable[[], float]) -> None:
        """`clock`: seconds that only rise."""
        self._tenant = {"X-Okapi-Tenant": tenant}
        self._body = {"username": user, "password": password}
        self._clock = clock
        self._refusal: InputError | None = None
        """Why the account was refused. It is not tried again: FOLIO locks an account after a few wrong passwords."""
        self._token: str | None = None
        self._until_s = 0.0

    def headers(self, door: Door, *, refused: bool) -> Mapping[str, str]:
        """Tenant and token. `refused`: FOLIO did not take the last one. Raises `InputError` for a wrong account."""
        if refused or self._token is None or self._clock() >= self._until_s:
            self._token, life_s = self._ask(door)
            self._until_s = self._clock() + max(SHORTEST_S, life_s * EARLY)
        return self._tenant | {"X-Okapi-Token": self._token}

    def _ask(self, door: Door) -> tuple[str, float]:
        """(token, how many seconds it lives)."""
        if self._refusal is not None:
            raise InputError(*self._refusal.faults)
        answer = door.post(
            PATH,
            _LoggedIn,
            body=self._body,
            headers=self._tenant,
            expect={200, 201, 400, 401, 404, 422},
            signed=False,
        )
        who = f"{door.who}, POST {PATH}"
        if answer.status in {400, 401, 422}:
            self._refusal = InputError(
                f"{who}: the log-in is refused ({answer.status}): correct `tenant`, `user`, or the password in its file"
            )
            raise self._refusal
        if answer.data is None:
            raise InputError(
                f"{who}: there is no such log-in at this address: look at `url`, or use `token_file` for an older FOLIO"
            )
        token = access_token(answer.headers.get("set-cookie", ()))
        if token is None:
            raise PeerError(f"{who}: answered without a token in the cookie {COOKIE}")
        return token, life_s(answer.data.access_token_expiration, answer.server_time())


def access_token(cookies: tuple[str, ...]) -> str | None:
    """The token among the ``Set-Cookie`` headers; None: there is none that could be sent."""
    for cookie in cookies:
        name, _, value = cookie.partition(";")[0].strip().partition("=")
        if name == COOKIE and value.isascii() and value.isprintable() and 0 < len(value) <= MAX_TOKEN_SIGNS:
            return value
    return None


def life_s(ends: str | None, now: datetime | None) -> float:
    """Seconds until `ends` (ISO 8601) by the server's own clock; the default when either is not said."""
    try:
        at = datetime.fromisoformat(ends or "")
    except ValueError:
        return LIFE_S
    if now is None or at.tzinfo is None:
        return LIFE_S
    return (at - now).total_seconds()
