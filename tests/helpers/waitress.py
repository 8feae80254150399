"""A waitress server for the time of a test, in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from waitress.wasyncore import close_all


@contextmanager
def running(server: Any) -> Iterator[str]:
    """Let `server` answer; gives its address.

    It is closed by its own thread: a socket that is closed while that thread waits for it makes the wait fail.
    """
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown(timeout=5)
        server.trigger.pull_trigger(lambda: close_all(server._map, ignore_all=True))
        thread.join(timeout=10)
        assert not thread.is_alive(), "the server did not end"
