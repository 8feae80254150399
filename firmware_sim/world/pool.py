"""A set of books out of which one can be drawn at once. Pure."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Int32


class Pool:
    """Some of `count` books; 4 bytes a book and 4 a member."""

    def __init__(self, count: int, members: NDArray[Any]) -> None:
        self._members = array("i", members.astype(np.int32).tobytes())
        self._at: Int32 = np.full(count, -1, dtype=np.int32)
        self._at[members] = np.arange(len(members), dtype=np.int32)

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, at: int) -> int:
        """The `at`th member, in an order that only the history of the pool decides."""
        return self._members[at]

    def keep(self, tag: int, inside: bool) -> None:  # noqa: FBT001 (the two states of one fact)
        """It belongs in the pool from now on, or does not."""
        at = int(self._at[tag])
        if inside and at < 0:
            self._at[tag] = len(self._members)
            self._members.append(tag)
        elif not inside and at >= 0:
            last = self._members.pop()
            if last != tag:
                self._members[at] = last
                self._at[last] = at
            self._at[tag] = -1
