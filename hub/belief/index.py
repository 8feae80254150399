"""EPC → row of a known tag, a million and more of them. Pure.

One dictionary holds all keys. What it does not know goes the slow way: is the EPC a variant (lent, trailing bytes) of
a known key? Found variants are remembered, as many as there are tags at most, together with what this form of the EPC says
of the tag's security (`hub.belief.security`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shelfwire.tags.key import tag_key

UNKNOWN: Final = -1
FIRST_REFERENCE: Final = -2
"""Reference tag i has the code -2 - i: it is no item, and no stranger."""
SAYS_AT: Final = 40
"""A variant's code has what its form says from this bit on; below stands the row. The keys themselves have nothing there."""
ROW: Final = (1 << SAYS_AT) - 1


class TagIndex:
    """Codes of tags: 0 … rows-1 an item's tag, `UNKNOWN`, or a reference tag."""

    def __init__(self, keys: Sequence[str], references: Sequence[str]) -> None:
        self._codes: dict[str, int] = {epc: FIRST_REFERENCE - i for i, epc in enumerate(references)}
        self._codes.update(zip(keys, range(len(keys)), strict=True))
        self._rows = len(keys)
        self._variants = 0
        self._most_variants = len(keys)

    def codes(self, epcs: Iterable[str], count: int) -> NDArray[np.int64]:
        """The codes of `count` EPCs; those never seen before in this form are `UNKNOWN`."""
        return np.fromiter(map(self._codes.get, epcs, repeat(UNKNOWN)), dtype=np.int64, count=count)

    def code(self, epc: str, pc: int | None) -> tuple[int, str]:
        """The code and tag key of one EPC, the slow way. Raises `PeerError` when it is none."""
        key = tag_key(epc, pc)
        return self._codes.get(key, UNKNOWN), key

    def remember(self, epc: str, code: int) -> None:
        """A variant has that code from now on."""
        if self._variants < self._most_variants:
            self._codes[epc] = code
            self._variants += 1

    def add(self, keys: Sequence[str]) -> None:
        """New rows behind the others."""
        self._codes.update(zip(keys, range(self._rows, self._rows + len(keys)), strict=True))
        self._rows += len(keys)
        self._most_variants += len(keys)
