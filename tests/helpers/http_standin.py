"""A library system's HTTP side over a real socket: answers by a function, and misbehaves as told.

with Standin(lambda asked: Reply(json={"items": []})) as standin:
    standin.behave(status(500), status(429, {"Retry-After": "1"}), half())   # one a request, then good again
    door = standin.door()
    assert standin.asked[-1].path == "/items"
"""

from __future__ import annotations

import contextlib
import json as codec
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

from hub.catalog.http.door import CodeOf, Door, Sign
from hub.catalog.http.options import HttpOptions


class Asked(msgspec.Struct, frozen=True):
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """By name in small letters."""
    body: bytes

    def json(self) -> Any:
        return codec.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A good answer, or a bad one: `body` as it is, else `json`."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] = {}

    def content(self) -> bytes:
        return codec.dumps(self.json, ensure_ascii=False).encode() if self.body is None else self.body


Answers = Callable[[Asked], Reply]


class Handler(BaseHTTPRequestHandler):
    """One connection; each request goes to the behaviour that is next, else to the answering function."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Head and body are written one after the other: without this each answer waits 40 ms for the client's receipt."""
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        asked = self._taken()
        self.server.asked.append(asked)
        behaviour = self.server.next_behaviour()
        with contextlib.suppress(OSError, ValueError):  # the client hung up, which is its right
            behaviour(self, asked, self.server.answers)

    do_POST = do_GET  # noqa: N815 (the parent's name)

    def _taken(self) -> Asked:
        address = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Asked(self.command, address.path, query, headers, body)

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, reply: Reply) -> None:
        content = reply.content()
        length = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        self.head(reply.status, length | reply.headers)
        self.wfile.write(content)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.server.time_s or timestamp)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the parent's signature)
        pass


Behaviour = Callable[[Handler, Asked, Answers], None]


def good() -> Behaviour:
    return lambda handler, asked, answers: handler.send(answers(asked))


def says(reply: Reply) -> Behaviour:
    return lambda handler, _asked, _answers: handler.send(reply)


def status(number: int, headers: dict[str, str] | None = None, json: Any = None) -> Behaviour:
    return says(Reply(status=number, headers=headers or {}, json=json))


def no_json(body: bytes = b"<html>Welcome</html>") -> Behaviour:
    return says(Reply(body=body))


def redirect(location: str, number: int = 302) -> Behaviour:
    return status(number, {"Location": location})


def slow(seconds: float) -> Behaviour:
    def behave(handler: Handler, asked: Asked, answers: Answers) -> None:
        time.sleep(seconds)
        handler.send(answers(asked))

    return behave


def drip(every_s: float = 0.05, *, headers: bool = False) -> Behaviour:
    """The answer one byte at a time, or a header that never ends likewise."""

    def behave(handler: Handler, asked: Asked, answers: Answers) -> None:
        reply = answers(asked)
        content = reply.content()
        if headers:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            content = b"z" * 60_000
        else:
            handler.head(reply.status, {"Content-Length": str(len(content))} | reply.headers)
        for byte in content:
            handler.wfile.write(bytes([byte]))
            time.sleep(every_s)

    return behave


def half() -> Behaviour:
    """The first half of a good answer, then the connection is closed."""

    def behave(handler: Handler, asked: Asked, answers: Answers) -> None:
        reply = answers(asked)
        content = reply.content()
        handler.head(reply.status, {"Content-Length": str(len(content))} | reply.headers)
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True

    return behave


def endless(piece: bytes = b"[0," + b"0," * 30_000) -> Behaviour:
    """A body without end."""

    def behave(handler: Handler, _asked: Asked, _answers: Answers) -> None:
        handler.close_connection = True
        handler.head(200, {"Content-Type": "application/json", "Connection": "close"})
        while True:
            handler.wfile.write(piece)

    return behave


def raw(content: bytes) -> Behaviour:
    """These bytes instead of an answer, then the connection is closed."""

    def behave(handler: Handler, _asked: Asked, _answers: Answers) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return behave


def dead() -> Behaviour:
    """Takes the request and says nothing until the client gives up or the stand-in ends."""

    def behave(handler: Handler, _asked: Asked, _answers: Answers) -> None:
        handler.close_connection = True
        handler.connection.settimeout(20)
        handler.connection.recv(1)

    return behave


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, answers: Answers) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.asked: list[Asked] = []
        self.time_s: float | None = None
        self.behaviours: list[Behaviour] = []
        self.lock = threading.Lock()
        self.open: list[socket.socket] = []

    def next_behaviour(self) -> Behaviour:
        with self.lock:
            return self.behaviours.pop(0) if self.behaviours else good()

    def get_request(self) -> tuple[socket.socket, Any]:
        connected, address = super().get_request()
        self.open.append(connected)
        return connected, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no fault of a test."""


class Standin:
    """The server; `with` starts and ends it."""

    def __init__(self, answers: Answers, certificate: Path | None = None) -> None:
        """`certificate`: a PEM file with key and certificate (`make_certificate`), for https."""
        self._server = _Server(answers)
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.told: list[str] = []
        """Lines for people, of doors that `door` made."""
        self.waits_s: list[float] = []
        """What these doors would have waited for."""

    @property
    def url(self) -> str:
        return f"{self._scheme}://localhost:{self._server.server_address[1]}"

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    def behave(self, *behaviours: Behaviour) -> None:
        """For the next requests, one each; then it is good again."""
        with self._server.lock:
            self._server.behaviours.extend(behaviours)

    def forget(self) -> None:
        """It is good again at once."""
        with self._server.lock:
            self._server.behaviours.clear()

    def set_time(self, at_s: float | None) -> None:
        """What its clock says (the ``Date`` of its answers), seconds since 1970; None: the right time."""
        self._server.time_s = at_s

    def options(self, path: str = "", **more: Any) -> HttpOptions:
        return HttpOptions(url=self.url + path, requests_a_second=100, **more)

    def door(
        self,
        path: str = "",
        *,
        base: Path = Path(),
        sign: Sign | None = None,
        code_of: CodeOf | None = None,
        **more: Any,
    ) -> Door:
        """A door to it that never really waits."""
        options = self.options(path, **more)
        return Door(
            "Standin",
            options,
            base,
            self.told.append,
            sign=sign,
            code_of=code_of,
            sleep=self.waits_s.append,
            dice=lambda: 0.5,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for connected in self._server.open:
            with contextlib.suppress(OSError):
                connected.close()
        self._thread.join(5)


def make_certificate(folder: Path, name: str = "localhost") -> Path:
    """A PEM file with key and certificate for `name`, valid for a day; it can be named as `ca_file` too."""
    path = folder / f"{name}.pem"
    command: Iterable[str] = (
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}",
        "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(path), "-out", str(folder / f"{name}.crt"),
    )  # fmt: skip
    subprocess.run(list(command), check=True, capture_output=True)
    with path.open("ab") as both:
        both.write((folder / f"{name}.crt").read_bytes())
    return path
