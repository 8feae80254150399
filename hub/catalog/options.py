"""What a library declares about its export, in a mapping file (YAML) or on the command line. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from hub.catalog.model import ItemStatus
from shelfwire.config import convert

Column = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Columns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which heading of a CSV file stands for what."""

    barcode: Column = "barcode"
    title: Column = "title"
    author: Column = "author"
    call_number: Column = "call_number"
    status: Column = "status"
    home_from: Column = "home_from"
    home_to: Column = "home_to"
    tags: Column = "tags"


class CsvOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a CSV file."""

    columns: Columns = Columns()
    encoding: Literal["utf-8", "utf-8-sig", "gb18030", "utf-16", "latin-1", "cp1252"] = "utf-8-sig"
    """``utf-8-sig`` reads UTF-8 with and without the mark at the start that spreadsheets write."""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    statuses: dict[str, ItemStatus] = {}
    """The library's words → ours; before all defaults."""


class MarcOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read MARC21 or MARCXML."""

    items: Literal["auto", "952", "995", "999", "949", "876", "852", "905"] = "auto"
    """Where the items stand; ``auto`` looks for the first of these that has a barcode, record by record."""
    encoding: Literal["auto", "utf-8", "marc-8", "gb18030"] = "auto"
    """``auto``: what the leader says, unless the bytes say otherwise. Chinese files are often in ``gb18030``: declare it."""
    statuses: dict[str, ItemStatus] = {}


def csv_options(data: dict[str, Any]) -> CsvOptions:
    """Checked. Raises `InputError` with all faults."""
    return convert(data, CsvOptions, "mapping")


def marc_options(data: dict[str, Any]) -> MarcOptions:
    """Checked. Raises `InputError` with all faults."""
    return convert(data, MarcOptions, "mapping")


def words(statuses: dict[str, ItemStatus]) -> dict[str, ItemStatus]:
    """The library's words as they are compared: one blank between words, no case."""
    return {" ".join(word.split()).casefold(): status for word, status in statuses.items()}
