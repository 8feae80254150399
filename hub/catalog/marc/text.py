"""The bytes of MARC records → text: UTF-8, MARC-8, GB18030 and Latin-1, told apart when the leader lies. Pure."""

from __future__ import annotations

import contextlib
import io
import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from pymarc.marc8 import MARC8ToUnicode
from pymarc.marc8_mapping import CODESETS

Decode = Callable[[bytes], str]

_ESCAPE: Final = b"\x1b"
_ANSEL: Final[dict[int, tuple[int, int]]] = CODESETS[0x45]
"""The upper half of MARC-8: byte → (code point, 1 if it is a sign put over the letter that follows)."""

_GB2312_PAIR: Final = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_GB_SHARE: Final = 0.8
"""Of the bytes beyond ASCII; in MARC-8 most stand alone before a letter, in Chinese text nearly all come in such pairs."""


def decoder(raw: bytes, declared: str, *, says_utf8: bool, chinese: bool) -> tuple[Decode, str]:
    """How to read one record's bytes, and what to say about it (empty: nothing).

    `declared`: ``auto`` or the name of an encoding; `says_utf8`: what the leader says; `chinese`: the record is of the
    UNIMARC family, where GB18030 is common. Bytes that are valid UTF-8 and not plain ASCII are UTF-8, for MARC-8 makes
    such sequences only by rare chance.
    """
    if declared in _DECLARED:
        valid = declared != "utf-8" or _is_utf8(raw)
        return _DECLARED[declared], "" if valid else "bytes that are not UTF-8; they show as \ufffd"
    if raw.isascii():
        return _marc8 if _ESCAPE in raw else _utf8, ""
    if _is_utf8(raw):
        return _utf8, "" if says_utf8 else "its leader says MARC-8, its bytes are UTF-8"
    if chinese and is_gb18030(raw):
        return _gb18030, "its bytes are GB18030; declare `encoding: gb18030`"
    return _marc8, "its leader says UTF-8, its bytes are not; taken as MARC-8" if says_utf8 else ""


def one_line(text: str) -> str:
    """Without control signs, one blank between words."""
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    return " ".join(text.split())


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_gb18030(raw: bytes) -> bool:
    """Whether bytes that are no UTF-8 are Chinese text, most likely."""
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return 2 * len(_GB2312_PAIR.findall(raw)) >= _GB_SHARE * len(_HIGH.findall(raw))


def _utf8(value: bytes) -> str:
    if value.isascii():
        return value.decode("ascii")
    return unicodedata.normalize("NFC", value.decode("utf-8", "replace"))


def _gb18030(value: bytes) -> str:
    return value.decode("gb18030", "replace")


def _latin_1(value: bytes) -> str:
    return value.decode("cp1252", "replace")


def _marc8(value: bytes) -> str:
    """The usual half of MARC-8 by table; values with escapes to other scripts by pymarc, ten times slower."""
    if value.isascii() and _ESCAPE not in value:
        return value.decode("ascii")
    if _ESCAPE in value:
        return _marc8_escaped(value)
    made: list[str] = []
    above: list[str] = []
    for byte in value:
        if byte < 0x80:  # noqa: PLR2004 (ASCII)
            sign, combines = chr(byte), 0
        elif (known := _ANSEL.get(byte)) is not None:
            sign, combines = chr(known[0]), known[1]
        else:
            sign, combines = " ", 0
        if combines:
            above.append(sign)
        else:
            made.append(sign)
            made += above
            above.clear()
    return unicodedata.normalize("NFC", "".join(made))


def _marc8_escaped(value: bytes) -> str:
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # where pymarc complains of cut multi-byte signs
            reader: Any = MARC8ToUnicode(quiet=True)
            text = str(reader.translate(value))
    except (ValueError, LookupError, TypeError):
        return value.decode("latin-1")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", text)


_DECLARED: Final[dict[str, Decode]] = {
    "utf-8": _utf8,
    "marc-8": _marc8,
    "gb18030": _gb18030,
    "latin-1": _latin_1,
}
