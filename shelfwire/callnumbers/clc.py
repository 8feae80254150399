"""中图法 (Chinese Library Classification) call numbers: class, book number, extras. Pure.

The class is read sign by sign, never by value: end, letters, ``-``, ``( )``, ``" "``, ``=``, ``< >``, ``:``, ``+``, digits
(《中图法》5th edition, 使用手册 pp. 82-83). The point has no weight. Numbers of the book number go by value.
"""

from __future__ import annotations

import re
from typing import Final

from shelfwire.callnumbers.model import CLC, END, STOP, Malformed, Part, value
from shelfwire.callnumbers.rules import Rules
from shelfwire.callnumbers.text import free_key

_CLOSE: Final = b"\x02"
_SEGMENT: Final = b"\x03"
_QUOTED: Final = b"\x05"
_LETTERS: Final = b"\x08"
_SIGNS: Final = {
    "-": b"\x10", "(": b"\x11", '"': b"\x12", "=": b"\x13", "<": b"\x14", ":": b"\x15", "+": b"\x16", ".": b"\x17",
    ")": _CLOSE, ">": b"\x04",
}  # fmt: skip
_HYPHEN_AFTER: Final = b"\x11\x7f"
"""Where a hyphen comes after brackets: behind whatever a bracket can hold, before a quotation mark."""
_DIGITS: Final = b"\x1f"
_LATE_LETTERS: Final = b"\x7e"

_MAIN: Final = r"(?:T[A-Z]|DF|[A-Z])(?![A-Z])"
_LANGUAGE: Final = r"[A-Z]++(?:\+\+(?![A-Z0-9])|\#)?"
_CLASS: Final = re.compile(
    rf"(?P<main>{_MAIN})(?P<rest>(?:[\s]*(?=[0-9]))?(?:[0-9]|(?<=[0-9])\.|[-()\"=<>:+]|{_LANGUAGE})*+)(?=[\s/\\]|$)"
)
_CLASS_TOKEN: Final = re.compile(rf"([0-9][0-9.]*)|({_LANGUAGE})|([-()\"=<>:+])|[\s.]+")
_BOOK_TOKEN: Final = re.compile(r"([0-9]+)|([^\W\d_]+)|([-()\"=<>:+.])|[\s/\\,;*&~'!?\[\]]+|(.)", re.DOTALL)
_PREFIX: Final = re.compile(r"\s*([0-9]{1,6}|[A-Z]{1,6})[\s/\\\-]+(?=[A-Z])")
_BRACED: Final = re.compile(r"\{[^}]*\}")
_TWO_NUMBERS: Final = re.compile(r",\s*(?=[A-Z]{1,2}[0-9][0-9.]*\S*/)")
_CHINESE_DIGITS: Final = {sign: number for number, sign in enumerate("一二三四五六七八九", 1)}
_COUNTED: Final = re.compile(r"(?:第)?([一二三四五六七八九十]{1,3}|[上中下])(?:[册卷辑部集编篇]|$)")
_NUMBERED: Final = re.compile(r"第\s*([0-9]+)\s*[册卷辑部集编篇]?")
_PLACES: Final = {"上": 1, "中": 2, "下": 3}


def pieces(text: str, rules: Rules, parts: list[Part] | None = None) -> list[bytes] | Malformed:
    """The key in pieces, see `lc.pieces`; or why the text is no CLC number. `text` is plain."""
    raw = text
    text = _cleaned(text)
    prefix = ""
    head = _CLASS.match(text)
    if head is None:
        before = _PREFIX.match(text)
        head = _CLASS.match(text, before.end()) if before else None
        if before is None or head is None:
            return Malformed(_why(text), free_key(raw))
        prefix = before[1]
        known = rules.known(prefix)
        prefix = prefix if known is None else known
        if parts is not None and prefix:
            parts.append(Part("prefix", prefix))
    if parts is not None:
        parts.append(Part("class", _shown(head)))
    out = [CLC + prefix.encode() + STOP + head["main"].encode(), STOP]
    if head["rest"]:
        _add_class(head["rest"], out, rules)
    if head.end() < len(text):
        _add_book(text[head.end() :], out, rules, parts)
    out.append(END)
    return out


def _cleaned(text: str) -> str:
    """Without lines that are no part of the number, brackets of an alternative class, and a second number."""
    if "{" in text:
        text = _BRACED.sub("", text)
    text = text.upper().strip()
    if text.startswith("["):
        text = text[1:].replace("]", "", 1)
    if not text.isascii():
        text = _NUMBERED.sub(r"/\1", text)
    return _TWO_NUMBERS.split(text)[0] if ", " in text else text


def book_key(text: str, rules: Rules) -> bytes:
    """The key of a book number alone, for tables that list those."""
    out: list[bytes] = []
    _add_book("/" + text.upper(), out, rules, None)
    return b"".join(out)


def _shown(head: re.Match[str]) -> str:
    rest = "".join(head["rest"].split()).replace(".", "")
    start = re.match(r"[0-9]*", rest)
    digits = start[0] if start else ""
    groups = ".".join(digits[at : at + 3] for at in range(0, len(digits), 3))
    return head["main"] + groups + rest[len(digits) :]


def _add_class(rest: str, out: list[bytes], rules: Rules) -> None:
    """The class behind its first letters. Another class begins after ``:`` and ``+``."""
    made = bytearray()
    quoted = False
    close = b""
    begins = False
    for digits, letters, sign in _CLASS_TOKEN.findall(rest):
        if close and (digits or letters or sign):
            made += close
            close = b""
        if digits:
            made += digits.replace(".", "").encode()
            begins = False
        elif letters:
            made += _class_letters(letters, rules, begins=begins)
            close, begins = STOP, False
        elif sign == '"':
            made += _QUOTED if quoted else _SIGNS[sign]
            quoted = not quoted
        elif sign:
            made += _SIGNS[sign]
            begins = sign in ":+"
    out += (bytes(made), close)


def _class_letters(letters: str, rules: Rules, *, begins: bool) -> bytes:
    if begins:
        return _LETTERS + letters.encode()
    kind = _LETTERS if rules.clc_letters == "before_signs" else _LATE_LETTERS
    length = bytes([len(letters) + 2]) if rules.clc_letters_by_length else b""
    return kind + length + letters.encode()


def _add_book(  # noqa: C901 (one branch a kind of sign; the path of every key)
    text: str, out: list[bytes], rules: Rules, parts: list[Part] | None
) -> None:
    """Book number and extras: letters as text, numbers by value, signs in their rank, segments lowest."""
    made: list[bytes] = []
    after_digits = quoted = counted = False
    by_value = rules.clc_book_digits == "value"
    for digits, letters, sign, other in _BOOK_TOKEN.findall(text):
        if digits:
            if after_digits:  # a word that is a number stood there
                made.append(_SEGMENT)
            made.append(_DIGITS + (value(digits) if by_value else digits.encode()))
        elif letters:
            more, counted = _book_letters(letters, after_digits=after_digits)
            made += more
        elif sign:
            made.append(_book_sign(sign, rules, quoted=quoted))
            quoted ^= sign == '"'
        elif other:
            made += (_LETTERS + b"\x7f" + other.encode("utf-8", "surrogatepass"), STOP)
        elif not made or made[-1] != _SEGMENT:
            made.append(_SEGMENT)
        after_digits = bool(digits) or (bool(letters) and counted)
    while made and made[-1] == _SEGMENT:
        made.pop()
    if not made:
        return
    close = made.pop() if made[-1] in {STOP, _CLOSE} else b""
    out += (b"".join(made), close)
    if parts is not None:
        parts += _book_parts(text, by_value=by_value)


def _book_letters(letters: str, *, after_digits: bool) -> tuple[tuple[bytes, ...], bool]:
    """(key, whether it is a number in words). Letters compare as text; those behind digits by length first (B before AA)."""
    counted = None if letters.isascii() else _COUNTED.fullmatch(letters)
    if counted:
        number = _DIGITS + value(str(_count(counted[1])))
        return (_SEGMENT, number) if after_digits else (number,), True
    length = bytes([len(letters) + 2]) if after_digits else b""
    return (_LETTERS + length + letters.encode(), STOP), False


def _book_sign(sign: str, rules: Rules, *, quoted: bool) -> bytes:
    if sign == '"' and quoted:
        return _QUOTED
    return _HYPHEN_AFTER if sign == "-" and rules.clc_book_hyphen == "after" else _SIGNS[sign]


def _book_parts(text: str, *, by_value: bool) -> list[Part]:
    """The book number and its extras in one spelling."""
    shown = ""
    for digits, letters, sign, other in _BOOK_TOKEN.findall(text):
        counted = _COUNTED.fullmatch(letters) if letters else None
        if (counted or digits) and shown[-1:].isdigit():
            shown += "/"
        if counted:
            shown += str(_count(counted[1]))
        elif digits and by_value:
            shown += digits.lstrip("0") or "0"
        else:
            shown += digits or letters or sign or other or "/"
    segments = [one for one in shown.split("/") if one]
    return [Part("extra" if at else "book number", f"/{one}") for at, one in enumerate(segments)]


def _count(text: str) -> int:
    if text in _PLACES:
        return _PLACES[text]
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _CHINESE_DIGITS.get(text[-1], 0)
    return 10 * _CHINESE_DIGITS.get(tens, 1) + _CHINESE_DIGITS.get(ones, 0)


def _why(text: str) -> str:
    if not text:
        return "no call number"
    main = re.match(_MAIN, text)
    if main is None:
        return f"begins with {text[:12]!r}; a CLC number begins with one class letter, or with T and a second one"
    end = re.compile(rf"(?:[0-9.\s]|[-()\"=<>:+]|{_LANGUAGE})*+").match(text, main.end())
    at = end.end() if end else main.end()
    return f"{text[at : at + 1]!r} cannot stand in a CLC class (sign {at + 1})"


def one_length(texts: list[str]) -> bool:
    """Whether in each class all digit runs of book numbers have one length.

    If so, value and decimal give one order; if not, the library must say which it means.
    """
    seen: dict[tuple[str, str], int] = {}
    for text in texts:
        shelved, _, book = text.upper().partition("/")
        first = re.match(r"([A-Z]*)([0-9]+)", book.strip())
        if first and seen.setdefault((shelved, first[1]), len(first[2])) != len(first[2]):
            return False
    return True
