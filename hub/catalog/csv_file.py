"""A catalogue as CSV: one row an item, streamed. No row vanishes: each is an item, a fault, or both.

A quote that is never closed costs only its own row, bytes that are not in the declared encoding only theirs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from hub.catalog import statuses
from hub.catalog.model import Item, RowFault, file_note
from hub.catalog.options import CsvOptions, csv_options, words
from shelfwire.errors import InputError

MAX_LINE: Final = 64 * 1024
"""Characters of one row; the longest real one that we know has 4,000."""

MAX_JOINED_LINES: Final = 40
"""Lines of one row with line breaks inside quotes; more is a quote that nobody closed."""

FIELDS: Final = ("barcode", "title", "author", "call_number", "status", "home_from", "home_to", "tags")

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def read(path: Path, options: dict[str, Any]) -> Iterator[Item | RowFault]:
    """Items and faults of a CSV file; `options` as `CsvOptions`. Raises `InputError` when the file as a whole cannot be read."""
    chosen = csv_options(options)
    try:
        with path.open(encoding=chosen.encoding, errors="surrogateescape", newline="") as file:
            yield from _rows(file, path, chosen)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    except UnicodeError as fault:
        raise InputError(
            f"{path}: is not in {chosen.encoding}: {fault}; declare `encoding` in the mapping"
        ) from fault


def _rows(file: IO[str], path: Path, options: CsvOptions) -> Iterator[Item | RowFault]:
    records = _records(file, options.delimiter)
    first = next(records, None)
    if first is None:
        raise InputError(f"{path}: is empty; its first row names the columns")
    heading = [name.strip() for name in _cells(first[1], options.delimiter)]
    places = _places(path, heading, options)
    if places["status"] is None:
        yield file_note("no status column: every item is taken as on_shelf")
    own_words = words(options.statuses)
    for line, text, fault in records:
        if fault:
            yield RowFault(where=f"line {line}", what=fault, taken=False)
        elif text.strip("\r\n"):
            yield from _row(line, _cells(text, options.delimiter), len(heading), places, own_words)


def _places(path: Path, heading: Sequence[str], options: CsvOptions) -> dict[str, int | None]:
    """Field → column number. Raises `InputError` for a heading that cannot be understood."""
    twice = [name for name in dict.fromkeys(heading) if name and heading.count(name) > 1]
    faults = [f"{path}:1: column {name!r} stands twice; give each its own name" for name in twice]
    plain = {name.casefold(): at for at, name in enumerate(heading)}
    places: dict[str, int | None] = {}
    for field in FIELDS:
        wanted = getattr(options.columns, field)
        places[field] = plain.get(wanted.casefold())
        declared = wanted != field or field == "barcode"
        if places[field] is None and declared:
            known = ", ".join(name for name in heading[:30] if name)
            faults.append(
                f"{path}:1: has no column {wanted!r} for the {field}; it has: {known[:400]}. "
                f"Name the right one under `columns:` in the mapping (and check `delimiter` and `encoding`)"
            )
    if faults:
        raise InputError(*faults)
    return places


def _row(
    line: int, cells: Sequence[str], width: int, places: dict[str, int | None], own_words: statuses.Words
) -> Iterator[Item | RowFault]:
    values = {field: cells[at] if at is not None and at < len(cells) else "" for field, at in places.items()}
    barcode = _plain(values["barcode"])
    where = f"line {line}" + (f", barcode {barcode[:60]}" if barcode else "")
    if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
        yield RowFault(
            where=where,
            what="bytes that are not in the declared encoding; mend the row or declare `encoding`",
            taken=False,
        )
        return
    if not barcode:
        yield RowFault(
            where=where, what="no barcode: an item cannot be told from others without one", taken=False
        )
        return
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        yield RowFault(
            where=where,
            what=f"{len(cells)} cells under {width} columns; what is beyond is left out",
            taken=True,
        )
    if any(_CONTROL.search(cell) for cell in cells):
        yield RowFault(where=where, what="control characters (NUL and the like); left out", taken=True)
    word = _plain(values["status"])
    status = statuses.of_word(word, own_words) if word else "on_shelf"
    if status is None:
        status = statuses.UNKNOWN
        yield RowFault(where=where, what=unknown_status(word), taken=True)
    yield Item(
        barcode=barcode,
        title=_plain(values["title"]),
        author=_plain(values["author"]),
        call_number=_plain(values["call_number"]),
        status=status,
        source_status=word,
        home_from=_plain(values["home_from"]),
        home_to=_plain(values["home_to"]),
        tags=tuple(re.split(r"[\s;]+", _plain(values["tags"]))) if values["tags"].strip() else (),
    )


def unknown_status(word: str) -> str:
    """The fault's text, the same for all connectors."""
    return (
        f"status {word[:60]!r} is unknown: kept as {statuses.UNKNOWN}, so that nobody expects it on the shelf; "
        "map it under `statuses:`"
    )


def _plain(text: str) -> str:
    """One line, without control characters, and without the apostrophe that `safe_cell` put before a formula's sign."""
    text = " ".join(_CONTROL.sub("", text).split())
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in _FORMULA else text


def safe_cell(text: str) -> str:
    """For export: a spreadsheet takes no cell for a formula that begins with an apostrophe. `read` takes it off again."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _records(file: IO[str], delimiter: str) -> Iterator[tuple[int, str, str]]:
    """(line number, text, fault) of each record; lines are joined only while a quote that opened a cell is open."""
    whole = _whole(delimiter)
    lines = _lines(file)
    waiting: list[tuple[int, str, str]] = []
    while True:
        number, text, fault = waiting.pop(0) if waiting else next(lines, (0, "", ""))
        if not number:
            return
        if fault or '"' not in text or whole.fullmatch(text.rstrip("\r\n")):
            yield number, text, fault
            continue
        joined, taken = text, 0
        while not whole.fullmatch(joined.rstrip("\r\n")):
            if taken == len(waiting):
                more = next(lines, (0, "", ""))
                if not more[0] or taken >= MAX_JOINED_LINES or len(joined) > MAX_LINE or more[2]:
                    waiting += [more] if more[0] else []
                    joined = ""
                    break
                waiting.append(more)
            joined += waiting[taken][1]
            taken += 1
        if joined:
            del waiting[:taken]
            yield number, joined, ""
        else:
            yield number, "", "a quote is opened and never closed; only this line is left out"


def _whole(delimiter: str) -> re.Pattern[str]:
    """A record in which every cell that opens with a quote is closed. Possessive, so that no text can make it slow."""
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"[^{d}]*+|[^"{d}][^{d}]*+|)'
    return re.compile(rf"{cell}(?:{d}{cell})*+", re.DOTALL)


def _lines(file: IO[str]) -> Iterator[tuple[int, str, str]]:
    number = 0
    while text := file.readline(MAX_LINE):
        number += 1
        if len(text) == MAX_LINE and not text.endswith(("\n", "\r")):
            while text and not text.endswith(("\n", "\r")):
                text = file.readline(MAX_LINE)
            yield number, "", f"longer than {MAX_LINE} characters; left out"
        else:
            yield number, text, ""


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of one record; none for what the csv module cannot read either, which then has no barcode."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []
