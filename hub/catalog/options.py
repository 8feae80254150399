"""What a library declares about its export, in a mapping file (YAML) or on the command line. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

import msgspec

from hub.catalog.model import Flag, ItemStatus
from hub.catalog.schemes import Declared
from shelfwire.config import convert
from shelfwire.errors import InputError

Column = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
SeveralColumns = Annotated[list[Column], msgspec.Meta(min_length=1, max_length=20)]

CODE: Final = r"^(?:[!-~]|00[1-9]|[0-9A-Za-z]{3}\$[!-~]{1,30})\Z"
_CODE: Final = re.compile(CODE)
Code = Annotated[str, msgspec.Meta(pattern=CODE)]
"""A subfield of the item's own field (``p``), a control field (``001``), or subfields of another field of the record (``090$ab``)."""
Codes = str | list[str]
"""One or several of these. Checked in `marc_options`: msgspec 0.22 crashes when Python ends after it has met a union of a
text with a pattern and a list of such texts."""
Tag = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{3}\Z")]


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What both kinds of files declare about their words."""

    statuses: dict[str, ItemStatus] = {}
    """The library's words → ours; before all defaults."""
    flags: dict[str, Flag] = {}
    """Words that say something beside the status."""
    scheme: Declared = "auto"
    """How call numbers are built that do not say it themselves; ``auto`` leaves it to the site."""
    schemes: dict[str, Declared] = {}
    """The library's words for schemes → ours."""


class Columns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which heading of a CSV file stands for what."""

    barcode: Column = "barcode"
    title: Column = "title"
    author: Column = "author"
    call_number: Column | SeveralColumns = "call_number"
    """Several are joined by blanks, for example class, book number and volume."""
    status: Column = "status"
    home_from: Column = "home_from"
    home_to: Column = "home_to"
    tags: Column = "tags"
    scheme: Column = "scheme"
    flags: Column = "flags"
    alternative_ids: Column | SeveralColumns = "alternative_ids"


class CsvOptions(Words, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a CSV file."""

    columns: Columns = Columns()
    encoding: Literal["auto", "utf-8", "utf-8-sig", "gb18030", "utf-16", "latin-1", "cp1252"] = "auto"
    """``auto``: by the mark at the start that spreadsheets write, else UTF-8, or GB18030 when all of it is that and not UTF-8."""
    delimiter: Literal[",", ";", "\t", "|"] = ","


class MarcFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Items that stand in a field of the library's own, subfield by subfield."""

    items: Tag
    barcode: Code
    call_number: Codes = []
    """Joined by blanks; without it, that of the record."""
    scheme: Code | None = None
    status: Code | None = None
    """A word; without it, and without `due`, every item counts as on its shelf."""
    due: Code | None = None
    """A due date: whatever stands there, the item is on loan unless its status says something else than on the shelf."""
    flags: dict[Flag, Code] = {}
    """Set when the subfield is neither empty nor 0."""
    alternative_ids: Codes = []
    home_from: Code | None = None
    home_to: Code | None = None
    tags: Code | None = None
    title: Code | None = None
    author: Code | None = None


class MarcOptions(Words, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read MARC21 or MARCXML."""

    items: Literal["auto", "952", "995", "999", "949", "945", "876", "852", "905"] = "auto"
    """Where the items stand; ``auto`` looks for the first of these that has a barcode, record by record."""
    fields: MarcFields | None = None
    """The library's own field instead."""
    encoding: Literal["auto", "utf-8", "marc-8", "gb18030", "latin-1"] = "auto"
    """``auto``: what the leader says, unless the bytes say otherwise. Chinese files are often in ``gb18030``: declare it."""


def csv_options(data: dict[str, Any]) -> CsvOptions:
    """Checked. Raises `InputError` with all faults."""
    return convert(data, CsvOptions, "mapping")


def marc_options(data: dict[str, Any]) -> MarcOptions:
    """Checked. Raises `InputError` with all faults."""
    options: MarcOptions = convert(data, MarcOptions, "mapping")
    if (fields := options.fields) is not None:
        wrong = [
            f"mapping: fields.{name}: {code!r} is no subfield; write one sign (p), 001, or 090$ab"
            for name in ("call_number", "alternative_ids")
            for code in listed(getattr(fields, name))
            if _CODE.match(code) is None
        ]
        if wrong:
            raise InputError(*wrong)
    return options


def words(statuses: dict[str, ItemStatus]) -> dict[str, ItemStatus]:
    """The library's words as they are compared: one blank between words, no case."""
    return {plain(word): status for word, status in statuses.items()}


def flag_words(flags: dict[str, Flag]) -> dict[str, Flag]:
    """As `words`."""
    return {plain(word): flag for word, flag in flags.items()}


def plain(word: str) -> str:
    """A word as it is compared."""
    return " ".join(word.split()).casefold()


def listed(codes: str | list[str]) -> tuple[str, ...]:
    """One or several, as several."""
    return (codes,) if isinstance(codes, str) else tuple(codes)
