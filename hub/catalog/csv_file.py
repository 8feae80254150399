"""A catalogue as CSV: one row an item, streamed. No row vanishes: each is an item, a fault, or both.

A quote that is never closed costs only its own row, bytes that are not in the declared encoding only theirs.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from hub.catalog import schemes, statuses
from hub.catalog.csv_lines import cells, records
from hub.catalog.marc.text import is_gb18030
from hub.catalog.model import (
    SAYABLE,
    FileNote,
    Flag,
    Item,
    ItemStatus,
    Reached,
    RowFault,
    Scheme,
    Unsaid,
    file_note,
)
from hub.catalog.options import Columns, CsvOptions, csv_options, flag_words, listed, words
from hub.catalog.schemes import DECLARED, own_schemes
from hub.catalog.tagtext import split_tags
from shelfwire.errors import InputError

FIELDS: Final = Columns.__struct_fields__

EVERY_LINES: Final = 5_000
"""How often to say how far it is."""

ALL_WRONG: Final = 100
"""Rows with signs beyond ASCII, from the first on, of which none is in the encoding: then the file as a whole is in another one."""

PIECE_BYTES: Final = 1024 * 1024
"""Of the file, read at once to tell its encoding."""

MAX_IDS: Final = 20

DELIMITERS: Final = (";", "\t", "|", ",")

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_UNDECODED: Final = re.compile("[\udc80-\udcff]")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_BETWEEN_WORDS: Final = re.compile(r"\s*[;,|]\s*")


def read(path: Path, options: dict[str, Any]) -> Iterator[Item | RowFault | Reached | Unsaid]:
    """Items and faults of a CSV file; `options` as `CsvOptions`. Raises `InputError` when the file as a whole cannot be read."""
    chosen = csv_options(options)
    try:
        encoding = _encoding(path) if chosen.encoding == "auto" else chosen.encoding
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            yield from _rows(file, path, chosen, encoding)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault


def _encoding(path: Path) -> str:
    """By the mark at its start; without one GB18030 if all of it is Chinese text in that and not UTF-8, else UTF-8."""
    with path.open("rb") as file:
        head = file.read(3)
    if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return "utf-16"
    if head == codecs.BOM_UTF8 or _is_wholly(path, "utf-8"):
        return "utf-8-sig"
    return "gb18030" if _is_wholly(path, "gb18030") and _looks_chinese(path) else "utf-8-sig"


def _is_wholly(path: Path, encoding: str) -> bool:
    """Whether every byte of the file can be read so. A file of a million items takes about a second."""
    decode = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(PIECE_BYTES):
                decode.decode(chunk)
            decode.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _looks_chinese(path: Path) -> bool:
    with path.open("rb") as file:
        piece = file.read(PIECE_BYTES)
        while piece and piece.isascii():
            piece = file.read(PIECE_BYTES)
    lines, end, _ = piece.rpartition(b"\n")
    return is_gb18030(lines if end else piece)


def _rows(
    file: IO[str], path: Path, options: CsvOptions, encoding: str
) -> Iterator[Item | RowFault | Reached | Unsaid]:
    line = 0
    try:
        rows = records(file, options.delimiter)
        first = next(rows, None)
        if first is None:
            raise InputError(f"{path}: is empty; its first row names the columns")
        table = _Table(path, _heading(path, first[1], options, encoding), options, encoding)
        yield Unsaid(table.unsaid())
        yield from table.notes()
        told = 0
        for line, text, fault in rows:
            if fault:
                yield RowFault(where=f"line {line}", what=fault, taken=False, unread=True)
            elif text := text.strip("\r\n"):
                yield from table.row(line, text)
            if line >= told + EVERY_LINES:
                told = line
                yield Reached(file.buffer.tell())  # type: ignore[attr-defined]  # a text file over a binary one has it
    except UnicodeError as fault:
        raise InputError(
            f"{path}:{line + 1}: is not in {encoding}: {fault}; declare `encoding` in the mapping"
        ) from fault


class _Table:
    """One file: where its columns are, and what its words mean."""

    def __init__(self, path: Path, heading: Sequence[str], options: CsvOptions, encoding: str) -> None:
        self._path = path
        self._width = len(heading)
        self._delimiter = options.delimiter
        self._encoding = encoding.removesuffix("-sig")
        self._places = _places(path, heading, options.columns)
        used = {at for places in self._places.values() for at in places}
        self._unread = [name for at, name in enumerate(heading) if name and at not in used]
        self._guessed = options.encoding == "auto" and encoding == "gb18030"
        self._statuses: dict[str, ItemStatus] = words(options.statuses)
        self._flags: dict[str, Flag] = flag_words(options.flags)
        self._schemes: dict[str, Scheme] = own_schemes(options.schemes)
        self._scheme: Scheme = DECLARED[options.scheme]
        self._wrong = 0
        self._right = 0

    def unsaid(self) -> frozenset[str]:
        """What the file has no column for."""
        return frozenset(name for name in SAYABLE if not self.has("home_from" if name == "home" else name))

    def notes(self) -> Iterator[FileNote]:
        """What to know of the file as a whole."""
        if self._guessed:
            yield file_note("not UTF-8; taken as GB18030 (declare `encoding` if that is wrong)")
        if self._unread:
            yield file_note(f"columns that are not read: {', '.join(self._unread)}"[:400])
        if not self.has("status"):
            yield file_note("no status column: items that are new here are taken as on_shelf")

    def has(self, field: str) -> bool:
        """Whether there is a column for it."""
        return bool(self._places[field])

    def row(self, line: int, text: str) -> Iterator[Item | RowFault]:
        """The item of one record, and what is to say of it. Raises `InputError` when the file is in another encoding."""
        made = cells(text, self._delimiter)
        barcode = self._value(made, "barcode")
        where = f"line {line}" + (f", barcode {barcode[:60]}" if barcode else "")
        if not text.isascii():
            undecoded = _UNDECODED.search(text) is not None
            self._count(line, text, undecoded=undecoded)
            if undecoded:
                yield self._undecoded(where, text, barcode)
                return
        if not barcode:
            what = "no barcode: an item cannot be told from others without one"
            yield RowFault(where=where, what=what, taken=False)
            return
        if len(made) > self._width and any(cell.strip() for cell in made[self._width :]):
            what = f"{len(made)} cells under {self._width} columns; what is beyond is left out"
            yield RowFault(where=where, what=what, taken=True)
        if _CONTROL.search(text) is not None:
            yield RowFault(where=where, what="control characters (NUL and the like); left out", taken=True)
        faults: list[str] = []
        word, status, flags = self._state(made, faults)
        item = Item(
            barcode=barcode,
            title=self._value(made, "title"),
            author=self._value(made, "author"),
            call_number=self._value(made, "call_number"),
            scheme=self._own_scheme(made, faults) or self._scheme,
            status=status,
            source_status=word,
            flags=flags,
            alternative_ids=self._ids(made, barcode),
            home_from=self._value(made, "home_from"),
            home_to=self._value(made, "home_to"),
            tags=split_tags(self._value(made, "tags")),
            place=line,
        )
        for what in faults:
            yield RowFault(where=where, what=what, taken=True)
        yield item

    def _value(self, made: Sequence[str], field: str) -> str:
        places = self._places[field]
        if len(places) == 1:
            return plain_cell(made[places[0]]) if places[0] < len(made) else ""
        return " ".join(text for at in places if at < len(made) and (text := plain_cell(made[at])))

    def _state(self, made: Sequence[str], faults: list[str]) -> tuple[str, ItemStatus, tuple[Flag, ...]]:
        word = self._value(made, "status")
        status: ItemStatus | None = "on_shelf"
        flags: tuple[Flag, ...] = ()
        if word:
            status, flags = statuses.of_word_and_flag(word, self._statuses, self._flags)
        if status is None:
            status = statuses.UNKNOWN
            faults.append(statuses.unknown(word))
        said = self._value(made, "flags")
        for more in _BETWEEN_WORDS.split(said) if said else ():
            flag = statuses.flag_of(more, self._flags)
            if flag is not None:
                flags = tuple(sorted({*flags, flag}))
            elif more:
                faults.append(f"flag {more[:60]!r} is unknown; left out (map it under `flags:`)")
        return word, status, flags

    def _own_scheme(self, made: Sequence[str], faults: list[str]) -> Scheme:
        word = self._value(made, "scheme")
        scheme = schemes.of_word(word, self._schemes) if word else ""
        if word and not scheme and word.casefold() != "auto":
            faults.append(f"scheme {word[:60]!r} is unknown; taken as none (map it under `schemes:`)")
        return scheme

    def _ids(self, made: Sequence[str], barcode: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for at in self._places["alternative_ids"]:
            if at < len(made) and made[at]:
                found |= dict.fromkeys(_BETWEEN_WORDS.split(plain_cell(made[at])))
        return tuple(text for text in found if text and text != barcode)[:MAX_IDS]

    def _count(self, line: int, text: str, *, undecoded: bool) -> None:
        self._wrong += undecoded
        self._right += not undecoded
        if self._wrong >= ALL_WRONG and not self._right:
            raise InputError(
                f"{self._path}:{line}: all {self._wrong} rows so far with signs beyond ASCII are not in "
                f"{self._encoding}; declare `encoding: {_guess(text, self._encoding)}` in the mapping"
            )

    def _undecoded(self, where: str, text: str, barcode: str) -> RowFault:
        what = (
            f"bytes that are not in the declared encoding ({self._encoding}); mend the row or declare "
            f"`encoding` (perhaps {_guess(text, self._encoding)})"
        )
        known = "" if _UNDECODED.search(barcode) else barcode
        where = _UNDECODED.sub("\ufffd", where)
        return RowFault(where=where, what=what, taken=False, barcode=known, unread=not known)


def _guess(text: str, encoding: str) -> str:
    """The encoding that these bytes are in, most likely."""
    return "gb18030" if is_gb18030(text.encode(encoding, "surrogateescape")) else "latin-1"


def _heading(path: Path, text: str, options: CsvOptions, encoding: str) -> list[str]:
    """The names of the columns. Raises `InputError`, once, when they are in another encoding or have another delimiter."""
    if _UNDECODED.search(text) is not None:
        raise InputError(
            f"{path}:1: the names of the columns are not in {encoding.removesuffix('-sig')}; "
            f"declare `encoding: {_guess(text, encoding)}` in the mapping"
        )
    made = cells(text, options.delimiter)
    heading = [plain_cell(name) for name in made]
    if len(made) == 1 and heading[0].casefold() != options.columns.barcode.casefold():
        for other in DELIMITERS:
            if other != options.delimiter and other in made[0]:
                raise InputError(
                    f"{path}:1: is one column, {heading[0][:80]!r}; it looks separated by {other!r}: "
                    f"declare `delimiter: {json.dumps(other)}` in the mapping"
                )
    return heading


def _places(path: Path, heading: Sequence[str], columns: Columns) -> Mapping[str, tuple[int, ...]]:
    """Field → column numbers. Raises `InputError` for a heading that cannot be understood."""
    twice = [name for name in dict.fromkeys(heading) if name and heading.count(name) > 1]
    faults = [f"{path}:1: column {name!r} stands twice; give each its own name" for name in twice]
    known = {name.casefold(): at for at, name in enumerate(heading)}
    places: dict[str, tuple[int, ...]] = {}
    for field in FIELDS:
        wanted = listed(getattr(columns, field))
        places[field] = tuple(known[name.casefold()] for name in wanted if name.casefold() in known)
        for name in wanted:
            if name.casefold() not in known and (name != field or field == "barcode"):
                there = ", ".join(name for name in heading[:30] if name)
                faults.append(
                    f"{path}:1: has no column {name!r} for the {field}; it has: {there[:400]}. "
                    f"Name the right one under `columns:` in the mapping (and check `delimiter` and `encoding`)"
                )
    if faults:
        raise InputError(*faults)
    return places


def plain_cell(text: str) -> str:
    """One line, without control characters, and without the apostrophe that `safe_cell` put before a formula's sign."""
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    text = " ".join(text.split())
    return text[1:] if text[:1] == "'" and len(text) > 1 and text[1] in _FORMULA else text


def safe_cell(text: str) -> str:
    """For export: a spreadsheet takes no cell for a formula that begins with an apostrophe. `read` takes it off again."""
    return f"'{text}" if text.startswith(_FORMULA) else text
