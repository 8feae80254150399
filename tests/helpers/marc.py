"""MARC records for tests, made byte by byte, so that they can be made wrong."""

from __future__ import annotations

from collections.abc import Sequence

Fields = Sequence[tuple[str, str]]
"""(tag, ``$aText$bText`` for data fields or plain text for control fields)."""


def record(*fields: tuple[str, str], utf8: bool = True, encoding: str = "utf-8") -> bytes:
    """One binary record; `utf8` is what its leader says, `encoding` what its bytes are."""
    directory, body = "", b""
    for tag, text in fields:
        raw = text.encode(encoding) if tag < "010" else b"  " + text.encode(encoding).replace(b"$", b"\x1f")
        raw += b"\x1e"
        directory += f"{tag}{len(raw):04d}{len(body):05d}"
        body += raw
    base = 24 + len(directory) + 1
    length = base + len(body) + 1
    leader = f"{length:05d}nam {'a' if utf8 else ' '}22{base:05d} a 4500"
    return leader.encode() + directory.encode() + b"\x1e" + body + b"\x1d"


def book(*fields: tuple[str, str], number: str = "b1") -> bytes:
    """A record of one book with more fields."""
    head = (
        ("001", number),
        ("100", "$aWoolf, Virginia,"),
        ("245", "$aOrlando :$ba biography /$cby V. Woolf."),
    )
    return record(*head, *fields)


def xml(*records: str) -> bytes:
    """A MARCXML collection of records written as XML."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><collection xmlns="http://www.loc.gov/MARC21/slim">'
        + "".join(records)
        + "</collection>"
    ).encode()


def xml_record(barcode: str, prefix: str = "") -> str:
    """One record with one 999 item."""
    p = f"{prefix}:" if prefix else ""
    return (
        f'<{p}record><{p}leader>00000nam a2200000 a 4500</{p}leader><{p}controlfield tag="001">x{barcode}</{p}controlfield>'
        f'<{p}datafield tag="245" ind1="0" ind2="0"><{p}subfield code="a">Title &amp; more</{p}subfield></{p}datafield>'
        f'<{p}datafield tag="999" ind1=" " ind2=" "><{p}subfield code="a">QA76 .K5</{p}subfield>'
        f'<{p}subfield code="i">{barcode}</{p}subfield></{p}datafield></{p}record>'
    )
