"""A library's own scheme, given in its configuration as a row of elements. Pure.

local:
  name: discs
  elements:
    - {name: medium, kind: word, words: [LP, CD, DVD]}
    - {name: shelf, kind: number}
    - {name: place, kind: decimal, after: "."}
    - {name: author, kind: text, after: "/", optional: true}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from shelfwire.callnumbers.model import END, LOCAL, MISSING, STOP, Malformed, Part, value
from shelfwire.callnumbers.text import free_key, natural

Kind = Literal["letters", "number", "decimal", "word", "text"]

_PATTERNS: Final = {
    "letters": r"[^\W\d_]++",
    "number": r"[0-9]++",
    "decimal": r"[0-9]++",
    "text": r"[^\W_](?:.*[^\s])?",
}
_PRESENT: Final = b"\x03"
MAX_ELEMENTS: Final = 20
MAX_WORDS: Final = 200
MAX_TEXTS: Final = 2
"""A text can end anywhere, so each more multiplies the ways to read a number by its length."""


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a local call number."""

    name: str
    kind: Kind
    """``letters`` as text, ``number`` by value, ``decimal`` digit by digit, ``word`` in the order of `words`, ``text`` naturally."""
    words: tuple[str, ...] = ()
    after: str = ""
    """The sign that stands before it, such as a slash; blanks may stand anywhere between elements."""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class LocalScheme:
    """Elements in their order, and the one expression that recognises them."""

    name: str
    elements: tuple[Element, ...]
    pattern: re.Pattern[str]


def pieces(text: str, scheme: LocalScheme, parts: list[Part] | None = None) -> list[bytes] | Malformed:
    """The key in pieces, see `lc.pieces`; or why the text is none of this scheme. `text` is plain."""
    found = scheme.pattern.fullmatch(text.upper())
    if found is None:
        return Malformed(_why(text, scheme), free_key(text))
    out = [LOCAL + STOP]
    last = 0
    for number, element in enumerate(scheme.elements, 1):
        given = found.group(number)
        if given is None:
            out += [MISSING, b""]
            continue
        body, close = _body(element, given)
        out += [_PRESENT + body, close]
        last = len(out)
        if parts is not None:
            parts.append(Part(element.name, element.after + given))
    del out[last:]  # what is missing at the end is the end
    out.append(END)
    return out


def _body(element: Element, given: str) -> tuple[bytes, bytes]:
    match element.kind:
        case "number":
            return value(given), b""
        case "word":
            return element.words.index(given).to_bytes(1, "big"), b""
        case "text":
            return natural(given), STOP
        case _:
            return given.encode(), STOP


def _why(text: str, scheme: LocalScheme) -> str:
    """The first element that is not there."""
    at = 0
    text = text.upper().strip()
    for element in scheme.elements:
        found = re.compile(_one(element)).match(text, at)
        if found:
            at = found.end()
        elif not element.optional:
            wanted = f"one of {', '.join(element.words)}" if element.words else f"a {element.kind}"
            return f"{scheme.name}: {element.name} is missing at {text[at : at + 20]!r}; {wanted} should stand there"
    return f"{scheme.name}: nothing more should stand at {text[at : at + 20]!r}"


def _one(element: Element) -> str:
    body = (
        "|".join(re.escape(word) for word in sorted(element.words, key=len, reverse=True))
        if element.kind == "word"
        else _PATTERNS[element.kind]
    )
    return rf"\s*{re.escape(element.after.upper())}\s*({body})"


def scheme_from(given: object, path: str, faults: list[str]) -> LocalScheme | None:
    """A scheme from plain data; what is wrong with it is added to `faults`."""
    if not isinstance(given, Mapping) or not isinstance(given.get("elements"), list) or not given["elements"]:
        faults.append(f"{path}: must have elements, a list in the order of the call number")
        return None
    before = len(faults)
    faults += [
        f"{path}.{name}: there is no such setting; there are name and elements"
        for name in given
        if name not in {"name", "elements"}
    ]
    if len(given["elements"]) > MAX_ELEMENTS:
        faults.append(f"{path}.elements: more than {MAX_ELEMENTS}")
    elements = [
        _element(one, f"{path}.elements[{at}]", faults)
        for at, one in enumerate(given["elements"][:MAX_ELEMENTS])
    ]
    if sum(element is not None and element.kind == "text" for element in elements) > MAX_TEXTS:
        faults.append(f"{path}.elements: more than {MAX_TEXTS} of kind text; where one ends would be a guess")
    made = tuple(element for element in elements if element is not None)
    if len(faults) > before:
        return None
    row = "".join(f"(?:{_one(element)}){'?' if element.optional else ''}" for element in made)
    return LocalScheme(str(given.get("name", "local")), made, re.compile(row + r"\s*"))


def _element(given: Any, path: str, faults: list[str]) -> Element | None:
    if not isinstance(given, Mapping):
        faults.append(f"{path}: must be a table with name and kind")
        return None
    before = len(faults)
    kinds = (*_PATTERNS, "word")
    if given.get("kind") not in kinds:
        faults.append(f"{path}.kind: is {given.get('kind')!r}; write {', '.join(kinds)}")
    words = given.get("words", [])
    if (given.get("kind") == "word") != bool(words) or not isinstance(words, list) or len(words) > MAX_WORDS:
        faults.append(f"{path}.words: 1 to {MAX_WORDS} words in their order, for kind word and no other")
    faults += [
        f"{path}.{name}: there is no such setting; there are name, kind, words, after, optional"
        for name in given
        if name not in {"name", "kind", "words", "after", "optional"}
    ]
    if len(faults) > before:
        return None
    return Element(
        str(given.get("name", given["kind"])),
        given["kind"],
        tuple(str(word).upper() for word in words),
        str(given.get("after", "")),
        bool(given.get("optional", False)),
    )
