"""FOLIO's answer about an item → ours. Pure.

The structs are the list of what may enter: everything else that FOLIO sends (notes, tags, last check-in, who changed it)
is passed over while the bytes are read and never becomes an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec

from hub.catalog import statuses
from hub.catalog.folio.options import UUID, FolioOptions
from hub.catalog.folio.status import Status, read_status
from hub.catalog.merge import MAX_BARCODE
from hub.catalog.model import EXPECTED_ON_SHELF, Flag, Gone, Item, ItemState, RowFault, Scheme
from hub.catalog.options import words
from hub.catalog.schemes import own_schemes
from hub.catalog.statuses import Words
from shelfwire.errors import PeerError

MAX_FORMER_IDS: Final = 8
"""An item that came through three systems has three."""

NOT_DAMAGED: Final = "516b82eb-1f19-4a63-8c48-8f1a3e9ff311"
"""The damage status that every FOLIO has from its reference data; any other one says that there is damage."""

ELSEWHERE: Final = "elsewhere"
"""What is said of an item that stands in a location which the options do not name."""

_SCHEMES: Final[dict[str, Scheme]] = {
    "03dd64d0-5626-4ecd-8ece-4531e0069f35": "DEWEY",
    "95467209-6d7b-468b-94df-0f5d7ad2747d": "LC",
    "512173a7-bd09-490e-b773-17d83f2b63fe": "LC",  # LC, modified
    "054d460d-d6b9-4469-9e37-7a78a2266655": "LC",  # NLM is built as LC
    "fc388041-6cd0-4806-8a74-ebe3b9ab4c6e": "FREE",  # SuDoc
    "6caca63e-5651-4db6-9247-3205156e9699": "FREE",  # other scheme
    "cd70562c-dd0b-42f6-aa80-ce803d24d4a1": "FREE",  # shelved separately
    "28927d76-e097-4f63-8510-e56f2b7a3ad0": "FREE",  # shelving control number
    "5ba6b62e-6858-490a-8102-5b1369873835": "FREE",  # title
    "d644be8f-deb5-4c4d-8c9e-2291b7c0f46f": "FREE",  # UDC
    "828ae637-dfa3-4265-a1af-5279c436edff": "FREE",  # MOYS
}
"""Fixed ids of FOLIO's reference data. "Source in $2" says nothing: as the site is set."""

_UUID: Final = re.compile(UUID)


class Named(msgspec.Struct, frozen=True):
    """A status, a loan type, an author."""

    name: str | None = None


class Place(msgspec.Struct, frozen=True):
    """A location."""

    id: str | None = None


class Label(msgspec.Struct, frozen=True, rename="camel"):
    """The number on the spine, in its parts."""

    call_number: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    type_id: str | None = None


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What is kept of an item of ``/inventory/items``."""

    barcode: str | None = None
    hrid: str | None = None
    accession_number: str | None = None
    former_ids: list[str | None] | None = None
    title: str | None = None
    contributor_names: list[Named | None] | None = None
    effective_call_number_components: Label | None = None
    volume: str | None = None
    enumeration: str | None = None
    chronology: str | None = None
    copy_number: str | None = None
    status: Named | None = None
    permanent_loan_type: Named | None = None
    temporary_loan_type: Named | None = None
    item_damaged_status_id: str | None = None
    effective_location: Place | None = None


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """One answer of ``/inventory/items``; each item is taken apart by itself, so that a wrong one costs only itself."""

    items: list[msgspec.Raw]
    total_records: int


class _Identity(msgspec.Struct, frozen=True):
    id: str


_DECODER: Final = msgspec.json.Decoder(Answer)
_ID_DECODER: Final = msgspec.json.Decoder(_Identity)


def decode(raw: msgspec.Raw) -> Answer | None:
    """The item; None: it is built otherwise than FOLIO documents."""
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


class Reader:
    """Reads answers as one library has set its options."""

    def __init__(self, options: FolioOptions) -> None:
        self._words: Words = words(options.statuses)
        self._schemes = _SCHEMES | own_schemes(options.schemes)
        self._locations = frozenset(options.locations)
        self._not_for_loan = {_plain(name).casefold() for name in options.not_for_loan}

    def item(self, answer: Answer | None, known: str) -> Iterator[Item | RowFault]:
        """An item, a line why there is none, or both. `known`: its id."""
        where = f"FOLIO, item {known}"
        if answer is None:
            yield msgspec.structs.replace(
                _fault(where, "is built otherwise than FOLIO documents: left out"), unread=True
            )
            return
        barcode = _plain(answer.barcode)
        status = self._status(answer)
        if status is None:
            yield _fault(where, "is an intellectual item, without a piece on a shelf: left out")
        elif not barcode:
            yield _fault(where, "has no barcode: left out")
        else:
            if not status.known:
                yield unknown(f"{where}, barcode {barcode[:MAX_BARCODE]}", status)
            yield Item(
                barcode=barcode,
                title=_plain(answer.title),
                author=next((_plain(one.name) for one in answer.contributor_names or () if one), ""),
                call_number=_call_number(answer),
                status=status.status,
                source_status=status.source_status,
                flags=status.flags,
                scheme=self._scheme(answer.effective_call_number_components),
                alternative_ids=_other_ids(answer, barcode),
            )

    def state(self, answer: Answer, barcode: str) -> Iterator[ItemState | Gone | RowFault]:
        """The loan state of the item that was asked about as `barcode`."""
        status = self._status(answer)
        if status is None:
            yield Gone(barcode=barcode, source_status="Intellectual item")
            return
        if not status.known:
            yield unknown(f"FOLIO, barcode {barcode}", status)
        if self._locations and status.status in EXPECTED_ON_SHELF and not self._is_here(answer):
            status = status._replace(status=self._words.get(ELSEWHERE, "in_transit"), source_status=ELSEWHERE)
        yield ItemState(
            barcode=barcode, status=status.status, source_status=status.source_status, flags=status.flags
        )

    def _is_here(self, answer: Answer) -> bool:
        place = answer.effective_location
        return place is not None and (place.id or "").lower() in self._locations

    def _status(self, answer: Answer) -> Status | None:
        status = read_status(answer.status.name if answer.status else None, self._words)
        if status is None:
            return None
        flags: tuple[Flag, ...] = status.flags
        if answer.item_damaged_status_id not in {None, "", NOT_DAMAGED}:
            flags = (*flags, "damaged")
        loan_type = answer.temporary_loan_type or answer.permanent_loan_type
        in_house = loan_type is not None and _plain(loan_type.name).casefold() in self._not_for_loan
        ours = "not_for_loan" if in_house and status.status == "on_shelf" else status.status
        return status._replace(status=ours, flags=flags)

    def _scheme(self, label: Label | None) -> Scheme:
        return self._schemes.get((label.type_id or "").lower(), "") if label else ""


def page_ids(page: Page, after: str) -> list[str]:
    """The ids of a page, in its order. Raises `PeerError` when they do not rise above `after`: such a listing has no end."""
    ids = [_id(raw) for raw in page.items]
    if any(later <= earlier for earlier, later in pairwise([after, *ids])):
        raise PeerError(
            "FOLIO, GET /inventory/items: items are not in the order of their ids, although asked to be"
        )
    return ids


def _id(raw: msgspec.Raw) -> str:
    """The id alone, so that an item with a wrong field does not stop the listing."""
    try:
        found = _ID_DECODER.decode(raw).id.lower()
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        found = ""
    if not _UUID.match(found):
        raise PeerError(
            "FOLIO, GET /inventory/items: an item has no id, so that the listing cannot go on after it"
        )
    return found


def unknown(where: str, status: Status) -> RowFault:
    """The line about a status that nobody knows."""
    word = status.source_status or "(no word that FOLIO would write)"
    return RowFault(where=where, what=statuses.unknown(word), taken=True)


def _fault(where: str, what: str) -> RowFault:
    return RowFault(where=where, what=what, taken=False)


def _call_number(answer: Answer) -> str:
    """As it stands on the label: prefix, number, suffix, then volume and year, then the copy, unless it is the first."""
    label = answer.effective_call_number_components or Label()
    number = [label.prefix, label.call_number, label.suffix]
    copy = _plain(answer.copy_number)
    if copy.isdecimal():
        copy = f"c.{copy}" if copy.strip("0") not in {"", "1"} else ""
    if not any(map(_plain, number)):
        return ""
    parts = [*number, answer.volume, answer.enumeration, answer.chronology, copy]
    return " ".join(filter(None, map(_plain, parts)))


def _other_ids(answer: Answer, barcode: str) -> tuple[str, ...]:
    """What a tag may carry in place of the barcode; each once."""
    former = (answer.former_ids or [])[:MAX_FORMER_IDS]
    found = dict.fromkeys(map(_plain, [answer.accession_number, answer.hrid, *former]))
    return tuple(one for one in found if 0 < len(one) <= MAX_BARCODE and one != barcode)


def _plain(text: str | None) -> str:
    """Without control signs, one blank between words."""
    if not text:
        return ""
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    return " ".join(text.split())
