"""MARC21 and MARCXML → items. Every record ends as items, as a line that says why not, or as both.

Items stand where systems put them: 952 and 995 (Koha), 999 and 949 (Sirsi and its kin), 945 (Sierra), 876 with 852, 852
alone, 905 (CNMARC), or in a field that the library declares (`hub.catalog.marc.layouts`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from hub.catalog import statuses
from hub.catalog.marc import title as marc_title
from hub.catalog.marc.files import Broken, records
from hub.catalog.marc.layouts import LAYOUTS, Layout, Own, Reading, declared_layout, needed_tags, own_words
from hub.catalog.marc.record import Record, Subfields
from hub.catalog.marc.text import Decode, decoder, one_line
from hub.catalog.model import FROM_A_SYSTEM, Flag, Item, Reached, RowFault, Scheme, Unsaid, file_note
from hub.catalog.options import MarcOptions, marc_options
from hub.catalog.schemes import DECLARED
from hub.catalog.tagtext import split_tags
from shelfwire.errors import InputError

NOTES_LISTED: Final = 20
"""Records that are named for each oddity that costs nothing (a wrong length in the leader); all of them are counted."""

MAX_IDS: Final = 20
"""Other identifiers of one item; each of them is an entry in the hub's index."""


def read(path: Path, options: dict[str, Any]) -> Iterator[Item | RowFault | Reached | Unsaid]:
    """Items and faults of a MARC21 or MARCXML file; `options` as `MarcOptions`. Raises `InputError` when it cannot be read at all."""
    chosen = marc_options(options)
    task = _Reader(chosen)
    yield Unsaid(_unsaid(chosen))
    tally = {"with items": 0, "without items": 0, "broken": 0}
    try:
        for record in records(path, task.wanted, chosen.encoding):
            if isinstance(record, Reached):
                yield record
                continue
            if isinstance(record, Broken):
                tally["broken"] += 1
                what = f"cannot be read: {record.what}"
                yield RowFault(where=f"record {record.number}", what=what, taken=False, unread=True)
                continue
            rows = task.rows(record)
            tally["with items" if any(row.__class__ is Item for row in rows) else "without items"] += 1
            yield from rows
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    if not sum(tally.values()):
        raise InputError(f"{path}: has no record; is it MARC21 or MARCXML?")
    counted = ", ".join(f"{number} {what}" for what, number in tally.items())
    yield file_note(f"{sum(tally.values())} records: {counted}")
    for what, number in task.oddities.items():
        if number > NOTES_LISTED:
            yield file_note(
                f"{number} records: {what}; read all the same (the first {NOTES_LISTED} are listed)"
            )


def _unsaid(options: MarcOptions) -> frozenset[str]:
    """What exports of systems do not say, but for what the library has declared a subfield of."""
    own = options.fields
    said = {"home"} if own is not None and own.home_from is not None else set[str]()
    return FROM_A_SYSTEM - said - ({"tags"} if own is not None and own.tags is not None else set())


class _Reader:
    """Turns records into rows, by the layouts of one file."""

    def __init__(self, options: MarcOptions) -> None:
        self._options = options
        self._own: Own = own_words(options)
        self._layouts = _layouts(options)
        self._scheme: Scheme = DECLARED[options.scheme]
        self.wanted = frozenset(marc_title.TAGS | needed_tags(self._layouts))
        self.oddities: Counter[str] = Counter()

    def rows(self, record: Record) -> list[Item | RowFault]:
        """Its items, and what is to say of it."""
        declared = "utf-8" if record.is_xml else self._options.encoding
        chinese = not marc_title.is_marc21(record.fields)
        decode, note = decoder(record.raw, declared, says_utf8=record.utf8, chinese=chinese)
        rows: list[Item | RowFault] = []
        if note or record.notes:
            rows += self._odd(record, decode, [*record.notes, *([note] if note else [])])
        layout = self._layout(record)
        if layout is None:
            what = f"has no item ({self._why_none(record, decode)}); nothing to find on a shelf"
            rows.append(RowFault(where=_where(record, decode), what=what, taken=False))
            return rows
        book = _Book(record, decode)
        for field in record.fields[layout.tag]:
            at = Reading(field, record.fields, decode, self._own)
            rows += self._items(at, layout, book)
        return rows

    def _odd(self, record: Record, decode: Decode, notes: list[str]) -> Iterator[RowFault]:
        for note in notes:
            self.oddities[note] += 1
            if self.oddities[note] <= NOTES_LISTED:
                yield RowFault(where=_where(record, decode), what=f"{note}; read all the same", taken=True)

    def _layout(self, record: Record) -> Layout | None:
        """How the items of this record stand in it; None: it has none."""
        fields = record.fields
        for tag, layout in self._layouts.items():
            if tag not in fields or (
                tag == "905" and len(self._layouts) > 1 and marc_title.is_marc21(fields)
            ):
                continue  # in MARC21 a 905 is anybody's, unless it is declared
            if len(layout.barcode) > 1 or any(Subfields(field).has(layout.barcode) for field in fields[tag]):
                return layout
        return None

    def _why_none(self, record: Record, decode: Decode) -> str:
        for tag, layout in self._layouts.items():
            for field in record.fields.get(tag, ()):
                said = _said(Subfields(field), layout, decode)
                return f"{tag} without a barcode in ${layout.barcode}" + (f": {said}" if said else "")
        return f"no {' or '.join(self._layouts)}" if len(self._layouts) < len(LAYOUTS) else _NO_FIELD

    def _items(self, at: Reading, layout: Layout, book: _Book) -> Iterator[Item | RowFault]:
        if layout.several:
            barcodes = [text for value in at.sub.all(layout.barcode) if (text := one_line(at.decode(value)))]
        else:
            barcodes = [text] if (text := at(layout.barcode)) else []
        if not barcodes:
            said = _said(at.sub, layout, at.decode)
            what = f"an item without barcode in {layout.tag}{f' ({said})' if said else ''}; not taken"
            yield RowFault(where=book.where, what=what, taken=False)
            return
        state = layout.state(at)
        number, scheme = layout.number(at)
        if not number:
            number, scheme = book.call_number
        more = {} if layout.declared is None else _declared(at, layout)
        for barcode in barcodes:
            if state.status is None:
                where = f"{book.where}, barcode {barcode[:60]}"
                yield RowFault(where=where, what=statuses.unknown(state.raw), taken=True)
            yield Item(
                barcode=barcode,
                title=more.get("title") or book.title,
                author=more.get("author") or book.author,
                call_number=number,
                scheme=scheme or self._scheme,
                status=state.status or statuses.UNKNOWN,
                source_status=state.raw,
                flags=_flags(at, layout, state.flags),
                alternative_ids=_ids(at, layout, barcode),
                home_from=more.get("home_from", ""),
                home_to=more.get("home_to", ""),
                tags=split_tags(more.get("tags", "")),
                place=book.number,
            )


class _Book:
    """What all items of a record share, read when the first of them asks."""

    def __init__(self, record: Record, decode: Decode) -> None:
        self.number = record.number
        self.title = marc_title.title(record.fields, decode)
        self.author = marc_title.author(record.fields, decode)
        self._record = record
        self._decode = decode
        self._call_number: tuple[str, Scheme] | None = None

    @property
    def where(self) -> str:
        return _where(self._record, self._decode)

    @property
    def call_number(self) -> tuple[str, Scheme]:
        if self._call_number is None:
            self._call_number = marc_title.call_number(self._record.fields, self._decode)
        return self._call_number


_NO_FIELD: Final = "no " + ", ".join(list(LAYOUTS)[:-1]) + " or " + list(LAYOUTS)[-1]


def _layouts(options: MarcOptions) -> Mapping[str, Layout]:
    if options.fields is not None:
        return {options.fields.items: declared_layout(options.fields)}
    return LAYOUTS if options.items == "auto" else {options.items: LAYOUTS[options.items]}


def _where(record: Record, decode: Decode) -> str:
    control = marc_title.control_number(record.fields, decode)
    return f"record {record.number}" + (f", control number {control[:40]}" if control else "")


def _said(sub: Subfields, layout: Layout, decode: Decode) -> str:
    texts = (one_line(decode(value)) for value in sub.all(layout.said))
    return " ".join(text for text in texts if text)[:80]


def _flags(at: Reading, layout: Layout, flags: tuple[Flag, ...]) -> tuple[Flag, ...]:
    more = [flag for flag, code in layout.flags if at(code) not in {"", "0"}]
    return tuple(sorted({*flags, *more})) if more else flags


def _ids(at: Reading, layout: Layout, barcode: str) -> tuple[str, ...]:
    """Other identifiers, each once."""
    if not layout.ids:
        return ()
    found = dict.fromkeys(text for code in layout.ids if (text := at(code)) and text != barcode)
    return tuple(found)[:MAX_IDS]


def _declared(at: Reading, layout: Layout) -> dict[str, str]:
    """Of a field of the library's own: what other layouts do not have."""
    names = ("title", "author", "home_from", "home_to", "tags")
    return {name: at(code) for name in names if (code := getattr(layout.declared, name)) is not None}
