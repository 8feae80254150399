"""Dewey decimal call numbers, as items carry them (MARC 092), and the classes of MARC 082. Pure.

Three digits by value, decimals digit by digit, book numbers as letters and decimals. Fiction and biography carry a word
instead of digits.
"""

from __future__ import annotations

import re
from typing import Final

from shelfwire.callnumbers.elements import add_end
from shelfwire.callnumbers.model import DEWEY, MISSING, STOP, Malformed, Part
from shelfwire.callnumbers.rules import SHELVED_BY_TEXT, Rules
from shelfwire.callnumbers.text import free_key

CLASS: Final = re.compile(
    r"\s*(?:0*([0-9]{3})(?![0-9])|([0-9]{1,2})(?=[\s./]|$))(?:\s*\.\s*([0-9]+(?:['/][0-9]+)*)(?:-(?:1[0-9]|2[0-3])(?=\s|$))?)?"
)
_JOINT: Final = r"[\s.,:;()/\-]"
_WORD: Final = r"\[?[^\W\d_][^\s0-9\[\].,:;()/]*+\]?"
_PREFIX: Final = rf"(?:{_WORD}{_JOINT}+){{0,2}}{_WORD}{_JOINT}*"
_PREFIXED: Final = re.compile(
    rf"\s*({_PREFIX})(?=0*[0-9]{{3}}(?:[^0-9]|$)|(?<={_JOINT})[0-9]{{1,2}}\s*\.\s*[0-9])"
)
_BY_TEXT: Final = re.compile(r"\s*\[?([A-Z]+)\]?(?=[\s./,]+[^\W\d]|[\s./,]*$)")
_MARKS: Final = re.compile(r"[|$][a-z]")
_SEGMENT: Final = re.compile(r"['/]")
_LONG_NUMBER: Final = re.compile(r"[0-9]{4}")
_WORDS: Final = re.compile(r"[^\s\[\].,:;()/]+")


def pieces(text: str, rules: Rules, parts: list[Part] | None = None) -> list[bytes] | Malformed:
    """The key in pieces, see `lc.pieces`; or why the text is no Dewey number. `text` is plain."""
    raw = text
    if "|" in text or "$" in text:
        text = _MARKS.sub(" ", text)
    text = text.upper()
    prefix = ""
    head = CLASS.match(text)
    if head is None:
        before = _PREFIXED.match(text)
        if before is not None:
            words = _WORDS.findall(before[1])
            prefix = " ".join(name for word in words if (name := _name(word.rstrip("-"), rules)))
            head = CLASS.match(text, before.end())
    if head is None:
        by_text = _BY_TEXT.match(text)
        if by_text is None or rules.known(by_text[1], SHELVED_BY_TEXT) is None:
            return Malformed(_why(text), free_key(raw))
        prefix = rules.known(by_text[1], SHELVED_BY_TEXT) or ""
        at, shown, body = by_text.end(), "", MISSING
    else:
        three, short, decimals = head.groups()
        digits = three or short.rjust(3, "0")
        decimals = _SEGMENT.sub("", decimals) if decimals else ""
        at, shown = head.end(), f"{digits}.{decimals}" if decimals else digits
        body = b"\x03" + (digits + decimals).encode()
    if parts is not None:
        if prefix:
            parts.append(Part("prefix", prefix))
        if shown:
            parts.append(Part("class", shown))
    out = [DEWEY + prefix.encode("utf-8", "surrogatepass") + STOP + body, STOP]
    add_end(text, at, out, parts, lc=False)
    return out


def _name(word: str, rules: Rules) -> str:
    """A word before the digits: any word may be one, a library's own rows are the rule here."""
    known = rules.known(word, SHELVED_BY_TEXT)
    return word if known is None else known


def _why(text: str) -> str:
    text = text.strip()
    if not text:
        return "no call number"
    if _LONG_NUMBER.match(text):
        return "the class number has more than three digits before the point"
    if text[0].isdigit():
        return f"after the class digits neither a point nor a blank stands, but {text[:12]!r}"
    return f"begins with {text[:12]!r}; a Dewey number begins with three digits, or with a word such as J, FIC, B"


_EDITION: Final = re.compile(r"\s+0?(?:1[0-9]|2[0-3]|92|920)$|\s*\(DDC\s*[0-9]*\)$|\s*\[B\]$")
_BROKEN_POINT: Final = re.compile(r"\s*(?:\.[\s,.']*|'\s*\.\s*)(?=[0-9])")
_JOIN: Final = re.compile(r"(?<=[0-9])\s*['/]\s*(?=[0-9.])")
_BARE: Final = re.compile(r"[*\-CJ]?([0-9]{1,3}(?:\.[0-9]+)?)(?![0-9])")
_WORD_CLASS: Final = re.compile(r"\[(E|FIC|B)\]$", re.IGNORECASE)


def class_of(found: str) -> str | None:
    """The class that a MARC 082 means: without segmentation marks, edition notes and marks of the agency; None: none.

    It is a class, not a call number: it never orders a shelf.
    """
    text = found.strip()
    if _WORD_CLASS.match(text):
        return text
    text = text.replace("′", "'").replace("’", "'").upper()
    text = re.sub(r"^\([0-9.]*\)\s*", "", text)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    for _ in range(3):
        text = _EDITION.sub("", text)
    text = _BROKEN_POINT.sub(".", text, count=1)
    text = _JOIN.sub("", text)
    bare = _BARE.match(text)
    if bare is None:
        return None
    digits, point, decimals = bare[1].partition(".")
    return digits.rjust(3, "0") + point + decimals
