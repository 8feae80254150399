"""Library of Congress call numbers. Pure.

A number is a class (letters, whole number, decimals) and a row of elements: numbers (dates, ordinals), words
(volumes, parts), cutters. At one place the end comes before a number, a number before a word, a word before a
cutter. Cutter digits and class decimals are decimals and compare digit by digit; all others by value.
"""

from __future__ import annotations

import re
from typing import Final

_END: Final = b"\x00"
_STOP: Final = b"\x01"
_MORE: Final = b"\x02"
_NUMBER: Final = b"\x10"
_WORD: Final = b"\x20"
_CUTTER: Final = b"\x30"

_CLASS: Final = re.compile(
    r"\s*([A-Za-z]{1,3})\s*(?:(\d{1,4})(?!\d)(?:\s*\.\s*(\d+)(?!\d*(?:st|nd|rd|th)\b))?|(?=\.\s*[A-Za-z]\d))"
)
_JOINT: Final = re.compile(r"[\s.,:;()/\-]+")
_COPY: Final = re.compile(r"(?<![A-Za-z])(?:c\.|(?:[Cc]op|[Cc]opy)\b\.?)\s*(\d{1,6})\s*$")
_VOLUME: Final = re.compile(
    r"(v|vol|volume|bd|band|t|tome|tom|no|nr|num|number|pt|part|ser|series|suppl|supp|ind|index|op|opus|bwv|k)"
    r"(?:\.\s*|\s+)(\d{1,9})(?:\s*-\s*(\d{1,9}))?(?![A-Za-z])",
    re.IGNORECASE,
)
_ORDINAL: Final = re.compile(r"(\d{1,9})\s*(?:st|nd|rd|th)\b", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{1,9})(?:([A-Za-z])(?![A-Za-z\d]))?")
_CUTTER_FORM: Final = re.compile(r"x?([A-Za-z]{1,3})(\d+)([A-Za-z]{1,3}(?![A-Za-z\d]))?")
_PLAIN_WORD: Final = re.compile(r"[^\W\d_]+|\S")

_SAME: Final = {
    "vol": "v", "volume": "v", "bd": "v", "band": "v", "t": "v", "tome": "v", "tom": "v", "nr": "no", "num": "no",
    "number": "no", "part": "pt", "series": "ser", "supp": "suppl", "index": "ind", "opus": "op",
}  # fmt: skip


def key(text: str) -> bytes | None:
    """The sort key of an LC number, or None when the text is none. `text` is in NFKC."""
    text = _cleaned(text)
    copy = _COPY.search(text)
    if copy:
        text = text[: copy.start()]
    head = _CLASS.match(text)
    if head is None:
        return None
    letters, number, decimals = head.groups()
    if number is None and not re.search(r"\d", text):
        return None
    made = [letters.upper().encode(), _STOP, _value(number or "0"), (decimals or "").encode(), _STOP]
    made += _elements(text, head.end())
    made += [_END, _value(copy.group(1) if copy else "1")]
    return b"".join(made)


def _cleaned(text: str) -> str:
    """Without what label files and catalogues write between the parts: field marks, backslashes, apostrophes, brackets."""
    text = re.sub(r"\|[a-z]", " ", text)
    text = re.sub(r"[\\'’\[\]]", " ", text)
    return " ".join(text.split())


def _elements(text: str, at: int) -> list[bytes]:
    made: list[bytes] = []
    while at < len(text):
        joint = _JOINT.match(text, at)
        if joint:
            at = joint.end()
            continue
        part, at = _element(text, at, after_word=at > 0 and text[at - 1].isalpha())
        made.append(part)
    return made


def _element(text: str, at: int, *, after_word: bool) -> tuple[bytes, int]:
    volume = None if after_word else _VOLUME.match(text, at)
    if volume:
        name = volume.group(1).lower()
        second = _MORE + _value(volume.group(3)) if volume.group(3) else _STOP
        return _WORD + _SAME.get(name, name).encode() + _STOP + _value(volume.group(2)) + second, volume.end()
    cutter = _CUTTER_FORM.match(text, at)
    if cutter:
        letter, digits, work = cutter.groups()
        return _CUTTER + letter.upper().encode() + digits.encode() + _MORE + (
            work or ""
        ).upper().encode() + _STOP, cutter.end()
    ordinal = _ORDINAL.match(text, at)
    if ordinal:
        return _NUMBER + _value(ordinal.group(1)) + _STOP, ordinal.end()
    date = _DATE.match(text, at)
    if date:
        return _NUMBER + _value(date.group(1)) + (date.group(2) or "").upper().encode() + _STOP, date.end()
    word = _PLAIN_WORD.match(text, at)
    assert word is not None  # the joint took all blanks, so some sign stands here
    return _WORD + word.group().upper().encode("utf-8", "surrogatepass") + _STOP, word.end()


def _value(digits: str) -> bytes:
    """Digits that compare by value: their number first."""
    digits = digits.lstrip("0")
    return bytes([min(len(digits), 250) + 1]) + digits.encode()
