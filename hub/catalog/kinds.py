"""Many lines about rows → a few kinds of them, and the columns of a line. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from hub.catalog.model import RowFault

_NUMBER: Final = re.compile(r"call number (?P<quote>['\"])(?P<number>.*?)(?P=quote): (?P<why>.*)", re.DOTALL)
_PREFIX: Final = re.compile(r"[^\W\d_]+")
_TAG: Final = re.compile(r"^tag (?:'[^']*'|\"[^\"]*\"|\S+)")
_OWN: Final = re.compile(r"\d+")
_WORDS: Final = ("status ", "flag ", "scheme ", "home ")
"""What these lines name is the same in many rows, and is what a person corrects once."""
_PLACE: Final = re.compile(r"(?P<place>.*?)(?:, barcode (?P<barcode>.*))?", re.DOTALL)


def kind_of(what: str) -> str:
    """What many lines have in common: a call number counts by its first letters, numbers and tags of one row do not count."""
    if found := _NUMBER.fullmatch(what):
        prefix = _PREFIX.match(found["number"])
        return f"call number {prefix[0] + ' …' if prefix else '…'}: {_OWN.sub('…', found['why'])}"
    if what.startswith(_WORDS):
        return what
    return _OWN.sub("…", _TAG.sub("tag …", what))


def kinds(faults: Iterable[RowFault]) -> list[tuple[int, str, bool]]:
    """(how many, what, whether taken) of each kind: what was not taken first, then the most frequent."""
    counted = Counter((kind_of(fault.what), fault.taken) for fault in faults)
    return sorted(((number, what, taken) for (what, taken), number in counted.items()), key=_order)


def _order(kind: tuple[int, str, bool]) -> tuple[bool, int, str]:
    number, what, taken = kind
    return taken, -number, what


def place_of(fault: RowFault) -> tuple[str, str]:
    """(line, barcode) of a line: the bare number of a line of a table, else the place as the source calls it."""
    found = _PLACE.fullmatch(fault.where)
    place, barcode = (found["place"], found["barcode"]) if found else (fault.where, None)
    return place.removeprefix("line "), fault.barcode or barcode or ""
