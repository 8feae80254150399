"""What follows the class in LC and Dewey numbers: cutters and book numbers, dates, volumes, words. Pure.

At one place the end comes before a number, a number before a volume or word, a word before a cutter.
"""

from __future__ import annotations

import re
from typing import Final

from shelfwire.callnumbers.model import END, MISSING, MORE, STOP, Part, value

_NUMBER: Final = b"\x10"
_WORD: Final = b"\x20"
_CUTTER: Final = b"\x30"

FIRST_COPY: Final = value("1")
COPY: Final = re.compile(
    r"(?:(?<![A-Z])(?:C\.|COP(?:Y|\b))[\s.,:;()/\-]*+([0-9]{1,6})(?:\s*(?:ST|ND|RD|TH)(?![A-Z0-9]))?[\s.,:;()/\-]*+)+$"
)
"""Which copy, at the very end; of several the last counts."""

_ELEMENT: Final = r"""
[\s.,:;()/\-]*(?:
  (?P<volume>(?<![A-Z])
     (?:(?P<long>VOLUME|VOL|BAND|TOME|NUMBER|SERIES|SUPPL|SUPP|INDEX|PART|OPUS|BWV|COPY|COP)[\s.,:;()/\-]*+
       |(?P<short>NUM|TOM|SER|IND|BD|NR|NO|PT|OP|ED|V)[\s.,:;()/\-]++
       |(?P<point>[TK])\.[\s.,:;()/\-]*+)
     (?:(?P<first>[0-9]+)(?P<letter>[A-Z](?![A-Z0-9]))?(?:\s*-\s*(?P<second>[0-9]+))?
       |(?P<roman>[IVX]+)(?![A-Z0-9])))
 |(?P<cutter>(?P<initials>LETTERS)(?P<digits>[0-9]+)(?P<work>LETTERS(?![A-Z0-9]))?)
 |(?P<ordinal>(?P<rank>[0-9]+)\s*(?:ST|ND|RD|TH)(?![A-Z0-9]))
 |(?P<date>(?P<year>[0-9]+)(?P<mark>[A-Z](?![A-Z0-9]))?)
 |(?P<word>WORDS|[^\s.,:;()/\-])
)"""

LC_TOKEN: Final = re.compile(
    _ELEMENT.replace("LETTERS", "[A-Z]{1,8}").replace("WORDS", "[A-Z]++"), re.VERBOSE
)
"""Cutters of LC are of plain letters; what is of others is a word."""
_ANY_LETTER: Final = r"[^\s0-9\x00-@\[-`{-\x7f]"
ANY_TOKEN: Final = re.compile(
    _ELEMENT.replace("LETTERS", rf"{_ANY_LETTER}{{1,40}}").replace("WORDS", rf"{_ANY_LETTER}++"), re.VERBOSE
)
"""Book numbers of Dewey are of the letters that the library writes, Thai and Korean ones among them."""

_SAME: Final = {
    "VOL": "V", "VOLUME": "V", "BD": "V", "BAND": "V", "T": "V", "TOME": "V", "TOM": "V", "NR": "NO", "NUM": "NO",
    "NUMBER": "NO", "PART": "PT", "SERIES": "SER", "SUPP": "SUPPL", "SUPPLEMENT": "SUPPL", "INDEX": "IND", "OPUS": "OP",
    "COP": "COPY",
}  # fmt: skip
_WORDS_ALONE: Final = frozenset({"SUPP", "SUPPLEMENT", "INDEX"})
_ROMAN: Final = {"I": 1, "V": 5, "X": 10}
_MONTHS: Final = {
    "JAN": 1, "WINTER": 1, "FEB": 2, "MAR": 3, "SPRING": 3, "APR": 4, "MAY": 5, "JUN": 6, "SUMMER": 6, "JUL": 7,
    "AUG": 8, "SEP": 9, "FALL": 9, "AUTUMN": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}  # fmt: skip
_LONG_MONTHS: Final = frozenset(
    {"JANUARY", "FEBRUARY", "MARCH", "APRIL", "JUNE", "JULY", "AUGUST", "SEPT", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"}
)  # fmt: skip
_YEAR: Final = re.compile(r"[\s.,:;()/\-]*([0-9]{4})(?![0-9])")


def _add_elements(  # noqa: C901 (one branch a kind of element; the path of every key)
    text: str, at: int, out: list[bytes], parts: list[Part] | None, *, token: re.Pattern[str], marks: bool
) -> None:
    """Append to `out`, for each element from `at` on, its body and its close.

    `text` is in capitals. `marks`: words are marks of the book number and compare with book numbers as text (Dewey);
    otherwise they stand before all cutters (LC).
    """
    match = token.match
    in_volume = False
    end = len(text)
    while at < end:
        found = match(text, at)
        if found is None:  # only signs without weight are left
            return
        at = found.end()
        kind = found.lastgroup
        if kind == "cutter":
            initials, digits, work = found.group("initials", "digits", "work")
            if work:
                out += (_CUTTER + _bytes(initials) + digits.encode() + MORE + _bytes(work), STOP)
            else:
                out += (_CUTTER + _bytes(initials) + digits.encode(), MORE + STOP)
            if parts is not None:
                parts.append(Part("book number" if marks else "cutter", f".{initials}{digits}{_small(work)}"))
        elif kind == "date":
            year, mark = found.group("year", "mark")
            out += (_NUMBER + value(year) + (mark or "").encode(), STOP)
            if parts is not None:
                parts.append(Part("date or number", (year.lstrip("0") or "0") + (mark or "").lower()))
        elif kind == "volume":
            in_volume = True
            _add_volume(found, out, parts)
        elif kind == "ordinal":
            out += (_NUMBER + value(found["rank"]), STOP)
            if parts is not None:
                parts.append(Part("ordinal", found["rank"].lstrip("0") or "0"))
        else:
            at = _add_word(text, found["word"], at, out, parts, marks=marks, in_volume=in_volume)


def _add_volume(found: re.Match[str], out: list[bytes], parts: list[Part] | None) -> None:
    name = found["long"] or found["short"] or found["point"]
    name = _SAME.get(name, name)
    first, letter, second, roman = found.group("first", "letter", "second", "roman")
    if roman:
        first = str(_roman(roman))
    body = _WORD + name.encode() + STOP + value(first) + (letter or "").encode()
    if second:
        body += MORE + value(second)
    out += (body, STOP)
    if parts is not None:
        more = f"-{second.lstrip('0') or '0'}" if second else ""
        shown = "vol" if name == "V" else name.lower()  # "ed. v.3" would be a fifth edition
        parts.append(Part("volume", f"{shown}.{first.lstrip('0') or '0'}{(letter or '').lower()}{more}"))


def _add_word(
    text: str, word: str, at: int, out: list[bytes], parts: list[Part] | None, *, marks: bool, in_volume: bool
) -> int:
    """A word; a month of a volume takes its year with it, so that they compare by calendar."""
    month = _MONTHS.get(word) or (_MONTHS[word[:3]] if word in _LONG_MONTHS else None)
    year = _YEAR.match(text, at) if month and in_volume else None
    if year and month:
        out += (_NUMBER + value(year[1]) + MORE + bytes([month + 2]), STOP)
        if parts is not None:
            short = next(name for name, number in _MONTHS.items() if number == month)
            parts.append(Part("month", f"{short.title()} {year[1]}"))
        return year.end()
    if word in _WORDS_ALONE:
        word = _SAME[word]
    if marks and word not in {"SUPPL", "IND"}:
        out += (_CUTTER + _bytes(word), MORE + STOP)
    else:
        out += (_WORD + _bytes(word), STOP)
    if parts is not None:
        parts.append(Part("word", word))
    return at


def add_end(text: str, at: int, out: list[bytes], parts: list[Part] | None, *, lc: bool) -> None:
    """Append all that follows the class from `at` on, and the end: which copy it is.

    In LC no copy is the first copy; in Dewey it stands before the first. A copy that is stated belongs to the stem.
    """
    copy = COPY.search(text, at) if "C." in text or "COP" in text else None
    token = LC_TOKEN if lc else ANY_TOKEN
    if copy is None:
        _add_elements(text, at, out, parts, token=token, marks=not lc)
        out.append(END + (FIRST_COPY if lc else MISSING))
        return
    _add_elements(text[: copy.start()], at, out, parts, token=token, marks=not lc)
    out += (END + value(copy[1]), b"", b"")
    if parts is not None and (not lc or value(copy[1]) != FIRST_COPY):
        parts.append(Part("copy", f"c.{copy[1].lstrip('0') or '0'}"))


def _bytes(letters: str) -> bytes:
    return letters.encode("utf-8", "surrogatepass")  # bytes that were no text come as surrogates


def _small(letters: str | None) -> str:
    return "" if letters is None else letters.lower() if letters.isascii() else letters


def _roman(text: str) -> int:
    total = 0
    for one, after in zip(text, [*text[1:], "I"], strict=True):
        total += -_ROMAN[one] if _ROMAN[one] < _ROMAN[after] else _ROMAN[one]
    return max(total, 0)
