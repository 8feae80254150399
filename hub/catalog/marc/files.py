"""MARC21 and MARCXML files → raw records, one at a time: a broken one costs only itself, whatever its lengths say.

Binary records are split at the record terminator, not by the length in the leader, which many files get wrong. XML is
split at the end of each record and read without its document type, so that entities cannot grow.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from hub.catalog.marc import record as marc_record
from hub.catalog.marc import xml as marc_xml
from hub.catalog.marc.record import Record
from hub.catalog.model import Reached

MAX_RECORD_BYTES: Final = 1024 * 1024
"""The format's own bound is 99,999 bytes; XML takes more room for the same, and some systems write longer ones."""

CHUNK_BYTES: Final = 256 * 1024
_END: Final = b"\x1d"
_BETWEEN: Final = b"\r\n\t \x00\x1a"
"""What stands between records in real files: line ends, filling, the end-of-file sign of old systems."""
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Broken(msgspec.Struct, frozen=True):
    """A record that cannot be read."""

    number: int
    what: str


def records(
    path: Path, wanted: Container[str], encoding: str = "auto"
) -> Iterator[Record | Broken | Reached]:
    """All records of a file, MARC21 or MARCXML by its first sign, with the fields `wanted`; now and then how far it is.

    `encoding` is for XML that says another one than it has. Raises `OSError`.
    """
    with path.open("rb") as file:
        head = file.read(200)
        file.seek(0)
        is_xml = head.startswith(_MARKS[1:]) or head.lstrip(b"\xef\xbb\xbf\x00 \t\r\n").startswith(b"<")
        split = _split_xml(file, marc_xml.encoding_of(head, encoding)) if is_xml else _split(file)
        parse = marc_xml.parse if is_xml else marc_record.parse
        number = 0
        for chunk in split:
            if isinstance(chunk, Reached):
                yield chunk
                continue
            number += 1
            if isinstance(chunk, str):
                yield Broken(number, chunk)
                continue
            try:
                fields, utf8, notes = parse(chunk, wanted)
            except ValueError as fault:
                yield Broken(number, " ".join(str(fault).split())[:200])
            else:
                yield Record(number, fields, chunk, utf8, notes, is_xml)


def _split(file: IO[bytes]) -> Iterator[bytes | str | Reached]:
    """Records with their terminator; a text says why one cannot be used."""
    waiting = b""
    skipping = False
    while chunk := file.read(CHUNK_BYTES):
        *whole, waiting = (waiting + chunk).split(_END)
        for raw in whole:
            if skipping or len(raw) > MAX_RECORD_BYTES:
                skipping = False
                yield f"longer than {MAX_RECORD_BYTES} bytes"
            elif record := raw.lstrip(_BETWEEN):
                yield record + _END
        if len(waiting) > MAX_RECORD_BYTES:
            waiting, skipping = b"", True
        yield Reached(file.tell())
    if skipping or waiting.strip(_BETWEEN):
        yield "ends before its record terminator: the file is cut off"


def _split_xml(file: IO[bytes], encoding: str) -> Iterator[bytes | str | Reached]:
    """Each piece from the last ``<record`` to its end tag, as UTF-8: an outer record of a harvest is no MARC record."""
    waiting = b""
    skipping = False
    for chunk in marc_xml.as_utf8(iter(lambda: file.read(CHUNK_BYTES), b""), encoding):
        waiting += chunk
        at = 0
        while found := marc_xml.END.search(waiting, at):
            begins = [begin.start() for begin in marc_xml.START.finditer(waiting, at, found.start())]
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
        yield Reached(file.tell())
    if skipping or marc_xml.START.search(waiting):
        yield "ends before </record>: the file is cut off"
