"""The socket of a SIP2 talk: does what the session's steps say, and knows nothing of what is said."""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from hub.catalog.sip2.lines import Lines
from hub.catalog.sip2.session import Action, Connect, Drop, Event, Line, Lost, Opened, Send, Silent, Steps, T
from shelfwire.errors import InputError, PeerError

CONNECT_S: Final = 10.0
"""For the connection, and again for TLS: as long as for an answer."""

CHUNK_BYTES: Final = 4096


class Connection:
    """One address; at most one socket at a time. `sleep` takes seconds."""

    def __init__(
        self, host: str, port: int, trust: ssl.SSLContext | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._host = host
        self._port = port
        self._trust = trust
        self._sleep = sleep
        self._socket: socket.socket | None = None
        self._lines = Lines()
        self._heard: deque[bytes] = deque()
        self._until_s = 0.0

    def run(self, steps: Steps[T]) -> T:
        """Do all steps, and give what they come to. Raises what they raise, and `InputError` for a certificate that is not trusted."""
        try:
            action = next(steps)
            while True:
                action = steps.send(self._do(action))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            self._forget()  # what nobody asked for is not kept, not even here

    def close(self) -> None:
        """Let go; may be called twice."""
        self._forget()
        found, self._socket = self._socket, None
        if found is not None:
            found.close()

    def _forget(self) -> None:
        self._lines, self._heard = Lines(), deque()

    def _do(self, action: Action) -> Event:
        if isinstance(action, Connect):
            return self._connect(action.after_s)
        if isinstance(action, Drop):
            self.close()
            return Lost("left")
        if self._socket is None:
            return Lost("there is no connection")
        try:
            if isinstance(action, Send):
                self._until_s = time.monotonic() + action.wait_s
                self._socket.settimeout(action.wait_s)
                self._socket.sendall(action.data)
            return self._listen(self._socket)
        except TimeoutError:
            return Silent()
        except (OSError, PeerError) as fault:
            self.close()
            return Lost(_why(fault))

    def _connect(self, after_s: float) -> Event:
        self.close()
        if after_s:
            self._sleep(after_s)
        try:
            plain = socket.create_connection((self._host, self._port), timeout=CONNECT_S)
        except (OSError, UnicodeError) as fault:  # a name that no encoding takes is one that nobody has
            return Lost(_why(fault))
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = (
                self._trust.wrap_socket(plain, server_hostname=self._host)
                if self._trust is not None
                else plain
            )
        except ssl.SSLCertVerificationError as fault:
            plain.close()
            raise InputError(
                f"{self._host}:{self._port}: its certificate is not trusted ({fault.verify_message}); "
                "look at `host` and `ca_file`"
            ) from fault
        except (OSError, ValueError) as fault:
            plain.close()
            return Lost(_why(fault))
        return Opened()

    def _listen(self, open_socket: socket.socket) -> Event:
        """The next line, however slowly its bytes drip, until the time of the last `Send` is over."""
        while not self._heard:
            left_s = self._until_s - time.monotonic()
            if left_s <= 0:
                return Silent()
            open_socket.settimeout(left_s)
            data = open_socket.recv(CHUNK_BYTES)
            if not data:
                self.close()
                return Lost("the server ended the connection")
            self._heard.extend(self._lines.feed(data))
        return Line(self._heard.popleft())


def _why(fault: Exception) -> str:
    if isinstance(fault, PeerError):
        return str(fault)
    if isinstance(fault, TimeoutError):
        return f"no connection in {CONNECT_S:g} s"
    if isinstance(fault, ssl.SSLError):
        return f"TLS failed ({fault.reason or 'no reason given'}); does this port speak it?"
    return getattr(fault, "strerror", None) or type(fault).__name__
