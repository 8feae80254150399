"""From a source's word for a classification to ours. Pure; a mapping of the library overrides every default here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from hub.catalog.model import Scheme

Declared = Literal["auto", "lc", "dewey", "clc", "local", "free"]
"""As a person writes it; ``auto`` leaves it to the site."""

DECLARED: Final[dict[str, Scheme]] = {
    "auto": "", "lc": "LC", "dewey": "DEWEY", "clc": "CLC", "local": "LOCAL", "free": "FREE",
}  # fmt: skip

WORDS: Final[dict[str, Scheme]] = {
    # MARC source codes of classification, as in 852 $2 and 084 $2; Koha writes them in 952 $2
    "lcc": "LC", "lc": "LC", "nlm": "LC", "ddc": "DEWEY", "dewey": "DEWEY", "clc": "CLC", "中图法": "CLC",
    "sudocs": "FREE", "sudoc": "FREE", "udc": "FREE", "anscr": "FREE", "njb": "FREE", "ncsclt": "FREE",
    # Sirsi, 999 $w
    "lcper": "LC", "mono-ser": "LC", "deweyper": "DEWEY", "alphanum": "FREE", "asis": "FREE", "local": "LOCAL", "free": "FREE",
}  # fmt: skip
"""``FREE``: of a kind that we do not know, in natural order."""

INDICATOR_852: Final[dict[str, Scheme]] = {
    "0": "LC", "1": "DEWEY", "2": "LC", "3": "FREE", "4": "FREE", "5": "FREE", "6": "FREE", "8": "FREE",
}  # fmt: skip
"""First indicator of 852: 0 LC, 1 Dewey, 2 NLM (ordered as LC), 3 SuDoc … 8 other; 7 says it in $2, blank says nothing."""


def of_word(word: str, own: Mapping[str, Scheme]) -> Scheme:
    """Our scheme for the source's `word`, by the library's own table, then by ours; empty: it says nothing that we know."""
    plain = word.strip().casefold()
    return own.get(plain) or WORDS.get(plain, "")


def of_852(indicator: str, source: str, own: Mapping[str, Scheme]) -> Scheme:
    """Of a holding: its first indicator, or the word in $2 that 7 refers to."""
    return of_word(source, own) if indicator == "7" else INDICATOR_852.get(indicator, "")


def own_schemes(declared: Mapping[str, Declared]) -> dict[str, Scheme]:
    """The library's words as they are compared."""
    return {word.strip().casefold(): DECLARED[name] for word, name in declared.items()}
