"""Whose turn it is to be weighed: the round over all tags, past those that answer at home as always. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from hub.belief.index import TagIndex
from hub.belief.interface import Bools, Ints
from hub.belief.quiet import largest, quiet
from hub.belief.slots import SLOTS
from hub.engine.state import EngineState
from hub.findings.loans import loans_of

AHEAD: Final = 10
"""Rows looked at for each that may be weighed: a look costs a thirtieth of weighing, so that more would be another cost of its own."""
LAP_S: Final = 5.0
"""Once round takes at least so long where the bound allows it. An antenna's turn comes every few seconds at best, so to look sooner finds nothing
new; what is heard somewhere new is weighed at once anyway. Longer: what falls silent is seen later."""


class Rounds:
    """Goes round and round over the rows."""

    def __init__(self) -> None:
        self._index: TagIndex | None = None
        self._row_of: dict[str, int] = {}
        """Rows of the tags that findings and suspicions are about, by tag key."""

    def due(self, engine: EngineState, first: int, count: int, taken: int) -> tuple[Ints, int]:
        """The rows to weigh, from row `first` on, and the row at which the round goes on.

        At most `count` less those that are `taken` already; each once. Where `count` is all rows, it is all of them.
        """
        rows, left = engine.stock.rows, count - taken
        if count >= rows:
            return np.arange(rows), 0
        about = self._about(engine)
        lap = int(rows * count / engine.settings.scan_rows_per_s / LAP_S)
        upto = min(rows, max(left, min(AHEAD * left, lap)))
        found: list[Ints] = []
        for low, high in ((first, min(first + upto, rows)), (0, max(first + upto - rows, 0))):
            some = low + np.flatnonzero(wanting(engine, low, high, about))
            found.append(some[:left])
            if len(some) > left:
                return np.concatenate(found), int(some[left])
            left -= len(some)
        return np.concatenate(found), (first + upto) % rows

    def _about(self, engine: EngineState) -> Ints:
        """The rows, sorted, that a finding or suspicion is about: what it says must be confirmed or refuted."""
        names = {
            one.name for one in (*engine.machine.suspicions, *engine.machine.findings) if one.item_id >= 0
        }
        if engine.index is not self._index or len(self._row_of) > 2 * len(names) + 1_000:
            self._index, self._row_of = engine.index, {}
        new = sorted(name for name in names if name not in self._row_of)
        self._row_of.update(zip(new, engine.index.codes(new, len(new)).tolist(), strict=True))
        return np.unique(
            np.fromiter((self._row_of[name] for name in names), dtype=np.int64, count=len(names))
        )


def wanting(engine: EngineState, low: int, high: int, about: Ints) -> Bools:
    """Of the rows `low` … `high` - 1 those that weighing might change. `about`: rows that findings are about, sorted."""
    rows = np.arange(low, high)
    belief, board, settings = engine.belief, engine.board, engine.settings
    homes, place = engine.homes(rows), belief.place[low:high]
    loans = loans_of(
        engine.stock, engine.security, rows, engine.hold_shelves[place], settings, unused=engine.security_unused
    )  # fmt: skip
    calm = quiet(belief, low, high, homes) & homes.expected & (board.shown[low:high] == place)
    calm &= ~(loans.unexpected | loans.held | loans.wrong)
    calm[about[np.searchsorted(about, low) : np.searchsorted(about, high)] - low] = False
    # Of those that were only heard again as many as the board renews at a time.
    newest_s = largest(belief.slots.heard_s[low * SLOTS : high * SLOTS].reshape(-1, SLOTS))
    aged = calm & (newest_s.astype(np.int64) - board.shown_s[low:high] >= settings.refresh_s)
    calm[np.flatnonzero(aged)[: settings.refresh_rows_per_tick]] = False
    wants: Bools = ~calm
    return wants
