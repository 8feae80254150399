"""MARC21 and MARCXML files → raw records, one at a time: a broken one costs only itself, whatever its lengths say.

Binary records are split at the record terminator, not by the length in the leader, which many files get wrong. XML is
split at the end of each record and read without its document type, so that entities cannot grow.
"""

from __future__ import annotations

import logging
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import pymarc
from pymarc.exceptions import PymarcException

MAX_RECORD_BYTES: Final = 1024 * 1024
"""The format's own bound is 99,999 bytes; XML takes more room for the same, and some systems write longer ones."""

CHUNK_BYTES: Final = 256 * 1024
_END: Final = b"\x1d"
_LEADER: Final = 24
_CONTROL_FIELD: Final = "010"

Field = list[tuple[str, bytes]]
"""Subfields (code, value); a control field has one with an empty code."""


class Record(msgspec.Struct, frozen=True):
    """One record as it stands, values undecoded."""

    number: int
    """Counted from 1 over all records of the file, broken ones too."""
    fields: dict[str, list[Field]]
    utf8: bool
    """What the leader says."""
    notes: list[str]
    """What was odd and could be read all the same."""


class Broken(msgspec.Struct, frozen=True):
    """A record that cannot be read."""

    number: int
    what: str


def records(path: Path) -> Iterator[Record | Broken]:
    """All records of a file, MARC21 or MARCXML by its first sign. Raises `OSError`."""
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
        file.seek(0)
        raw, parse = (_split_xml(file), _parse_xml) if head.startswith(b"<") else (_split(file), _parse)
        with _listening() as notes:
            for number, chunk in enumerate(raw, 1):
                notes.clear()
                if isinstance(chunk, str):
                    yield Broken(number, chunk)
                    continue
                try:
                    fields, utf8 = parse(chunk, notes)
                except (PymarcException, ValueError, LookupError, TypeError, ET.ParseError) as fault:
                    yield Broken(number, _reason(fault))
                else:
                    yield Record(number, fields, utf8, list(dict.fromkeys(notes)))


def _split(file: IO[bytes]) -> Iterator[bytes | str]:
    """Records with their terminator; a text says why one cannot be used."""
    waiting = b""
    skipping = False
    while chunk := file.read(CHUNK_BYTES):
        *whole, waiting = (waiting + chunk).split(_END)
        for raw in whole:
            if skipping or len(raw) > MAX_RECORD_BYTES:
                skipping = False
                yield f"longer than {MAX_RECORD_BYTES} bytes"
            elif record := raw.lstrip(b"\r\n\t \x00\x1a"):
                yield record + _END
        if len(waiting) > MAX_RECORD_BYTES:
            waiting, skipping = b"", True
    if skipping or waiting.strip(b"\r\n\t \x00\x1a"):
        yield "ends before its record terminator: the file is cut off"


def _parse(raw: bytes, notes: list[str]) -> tuple[dict[str, list[Field]], bool]:
    claimed = int(raw[:5]) if raw[:5].isdigit() else -1
    if claimed != len(raw):
        notes.append(f"its leader says {raw[:5].decode('ascii', 'replace')} bytes, it has {len(raw)}")
        raw = b"%05d" % min(len(raw), 99_999) + raw[5:]
    record: Any = pymarc.Record(data=raw, to_unicode=False)
    fields: dict[str, list[Field]] = {}
    for field in record.fields:
        parts = (
            [("", _bytes(field.data))]
            if field.tag < _CONTROL_FIELD and field.tag.isdigit()
            else [(part.code, _bytes(part.value)) for part in field.subfields]
        )
        fields.setdefault(field.tag, []).append(parts)
    return fields, str(record.leader)[9:10] == "a"


def _split_xml(file: IO[bytes]) -> Iterator[bytes | str]:
    """Each piece from the last ``<record`` to its end tag: an outer record of a harvest is no MARC record."""
    start, end = re.compile(rb"<(?:\w+:)?record[\s>]"), re.compile(rb"</(?:\w+:)?record\s*>")
    waiting = b""
    skipping = False
    while chunk := file.read(CHUNK_BYTES):
        waiting += chunk
        at = 0
        while found := end.search(waiting, at):
            begins = [begin.start() for begin in start.finditer(waiting, at, found.start())]
            if skipping:
                skipping = False
                yield f"longer than {MAX_RECORD_BYTES} bytes"
            elif begins:
                # Several starts and one end: the earlier ones were never closed, unless they wrap (OAI-PMH).
                yield waiting[begins[-1] : found.end()]
            at = found.end()
        waiting = waiting[at:]
        if len(waiting) > MAX_RECORD_BYTES:
            waiting, skipping = waiting[-64:], True
    if skipping or start.search(waiting):
        yield "ends before </record>: the file is cut off"


def _parse_xml(raw: bytes, _: list[str]) -> tuple[dict[str, list[Field]], bool]:
    if b"<!" in raw.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise ValueError("a document type inside a record")
    plain = re.sub(rb"<(/?)\w+:", rb"<\1", raw)
    plain = re.sub(rb"""\s(?:xmlns(?::\w+)?|\w+:\w+)\s*=\s*(?:"[^"]*"|'[^']*')""", b"", plain)
    root = ET.fromstring(plain)  # noqa: S314 (no document type, so no entities: looked for above)
    fields: dict[str, list[Field]] = {}
    for element in root:
        tag = element.get("tag", "")
        if element.tag == "controlfield":
            fields.setdefault(tag, []).append([("", _bytes(element.text or ""))])
        elif element.tag == "datafield":
            parts = [
                (part.get("code", ""), _bytes("".join(part.itertext())))
                for part in element
                if part.tag == "subfield"
            ]
            fields.setdefault(tag, []).append(parts)
    if not fields:
        raise ValueError("no fields")
    return fields, True


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value or "").encode("utf-8", "replace")


def _reason(fault: Exception) -> str:
    """In words; pymarc's own texts are good, Python's are not."""
    if isinstance(fault, UnicodeDecodeError):
        return f"a byte {fault.object[fault.start]:#04x} in its leader, directory or indicators, where only ASCII can stand"
    if isinstance(fault, PymarcException):
        return " ".join(str(fault).split())[:200] or type(fault).__name__
    if isinstance(fault, ET.ParseError):
        return f"no well-formed XML: {fault}"
    return f"its structure makes no sense: {' '.join(str(fault).split())[:160]}"


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What pymarc would write to its log or warn about, kept as notes to the record instead."""
    notes: list[str] = []

    def keep(entry: logging.LogRecord) -> bool:
        notes.append(entry.getMessage().partition(":")[0][:120])
        return False

    logger = logging.getLogger("pymarc")
    logger.addFilter(keep)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield notes
    finally:
        logger.removeFilter(keep)
