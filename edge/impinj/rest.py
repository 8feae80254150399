"""The one door to the R700's REST interface: requests over HTTP with a time limit, one connection each. Redirects are not followed."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import socket
import ssl
import threading
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge.config import ReaderConfig
from edge.impinj.preset import Options
from edge.iot.actions import Ask
from edge.iot.shell import HttpAnswer
from shelfwire.broker import BrokerConfig, read_password, tls_context

MAX_ANSWER_BYTES: Final = 64 * 1024
"""Of an answer that is kept; states and refusals take a few hundred."""


class Rest:
    """Asks one reader. Raises `InputError` when the password or the certificates cannot be read."""

    def __init__(self, config: ReaderConfig, options: Options) -> None:
        assert options.control is not None
        address = urlsplit(options.control)
        self._secure = address.scheme == "https"
        self._host, self._port = address.hostname or "", address.port
        self._base = address.path.rstrip("/")
        files = BrokerConfig(password_file=options.password_file, tls=self._secure, ca_file=options.ca_file)
        password = read_password(files, Path())
        self._tls: ssl.SSLContext | None = tls_context(files, Path())
        self._headers = {"Content-Type": "application/json", "User-Agent": f"shelfwire-{config.id}"}
        if password is not None:
            account = base64.b64encode(f"{options.username}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {account}"

    async def ask(self, ask: Ask, timeout_s: float) -> HttpAnswer:
        """One request, in a thread; status 0 where no answer came."""
        try:
            return await asyncio.to_thread(self._ask, ask, timeout_s)
        except (OSError, http.client.HTTPException) as fault:
            return HttpAnswer(0, (str(fault) or type(fault).__name__).encode())

    def _ask(self, ask: Ask, timeout_s: float) -> HttpAnswer:
        with contextlib.closing(self._connection(timeout_s)) as connection:
            connection.connect()
            # `timeout_s` of the connection is that of one byte: a reader that drips its answer would hold the thread for days
            late = threading.Event()
            timer = threading.Timer(timeout_s, _hang_up, [connection.sock, late])
            timer.start()
            try:
                connection.request(ask.method, self._base + ask.path, ask.body or None, self._headers)
                answer = connection.getresponse()
                body = answer.read(MAX_ANSWER_BYTES)
            finally:
                timer.cancel()
        if late.is_set():
            raise TimeoutError(f"no whole answer within {timeout_s:g} s")
        return HttpAnswer(answer.status, body)

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout_s, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)


def _hang_up(connected: socket.socket, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
