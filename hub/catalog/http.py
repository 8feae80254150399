"""The one door to library systems over HTTP: JSON in a bounded time and size, asked gently, and tried again.

What an answer holds becomes an object only as far as the caller's type names it: fields that are not in the type are
passed over while the bytes are read. Texts of errors name method, path, status and a code that the caller knows; never
words of an answer, because any of them may be about a person. For the same reason no exception of the libraries
underneath, which quote what they could not read, hangs on ours.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import random
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

import msgspec
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from hub.catalog.http_options import HttpOptions, trust
from hub.catalog.http_retry import AGAIN, http_date, retry_after_s, wait_s
from hub.catalog.source import Tell
from shelfwire.errors import AwayError, InputError, PeerError, ShelfwireError

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""Of an answer. A page of 1,000 items has up to 5 MB; ten of these at once still leave a small machine alive."""
MAX_ERROR_BYTES: Final = 64 * 1024
"""Of an answer that refuses; it is only looked at for a code."""
MAX_REDIRECTS: Final = 3
MAX_SHOWN: Final = 120
"""Characters of a path in a text."""
CONNECT_S: Final = 10.0
PIECE_BYTES: Final = 64 * 1024
OK: Final = frozenset({200})

T = TypeVar("T")
Query = Mapping[str, str] | None
CodeOf = Callable[[bytes], str]
"""Takes the body of a refusal; gives the system's own error code if it is one of a known list, else nothing."""
Sign = Callable[[bool], Mapping[str, str]]
"""Gives the headers that say who asks; True: those given last were refused, get new ones."""

_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

# Its lines name whole addresses and quote headers that it could not read.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """What came back."""

    status: int
    headers: Mapping[str, tuple[str, ...]]
    """By name in small letters."""
    code: str
    """The system's own error code, where `CodeOf` knows it; empty for a success."""
    data: T | None
    """The body as the type that was asked for; None where the status is no success."""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next(iter(self.headers.get(name.lower(), ())), None)

    def server_time(self) -> datetime | None:
        """What the server's clock said, in UTC."""
        return http_date(self.header("date"))


class _Raw(msgspec.Struct, frozen=True):
    """An answer before its body is looked at."""

    status: int
    headers: dict[str, tuple[str, ...]]
    body: bytes


class _Fault(msgspec.Struct, frozen=True):
    """Why there is no answer; `error` is what it becomes when there is no other try."""

    words: str
    error: type[ShelfwireError] = AwayError


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
        assert address.hostname is not None
        self.who = f"{name} ({address.netloc})"
        self._options, self._tell, self._sign, self._code_of = options, tell, sign, code_of
        self._clock, self._sleep, self._dice = clock, sleep, dice
        self._origin = (address.scheme, address.hostname, address.port)
        self._path = address.path.rstrip("/")
        self._watch = _Watch()
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
        return self._ask("GET", path, kind, query, None, dict(headers or {}), expect, signed=signed)

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
        return self._ask("POST", path, kind, query, content, sent, expect, signed=signed)

    def close(self) -> None:
        """Let go of the connection; may be called twice."""
        self._pool.close()

    def _ask(  # noqa: PLR0917 (the two methods above, as one)
        self,
        method: str,
        path: str,
        kind: type[T],
        query: Query,
        content: bytes | None,
        headers: dict[str, str],
        expect: Collection[int],
        *,
        signed: bool,
    ) -> Answer[T]:
        target = self._path + path + (f"?{urlencode(query)}" if query else "")
        sign = self._sign if signed else None
        given = headers | dict(sign(False) if sign else {})  # noqa: FBT003 (its one question)
        raw = self._send(method, target, content, given, expect)
        if raw.status == http.HTTPStatus.UNAUTHORIZED and sign and raw.status not in expect:
            given = headers | dict(sign(True))  # noqa: FBT003 (as above)
            raw = self._send(method, target, content, given, expect)
        what = f"{self.who}, {method} {_plain(path)}"
        if raw.status not in expect:
            raise self._refused(what, raw)
        if not 200 <= raw.status < 300:  # noqa: PLR2004 (what success means in HTTP)
            return Answer(raw.status, raw.headers, self._code(raw.body), None)
        data, wrong = _decoded(raw.body, kind)
        if wrong or data is None:
            raise PeerError(f"{what}: answered {raw.status} with {wrong or 'nothing'}")
        return Answer(raw.status, raw.headers, "", data)

    def _send(
        self,
        method: str,
        target: str,
        content: bytes | None,
        headers: dict[str, str],
        expect: Collection[int],
    ) -> _Raw:
        """One request with its tries and redirects."""
        redirects = 0
        failures = 0
        while True:
            what = f"{method} {_plain(urlsplit(target).path.removeprefix(self._path))}"
            got = self._once(method, target, content, headers)
            if isinstance(got, _Raw):
                if got.status in _REDIRECTS and got.status not in expect:
                    redirects += 1
                    target = self._led_to(method, target, what, got, redirects)
                    continue
                if got.status in expect or got.status not in AGAIN:
                    return got
                asked_s = retry_after_s(_first(got, "retry-after"), datetime.now(UTC))
                fault = _Fault(f"answers {got.status}{self._code_words(got)}")
            else:
                fault, asked_s = got, None
            failures += 1
            self._wait(what, fault, failures, asked_s)

    def _wait(self, what: str, fault: _Fault, failures: int, asked_s: float | None) -> None:
        """Wait for the next try, told to people; raises what the fault is when there is none."""
        if fault.error is not AwayError:
            raise fault.error(f"{self.who}, {what}: {fault.words}")
        wait = wait_s(failures, asked_s, self._dice())
        if failures >= self._options.tries:
            raise AwayError(f"{self.who}, {what}: {fault.words}, {failures} times; try again later")
        if wait is None:
            raise AwayError(f"{self.who}, {what}: {fault.words} and wants no request for {asked_s:.0f} s")
        self._tell(f"{self.who}, {what}: {fault.words}; trying again in {wait:.0f} s")
        self._sleep(wait)

    def _once(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str]
    ) -> _Raw | _Fault:
        """One request at its time, or why it has no answer. Raises nothing but bugs."""
        wait = self._next_at_s - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._next_at_s = self._clock() + 1.0 / self._options.requests_a_second
        sent = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "shelfwire",
        } | headers
        self._watch.start(self._options.answer_within_s)
        try:
            got = self._exchange(method, target, content, sent)
        finally:
            self._watch.stop()
        if self._watch.late:
            return _Fault(f"gives no whole answer within {self._options.answer_within_s:g} s")
        return got

    def _exchange(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str]
    ) -> _Raw | _Fault:
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

    def _led_to(self, method: str, target: str, what: str, got: _Raw, redirects: int) -> str:
        """Where a redirect leads, if it stays on this host. Raises `PeerError`."""
        scheme, host, port = self._origin
        here = f"{scheme}://{host}{f':{port}' if port else ''}"
        try:
            there = urlsplit(urljoin(here + target, _first(got, "location") or ""))
            same = (there.scheme, there.hostname, there.port) == self._origin
        except ValueError:
            same = False
        if method != "GET" or not same or redirects > MAX_REDIRECTS:
            why = "in a circle" if same and method == "GET" else "to another address"
            raise PeerError(
                f"{self.who}, {what}: answers {got.status} and leads {why}; it is not followed. Is `url` the address"
                " of the interface itself, with https:// where the server wants it?"
            )
        return there.path + (f"?{there.query}" if there.query else "")

    def _refused(self, what: str, raw: _Raw) -> ShelfwireError:
        """What a status means that nobody expected."""
        said = f"{what}: answers {raw.status}{self._code_words(raw)}"
        if raw.status == http.HTTPStatus.UNAUTHORIZED:
            return InputError(f"{said}: it does not take the account or key; correct the secret in its file")
        if raw.status == http.HTTPStatus.FORBIDDEN:
            return InputError(
                f"{said}: the account lacks the right to read this; the page of this connector names it"
            )
        if raw.status in {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.METHOD_NOT_ALLOWED}:
            return PeerError(f"{said}: there is no such interface at this address; look at `url`")
        return PeerError(said)

    def _code(self, body: bytes) -> str:
        code = self._code_of(body) if self._code_of else ""
        return code if _CODE.fullmatch(code) else ""

    def _code_words(self, raw: _Raw) -> str:
        code = self._code(raw.body)
        return f" ({code})" if code else ""


def segment(text: str) -> str:
    """One part of a path, quoted."""
    return quote(text, safe="")


class _Watch:
    """Hangs up when a whole answer takes too long: the time limit of a socket is that of one byte."""

    def __init__(self) -> None:
        self.late = False
        self._handle: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def start(self, limit_s: float) -> None:
        """From now on; `late` tells afterwards whether it had to hang up."""
        self.late = False
        self._timer = threading.Timer(limit_s, self._hang_up)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """The answer is there, or will not come."""
        if self._timer is not None:
            self._timer.cancel()

    def over(self, handle: socket.socket | None) -> None:
        """The connection that is used now."""
        self._handle = handle
        if self.late:
            self._hang_up()

    def _hang_up(self) -> None:
        self.late = True
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """Gives the watch a second handle of its socket, from the first byte of a TLS handshake on."""

    def __init__(self, *args: Any, watch: _Watch, **settings: Any) -> None:
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


def _pool(
    options: HttpOptions, address: SplitResult, base: Path, watch: _Watch
) -> urllib3.HTTPConnectionPool:
    limits = urllib3.Timeout(connect=min(CONNECT_S, options.answer_within_s), read=options.answer_within_s)
    host = address.hostname or ""
    if address.scheme == "https":
        context = trust(base, options.ca_file)
        return _TlsPool(host, address.port, timeout=limits, ssl_context=context, watch=watch)
    return _Pool(host, address.port, timeout=limits, watch=watch)


def _read(answer: BaseHTTPResponse) -> _Raw | _Fault:
    """The whole answer, within its bound."""
    good = 200 <= answer.status < 300  # noqa: PLR2004 (what success means in HTTP)
    bound = MAX_BODY_BYTES if good else MAX_ERROR_BYTES
    body = bytearray()
    while len(body) <= bound and (piece := answer.read(PIECE_BYTES, decode_content=True)):
        body += piece
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in answer.headers.iteritems():
        headers[name.lower()] = (*headers.get(name.lower(), ()), value)
    if len(body) <= bound:
        answer.release_conn()
        return _Raw(answer.status, headers, bytes(body))
    answer.close()
    if good:
        return _Fault(f"sends more than {bound} bytes in one answer; ask for smaller pages", PeerError)
    return _Raw(answer.status, headers, b"")


def _named(problem: Exception) -> _Fault:
    """What went wrong, by its kind only."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            words = "its certificate is not trusted; name the right address in `url` or the library's own in `ca_file`"
            return _Fault(words, InputError)
        cause = cause.__cause__ or cause.__context__
    for kind, words in _WORDS:
        if isinstance(problem, kind):
            return _Fault(words)
    return _Fault("breaks off in the middle of its answer")


_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (urllib3.exceptions.NameResolutionError, "has a name that cannot be found"),
    (urllib3.exceptions.NewConnectionError, "takes no connection"),
    (urllib3.exceptions.ConnectTimeoutError, "takes no connection in time"),
    (urllib3.exceptions.ReadTimeoutError, "does not answer in time"),
    (urllib3.exceptions.SSLError, "cannot agree on TLS; does it speak https:// there?"),
)


def _decoded(body: bytes, kind: type[T]) -> tuple[T | None, str]:
    """(the body as `kind`, why it is none). Fields that `kind` does not name are never built."""
    try:
        return msgspec.json.decode(body, type=kind), ""
    except msgspec.ValidationError as fault:
        words = str(fault)
        shape = f": {words}" if words.startswith(("Expected ", "Object missing ")) else ""
        return None, f"JSON of another shape{shape}"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, "something that is no JSON"
    except RecursionError:
        return None, "JSON that is nested too deep"


def _first(raw: _Raw, name: str) -> str | None:
    return next(iter(raw.headers.get(name, ())), None)


def _plain(path: str) -> str:
    """A path as it may stand in a sentence."""
    return path if len(path) <= MAX_SHOWN else f"{path[:MAX_SHOWN]}…"
