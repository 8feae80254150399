"""Library of Congress call numbers, and those of the same build (NLM, Canadian). Pure.

A number is a class (letters, whole number, decimals) and a row of elements. Cutter digits and class decimals are
decimals and compare digit by digit; all others by value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from shelfwire.callnumbers.elements import add_end
from shelfwire.callnumbers.model import FREE, LC, MISSING, STOP, Malformed, Part, value
from shelfwire.callnumbers.rules import Rules
from shelfwire.callnumbers.text import free_key, natural, plain

_ORDINAL: Final = r"(?![0-9]*(?:ST|ND|RD|TH)\b)"
CLASS: Final = re.compile(
    rf"\s*([A-Z]{{1,3}})\s*(?:([0-9]{{1,4}})(?![0-9])(?:\s*\.\s*([0-9]+){_ORDINAL})?|(?=\.\s*[A-Z][0-9]))"
)
_SECOND_POINT: Final = re.compile(rf"\s*\.\s*(?!(?:1[4-9]|20)[0-9]{{2}}\b)[0-9]+{_ORDINAL}")
_PREFIXED: Final = re.compile(
    r"\s*((?:\[?[^\W\d_][^\W_]*(?:-[^\W_]+)*[+\]]*+[\s.]++|[+]++\s*+){1,3}?)(?=[A-Z]{1,3}\s*[0-9]{1,4}(?![0-9]))"
)
_MARKS: Final = re.compile(r"[|$][a-z]")
_NOISE: Final = str.maketrans("\\'[]", "    ")
_SMALL_X: Final = re.compile(r"(?<![A-Za-z])x(?=[A-Z]\w)")


def pieces(text: str, rules: Rules, parts: list[Part] | None = None) -> list[bytes] | Malformed:
    """The key in pieces: head, then body and close of each element, last the end.

    All joined is the key; without the last two it is the stem. `text` is plain. `parts` are filled when given.
    """
    raw = text
    if "|" in text or "$" in text:
        text = _MARKS.sub(" ", text)
    if "x" in text and rules.lc_small_x == "ignore":
        text = _SMALL_X.sub("", text)
    text = text.translate(_NOISE).upper()
    head = CLASS.match(text)
    prefix = ""
    if head is None:
        before = _PREFIXED.match(text)
        if before is None:
            return Malformed(_why(text), free_key(raw))
        words = before[1].replace("[", " ").replace("]", " ").replace(".", " ").split()
        names = [rules.known(word) for word in words]
        if None in names:
            unknown = words[names.index(None)]
            rest = pieces(text[before.end() :], rules)
            key = b"".join(rest) if isinstance(rest, list) else natural(text[before.end() :])
            return Malformed(
                f"unknown prefix {unknown!r} before the class; name it under prefixes if it is one",
                FREE + natural(before[1]) + b"\x02" + key,
            )
        prefix = " ".join(name for name in names if name)
        head = CLASS.match(text, before.end())
        assert head is not None  # the look-ahead of the prefix saw letters and a number
    letters, number, decimals = head.groups()
    at = head.end()
    if decimals and _SECOND_POINT.match(text, at):
        return Malformed("the class number has two decimal points", free_key(raw))
    if parts is not None:
        if prefix:
            parts.append(Part("prefix", prefix))
        shown = (number.lstrip("0") or "0") if number else ""
        parts.append(Part("class", f"{letters}{shown}{'.' + decimals if decimals else ''}"))
    out = [
        LC + prefix.encode() + STOP + letters.encode() + STOP + (value(number) if number else MISSING) + (decimals or "").encode(),
        STOP,
    ]  # fmt: skip
    add_end(text, at, out, parts, lc=True)
    return out


def leading_words(texts: Iterable[str]) -> Counter[str]:
    """How often each row of words stands before a class: what a library may have to name under its prefixes."""
    found: Counter[str] = Counter()
    for text in texts:
        capitals = plain(text).translate(_NOISE).upper()
        before = None if CLASS.match(capitals) else _PREFIXED.match(capitals)
        if before:
            found[" ".join(before[1].split())] += 1
    return found


def _why(text: str) -> str:
    """What keeps a text from being an LC number."""
    text = text.strip()
    if not text:
        return "no call number"
    letters = re.match(r"[A-Z]*", text)
    assert letters is not None
    after = text[letters.end() :].lstrip()
    if not letters[0]:
        return f"begins with {text[0]!r}; an LC number begins with 1 to 3 class letters"
    if len(letters[0]) > 3:  # noqa: PLR2004 (LC has at most three)
        return f"begins with {letters[0][:20]!r}; an LC class has 1 to 3 letters"
    if re.match(r"[0-9]{5}", after):
        return "the class number has more than four digits"
    return f"no class number follows the letters {letters[0]!r}"
