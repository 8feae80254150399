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
from typing import Final, TypeVar

import msgspec

from hub.catalog.model import Gone, ItemState, RowFault
from hub.catalog.sip2 import codec, words
from hub.catalog.sip2.ear import BrokenError, Ear, Kind
from hub.catalog.sip2.options import ENDS, Settings
from shelfwire.errors import InputError

FIRST_WAIT_S: Final = 10.0
"""For an answer, before the server has said how long it wants to be waited for, or when it does not."""

MIN_WAIT_S: Final = 1.0
MAX_WAIT_S: Final = 15.0
"""Servers say 60 s and more, which is meant for a person at a desk; a list of 500 items must come to an end."""

FIRST_RETRIES: Final = 1
USUAL_RETRIES: Final = 3
MAX_RETRIES: Final = 5

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
        self._guarded = False
        """Whether the answers on this connection have sums; known from the first ones."""
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
        shown = "".join(sign if sign.isprintable() else "?" for sign in barcode[:MAX_BARCODE])
        where = f"{self.where}, barcode {shown}"
        if not (0 < len(barcode) <= MAX_BARCODE and codec.sendable(barcode, self._options.encoding)):
            what = f"cannot be asked about: empty, too long, or with a sign that SIP2 or {self._options.encoding} lacks"
            return RowFault(where=where, what=what, taken=False)
        question = codec.item(at, self._options.institution, barcode, self._secrets.terminal)
        for tries_left in reversed(range(TRIES_AN_ITEM)):
            yield from self._begin()
            try:
                info = yield from self._ask(question, "18", barcode)
            except BrokenError as broken:
                self._ready = False
                if not tries_left:
                    return self._bad_item(where, broken)
                self._tell(f"{where}: {broken.why}; beginning anew")
                continue
            break
        assert isinstance(info, codec.ItemInfo)
        self._bad = 0
        return words.state(info, barcode, where, self._options.server, self._statuses)

    def _bad_item(self, where: str, broken: BrokenError) -> RowFault:
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
            except BrokenError as broken:
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
            raise BrokenError(event.why, peer=False)
        self._number = 0
        self._status = None
        self._guarded = self._options.error_detection == "on"
        if self._options.user is not None:
            yield from self._login(self._options.user)
        told = yield from self._ask(codec.status(), "98")
        assert isinstance(told, codec.Status)
        self._status = told
        if not told.online:
            raise BrokenError("it says that it is off-line", peer=False)
        if told.items is False:
            raise InputError(
                f"{self.where}: offers no item information (17/18) to this login; "
                "switch it on there, or take item states from another connector"
            )

    def _login(self, user: str) -> Steps[None]:
        question = codec.login(user, self._secrets.password, self._options.location)
        try:
            answer = yield from self._ask(question, "94")
        except BrokenError as broken:  # some servers hang up on a login that they refuse
            raise BrokenError(f"{broken.why}, at the login", peer=broken.peer) from None
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
        """Send until its answer is there. Raises `BrokenError`."""
        options = self._options
        number = None if options.error_detection == "off" else self._number
        self._number = (self._number + 1) % 10
        data = codec.frame(question, options.encoding, number, ENDS[options.line_end])
        again = (
            codec.frame(codec.RESEND, options.encoding, None, ENDS[options.line_end])
            if number is not None
            else data
        )
        ear = Ear(self._terms, kind, number, barcode)
        sending = data
        for tries_left in reversed(range(self._retries + 1)):
            ear.why = ""
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
                raise BrokenError(ear.why or event.why, peer=bool(ear.why))
            if isinstance(event, Silent) and tries_left:
                self._tell(f"{self.where}: no answer to {question[:2]} in {self._wait_s:g} s, asking again")
            # a server that keeps silent at 97 does not know it: then the question itself goes again
            damaged = isinstance(event, Line) and ear.damaged
            sending = again if damaged else data
        raise BrokenError(ear.why or f"no answer to {question[:2]} in {self._wait_s:g} s", peer=bool(ear.why))
