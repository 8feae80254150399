"""What changed, gathered for a moment and handed to every open stream. Threads meet here and nowhere else.

"Something changed" only: what it is now stands in the store.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from typing import Final

MAX_IDS: Final = 300
"""Ids named in one event; a change of more says ``all`` and stays below 20 kB for 50 tablets."""

KEPT_EVENTS: Final = 64
"""For a stream that is a little behind; one further behind is told ``all``."""


class Changes:
    """Pending changes, the events made of them, and those who wait."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._pending: dict[str, set[str]] = {}
        self._events: deque[tuple[int, bytes]] = deque(maxlen=KEPT_EVENTS)
        self._generation = 0
        self._closed = False
        self._up = False

    @property
    def generation(self) -> int:
        """Grows with every event; what was computed at one generation may be shown until the next."""
        return self._generation

    @property
    def up(self) -> bool:
        """Whether changes arrive at all: the broker is there."""
        return self._up

    @property
    def closed(self) -> bool:
        """The server stops."""
        return self._closed

    def note(self, what: str, name: str) -> bool:
        """`name` of the kind `what` changed. True: nothing was pending, so a `flush` is due."""
        with self._condition:
            first = not self._pending
            self._pending.setdefault(what, set()).add(name)
            return first

    def flush(self) -> None:
        """Make one event of all that is pending and wake the streams."""
        with self._condition:
            if self._pending:
                self._publish("changed", _body(self._pending))
                self._pending = {}

    def link(self, *, up: bool) -> None:
        """The broker came or went. After it came back anything may have changed."""
        with self._condition:
            if up != self._up:
                self._up = up
                self._publish("link", {"up": up, "all": up})

    def close(self) -> None:
        """End all streams."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def wait(self, seen: int, timeout_s: float) -> tuple[int, list[bytes]]:
        """Events after generation `seen`, as soon as there are some; an empty list after `timeout_s` or at the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._generation > seen, timeout_s)
            if self._closed or self._generation <= seen:
                return seen, []
            missed = not self._events or self._events[0][0] > seen + 1
            events = (
                [sse("changed", {"all": True})]
                if missed
                else [event for generation, event in self._events if generation > seen]
            )
            return self._generation, events

    def _publish(self, name: str, body: dict[str, object]) -> None:
        self._generation += 1
        self._events.append((self._generation, sse(name, body)))
        self._condition.notify_all()


def sse(name: str, body: dict[str, object]) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()


def _body(pending: dict[str, set[str]]) -> dict[str, object]:
    if sum(len(names) for names in pending.values()) > MAX_IDS:
        return {"all": True}
    return {
        plural: sorted(pending.get(what, ()))
        for what, plural in (("shelf", "shelves"), ("finding", "findings"), ("sweep", "sweeps"))
    }
