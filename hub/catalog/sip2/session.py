"""What to send next, what an answer means, when to ask again and when to begin anew. Pure: no socket, no clock.

A talk is a generator: it yields what the connection shall do (an `Action`) and is sent what came of it (an `Event`).

One question is on its way at a time. It is sent, and sent again with the same number when no answer comes in time or the
server asks for it (96); an answer that came damaged is asked for again (97). What answers another question (another
number, code or barcode: mostly an answer that was given up) is passed over. When the tries are used up, or the
connection ends, everything begins anew: connect, login (93), status (99), question. An item on which that fails twice
is a fault of its own; after `MAX_BAD_ITEMS` such in a row the server is given up for now.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final, Literal, TypeVar

import msgspec

from hub.catalog.model import Gone, ItemState, RowFault
from hub.catalog.sip2 import codec, words
from hub.catalog.sip2.lines import MAX_LINE_BYTES
from hub.catalog.sip2.options import ENDS, Settings
from shelfwire.errors import AwayError, InputError, PeerError, ShelfwireError

FIRST_WAIT_S: Final = 10.0
"""For an answer, before the server has said how long it wants to be waited for, or when it does not."""

MIN_WAIT_S: Final = 1.0
MAX_WAIT_S: Final = 15.0
"""Servers say 60 s and more, which is meant for a person at a desk; a list of 500 items must come to an end."""

FIRST_RETRIES: Final = 1
USUAL_RETRIES: Final = 3
MAX_RETRIES: Final = 5

MAX_STRAYS: Final = 20
"""Lines passed over during one question. A late answer or two is usual; a server that talks without end is none of ours."""

BACK_OFFS_S: Final = (0.0, 1.0, 4.0)
"""Before each try to begin anew. Three: the caller has a calendar of its own for servers that stay away."""

TRIES_AN_ITEM: Final = 2
MAX_BAD_ITEMS: Final = 3
"""In a row, each on connections of its own: then it is not the items."""

MAX_BARCODE: Final = 80


class Connect(msgspec.Struct, frozen=True):
    """Leave the connection there is, wait, and open another. Answered by `Opened` or `Lost`."""

    after_s: float


class Send(msgspec.Struct, frozen=True):
    """Send, then wait for a line. Answered by `Line`, `Silent` or `Lost`."""

    data: bytes
    wait_s: float


class Wait(msgspec.Struct, frozen=True):
    """Go on waiting, to the end of the time that the last `Send` gave."""


class Drop(msgspec.Struct, frozen=True):
    """Leave the connection. Answered by `Lost`."""


Action = Connect | Send | Wait | Drop


class Opened(msgspec.Struct, frozen=True):
    """There is a connection."""


class Line(msgspec.Struct, frozen=True):
    """A line of the server, with its end."""

    raw: bytes


class Silent(msgspec.Struct, frozen=True):
    """The time is over, and no whole line came."""


class Lost(msgspec.Struct, frozen=True):
    """The connection ended or never was; `why` in our words or the system's, never the server's."""

    why: str


Event = Opened | Line | Silent | Lost
T = TypeVar("T")
Steps = Generator[Action, Event, T]
Kind = Literal["94", "98", "18"]
_KINDS: Final[dict[Kind, type[codec.Login | codec.Status | codec.ItemInfo]]] = {
    "94": codec.Login,
    "98": codec.Status,
    "18": codec.ItemInfo,
}


class _BrokenError(Exception):
    """The connection leads no further."""

    def __init__(self, why: str, *, peer: bool) -> None:
        super().__init__(why)
        self.why = why
        self.peer = peer
        """Whether it answered, but nothing of the protocol."""

    def error(self, where: str) -> ShelfwireError:
        return (
            PeerError(f"{where}: {self.why}")
            if self.peer
            else AwayError(f"{where}: {self.why}; trying again later")
        )


class Session:
    """One server; lives as long as its connector, through all connections. `tell` takes lines for people."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        self._options = settings.options
        self._secrets = settings.secrets
        self._statuses = settings.statuses
        self._tell = tell
        self._terms = codec.Terms(
            encoding=self._options.encoding,
            words=words.expected(self._options.server),
            places=frozenset(map(codec.plain, self._options.places)),
        )
        self.where = f"SIP2 server {self._options.host}:{self._options.port}"
        self._ready = False
        self._number = 0
        self._guarded = self._options.error_detection == "on"
        """Whether this server's answers have sums; known from its first ones."""
        self._bad = 0
        self._status: codec.Status | None = None

    # What a caller wants

    def check(self) -> Steps[str]:
        """Begin anew and say in one line what the server offers; of its own texts nothing is repeated."""
        self._ready = False
        yield from self._begin()
        told = self._status
        assert told is not None
        offers = {True: "offered", False: "not offered", None: "not mentioned"}[told.items]
        guard = "guarded by number and sum" if self._guarded else "without number and sum"
        return (
            f"{self.where} speaks SIP {told.version}; item information {offers}; answers {guard}; "
            f"waits of {self._wait_s:g} s, {self._retries} retries"
        )

    def state(self, barcode: str, at: str) -> Steps[ItemState | Gone | RowFault]:
        """What the server says of one item now; `at`: the time of asking, from `codec.stamp`.

        Raises `AwayError`, `PeerError`, `InputError`; what concerns this item only is a `RowFault`.
        """
        where = f"{self.where}, barcode {barcode[:MAX_BARCODE]}"
        if not (0 < len(barcode) <= MAX_BARCODE and codec.sendable(barcode, self._options.encoding)):
            what = f"cannot be asked about: empty, too long, or with a sign that SIP2 or {self._options.encoding} lacks"
            return RowFault(where=where, what=what, taken=False)
        question = codec.item(at, self._options.institution, barcode, self._secrets.terminal)
        for tries_left in reversed(range(TRIES_AN_ITEM)):
            yield from self._begin()
            try:
                info = yield from self._ask(question, "18", barcode)
            except _BrokenError as broken:
                self._ready = False
                if not tries_left:
                    return self._bad_item(where, broken)
                self._tell(f"{where}: {broken.why}; beginning anew")
                continue
            break
        assert isinstance(info, codec.ItemInfo)
        self._bad = 0
        return words.state(info, barcode, where, self._options.server, self._statuses)

    def _bad_item(self, where: str, broken: _BrokenError) -> RowFault:
        self._bad += 1
        if self._bad >= MAX_BAD_ITEMS:
            self._bad = 0
            raise broken.error(self.where)
        what = f"{broken.why}, on {TRIES_AN_ITEM} connections; its state stays as it was"
        return RowFault(where=where, what=what, taken=False)

    # Connection, login, status

    def _begin(self) -> Steps[None]:
        """Be connected, logged in, and know what the server offers."""
        if self._ready:
            return
        for number, after_s in enumerate(BACK_OFFS_S, 1):
            try:
                yield from self._open(after_s)
            except _BrokenError as broken:
                yield Drop()
                if number == len(BACK_OFFS_S):
                    raise broken.error(self.where) from None
                self._tell(f"{self.where}: {broken.why}; trying again in {BACK_OFFS_S[number]:g} s")
            except InputError:
                yield Drop()
                raise
            else:
                self._ready = True
                return

    def _open(self, after_s: float) -> Steps[None]:
        event = yield Connect(after_s)
        if isinstance(event, Lost):
            raise _BrokenError(event.why, peer=False)
        self._number = 0
        self._status = None
        if self._options.user is not None:
            yield from self._login(self._options.user)
        told = yield from self._ask(codec.status(), "98")
        assert isinstance(told, codec.Status)
        self._status = told
        if not told.online:
            raise _BrokenError("it says that it is off-line", peer=False)
        if told.items is False:
            raise InputError(
                f"{self.where}: offers no item information (17/18) to this login; switch it on there, or take item states from another connector"
            )

    def _login(self, user: str) -> Steps[None]:
        answer = yield from self._ask(codec.login(user, self._secrets.password, self._options.location), "94")
        assert isinstance(answer, codec.Login)
        if not answer.ok:
            raise InputError(
                f"{self.where}: refuses the login; look at `user`, the password in `password_file`, and `location`"
            )

    @property
    def _wait_s(self) -> float:
        if self._options.answer_within_s is not None:
            return self._options.answer_within_s
        told = self._status.timeout_s if self._status else None
        return FIRST_WAIT_S if told is None else min(max(told, MIN_WAIT_S), MAX_WAIT_S)

    @property
    def _retries(self) -> int:
        if self._status is None:
            return FIRST_RETRIES
        return USUAL_RETRIES if self._status.retries is None else min(self._status.retries, MAX_RETRIES)

    # One question

    def _ask(self, question: str, kind: Kind, barcode: str = "") -> Steps[codec.Answer]:
        """Send until its answer is there. Raises `_BrokenError`."""
        options = self._options
        number = None if options.error_detection == "off" else self._number
        self._number = (self._number + 1) % 10
        data = codec.frame(question, options.encoding, number, ENDS[options.line_end])
        again = (
            codec.frame(codec.RESEND, options.encoding, None, ENDS[options.line_end])
            if number is not None
            else data
        )
        ear = _Ear(self._terms, kind, number, barcode)
        sending = data
        for _ in range(self._retries + 1):
            event = yield Send(sending, self._wait_s)
            while isinstance(event, Line):
                heard = ear.hear(event.raw, guarded=self._guarded)
                if isinstance(heard, codec.Message):
                    self._guarded = self._guarded or heard.summed
                    return heard.answer
                if heard != "other":
                    break
                event = yield Wait()
            if isinstance(event, Lost):
                raise _BrokenError(ear.why or event.why, peer=bool(ear.why))
            # a server that keeps silent at 97 does not know it: then the question itself goes again
            damaged = isinstance(event, Line) and ear.damaged
            sending = again if damaged else data
        raise _BrokenError(
            ear.why or f"no answer to {question[:2]} in {self._wait_s:g} s", peer=bool(ear.why)
        )


class _Ear:
    """Listens for the answer to one question."""

    def __init__(self, terms: codec.Terms, kind: Kind, number: int | None, barcode: str) -> None:
        self._terms = terms
        self._kind = kind
        self._number = number
        self._barcode = codec.key(barcode)
        self._held = b""
        """The beginning of an answer that has a line break in one of its texts."""
        self._strays = 0
        self.why = ""
        """What was wrong with the last line that was not the answer."""
        self.damaged = False

    def hear(self, raw: bytes, *, guarded: bool) -> codec.Message | Literal["other", "again"]:
        """The answer; ``other``: go on listening; ``again``: send something again. Raises `_BrokenError`."""
        self.damaged = False
        if not raw.strip():
            self._held += raw if self._held else b""
            return self._stray()
        try:
            message = self._read(raw, guarded=guarded)
        except codec.WrongSumError as fault:
            self.why, self.damaged = str(fault), True
            return "again"
        except PeerError as fault:
            self.why = str(fault)
            return self._stray()
        if message is None:
            return self._stray()
        if isinstance(message.answer, codec.Resend):
            self.why = "it finds our question damaged (96)"
            return "again"
        self.why = self._wrong(message, guarded=guarded)
        return self._stray() if self.why else message

    def _read(self, raw: bytes, *, guarded: bool) -> codec.Message | None:
        """None: held until the rest of it is there."""
        if not guarded:
            return codec.read(raw, self._terms)
        whole = self._held + raw
        if not codec.complete(raw):
            self._held = whole if len(whole) <= MAX_LINE_BYTES else b""
            self.why = "an answer without a sum, or half of one"
            return None
        held, self._held = self._held, b""
        if held:
            try:
                return codec.read(whole, self._terms)
            except PeerError:
                pass  # what was held was the torn half of something else
        return codec.read(raw, self._terms)

    def _wrong(self, message: codec.Message, *, guarded: bool) -> str:
        """Why it is not the answer to this question; empty: it is."""
        answer = message.answer
        if not isinstance(answer, _KINDS[self._kind]):
            return "an answer to something else"
        if message.number is not None and self._number is not None and message.number != self._number:
            return "an answer with the number of another question"
        if guarded and self._number is not None and message.number is None:
            return "an answer without the number of its question"
        if isinstance(answer, codec.ItemInfo) and answer.barcode != self._barcode:
            return "an answer about another item"
        return ""

    def _stray(self) -> Literal["other"]:
        self._strays += 1
        if self._strays > MAX_STRAYS:
            raise _BrokenError(f"{MAX_STRAYS} lines that do not answer; the last: {self.why}", peer=True)
        return "other"
