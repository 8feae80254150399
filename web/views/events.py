"""Server-sent events: "something changed". What it is now, the page asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from flask import Blueprint, Response, current_app, request

from shelfwire.errors import AwayError
from web.changes import sse
from web.deps import Deps, deps, visitor
from web.problems import ProblemError

pages = Blueprint("events", __name__)

HEARTBEAT_S: Final = 10.0
"""Finds a tablet that has gone, keeps proxies from closing the stream, and looks whether the session still stands."""

LOOK_S: Final = 0.5
"""How soon the place of a tablet that closed its stream is free again."""

RETRY_MS: Final = 1_500
POLL_S: Final = 2
"""What a tablet beyond the bound of open streams waits between two looks."""


def gate() -> threading.BoundedSemaphore:
    """Counts the open streams of this app."""
    return current_app.extensions.setdefault(  # type: ignore[no-any-return]
        "shelfwire_streams", threading.BoundedSemaphore(deps().config.streams)
    )


@pages.get("/s/<site>/events")
def stream() -> Response:
    """One stream a tablet; 503 with Retry-After when there are too many, and the page asks by itself."""
    parts, who, streams = deps(), visitor(), gate()
    if not streams.acquire(blocking=False):
        raise ProblemError(503, None, POLL_S)
    gone = request.environ.get("waitress.client_disconnected", lambda: False)
    body = _Stream(parts, who.token if who else None, streams, gone)
    response = Response(body, mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


class _Stream:
    """The body of one stream; the server calls `close` however it ends."""

    def __init__(
        self,
        parts: Deps,
        token: str | None,
        streams: threading.BoundedSemaphore,
        gone: Callable[[], bool],
    ) -> None:
        self._parts = parts
        self._token = token
        self._streams = streams
        self._gone = gone
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        changes = self._parts.changes
        seen, looked_s = changes.generation, time.monotonic()
        yield f"retry: {RETRY_MS}\n".encode() + sse("link", {"up": changes.up, "all": False})
        while not changes.closed:
            seen, events = changes.wait(seen, LOOK_S)
            if changes.closed or self._gone():
                return
            if (
                time.monotonic() - looked_s >= HEARTBEAT_S
            ):  # also in a busy hour, when no wait is ever a quiet one
                if not self._still_allowed():
                    return
                looked_s = time.monotonic()
                events = [*events, b": here\n\n"]
            if events:
                yield b"".join(events)

    def close(self) -> None:
        """Give the place back, once."""
        if self._open:
            self._open = False
            self._streams.release()

    def _still_allowed(self) -> bool:
        users = self._parts.users
        try:
            if self._token is None:
                return not users.users_exist()
            return users.find_session(self._token, self._parts.clock.wall_us()) is not None
        except AwayError:
            return True  # the store is away: the stream tells nothing but "changed"
