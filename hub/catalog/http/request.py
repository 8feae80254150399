"""One request, what an answer to it that is no success means, and where a redirect may lead. Pure."""

from __future__ import annotations

import http
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec

from shelfwire.errors import InputError, PeerError, ShelfwireError

MAX_SHOWN: Final = 120
"""Characters of a path in a text."""
MAX_REDIRECTS: Final = 3
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

Query = Mapping[str, str] | None


class Request(msgspec.Struct, frozen=True):
    """What is asked for; the path is below the base address."""

    method: str
    path: str
    query: Query
    content: bytes | None
    headers: dict[str, str]
    expect: Collection[int]

    def shown(self) -> str:
        """For texts: without the query, and never an address that the other side gave."""
        path = self.path if len(self.path) <= MAX_SHOWN else f"{self.path[:MAX_SHOWN]}…"
        return f"{self.method} {path}"


def refused(said: str, status: int) -> ShelfwireError:
    """What a status means that nobody expected; `said`: who answers what to which request."""
    if status == http.HTTPStatus.UNAUTHORIZED:
        return InputError(f"{said}: it does not take the account or key; correct the secret in its file")
    if status == http.HTTPStatus.FORBIDDEN:
        return InputError(
            f"{said}: the account lacks the right to read this; the page of this connector names it"
        )
    if status in {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.METHOD_NOT_ALLOWED}:
        return PeerError(f"{said}: there is no such interface at this address; look at `url`")
    return PeerError(said)


def led_to(
    base: SplitResult, request: Request, target: str, location: str, redirects: int
) -> tuple[str, str]:
    """(where a redirect leads on the same host, why it is not followed); one of them is empty."""
    try:
        there = urlsplit(urljoin(f"{base.scheme}://{base.netloc}{target}", location))
        same = _origin(there) == _origin(base)
    except ValueError:
        return "", "nowhere"
    if not same or request.method != "GET":
        return "", "to another address"
    if redirects > MAX_REDIRECTS:
        return "", "in a circle"
    return there.path + (f"?{there.query}" if there.query else ""), ""


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port or {"http": 80, "https": 443}.get(address.scheme)
