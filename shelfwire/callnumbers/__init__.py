"""Call numbers → sort keys, so that bytes compare as books stand. Pure, standard library only.

    sort_key("QA76.9 .D3 2001", "LC") < sort_key("QA273 .A1", "LC")
    read("I247.5/1234", "CLC").parts

Nothing is rejected: a text that does not fit its scheme gets a key that files after everything recognised, and `read`
says why. Rules and sources: docs/callnumbers.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shelfwire.callnumbers import clc, dewey, lc, local
from shelfwire.callnumbers.guess import scheme_of
from shelfwire.callnumbers.model import (
    FREE,
    KEY_FORMAT,
    LC,
    MAX_SIGNS,
    NONE,
    CallNumber,
    Malformed,
    Part,
    sequence,
)
from shelfwire.callnumbers.rules import DEFAULT, Rules, rules_from
from shelfwire.callnumbers.text import free_key, plain

RECOGNISED: Final = LC
"""The first byte of a recognised LC number."""

_Pieces = Callable[[str, Rules, "list[Part] | None"], "list[bytes] | Malformed"]


def _local(text: str, rules: Rules, parts: list[Part] | None = None) -> list[bytes] | Malformed:
    if rules.local is None:
        return Malformed("no local scheme is configured", free_key(text))
    return local.pieces(text, rules.local, parts)


_SCHEMES: Final[dict[str, tuple[str, _Pieces]]] = {
    "LC": ("LC", lc.pieces), "LCC": ("LC", lc.pieces), "NLM": ("LC", lc.pieces),
    "DEWEY": ("DEWEY", dewey.pieces), "DDC": ("DEWEY", dewey.pieces),
    "CLC": ("CLC", clc.pieces), "中图法": ("CLC", clc.pieces),
    "LOCAL": ("LOCAL", _local),
}  # fmt: skip


def sort_key(text: str, scheme: str = "LC", rules: Rules = DEFAULT) -> bytes:
    """The key of a call number; keys compare as the books stand on the shelf.

    `scheme`: ``LC`` (also for NLM), ``DEWEY``, ``CLC``, ``LOCAL`` (of `rules`), ``AUTO`` (guessed); any other is filed as
    free text. Spellings of one number get one key.
    """
    text = plain(text)
    _, pieces = _reader(text, scheme)
    if pieces is None:
        return free_key(text)
    made = pieces(text, rules, None)
    return b"".join(made) if made.__class__ is list else made.key  # type: ignore[union-attr]  # the two of its type


def read(text: str, scheme: str = "LC", rules: Rules = DEFAULT) -> CallNumber:
    """A call number with its elements, its key, and what is wrong with it. Schemes as in `sort_key`."""
    flat = plain(text)
    name, pieces = _reader(flat, scheme)
    if pieces is None:
        key = free_key(flat)
        fault = "no call number" if key == NONE else None
        return CallNumber(text, "FREE", key, key, (Part("text", " ".join(flat.upper().split())),), fault)
    parts: list[Part] = []
    made = pieces(flat, rules, parts)
    if isinstance(made, Malformed):
        return CallNumber(text, name, made.key, made.key, (), made.why)
    stem = b"".join(made[:-2]) or made[0]
    return CallNumber(text, name, b"".join(made), stem, tuple(parts))


def _reader(text: str, scheme: str) -> tuple[str, _Pieces | None]:
    known = _SCHEMES.get(scheme) or _SCHEMES.get(scheme.upper())
    if known is None and scheme.upper() == "AUTO":
        known = _SCHEMES.get(scheme_of(text))
    return known or ("FREE", None)


__all__ = [
    "DEFAULT",
    "FREE",
    "KEY_FORMAT",
    "MAX_SIGNS",
    "NONE",
    "RECOGNISED",
    "CallNumber",
    "Part",
    "Rules",
    "read",
    "rules_from",
    "sequence",
    "sort_key",
]
