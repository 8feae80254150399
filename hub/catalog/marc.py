"""MARC21 and MARCXML → items. Every record ends as items, as a line that says why not, or as both.

Items stand where systems put them: 952 and 995 (Koha), 999 and 949 (Sirsi and its kin), 876 with 852, 852 alone, 905
(CNMARC). Only the subfields named here are read; nothing that could hold a patron or a member of staff is looked at.
"""

from __future__ import annotations

import contextlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from pymarc.marc8 import MARC8ToUnicode

from hub.catalog import statuses
from hub.catalog.csv_file import unknown_status
from hub.catalog.marc_files import Broken, Field, Record, records
from hub.catalog.model import Item, ItemStatus, RowFault, file_note
from hub.catalog.options import MarcOptions, marc_options, words
from shelfwire.errors import InputError

_PLACES: Final = ("952", "995", "999", "949", "876", "852", "905")
_BARCODE: Final = {"952": "p", "995": "f", "999": "i", "949": "i", "876": "p", "852": "p", "905": "b"}

_SAID: Final = {
    "952": "abcho", "995": "bcekv", "999": "alvm", "949": "alvm", "876": "alt", "852": "abchijkm", "905": "ade",
}  # fmt: skip
"""Subfields that a line about an item without a barcode repeats: call number, copy and place. Never a note, which is free text: in it
stand staff's initials, and sometimes a patron's name."""

_CALL_NUMBERS: Final = (
    ("090", "ab"),
    ("092", "ab"),
    ("099", "a"),
    ("050", "ab"),
    ("055", "ab"),
    ("060", "ab"),
    ("080", "ab"),
)
"""Of the record, local ones first; used only for items that have none of their own. 082 is a class, no label."""

_UNIMARC_TITLE: Final = "200"

Decode = Callable[[bytes], str]


class _Found(msgspec.Struct, frozen=True):
    """An item field taken apart."""

    barcode: str
    call_number: str
    status: ItemStatus | None
    raw: str


def read(path: Path, options: dict[str, Any]) -> Iterator[Item | RowFault]:
    """Items and faults of a MARC21 or MARCXML file; `options` as `MarcOptions`. Raises `InputError` when it cannot be read at all."""
    chosen = marc_options(options)
    tally = {"with items": 0, "without items": 0, "broken": 0}
    try:
        for record in records(path):
            if isinstance(record, Broken):
                tally["broken"] += 1
                yield RowFault(
                    where=f"record {record.number}", what=f"cannot be read: {record.what}", taken=False
                )
                continue
            rows = list(_items(record, chosen))
            tally["with items" if any(isinstance(row, Item) for row in rows) else "without items"] += 1
            yield from rows
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    if not sum(tally.values()):
        raise InputError(f"{path}: has no record; is it MARC21 or MARCXML?")
    counted = ", ".join(f"{number} {what}" for what, number in tally.items())
    yield file_note(f"{sum(tally.values())} records: {counted}")


def _items(record: Record, options: MarcOptions) -> Iterator[Item | RowFault]:
    decode, note = _decoder(record, options.encoding)
    control = _first(record, "001", "", decode)
    where = f"record {record.number}" + (f", control number {control[:40]}" if control else "")
    for line in [*record.notes, *([note] if note else [])]:
        yield RowFault(where=where, what=f"{line}; read all the same", taken=True)
    place = _place(record, options)
    if place is None:
        yield RowFault(
            where=where,
            what=f"has no item ({_why_none(record, decode)}); nothing to find on a shelf",
            taken=False,
        )
        return
    title, author = _title(record, decode), _author(record, decode)
    own = _call_number(record, decode)
    own_words = words(options.statuses)
    for field in record.fields[place]:
        found = _READERS[place](_Subfields(field, decode), record, own_words)
        at = f"{where}, barcode {found.barcode[:60]}" if found.barcode else where
        if not found.barcode:
            text = " ".join(_Subfields(field, decode).all(_SAID[place]))[:80]
            yield RowFault(
                where=at, what=f"an item without barcode in {place} ({text}); not taken", taken=False
            )
            continue
        if found.status is None:
            yield RowFault(where=at, what=unknown_status(found.raw), taken=True)
        yield Item(
            barcode=found.barcode,
            title=title,
            author=author,
            call_number=found.call_number or own,
            status=found.status or statuses.UNKNOWN,
            source_status=found.raw,
        )


def _place(record: Record, options: MarcOptions) -> str | None:
    """The field that holds the items of this record, or None."""
    for place in _PLACES if options.items == "auto" else (options.items,):
        code = _BARCODE[place]
        if place == "905" and "245" in record.fields and options.items == "auto":
            continue  # in MARC21 it is anybody's
        if any(
            name == code and value.strip() for field in record.fields.get(place, []) for name, value in field
        ):
            return place
    return None


def _why_none(record: Record, decode: Decode) -> str:
    for place in _PLACES:
        for field in record.fields.get(place, []):
            text = " ".join(_Subfields(field, decode).all(_SAID[place]))[:80]
            return f"{place} without a barcode in ${_BARCODE[place]}: {text}"
    return "no 952, 995, 999, 949, 876, 852 or 905"


class _Subfields:
    """The subfields of one field, decoded where they are asked for."""

    def __init__(self, field: Field, decode: Decode) -> None:
        self._field = field
        self._decode = decode

    def __call__(self, code: str) -> str:
        """The first subfield of that code; empty when there is none."""
        return next((_line(self._decode(value)) for name, value in self._field if name == code), "")

    def all(self, codes: str) -> list[str]:
        """All subfields of these codes, as they stand."""
        return [text for name, value in self._field if name in codes and (text := _line(self._decode(value)))]


def _koha(sub: _Subfields, _: Record, own_words: statuses.Words) -> _Found:
    status, raw = statuses.of_koha(
        withdrawn=sub("0"),
        lost=sub("1"),
        due=sub("q"),
        not_for_loan=sub("7"),
        location=sub("c"),
        words=own_words,
    )
    return _Found(sub("p"), _joined(sub("o"), sub("h")), status, raw)


def _koha_unimarc(sub: _Subfields, _: Record, own_words: statuses.Words) -> _Found:
    status, raw = statuses.of_koha(
        withdrawn=sub("3"),
        lost=sub("2"),
        due=sub("n"),
        not_for_loan=sub("o"),
        location=sub("e"),
        words=own_words,
    )
    return _Found(sub("f"), _joined(sub("k"), sub("v")), status, raw)


def _sirsi(sub: _Subfields, _: Record, own_words: statuses.Words) -> _Found:
    status, raw = statuses.of_sirsi(sub("k"), sub("l"), own_words)
    return _Found(sub("i"), _joined(sub("a"), sub("v")), status, raw)


def _holding(sub: _Subfields, _: Record, own_words: statuses.Words) -> _Found:
    """852 has no place for a status; Evergreen writes one as its public note, which counts only when it is a word we know."""
    note = sub("z")
    status = statuses.of_word(note, own_words) if note else None
    return _Found(sub("p"), _label(sub), status or "on_shelf", note if status else "")


def _item_of_holding(sub: _Subfields, record: Record, own_words: statuses.Words) -> _Found:
    """876: its holding is the 852 with the same $8 (before the point), else the first."""
    link = sub("8").partition(".")[0]
    decode = sub._decode  # noqa: SLF001 (same file, same record)
    holdings = [_Subfields(field, decode) for field in record.fields.get("852", [])]
    linked = [holding for holding in holdings if link and holding("8").partition(".")[0] == link]
    label = _label((linked or holdings)[0]) if holdings else ""
    word = sub("j")
    status = statuses.of_word(word, own_words) if word else "on_shelf"
    return _Found(sub("p"), label, status, word)


def _cnmarc(sub: _Subfields, _: Record, __: statuses.Words) -> _Found:
    """905: accession number, and the two halves of a Chinese call number."""
    return _Found(sub("b"), "/".join(part for part in (sub("d"), sub("e")) if part), "on_shelf", "")


_READERS: Final[dict[str, Callable[[_Subfields, Record, statuses.Words], _Found]]] = {
    "952": _koha,
    "995": _koha_unimarc,
    "999": _sirsi,
    "949": _sirsi,
    "876": _item_of_holding,
    "852": _holding,
    "905": _cnmarc,
}


def _label(sub: _Subfields) -> str:
    """The label of an 852: prefix, class, item part, suffix; else its shelving control number."""
    return _joined(*(sub(code) for code in "khim")) or sub("j")


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _title(record: Record, decode: Decode) -> str:
    tag, codes = ("245", "anpb") if "245" in record.fields else (_UNIMARC_TITLE, "aehi")
    for field in record.fields.get(tag, []):
        return " ".join(_Subfields(field, decode).all(codes)).rstrip(" /:;,=")
    return ""


def _author(record: Record, decode: Decode) -> str:
    """The main entry; in UNIMARC and CNMARC else the statement of responsibility."""
    marc21 = (("100", "a"), ("110", "ab"), ("111", "a"))
    unimarc = (("700", "ab"), ("701", "ab"), ("710", "ab"), (_UNIMARC_TITLE, "f"))
    for tag, codes in marc21 if "245" in record.fields else (marc21[1], *unimarc):
        for field in record.fields.get(tag, []):
            if author := " ".join(_Subfields(field, decode).all(codes)).rstrip(" ,:;/"):
                return author
    return ""


def _call_number(record: Record, decode: Decode) -> str:
    """Of the record: the first part of $a with $b; further $a are alternatives."""
    for tag, codes in _CALL_NUMBERS:
        for field in record.fields.get(tag, []):
            sub = _Subfields(field, decode)
            if number := _joined(*(sub(code) for code in codes)):
                return number
    return ""


def _first(record: Record, tag: str, code: str, decode: Decode) -> str:
    for field in record.fields.get(tag, []):
        return _Subfields(field, decode)(code)
    return ""


def _line(text: str) -> str:
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())


def _decoder(record: Record, declared: str) -> tuple[Decode, str]:
    """How to read this record's bytes, and what to say about it.

    Leaders lie in both directions; bytes that are valid UTF-8 and not plain ASCII are UTF-8, for MARC-8 makes such
    sequences only by rare chance.
    """
    if declared == "gb18030":
        return _gb18030, ""
    values = [value for fields in record.fields.values() for field in fields for _, value in field]
    beyond = [value for value in values if not value.isascii()]
    if not beyond and not any(b"\x1b" in value for value in values):
        return _utf8, ""
    valid = all(_is_utf8(value) for value in beyond)
    if declared == "utf-8" or (declared == "auto" and valid and beyond):
        lies = "" if record.utf8 or declared != "auto" else "its leader says MARC-8, its bytes are UTF-8"
        broken = "" if valid else "bytes that are not UTF-8; they show as \ufffd"
        return _utf8, lies or broken
    lies = (
        "its leader says UTF-8, its bytes are not; taken as MARC-8"
        if record.utf8 and declared == "auto"
        else ""
    )
    return _marc8, lies


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf8(value: bytes) -> str:
    return unicodedata.normalize("NFC", value.decode("utf-8", "replace"))


def _gb18030(value: bytes) -> str:
    return value.decode("gb18030", "replace")


def _marc8(value: bytes) -> str:
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # where pymarc complains of cut multi-byte signs
            reader: Any = MARC8ToUnicode(quiet=True)
            text = str(reader.translate(value))
    except (ValueError, LookupError, TypeError):
        return value.decode("latin-1")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", text)
