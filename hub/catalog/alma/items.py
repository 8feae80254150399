"""Alma's answer about an item → ours. Pure.

The structs are the list of what may enter: everything else that Alma sends (notes, due dates, who received or requested
it) is passed over while the bytes are read and never becomes an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from hub.catalog import statuses
from hub.catalog.alma.options import AlmaOptions
from hub.catalog.alma.status import Status, read_status
from hub.catalog.merge import MAX_BARCODE
from hub.catalog.model import EXPECTED_ON_SHELF, Flag, Item, ItemState, RowFault, Scheme
from hub.catalog.options import words
from hub.catalog.schemes import INDICATOR_852, own_schemes
from hub.catalog.statuses import Words

ELSEWHERE: Final = "elsewhere"
"""What is said of an item that stands in a library or location which the options do not name."""

_PID: Final = re.compile(r"[0-9]{5,30}")
_DAMAGED: Final = frozenset({"DAMAGED"})


class Coded(msgspec.Struct, frozen=True):
    """A code of one of Alma's tables; its description is not read."""

    value: str | None = None


class Bib(msgspec.Struct, frozen=True):
    """Of the title."""

    title: str | None = None
    author: str | None = None


class Holding(msgspec.Struct, frozen=True):
    """Of the holding: the number, and where the item stands for a time."""

    call_number: str | None = None
    call_number_type: Coded | None = None
    accession_number: str | None = None
    copy_id: str | None = None
    in_temp_location: bool | str | None = None
    temp_library: Coded | None = None
    temp_location: Coded | None = None
    temp_call_number: str | None = None
    temp_call_number_type: Coded | None = None


class Piece(msgspec.Struct, frozen=True):
    """Of the item itself."""

    pid: str | None = None
    barcode: str | None = None
    base_status: Coded | None = None
    process_type: Coded | None = None
    awaiting_reshelving: bool | str | None = None
    requested: bool | str | None = None
    policy: Coded | None = None
    library: Coded | None = None
    location: Coded | None = None
    description: str | None = None
    inventory_number: str | None = None
    alternative_call_number: str | None = None
    alternative_call_number_type: Coded | None = None
    physical_condition: Coded | None = None


class Answer(msgspec.Struct, frozen=True):
    """What is kept of an item."""

    item_data: Piece
    link: str | None = None
    """Where Alma keeps it; only its figures are used."""
    bib_data: Bib | None = None
    holding_data: Holding | None = None


_DECODER: Final = msgspec.json.Decoder(Answer)


def decode(raw: msgspec.Raw) -> Answer | None:
    """The item; None: it is built otherwise than Alma documents."""
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


class Reader:
    """Reads answers as one library has set its options."""

    def __init__(self, options: AlmaOptions) -> None:
        self._words: Words = words(options.statuses)
        self._schemes = INDICATOR_852 | own_schemes(options.schemes)
        self._libraries = {library: frozenset(places) for library, places in options.libraries.items()}
        self._not_for_loan = frozenset(options.not_for_loan)

    def is_ours(self, answer: Answer) -> bool:
        """Whether it stands in a library and location that the options name, now."""
        if not self._libraries:
            return True
        held, piece = answer.holding_data or Holding(), answer.item_data
        library, location = _code(piece.library), _code(piece.location)
        if _true(held.in_temp_location):
            library = _code(held.temp_library) or library
            location = _code(held.temp_location) or location
        places = self._libraries.get(library)
        return places is not None and (not places or location in places)

    def item(self, answer: Answer, number: str) -> Iterator[Item | RowFault]:
        """An item, a line why there is none, or both. `number`: of the title, for an item that says none of its own."""
        piece = answer.item_data
        barcode = _plain(piece.barcode)
        where = where_of(piece.pid, number)
        if not barcode:
            yield RowFault(where=where, what="has no barcode: left out", taken=False)
            return
        status = self._status(answer)
        if not status.known:
            yield unknown(f"{where}, barcode {barcode[:MAX_BARCODE]}", status)
        bib = answer.bib_data or Bib()
        call_number, scheme = self._call_number(answer)
        yield Item(
            barcode=barcode,
            title=_title(bib.title),
            author=_plain(bib.author),
            call_number=call_number,
            status=status.status,
            source_status=status.source_status,
            flags=status.flags,
            scheme=scheme,
            alternative_ids=_other_ids(answer, barcode),
        )

    def state(self, answer: Answer, barcode: str) -> Iterator[ItemState | RowFault]:
        """The loan state of the item that was asked about as `barcode`."""
        status = self._status(answer)
        if not status.known:
            yield unknown(f"Alma, barcode {barcode}", status)
        if status.status in EXPECTED_ON_SHELF and not self.is_ours(answer):
            status = status._replace(status=self._words.get(ELSEWHERE, "in_transit"), source_status=ELSEWHERE)
        yield ItemState(
            barcode=barcode, status=status.status, source_status=status.source_status, flags=status.flags
        )

    def _status(self, answer: Answer) -> Status:
        piece = answer.item_data
        status = read_status(_code(piece.process_type), _code(piece.base_status), self._words)
        flags: list[Flag] = list(status.flags)
        if _true(piece.requested) and "requested" not in flags:
            flags.append("requested")
        if _true(piece.awaiting_reshelving):
            flags.append("recently_returned")
        if _code(piece.physical_condition).upper() in _DAMAGED:
            flags.append("damaged")
        in_house = _code(piece.policy) in self._not_for_loan
        ours = "not_for_loan" if in_house and status.status == "on_shelf" else status.status
        return status._replace(status=ours, flags=tuple(flags))

    def _call_number(self, answer: Answer) -> tuple[str, Scheme]:
        """As on the label: the item's own number, else that of the place where it is for a time, else the holding's."""
        held, piece = answer.holding_data or Holding(), answer.item_data
        choices = [(piece.alternative_call_number, piece.alternative_call_number_type)]
        if _true(held.in_temp_location):
            choices.append((held.temp_call_number, held.temp_call_number_type))
        choices.append((held.call_number, held.call_number_type))
        for number, kind in choices:
            if text := _plain(number):
                copy = _plain(held.copy_id)
                copy = f"c.{copy}" if copy.isdecimal() and copy.strip("0") not in {"", "1"} else ""
                whole = " ".join(filter(None, [text, _plain(piece.description), copy]))
                return whole, self._schemes.get(_code(kind), "")
        return "", ""


def where_of(pid: str | None, number: str) -> str:
    """How a line names an item. Only figures are repeated: anything else may be a text about a person."""
    if pid and _PID.fullmatch(pid):
        return f"Alma, item {pid}"
    return f"Alma, an item of title {number}"


def unknown(where: str, status: Status) -> RowFault:
    """The line about a process type that nobody knows."""
    word = status.source_status or "(no code that Alma would write)"
    return RowFault(where=where, what=statuses.unknown(word), taken=True)


def _other_ids(answer: Answer, barcode: str) -> tuple[str, ...]:
    """What a tag may carry in place of the barcode; each once."""
    held, piece = answer.holding_data or Holding(), answer.item_data
    found = dict.fromkeys(map(_plain, [piece.inventory_number, held.accession_number, piece.pid]))
    return tuple(one for one in found if 0 < len(one) <= MAX_BARCODE and one != barcode)


def _title(text: str | None) -> str:
    """Without the stroke that ends an ISBD title before its authors, which Alma leaves there."""
    return _plain(text).rstrip(" /:")


def _code(coded: Coded | None) -> str:
    return (coded.value or "").strip() if coded else ""


def _true(value: bool | str | None) -> bool:  # noqa: FBT001 (Alma writes both true and "true")
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def _plain(text: str | None) -> str:
    """Without control signs, one blank between words."""
    if not text:
        return ""
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    return " ".join(text.split())
