"""EPC → row of a known tag, a million and more of them. Pure.

Keys stand in arrays by their length (`hub.belief.keytable`): nearly all tags of a library have one. What the index does not know goes the
slow way (`hub.engine.hearing`): is the EPC a variant (lent, trailing bytes) of a known key? Found variants are remembered, as many as
there are tags at most, together with what this form of the EPC says of the tag's security (`hub.belief.security`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.keytable import KeyTable, words_of

UNKNOWN: Final = -1
FIRST_REFERENCE: Final = -2
"""Reference tag i has the code -2 - i: it is no item, and no stranger."""
SAYS_AT: Final = 40
"""A variant's code has what its form says from this bit on; below stands the row. The keys themselves have nothing there."""
ROW: Final = (1 << SAYS_AT) - 1
_LATELY: Final = 4_096
"""Variants that wait in a dictionary to be put into the arrays together: each time all arrays are copied."""

_HEX: Final = re.compile(r"[0-9A-Fa-f]+")

Ints = NDArray[np.int64]


class TagIndex:
    """Codes of tags: 0 … rows-1 an item's tag, `UNKNOWN`, or a reference tag."""

    def __init__(self, keys: Sequence[str], references: Sequence[str]) -> None:
        self._tables: dict[int, KeyTable] = {}
        """By digits."""
        self._others: dict[str, int] = {}
        """What is no hex; nothing of that comes from a tag."""
        self._lately: dict[str, int] = {}
        self._rows = len(keys)
        self._variants = 0
        self._most_variants = len(keys)
        self._put(references, FIRST_REFERENCE - np.arange(len(references)))
        self._put(keys, np.arange(len(keys)))

    def codes(self, epcs: Iterable[str], count: int) -> Ints:
        """The codes of `count` EPCs; those never seen before in this form are `UNKNOWN`."""
        epcs = list(epcs)
        found = np.full(count, UNKNOWN, dtype=np.int64)
        for digits, at in _by_length(epcs):
            table = self._tables.get(digits)
            if table is not None:
                some = epcs if len(at) == count else [epcs[i] for i in at.tolist()]
                found[at] = _look(table, some, digits)
        if self._lately or self._others:
            for i in np.flatnonzero(found == UNKNOWN).tolist():
                found[i] = self._lately.get(epcs[i], self._others.get(epcs[i], UNKNOWN))
        return found

    def remember(self, epc: str, code: int) -> None:
        """A variant has that code from now on."""
        if self._variants < self._most_variants:
            self._variants += epc not in self._lately
            self._lately[epc] = code
            if len(self._lately) >= _LATELY:
                lately, self._lately = self._lately, {}
                self._put(list(lately), np.fromiter(lately.values(), dtype=np.int64, count=len(lately)))

    def add(self, keys: Sequence[str]) -> None:
        """New rows behind the others."""
        for key in keys:
            self._lately.pop(key, None)
        self._put(keys, np.arange(self._rows, self._rows + len(keys)))
        self._rows += len(keys)
        self._most_variants += len(keys)

    def _put(self, keys: Sequence[str], codes: Ints) -> None:
        for digits, at in _by_length(keys):
            some = keys if len(at) == len(keys) else [keys[i] for i in at.tolist()]
            words = words_of(some, digits)
            if words is not None:
                self._tables.setdefault(digits, KeyTable(digits)).put(words, codes[at])
            else:
                self._put_odd(some, codes[at].tolist(), digits)

    def _put_odd(self, keys: Sequence[str], codes: list[int], digits: int) -> None:
        """Keys of one length, of which one at least is no hex."""
        for key, code in zip(keys, codes, strict=True):
            words = words_of([key], digits)
            if words is None:
                self._others[key] = code
            else:
                self._tables.setdefault(digits, KeyTable(digits)).put(words, np.array([code]))


def _look(table: KeyTable, epcs: list[str], digits: int) -> Ints:
    """The codes of EPCs of that length; one that is no hex must not hide the others."""
    words = words_of(epcs, digits)
    if words is not None:
        return table.find(words, UNKNOWN)
    found = np.full(len(epcs), UNKNOWN, dtype=np.int64)
    sound = [place for place, epc in enumerate(epcs) if _HEX.fullmatch(epc)]
    words = words_of([epcs[place] for place in sound], digits)
    if words is not None:
        found[sound] = table.find(words, UNKNOWN)
    return found


def _by_length(keys: Sequence[str]) -> Iterable[tuple[int, Ints]]:
    """(digits, places of the keys that have so many)."""
    lengths = set(map(len, keys))
    if len(lengths) <= 1:
        return [(digits, np.arange(len(keys))) for digits in lengths]
    each = np.fromiter(map(len, keys), dtype=np.int64, count=len(keys))
    return [(digits, np.flatnonzero(each == digits)) for digits in sorted(lengths)]
