"""What a file should say instead of what it says, in words that its schema alone gives. Pure.

`msgspec` names types and patterns; who writes YAML needs the allowed words, an example, and the quotes that are missing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import inspect

A_DAY_MIN: Final = 24 * 60

NEAREST: Final = 3
"""Names offered for one that is not known."""

FEW: Final = 12
"""So many keys are named all, where none is near."""

MAX_COMPARED: Final = 80
"""Characters of a word that is compared with those known; comparing costs the square of its length."""

MAX_SHOWN: Final = 60
"""Characters of a wrong value that are shown."""

CLOCK: Final = 'a clock time HH:MM, from 00:00 to 23:59, in quotes: "22:00"'

PATTERNS: Final[tuple[tuple[str, str, str], ...]] = (
    ("00:00 09:30 23:59", "24:00 9:30 12:60", CLOCK),
    ("en deu", "e english EN", "a language code of two or three small letters, such as en or zh"),
    ("E280 0123ABCD", "E28 WXYZ", "hexadecimal digits in groups of four, such as E28011700000020A"),
    ("ant-0001 a1", "ant a.1", "a name that ends with a number, such as ant-0001"),
    ("RD0001 2f_south-1", "a.b _a", "a name of letters, digits, - and _, at most 40 long, such as RD0001"),
    ("2F-R03A-B05-S3 2.5", "a_b -a", "an id of letters, digits, points and -, such as 2F-R03A-B05-S3"),
    ("a_b a-b", "a.b a~b", "letters, digits, - and _"),
    ("R03 2.5", "a-b a_b", "at most 16 letters, digits and points, such as R03"),
    ("lib/a b", "a+ a#", "a topic without + and #, at most 512 long"),
)
"""Texts that a pattern takes and texts that it refuses, by which it is known, and what to write for it."""


def wrong(value: Any, kind: Any, message: str) -> str:
    """What is wrong with `value` where the schema has `kind`, and what to write. `message` is msgspec's; a struct's own is left as it is."""
    if not message.startswith(("Expected ", "Invalid ")):
        return message
    kinds = _kinds(kind)
    fitting = [one for one in kinds if _takes(one, value)] or kinds
    said = [words for one in fitting if (words := _special(value, one))]
    if said:
        return said[0]
    wanted = " or ".join(dict.fromkeys(filter(None, map(_wanted, fitting))))
    if not wanted:
        return message
    if value is None:
        return f"nothing is written here; write {wanted}, or take the line out"
    return f"{shown(value)} does not fit; write {wanted}"


def unknown_key(key: object, known: Iterable[str]) -> str:
    """A key that stands where only `known` can."""
    names = tuple(known)
    if found := near(str(key), names):
        return f"unknown key; did you mean {_or([f'`{name}`' for name in found])}?"
    if not names:
        return "unknown key; nothing can stand here"
    if len(names) <= FEW:
        return f"unknown key; known here are {', '.join(names)}"
    return f"unknown key; of {len(names)} known here none is like it; they begin with {', '.join(names[:NEAREST])}"


@lru_cache(maxsize=1024)  # a slip of the pen stands on many lines of a large file
def near(word: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `words` that are most like `word`, the likest first; none may be."""
    if len(word) > MAX_COMPARED:
        return ()
    small: dict[str, str] = {}
    for one in words:
        small.setdefault(one.lower(), one)
    begun = [name for name in small if word and name.startswith(word.lower())]
    found = dict.fromkeys([*get_close_matches(word.lower(), small, NEAREST), *begun])
    return tuple(small[name] for name in found)[:NEAREST]


def shown(value: Any) -> str:
    """A value as it may stand in a sentence."""
    if isinstance(value, dict):
        return "a mapping (`key: value`)"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


@lru_cache(maxsize=1024)  # as `near`
def _kinds(kind: Any) -> list[inspect.Type]:
    """What can stand there, but for nothing at all."""
    found = _plain(inspect.type_info(kind))
    many = found.types if isinstance(found, inspect.UnionType) else (found,)
    return [one for one in map(_plain, many) if not isinstance(one, inspect.NoneType)]


def _plain(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


_Array = inspect.ListType | inspect.VarTupleType | inspect.TupleType | inspect.SetType | inspect.FrozenSetType
_Object = inspect.DictType | inspect.StructType
_Number = inspect.IntType | inspect.FloatType

PLAIN: Final[tuple[tuple[type, str], ...]] = (
    (inspect.BoolType, "true or false"),
    (inspect.DateTimeType, "date and time as 2026-03-02T18:00:00"),
    (inspect.DateType, "a date as 2026-03-02"),
)
"""What to write where the kind alone says it."""


def _takes(kind: inspect.Type, value: Any) -> bool:
    """Whether the value is of that sort, if not in its bounds."""
    if isinstance(value, bool):
        return isinstance(kind, inspect.BoolType)
    if isinstance(value, float):
        return isinstance(kind, inspect.FloatType)
    sorts: tuple[tuple[type, Any], ...] = (
        (int, _Number),
        (str, inspect.StrType | inspect.LiteralType | inspect.EnumType),
        (list, _Array),
        (dict, _Object),
        (date, inspect.DateTimeType | inspect.DateType),
    )
    return any(isinstance(value, sort) and isinstance(kind, there) for sort, there in sorts)


def _special(value: Any, kind: inspect.Type) -> str:
    """A mistake that is often made, and what to write; empty: it is none."""
    if isinstance(kind, inspect.LiteralType | inspect.EnumType) and value is not None:
        return _of_words(value, _words(kind))
    if isinstance(kind, inspect.DateTimeType):
        return _of_time(value, kind)
    if isinstance(kind, inspect.StrType):
        return _of_text(value, kind)
    if isinstance(kind, _Array):
        return _of_list(value, kind)
    if isinstance(kind, _Number) and isinstance(value, str):
        return _of_number(value, kind)
    return ""


def _of_words(value: Any, words: tuple[str, ...]) -> str:
    close = near(str(value), words)[:1]
    maybe = f"did you mean {close[0]}? " if close else ""
    return f"{shown(value)} is not known; {maybe}write {_or(words)}"


def _of_time(value: Any, kind: inspect.DateTimeType) -> str:
    zone = "+01:00" if kind.tz else ""
    example = f"2026-03-02T18:00:00{zone}"
    if isinstance(value, datetime):
        if kind.tz is False:
            return f"{value.isoformat()} has a zone; write it without one: {value.replace(tzinfo=None).isoformat()}"
        return f"{value.isoformat()} has no zone; write it with one, such as {value.isoformat()}+01:00"
    if isinstance(value, date):
        return f"{value.isoformat()} has no time of day; write {value.isoformat()}T18:00:00{zone}"
    return "" if value is None else f"{shown(value)} is no date and time; write it as {example}"


def _of_text(value: Any, kind: inspect.StrType) -> str:
    if isinstance(value, bool):
        return f'YAML reads this as {shown(value)} (also yes, no, on and off); put the word in quotes: "{"yes" if value else "no"}"'
    if isinstance(value, int) and _is_clock(kind) and 0 <= value < A_DAY_MIN:
        clock = f"{value // 60:02}:{value % 60:02}"
        return f'YAML reads {clock} without quotes as the number {value}; put it in quotes: "{clock}"'
    if isinstance(value, int | float | date) and not (kind.pattern and _is_clock(kind)):
        text = value.isoformat() if isinstance(value, date) else str(value)
        return f'{text} is no text here; put it in quotes: "{text}"'
    if value == "" and kind.min_length:
        return "is empty; write at least one character"
    return ""


def _of_list(value: Any, kind: _Array) -> str:
    if isinstance(value, list):
        return f"{_count(len(value))} here; write {_how_many(kind)}" if _how_many(kind) else ""
    if isinstance(value, str | int | float) and not _holds_objects(kind):
        word = value if isinstance(value, str) else shown(value)
        return f"{shown(value)} stands alone; write it as a list: [{word[:MAX_SHOWN]}]"
    if isinstance(value, dict) and _holds_objects(kind):
        return "one mapping stands alone; write it as a list: begin its first line with `- `, and indent the others"
    return ""


def _of_number(value: str, kind: _Number) -> str:
    """A number that YAML took for text: in quotes, or 1e-3, which it knows only as 1.0e-3."""
    try:
        number = float(value)
    except ValueError:
        return ""
    if not math.isfinite(number) or (isinstance(kind, inspect.IntType) and not number.is_integer()):
        return ""
    plain = str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)  # noqa: PLR2004 (whole numbers are exact there)
    return f"{shown(value)} is text; write the number without quotes: {plain}"


def _wanted(kind: inspect.Type) -> str:
    """What to write, as the object of a sentence; empty: the schema does not say."""
    if isinstance(kind, inspect.IntType):
        return f"a whole number{_range(kind)}"
    if isinstance(kind, inspect.FloatType):
        return f"a number{_range(kind)}"
    if isinstance(kind, inspect.StrType):
        return _text(kind)
    if isinstance(kind, inspect.LiteralType | inspect.EnumType):
        return _or(_words(kind))
    if isinstance(kind, _Array | _Object):
        return _many(kind)
    return next((words for sort, words in PLAIN if isinstance(kind, sort)), "")


def _many(kind: _Array | _Object) -> str:
    if isinstance(kind, _Array):
        many = _how_many(kind)
        example = "`- key: value` on each line" if _holds_objects(kind) else "such as […]"
        return f"a list{f' of {many}' if many else ''}, {example}"
    if isinstance(kind, inspect.DictType):
        return "a mapping (`key: value`)"
    names = [field.encode_name for field in kind.fields]
    return f"a mapping (`key: value`) of {', '.join(names[:FEW])}{', …' if len(names) > FEW else ''}"


def _text(kind: inspect.StrType) -> str:
    if kind.pattern is not None:
        return _pattern_words(kind.pattern) or f"text that matches {kind.pattern}"
    low, high = kind.min_length or 0, kind.max_length
    if high is not None:
        return f"text of {f'{low} to' if low else 'at most'} {high} characters"
    return f"text of at least {low} characters" if low > 1 else "text"


@lru_cache(maxsize=256)
def _pattern_words(pattern: str) -> str:
    for takes, refuses, words in PATTERNS:
        if all(re.search(pattern, text) for text in takes.split(" ")) and not any(
            re.search(pattern, text) for text in refuses.split(" ")
        ):
            return words
    return ""


def _is_clock(kind: inspect.StrType) -> bool:
    return kind.pattern is not None and _pattern_words(kind.pattern) == CLOCK


def _range(kind: _Number) -> str:
    low = f"from {kind.ge:g}" if kind.ge is not None else f"above {kind.gt:g}" if kind.gt is not None else ""
    if kind.le is not None:
        high = f"to {kind.le:.15g}" if kind.ge is not None else f"up to {kind.le:.15g}"
    else:
        high = f"below {kind.lt:.15g}" if kind.lt is not None else ""
    if not high:
        return f" {low} on" if kind.ge is not None else f" {low}" if low else ""
    return f" {low} {high}" if kind.ge is not None else f" {low} and {high}" if low else f" {high}"


def _how_many(kind: _Array) -> str:
    if isinstance(kind, inspect.TupleType):
        return str(len(kind.item_types))
    low, high = kind.min_length, kind.max_length
    if low is None and high is None:
        return ""
    if low == high:
        return str(low)
    if high is None:
        return "at least one" if low == 1 else f"at least {low}"
    return f"{low} to {high}" if low else f"at most {high}"


def _holds_objects(kind: _Array) -> bool:
    items = kind.item_types if isinstance(kind, inspect.TupleType) else (kind.item_type,)
    return any(isinstance(_plain(one), _Object) for one in items)


def _words(kind: inspect.LiteralType | inspect.EnumType) -> tuple[str, ...]:
    if isinstance(kind, inspect.LiteralType):
        return tuple(map(str, kind.values))
    return tuple(str(msgspec.to_builtins(one)) for one in kind.cls)


def _count(many: int) -> str:
    return "none stands" if not many else "one stands" if many == 1 else f"{many} stand"


def _or(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
