"""One MARCXML record → its fields, in the form that binary records have; and the encoding of an XML file. Pure."""

from __future__ import annotations

import codecs
import contextlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Container, Iterable, Iterator
from typing import Final

from hub.catalog.marc.record import DELIMITER, Fields

START: Final = re.compile(rb"<(?:\w+:)?record[\s>]")
END: Final = re.compile(rb"</(?:\w+:)?record\s*>")

_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_TEXT: Final = ("utf-8", "ascii", "iso8859", "cp125", "koi8", "gb18030", "big5", "euc", "shift_jis")
"""How the names of codecs begin that an XML file may name; Python knows others, which are none of text."""
_PREFIX: Final = re.compile(rb"<(/?)\w+:")
_NAMESPACE: Final = re.compile(rb"""\s(?:xmlns(?::\w+)?|\w+:\w+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_FEEDS: Final = re.compile(rb"[\x1d\x1e\x1f]")


def encoding_of(head: bytes, declared: str) -> str:
    """The codec of an XML file by the mapping, its mark or its first line; UTF-8 when nothing says another one."""
    if declared not in {"auto", "marc-8"}:
        return declared
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"<\x00" in head[:4]:
        return "utf-16-be" if head.startswith(b"\x00") else "utf-16-le"
    found = _DECLARED.search(head)
    name = found[1].decode("ascii") if found else "utf-8"
    try:
        name = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    if name in {"gb2312", "gbk"}:
        return "gb18030"
    return (
        name if name.startswith(_TEXT) else "utf-8"
    )  # a first line that can be read is not in UTF-16, as some say


def as_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The file as UTF-8. Bytes that are not in its encoding stay wrong, and cost their record only."""
    if encoding in {"utf-8", "utf-8-sig", "ascii"}:
        yield from chunks
        return
    decode = codecs.getincrementaldecoder(encoding)(errors="replace").decode
    for chunk in chunks:
        yield decode(chunk).encode("utf-8", "replace")


def parse(raw: bytes, wanted: Container[str]) -> tuple[Fields, bool, list[str]]:
    """As `hub.catalog.marc.record.parse`, of the text from ``<record`` to its end tag."""
    if b"<!" in raw.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise ValueError("a document type inside a record")
    root = _tree(raw)
    fields: Fields = {}
    some = False
    for element in root:
        tag = element.get("tag", "")
        if element.tag == "controlfield":
            some = True
            if tag in wanted:
                fields.setdefault(tag, []).append(_bytes(element.text))
        elif element.tag == "datafield":
            some = True
            if tag in wanted:
                fields.setdefault(tag, []).append(_field(element))
    if not some:
        raise ValueError("no fields")
    return fields, True, []


def _tree(raw: bytes) -> ET.Element:
    """Without namespaces, whatever prefix they have; they are declared outside the record mostly. Raises `ValueError`."""
    if raw.startswith(b"<record") and b"xmlns" not in raw:
        with contextlib.suppress(ET.ParseError):
            return ET.fromstring(raw)  # noqa: S314 (no document type, so no entities)
    try:
        return ET.fromstring(_NAMESPACE.sub(b"", _PREFIX.sub(rb"<\1", raw)))  # noqa: S314 (as above)
    except ET.ParseError as fault:
        raise ValueError(_reason(raw, fault)) from fault


def _field(element: ET.Element) -> bytes:
    head = (element.get("ind1", " ")[:1] or " ") + (element.get("ind2", " ")[:1] or " ")
    parts = [
        DELIMITER + _bytes(code) + _bytes("".join(part.itertext()))
        for part in element
        if part.tag == "subfield" and len(code := part.get("code", "")) == 1
    ]
    return _bytes(head) + b"".join(parts)


def _bytes(text: str | None) -> bytes:
    return _FEEDS.sub(b"", (text or "").encode("utf-8", "replace"))


def _reason(raw: bytes, fault: ET.ParseError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return f"a byte {raw[wrong.start]:#04x} that is no UTF-8; declare `encoding` in the mapping"
    return f"no well-formed XML: {fault}"
