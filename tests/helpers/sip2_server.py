"""A SIP2 server over a real socket, written from the protocol's layouts: answers 93, 99, 17 and 97, and misbehaves as told.

with Sip2Server({"b1": Book("03", title="Ulysses")}) as server:
    server.behave("17", wrong_sum, half, silent)   # one a question of that code, then good again
    system = server.system(tmp_path)
    assert server.asked == ["93", "99", "17"]

Shares no code with the connector: its sums, fields and codes are its own.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec

from hub.catalog.sip2.system import Sip2

USER, PASSWORD = "shelf", "opens-the-door"
NOW = "20260105    090001"
OFFERS = "YYYNYNYYYYYNNNYN"

QUESTIONS = {
    "93": re.compile(r"9300CN(?P<user>[^|]*)\|CO(?P<password>[^|]*)\|(CP(?P<location>[^|]*)\|)?"),
    "99": re.compile(r"990\d{3}2\.00"),
    "17": re.compile(r"17(?P<at>20\d{6} {4}\d{6})AO[^|]*\|AB(?P<barcode>[^|]+)\|(AC(?P<terminal>[^|]*)\|)?"),
    "97": re.compile(r"97"),
}


class Book(msgspec.Struct, frozen=True):
    """What the server says of one item."""

    status: str = "03"
    title: str = "Pride and prejudice"
    more: str = "AQSTACKS-2|APSTACKS-2|CK001|"
    """Other fields, as they are sent."""


class Wire:
    """What a behaviour may do with one connection."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def send(self, data: bytes) -> None:
        self._handler.request.sendall(data)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._handler.request.shutdown(socket.SHUT_RDWR)
        self._handler.gone = True


Behaviour = Callable[[Wire, bytes], None]
"""(connection, the right answer as bytes) → does something with it."""


def good(wire: Wire, answer: bytes) -> None:
    wire.send(answer)


def silent(wire: Wire, answer: bytes) -> None:
    """Takes the question and says nothing."""


def hang_up(wire: Wire, answer: bytes) -> None:
    wire.hang_up()


def half(wire: Wire, answer: bytes) -> None:
    wire.send(answer[: len(answer) // 2])
    wire.hang_up()


def wrong_sum(wire: Wire, answer: bytes) -> None:
    wire.send(answer.replace(b"AB", b"Ab", 1))


def garbage(wire: Wire, answer: bytes) -> None:
    wire.send(bytes(range(256)) + b"\r")


def endless(wire: Wire, answer: bytes) -> None:
    """A line without an end, 1 MB of it or as much as is taken."""
    with contextlib.suppress(OSError):
        for _ in range(256):
            wire.send(answer[:20] + b"x" * 4096)


def twice(wire: Wire, answer: bytes) -> None:
    wire.send(answer + answer)


def slow(seconds: float) -> Behaviour:
    """The answer comes late, but it comes."""

    def late(wire: Wire, answer: bytes) -> None:
        time.sleep(seconds)
        wire.send(answer)

    return late


def drip(seconds: float) -> Behaviour:
    """A byte now and then."""

    def dripping(wire: Wire, answer: bytes) -> None:
        with contextlib.suppress(OSError):
            for at in range(len(answer)):
                wire.send(answer[at : at + 1])
                time.sleep(seconds)

    return dripping


def instead(text: str, number: int | None = None) -> Behaviour:
    """Another message, rightly guarded."""

    def other(wire: Wire, answer: bytes) -> None:
        found = re.search(rb"AY(\d)AZ", answer)
        asked = int(found[1]) if found else None
        wire.send(guard(text.encode(), asked if number is None else number) + b"\r")

    return other


def raw(data: bytes) -> Behaviour:
    """Bytes as they are."""

    def sent(wire: Wire, answer: bytes) -> None:
        wire.send(data)

    return sent


def guard(data: bytes, number: int | None) -> bytes:
    """With number and sum: the sum of all bytes and of the four hex digits' value is 0 in 16 bits."""
    data += b"" if number is None else f"AY{number}".encode()
    data += b"AZ"
    return data + f"{(0x10000 - sum(data) % 0x10000) % 0x10000:04X}".encode()


class Handler(socketserver.BaseRequestHandler):
    """One connection."""

    server: Sip2Server

    def setup(self) -> None:
        self.gone = False
        self.last = b""
        self.server.connections += 1

    def handle(self) -> None:
        rest = b""
        self.request.settimeout(20)
        with contextlib.suppress(OSError):  # the client hung up, which is its right
            while not self.gone:
                data = self.request.recv(4096)
                if not data:
                    return
                *lines, rest = re.split(rb"[\r\n]+", rest + data)
                for line in filter(None, lines):
                    self._question(line)

    def _question(self, line: bytes) -> None:
        found = re.fullmatch(rb"(?P<body>.*?)(AY(?P<number>\d))?(AZ(?P<sum>[0-9A-F]{4}))?", line, re.DOTALL)
        assert found is not None
        number = int(found["number"]) if found["number"] else None
        code = line[:2].decode()
        self.server.asked.append(code)
        self.server.seen.append(line)
        if found["sum"] and guard(found["body"], number) != line:
            self.server.faults.append(f"a wrong sum: {line!r}")
            return
        form = (
            QUESTIONS[code].fullmatch(found["body"].decode(self.server.encoding))
            if code in QUESTIONS
            else None
        )
        if form is None:
            self.server.faults.append(f"no question of the protocol: {line!r}")
            return
        if code != "97":
            text = self.server.answer(code, form.groupdict())
            answer = text.encode(self.server.encoding)
            guarded = self.server.guarded and found["sum"] is not None
            self.last = (guard(answer, number) if guarded else answer) + self.server.end
        self.server.next_behaviour(code)(Wire(self), self.last)


class Sip2Server(socketserver.ThreadingTCPServer):
    """Listens on a free port of this machine, from ``with`` on."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self,
        books: dict[str, Book] | None = None,
        *,
        guarded: bool = True,
        end: bytes = b"\r",
        encoding: str = "utf-8",
        offers: str = OFFERS,
        waits: str = "100003",
        online: str = "Y",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.books = books or {}
        self.guarded, self.end, self.encoding, self.tls = guarded, end, encoding, tls
        self.offers, self.waits, self.online = offers, waits, online
        self.connections = 0
        self.asked: list[str] = []
        """Codes, in order."""
        self.seen: list[bytes] = []
        """Questions as they came."""
        self.faults: list[str] = []
        """What the connector sent that is no SIP2."""
        self.told: list[str] = []
        self._behaviours: dict[str, list[Behaviour]] = {}
        self._always: dict[str, Behaviour] = {}
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        assert not self.faults, self.faults

    def get_request(self) -> tuple[Any, Any]:
        """As the parent, through TLS where there is one."""
        plain, address = super().get_request()
        if self.tls is None:
            return plain, address
        plain.settimeout(5)
        return self.tls.wrap_socket(plain, server_side=True), address

    def behave(self, code: str, *behaviours: Behaviour) -> None:
        """For the next questions of that code, one each."""
        self._behaviours.setdefault(code, []).extend(behaviours)

    def always(self, code: str, behaviour: Behaviour) -> None:
        """For all questions of that code that have no behaviour of their own."""
        self._always[code] = behaviour

    def next_behaviour(self, code: str) -> Behaviour:
        waiting = self._behaviours.get(code)
        return waiting.pop(0) if waiting else self._always.get(code, good)

    def answer(self, code: str, asked: dict[str, str]) -> str:
        """The right one."""
        if code == "93":
            return "941" if (asked["user"], asked["password"]) == (USER, PASSWORD) else "940"
        if code == "99":
            return f"98{self.online}YYYYN{self.waits}{NOW}2.00AOMAIN|AMMain Library|BX{self.offers}|"
        book = self.books.get(asked["barcode"])
        if book is None:
            return f"18010101{NOW}AB{asked['barcode']}|AJ|AFItem not found|"
        return f"18{book.status}0001{NOW}AB{asked['barcode']}|AJ{book.title}|{book.more}"

    def options(self, folder: Path, **more: Any) -> dict[str, Any]:
        """Of hub.yaml, for this server; short waits."""
        (folder / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        return {
            "host": "127.0.0.1",
            "port": self.server_address[1],
            "user": USER,
            "password_file": "password",
            "institution": "MAIN",
            "questions_a_second": 200,
            "answer_within_s": 0.3,
        } | more

    def system(self, folder: Path, **more: Any) -> Sip2:
        """A connector to it; what it tells people goes to `told`."""
        return Sip2.open(self.options(folder, **more), folder, self.told.append)
