"""SIP2 messages: the three that are sent, and what is taken from the four that are answered. Pure.

Layouts: 3M Standard Interchange Protocol 2.00. A message is a code of two digits, a fixed part, fields ``XXvalue|`` in
any order, and where errors are detected ``AYn`` (the number of the question) and ``AZcccc`` (the sum over all bytes).

Of each answer only the fields named here are looked at, and of free text only whether it is there, or whether it is one
of the words that the caller expects. So no name, number or note of a patron gets past `read`, whatever a server sends.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, Literal

import msgspec

from shelfwire.errors import PeerError

Encoding = Literal["ascii", "utf-8", "latin-1", "gbk", "cp850"]

RESEND: Final = "97"
"""We ask for the last answer once more; it has a sum and no number."""

ITEM_INFORMATION: Final = 10
"""Place in field BX, from 0, of the letter for questions about an item (17/18)."""

_UNSAID: Final = 999
"""Time-out and retries that a server does not want to say."""

_AROUND: Final = b"\r\n "

_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TAIL: Final = re.compile(rb"(?:AY(\d))?AZ([0-9A-Fa-f]{4})$")
_NUMBER: Final = re.compile(rb"AY(\d)$")
_WITHOUT_FIELDS: Final = frozenset({b"94", b"96", b"97"})
_DATE: Final = r"(?:(?:19|20)\d{6}.{4}\d{6}| {18})"
_ITEM: Final = re.compile(rf"18(\d{{1,2}})....{_DATE}(.*)", re.DOTALL | re.ASCII)
"""Circulation status; security marker and fee type, which nobody needs; date; fields."""
_STATUS: Final = re.compile(
    rf"98([YN])[YNU ]{{5}}(.{{3}})(.{{3}}){_DATE}(\d\.\d\d)(.*)", re.DOTALL | re.ASCII
)
"""On-line; what it lets do; time-out, retries; date; version; fields."""


class WrongSumError(PeerError):
    """A message whose sum is wrong: bytes were lost or changed on the way. It may be asked for again."""


class Terms(msgspec.Struct, frozen=True):
    """How answers are to be read."""

    encoding: Encoding = "utf-8"
    words: AbstractSet[str] = frozenset()
    """Notices (AF) worth knowing, casefolded; any other is dropped unread."""
    places: AbstractSet[str] = frozenset()
    """Current locations (AP) that are this site, casefolded. Empty: the item's permanent one (AQ)."""


class Login(msgspec.Struct, frozen=True):
    """94: whether we may speak."""

    ok: bool


class Status(msgspec.Struct, frozen=True):
    """98: what the server does."""

    online: bool
    timeout_s: float | None
    """How long it wants to be waited for; None: it does not say."""
    retries: int | None
    version: str
    """``2.00``."""
    items: bool | None
    """Whether it answers about items; None: it does not say."""


class ItemInfo(msgspec.Struct, frozen=True):
    """18: one item, without any text of the server but these."""

    circulation: str
    """Two digits."""
    barcode: str
    """As `key` makes it of the server's: to be compared, not to be kept."""
    titled: bool
    """Whether it names a title (AJ)."""
    placed: bool
    """Whether it names a place or an owner (AQ, AP, BG)."""
    elsewhere: bool
    """Whether it is now at another place than where it belongs."""
    said: str = ""
    """The notice (AF), if it is one of the expected words."""


class Resend(msgspec.Struct, frozen=True):
    """96: our question came damaged."""


Answer = Login | Status | ItemInfo | Resend


class Message(msgspec.Struct, frozen=True):
    """One answer, and how it was guarded."""

    answer: Answer
    number: int | None = None
    """Of the question that it answers; None: the server gives none."""
    summed: bool = False


def checksum(data: bytes) -> bytes:
    """Four hex digits for all bytes up to and with ``AZ``: the negative of their sum, 16 bits of it."""
    return b"%04X" % (-sum(data) & 0xFFFF)


def stamp(at: datetime) -> str:
    """A time as SIP2 writes it: 18 signs, four blanks for local time."""
    return f"{at:%Y%m%d}    {at:%H%M%S}"


def sendable(value: str, encoding: Encoding) -> bool:
    """Whether a value can stand in a field: in the encoding, no control sign, and no byte of a bar: nothing can be escaped."""
    try:
        data = value.encode(encoding)
    except UnicodeEncodeError:
        return False
    return b"|" not in data and not _FORBIDDEN.search(value)


def login(user: str, password: str, location: str) -> str:
    """93, without protection: field CP is left out where there is no location."""
    return f"9300CN{user}|CO{password}|" + (f"CP{location}|" if location else "")


def status() -> str:
    """99: all is well here, print width 80, protocol 2.00."""
    return "9900802.00"


def item(at: str, institution: str, barcode: str, terminal_password: str) -> str:
    """17; `at` from `stamp`."""
    return f"17{at}AO{institution}|AB{barcode}|" + (f"AC{terminal_password}|" if terminal_password else "")


def frame(text: str, encoding: Encoding, number: int | None, end: bytes = b"\r") -> bytes:
    """A message as it is sent; `number` None: unguarded, but a request to resend always has its sum."""
    data = text.encode(encoding)
    if number is not None:
        data += b"AY%d" % number
    if number is not None or text == RESEND:
        data += b"AZ"
        data += checksum(data)
    return data + end


def complete(raw: bytes) -> bool:
    """Whether a line ends as a guarded message does."""
    return _tail(raw.strip(_AROUND)) is not None


def read(raw: bytes, terms: Terms) -> Message:
    """One line, with or without its end. Raises `WrongSumError`, and `PeerError` for anything else that is no answer."""
    data = raw.strip(_AROUND)
    tail = _tail(data)
    if tail is not None:
        if checksum(data[:-4]) != tail[2].upper():
            raise WrongSumError("a message with a wrong sum: bytes were lost or changed on the way")
        return Message(_answer(data[: tail.start()], terms), _digit(tail[1]), summed=True)
    number = _NUMBER.search(data)
    return Message(_answer(data[: number.start()] if number else data, terms), _digit(number and number[1]))


def _tail(data: bytes) -> re.Match[bytes] | None:
    """The sum at the end, unless it is the end of some text that only looks like one."""
    found = _TAIL.search(data)
    if found is None or found[1] or data[:2] in _WITHOUT_FIELDS or data[: found.start()].endswith(b"|"):
        return found
    return None


def _digit(text: bytes | None) -> int | None:
    return int(text) if text else None


def _answer(data: bytes, terms: Terms) -> Answer:
    code = data[:2]
    if code == b"18":
        return _item(_text(data, terms), terms)
    if code == b"94" and data[2:3] in {b"0", b"1"}:
        return Login(ok=data[2:3] == b"1")
    if code == b"96" and len(data) == len(code):
        return Resend()
    if code == b"98":
        return _status(_text(data, terms))
    kind = f"a message {code.decode()}" if re.fullmatch(rb"\d\d", code) else "bytes"
    raise PeerError(f"{kind} that is no answer to what was asked")


def _text(data: bytes, terms: Terms) -> str:
    """Decoded as a whole, since half of a Chinese character in GBK may be the byte of a bar. Wrong bytes cost their sign only."""
    return data.decode(terms.encoding, errors="replace")


def _fields(text: str, wanted: AbstractSet[str]) -> dict[str, list[str]]:
    """The `wanted` fields and no other; each may stand several times."""
    found: dict[str, list[str]] = {}
    for part in text.split("|"):
        name, value = part.lstrip("\r\n")[:2], part.lstrip("\r\n")[2:]
        if name in wanted:
            found.setdefault(name, []).append(value)
    return found


def _item(text: str, terms: Terms) -> ItemInfo:
    form = _ITEM.fullmatch(text)
    if form is None:
        raise PeerError("an answer 18 whose fixed part is none of the protocol")
    fields = _fields(form[2], {"AB", "AJ", "AQ", "AP", "BG", "AF"})
    barcodes = {key(value) for value in fields.get("AB", ())}
    if len(barcodes) != 1:
        raise PeerError(
            "an answer 18 without one barcode (AB); if its texts are not ASCII, is `encoding` right?"
        )
    home, now = _first(fields, "AQ"), _first(fields, "AP")
    known = terms.places or {home} - {""}
    return ItemInfo(
        circulation=form[1].zfill(2),  # Evergreen writes 1 for 01
        barcode=barcodes.pop(),
        titled=bool(_first(fields, "AJ")),
        placed=bool(home or now or _first(fields, "BG")),
        elsewhere=bool(now and known) and now not in known,
        said=next((word for word in map(plain, fields.get("AF", ())) if word in terms.words), ""),
    )


def _status(text: str) -> Status:
    form = _STATUS.fullmatch(text)
    if form is None:
        raise PeerError("an answer 98 whose fixed part is none of the protocol")
    offers = "".join(_fields(form[5], {"BX"}).get("BX", ())[:1])
    timeout, retries = _count(form[2]), _count(form[3])
    return Status(
        online=form[1] == "Y",
        timeout_s=None if timeout is None else timeout / 10,
        retries=retries,
        version=form[4],
        items=offers[ITEM_INFORMATION] == "Y" if len(offers) > ITEM_INFORMATION else None,
    )


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) != _UNSAID else None


def _first(fields: dict[str, list[str]], name: str) -> str:
    return plain(fields[name][0]) if name in fields else ""


def plain(value: str) -> str:
    """A word or place as it is compared: one blank between words, no case."""
    return " ".join(value.split()).casefold()


def key(barcode: str) -> str:
    """A barcode as it is compared: no blanks, no case."""
    return "".join(barcode.split()).casefold()
