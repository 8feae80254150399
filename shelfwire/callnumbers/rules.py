"""What libraries do differently, as settings. Pure; `rules_from` reads them from plain data of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from shelfwire.callnumbers.local import LocalScheme, scheme_from
from shelfwire.errors import InputError

Way = Literal["separate", "ignore"]

KNOWN_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "REF": "REF", "REFERENCE": "REF", "R": "REF", "FOLIO": "FOLIO", "FOL": "FOLIO", "OVERSIZE": "OVERSIZE",
        "OVERSIZED": "OVERSIZE", "OVSZ": "OVERSIZE", "OVRSZ": "OVERSIZE", "OVER": "OVERSIZE", "QUARTO": "QUARTO",
        "Q": "QUARTO", "F": "FOLIO", "DVD": "DVD", "CD": "CD", "CD-ROM": "CD-ROM", "CDROM": "CD-ROM", "TAPE": "TAPE",
        "TAPE-C": "TAPE", "VIDEO": "VIDEO", "VIDEO-D": "VIDEO", "ATLAS": "ATLAS", "MAP": "MAP", "RARE": "RARE",
        "SPEC": "SPEC", "THESIS": "THESIS", "MICRO": "MICRO", "PHYS": "PHYS", "JLIT": "JLIT", "JUV": "JUV",
    }
)  # fmt: skip
"""Words of size, medium and place that stand before a number, and the spelling that all their spellings mean."""

SHELVED_BY_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {"B": "B", "BIO": "B", "FIC": "FIC", "F": "FIC", "E": "E", "EASY": "E", "J": "J", "JF": "JF", "YA": "YA"}
)
"""Words that stand in the place of a Dewey number: biography, fiction, easy books, juveniles."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How one library orders; the defaults are those of docs/callnumbers.md."""

    prefixes: Mapping[str, Way] = field(default_factory=dict)
    """More prefix words, or another way with known ones: ``separate`` row of its own, or ``ignore`` and interfile."""
    lc_small_x: Literal["ignore", "keep"] = "ignore"
    """A small x directly before a capital (``xF3``)."""
    clc_book_digits: Literal["value", "decimal"] = "value"
    """Digits of the book number: running numbers go by value, a Cutter-like author table by decimals."""
    clc_book_hyphen: Literal["before", "after"] = "before"
    """A hyphen against a bracket in the book number (``S623-2`` before or after ``S623(2)``)."""
    clc_letters: Literal["before_signs", "after_digits"] = "before_signs"
    """Letters behind class digits (``TP312JA``) against signs and further digits."""
    clc_letters_by_length: bool = False
    """Whether shorter letters behind class digits come first (``C`` before ``AL``)."""
    range_end: Literal["beginning", "point"] = "beginning"
    """Whether the end of a label takes in everything that begins with it, or itself only."""
    local: LocalScheme | None = None
    """The library's own scheme, used by the name ``local``."""

    def known(self, word: str, own: Mapping[str, str] = KNOWN_PREFIXES) -> str | None:
        """The spelling of a prefix word (capitals): empty when it is ignored, None when nobody knows it."""
        name = own.get(word, KNOWN_PREFIXES.get(word))
        way = self.prefixes.get(word) or (self.prefixes.get(name) if name else None)
        if way == "ignore":
            return ""
        return name or (word if way else None)


DEFAULT: Final = Rules()

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "lc_small_x": ("ignore", "keep"),
        "clc_book_digits": ("value", "decimal"),
        "clc_book_hyphen": ("before", "after"),
        "clc_letters": ("before_signs", "after_digits"),
        "range_end": ("beginning", "point"),
    }
)


def rules_from(data: object, where: str = "rules") -> Rules:
    """Rules from plain data; raises `InputError` with everything that is wrong."""
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: must be a table of settings, for example range_end: point")
    faults: list[str] = []
    taken: dict[str, Any] = {}
    for name, given in data.items():
        path = f"{where}.{name}"
        if name in _CHOICES:
            taken[name] = given
            if given not in _CHOICES[name]:
                faults.append(f"{path}: is {given!r}; write {' or '.join(_CHOICES[name])}")
        elif name == "clc_letters_by_length":
            taken[name] = given
            if not isinstance(given, bool):
                faults.append(f"{path}: is {given!r}; write true or false")
        elif name == "prefixes":
            taken[name] = _prefixes(given, path, faults)
        elif name == "local":
            taken[name] = scheme_from(given, path, faults)
        else:
            known = ", ".join(sorted((*_CHOICES, "clc_letters_by_length", "prefixes", "local")))
            faults.append(f"{path}: there is no such setting; there are {known}")
    if faults:
        raise InputError(*faults)
    return Rules(**taken)


def _prefixes(given: object, path: str, faults: list[str]) -> dict[str, Way]:
    if not isinstance(given, Mapping):
        faults.append(f"{path}: must be a table, for example Oversize: ignore")
        return {}
    made: dict[str, Way] = {}
    for word, way in given.items():
        if way in {"separate", "ignore"} and str(word).strip():
            made[str(word).strip().upper()] = way
        else:
            faults.append(f"{path}.{word}: is {way!r}; write separate or ignore")
    return made
