"""The one door to library systems over HTTP: JSON in a bounded time and size, asked gently, and tried again.

What an answer holds becomes an object only as far as the caller's type names it: fields that are not in the type are
passed over while the bytes are read. Texts of errors name method, path, status and a code that the caller knows; never
words of an answer, because any of them may be about a person. For the same reason no exception of the libraries
underneath, which quote what they could not read, hangs on ours.
"""

from __future__ import annotations

import http.client
import logging
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import msgspec
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from hub.catalog.http.answer import Answer, Fault, RawAnswer, decoded
from hub.catalog.http.options import HttpOptions, trust
from hub.catalog.http.request import REDIRECTS, Query, Request, led_to, refused
from hub.catalog.http.retry import AGAIN, retry_after_s, wait_s
from hub.catalog.http.watch import Watch
from hub.catalog.source import Tell
from shelfwire.errors import AwayError, InputError, PeerError

__all__ = ["Answer", "CodeOf", "Door", "Query", "Sign", "segment"]

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""Of an answer. A page of 1,000 items has up to 5 MB; ten of these at once still leave a small machine alive."""
MAX_ERROR_BYTES: Final = 64 * 1024
"""Of an answer that refuses; it is only looked at for a code."""
CONNECT_S: Final = 10.0
PIECE_BYTES: Final = 64 * 1024
OK: Final = frozenset({200})

T = TypeVar("T")
CodeOf = Callable[[bytes], str]
"""Takes the body of a refusal; gives the system's own error code if it is one of a known list, else nothing."""
Sign = Callable[[bool], Mapping[str, str]]
"""Gives the headers that say who asks; True: those given last were refused, get new ones.
Nothing then: there are none, and asking twice with a wrong password might lock the account."""

_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")

_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "shelfwire"}

# Its lines name whole addresses and quote headers that it could not read.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class Door:
    """Requests to one system, one at a time, over one connection that is kept. Used by one thread."""

    def __init__(
        self,
        name: str,
        options: HttpOptions,
        base: Path,
        tell: Tell,
        *,
        sign: Sign | None = None,
        code_of: CodeOf | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        """`name`: how people call the system, for texts. Connects only when asked. Raises `InputError` for the options."""
        if faults := options.faults():
            raise InputError(*(f"{name}: {fault}" for fault in faults))
        address = urlsplit(options.url)
        self.who = f"{name} ({address.netloc})"
        self._options, self._tell, self._sign, self._code_of = options, tell, sign, code_of
        self._clock, self._sleep, self._dice = clock, sleep, dice
        self._address = address
        self._path = address.path.rstrip("/")
        self._watch = Watch()
        self._pool = _pool(options, address, base, self._watch)
        self._next_at_s = 0.0

    def get(
        self,
        path: str,
        kind: type[T],
        *,
        query: Query = None,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = OK,
        signed: bool = True,
    ) -> Answer[T]:
        """GET `path` (below the base address; parts of it quoted by `segment`), the body as `kind`.

        A status in `expect` is handed back; all others are raised. Raises `AwayError` after all tries, `PeerError` for
        an answer that is no JSON of that kind, too large, or led elsewhere, `InputError` for 401, 403 and an untrusted
        certificate.
        """
        return self._ask(Request("GET", path, query, None, dict(headers or {}), expect), kind, signed=signed)

    def post(
        self,
        path: str,
        kind: type[T],
        *,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        query: Query = None,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = OK,
        signed: bool = True,
    ) -> Answer[T]:
        """POST `body` as JSON, or `form`; only for requests that change nothing, because they may be sent twice. As `get`."""
        sent = dict(headers or {})
        sent["Content-Type"] = "application/json" if form is None else "application/x-www-form-urlencoded"
        content = msgspec.json.encode(body) if form is None else urlencode(form).encode("ascii")
        return self._ask(Request("POST", path, query, content, sent, expect), kind, signed=signed)

    def close(self) -> None:
        """Let go of the connection; may be called twice."""
        self._pool.close()

    def _ask(self, request: Request, kind: type[T], *, signed: bool) -> Answer[T]:
        sign = self._sign if signed else None
        raw = self._send(request, sign(False) if sign else {})  # noqa: FBT003 (its one question)
        if raw.status == http.HTTPStatus.UNAUTHORIZED and sign and raw.status not in request.expect:
            renewed = sign(True)  # noqa: FBT003 (as above)
            raw = self._send(request, renewed) if renewed else raw
        if raw.status not in request.expect:
            said = f"{self.who}, {request.shown()}: answers {raw.status}{self._code_words(raw)}"
            raise refused(said, raw.status)
        if not 200 <= raw.status < 300:  # noqa: PLR2004 (what success means in HTTP)
            return Answer(raw.status, raw.headers, self._code(raw.body), None)
        data, wrong = decoded(raw.body, kind)
        if wrong or data is None:
            raise PeerError(f"{self.who}, {request.shown()}: answered {raw.status} with {wrong or 'nothing'}")
        return Answer(raw.status, raw.headers, "", data)

    def _send(self, request: Request, signature: Mapping[str, str]) -> RawAnswer:
        """One request with its tries and redirects."""
        target = self._path + request.path + (f"?{urlencode(request.query)}" if request.query else "")
        headers = _HEADERS | request.headers | dict(signature)
        redirects = failures = 0
        while True:
            asked_s = None
            got = self._once(request.method, target, request.content, headers)
            if isinstance(got, RawAnswer):
                if got.status in REDIRECTS and got.status not in request.expect:
                    redirects += 1
                    target = self._followed(request, target, got, redirects)
                    continue
                if got.status in request.expect or got.status not in AGAIN:
                    return got
                asked_s = retry_after_s(got.header("retry-after"), datetime.now(UTC))
                got = Fault(f"answers {got.status}{self._code_words(got)}")
            failures += 1
            self._wait(request, got, failures, asked_s)

    def _wait(self, request: Request, fault: Fault, failures: int, asked_s: float | None) -> None:
        """Wait for the next try, told to people; raises what the fault is when there is none."""
        said = f"{self.who}, {request.shown()}: {fault.words}"
        if fault.error is not AwayError:
            raise fault.error(said)
        wait = wait_s(failures, asked_s, self._dice())
        if failures >= self._options.tries:
            raise AwayError(f"{said}, {failures} times; try again later")
        if wait is None:
            raise AwayError(f"{said} and wants no request for {asked_s:.0f} s")
        self._tell(f"{said}; trying again in {wait:.0f} s")
        self._sleep(wait)

    def _once(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str]
    ) -> RawAnswer | Fault:
        """One request at its time, or why it has no answer. Raises nothing but bugs."""
        wait = self._next_at_s - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._next_at_s = self._clock() + 1.0 / self._options.requests_a_second
        self._watch.start(self._options.answer_within_s)
        try:
            got = self._exchange(method, target, content, headers)
        finally:
            self._watch.stop()
        if self._watch.late:
            return Fault(f"gives no whole answer within {self._options.answer_within_s:g} s")
        return got

    def _exchange(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str]
    ) -> RawAnswer | Fault:
        try:
            answer = self._pool.urlopen(
                method,
                target,
                body=content,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                assert_same_host=False,
            )
            return _read(answer)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as problem:
            return _named(problem)

    def _followed(self, request: Request, target: str, got: RawAnswer, redirects: int) -> str:
        """Where a redirect leads. Raises `PeerError`."""
        there, why = led_to(self._address, request, target, got.header("location") or "", redirects)
        if why:
            raise PeerError(
                f"{self.who}, {request.shown()}: answers {got.status} and leads {why}; it is not followed."
                " Is `url` the address of the interface itself, with https:// where the server wants it?"
            )
        return there

    def _code(self, body: bytes) -> str:
        code = self._code_of(body) if self._code_of else ""
        return code if _CODE.fullmatch(code) else ""

    def _code_words(self, raw: RawAnswer) -> str:
        code = self._code(raw.body)
        return f" ({code})" if code else ""


def segment(text: str) -> str:
    """One part of a path, quoted."""
    return quote(text, safe="")


class _Watched(HTTPConnection):
    """Gives the watch a second handle of its socket, from the first byte of a TLS handshake on."""

    def __init__(self, *args: Any, watch: Watch, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._watch = watch
        self._handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._handle = connected.dup()
        self._watch.over(self._handle)
        return connected

    def request(self, *args: Any, **settings: Any) -> None:
        """As the parent; a kept connection is watched as well."""
        self._watch.over(self._handle)
        super().request(*args, **settings)

    def close(self) -> None:
        """As the parent."""
        super().close()
        if self._handle is not None:
            self._watch.over(None)
            self._handle.close()
            self._handle = None


class _WatchedTls(_Watched, HTTPSConnection):
    """As `_Watched`."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


def _pool(options: HttpOptions, address: SplitResult, base: Path, watch: Watch) -> urllib3.HTTPConnectionPool:
    limits = urllib3.Timeout(connect=min(CONNECT_S, options.answer_within_s), read=options.answer_within_s)
    host = address.hostname or ""
    if address.scheme == "https":
        context = trust(base, options.ca_file)
        return _TlsPool(host, address.port, timeout=limits, ssl_context=context, watch=watch)
    return _Pool(host, address.port, timeout=limits, watch=watch)


def _read(answer: BaseHTTPResponse) -> RawAnswer | Fault:
    """The whole answer, within its bound."""
    good = 200 <= answer.status < 300  # noqa: PLR2004 (what success means in HTTP)
    bound = MAX_BODY_BYTES if good else MAX_ERROR_BYTES
    body = bytearray()
    # nothing is unpacked: we asked for plain bytes, and a few packed ones can hold gigabytes
    while len(body) <= bound and (piece := answer.read(PIECE_BYTES, decode_content=False)):
        body += piece
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in answer.headers.iteritems():
        headers[name.lower()] = (*headers.get(name.lower(), ()), value)
    if len(body) <= bound:
        answer.release_conn()
        return RawAnswer(answer.status, headers, bytes(body))
    answer.close()
    if good:
        return Fault(f"sends more than {bound} bytes in one answer; ask for smaller pages", PeerError)
    return RawAnswer(answer.status, headers, b"")


def _named(problem: Exception) -> Fault:
    """What went wrong, by its kind only."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            words = "its certificate is not trusted; name the right address in `url` or the library's own in `ca_file`"
            return Fault(words, InputError)
        if isinstance(cause, ConnectionRefusedError):
            return Fault("takes no connection (connection refused)")
        cause = cause.__cause__ or cause.__context__
    for kind, words in _WORDS:
        if isinstance(problem, kind):
            return Fault(words)
    return Fault("breaks off in the middle of its answer")


_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (urllib3.exceptions.NameResolutionError, "has a name that cannot be found"),
    (urllib3.exceptions.NewConnectionError, "takes no connection"),
    (urllib3.exceptions.ConnectTimeoutError, "takes no connection in time"),
    (urllib3.exceptions.ReadTimeoutError, "does not answer in time"),
    (urllib3.exceptions.SSLError, "cannot agree on TLS; does it speak https:// there?"),
)
