"""A limit for a whole answer. The time limit of a socket is that of one byte: a server that drips would hold us for days."""

from __future__ import annotations

import contextlib
import socket
import threading


class Watch:
    """Hangs up a connection when its time is over."""

    def __init__(self) -> None:
        self.late = False
        self._handle: socket.socket | None = None
        self._timer: threading.Timer | None = None
        self._turn = 0
        """Which request is watched: a timer of the last one that fires late hangs up nothing."""
        self._lock = threading.Lock()

    def start(self, limit_s: float) -> None:
        """From now on; `late` tells afterwards whether it had to hang up."""
        with self._lock:
            self._turn += 1
            self.late = False
        self._timer = threading.Timer(limit_s, self._end, [self._turn])
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """The answer is there, or will not come."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._turn += 1

    def over(self, handle: socket.socket | None) -> None:
        """The connection that is used now."""
        with self._lock:
            self._handle = handle
            if self.late:
                self._hang_up()

    def _end(self, turn: int) -> None:
        with self._lock:
            if turn == self._turn:
                self.late = True
                self._hang_up()

    def _hang_up(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)
