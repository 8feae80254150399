"""How many tags stand on each shelf, kept up to date by those that move. Pure.

To count all 25 million anew takes an eighth of a second, and the board asks every second. Whoever settles tags says where they stood
before (`before`) and that they were settled (`moved`); for an engine that nobody says it of, all are counted each time.
"""

from __future__ import annotations

import numpy as np

from hub.belief.interface import Ints
from hub.belief.model import ShelfBelief


class Census:
    """Tags by shelf."""

    def __init__(self) -> None:
        self._here: Ints = np.zeros(0, dtype=np.int64)
        """Behind the first, by shelf; the first counts those that stand on none."""
        self._of: tuple[object, ...] = ()
        """The arrays that were counted: with others the rows are others too."""
        self._told = False

    def before(self, belief: ShelfBelief, rows: Ints) -> Ints:
        """Where these rows stand, for `moved`: 0: nowhere, else the shelf and one."""
        return np.where(belief.away[rows], 0, belief.place[rows].astype(np.int64) + 1)

    def moved(self, belief: ShelfBelief, rows: Ints, before: Ints) -> None:
        """These rows, each once, were settled; `before`: where they stood."""
        self._told = True
        if not self._counted(belief):
            return
        after = self.before(belief, rows)
        at = np.flatnonzero(after != before)
        size = len(self._here)
        self._here += np.bincount(after[at], minlength=size) - np.bincount(before[at], minlength=size)

    def here(self, belief: ShelfBelief) -> Ints:
        """By shelf: tags believed there."""
        if not (self._told and self._counted(belief)):
            everywhere = np.where(belief.away, 0, belief.place + 1)
            self._here = np.bincount(everywhere, minlength=len(belief.geometry.shelf_ids) + 1)
            self._of = (belief.place, belief.away)
        return self._here[1:]

    def _counted(self, belief: ShelfBelief) -> bool:
        same = len(self._of) > 0 and self._of[0] is belief.place and self._of[1] is belief.away
        return same and len(self._here) == len(belief.geometry.shelf_ids) + 1
