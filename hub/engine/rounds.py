"""Whose turn it is to be weighed: the round over all tags, past those that answer at home as always. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from hub.belief.interface import Bools, Ints
from hub.belief.quiet import quiet
from hub.belief.slots import SLOTS, largest
from hub.engine.state import EngineState
from hub.findings.loans import loans_of

AHEAD: Final = 10
"""Rows looked at for each that may be weighed: a look costs a thirtieth of weighing, so that more would be another cost of its own."""
LAP_S: Final = 5.0
"""Once round takes at least so long where the bound allows it. An antenna's turn comes every few seconds at best, so to look sooner finds nothing
new; what is heard somewhere new is weighed at once anyway. Longer: what falls silent is seen later."""


def due(engine: EngineState, first: int, count: int, taken: int) -> tuple[Ints, int]:
    """The rows to weigh, from row `first` on, and the row at which the round goes on.

    At most `count` less those that are `taken` already; each once. Where `count` is all rows, it is all of them.
    """
    rows, left = engine.stock.rows, count - taken
    if count >= rows:
        return np.arange(rows), 0
    # What a finding or suspicion says must be confirmed or refuted.
    about = engine.items.about.all()
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
