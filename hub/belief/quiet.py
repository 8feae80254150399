"""Which tags need no weighing: heard where they belong, as always. Pure.

To weigh a tag costs microseconds, and nearly all tags of a tidy library answer at home. Such a tag is not misplaced (its own antenna heard it
again and again, and no other one louder), and if it has left since, that antenna missed it once at most: whether it is away is asked
after the second look without it. To see that is twenty times cheaper than to weigh. All doubt is left to the weighing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hub.belief.interface import Bools, Homes
from hub.belief.model import ShelfBelief
from hub.belief.slots import NOBODY, SLOTS, largest

MISSED: Final = 1
"""Looks that its own antenna may have missed last. 0: every seventh tag of a usual library wants weighing; 2: what has left is seen a look later."""
LATE_LOOKS: Final = 0b1111
AGAIN: Final = np.array([bits.bit_count() >= 2 for bits in range(LATE_LOOKS + 1)])  # noqa: PLR2004 (one read moves nothing)
"""By the last four looks as bits: heard twice at least."""


def quiet(belief: ShelfBelief, low: int, high: int, homes: Homes) -> Bools:
    """Of the rows `low` … `high` - 1 those that weighing would leave where they are, at home. `homes`: theirs. About 0.15 µs a row."""
    g, slots, book = belief.geometry, belief.slots, belief.antennas
    cells = slice(low * SLOTS, high * SLOTS)
    place = belief.place[low:high]
    zone = g.zone_of_shelf[np.maximum(place, 0)]
    antenna = np.minimum(slots.antenna[cells], g.antennas).reshape(-1, SLOTS)
    meant = np.zeros(antenna.shape, dtype=bool)
    for zones in g.meant_zones.T:
        meant |= zones[antenna] == zone[:, None]
    silent = np.append(book.looks, 0).astype(np.uint32)[antenna] - slots.look[cells].reshape(-1, SLOTS)
    heard = (silent <= MISSED) & meant
    lately = slots.mask[cells].reshape(-1, SLOTS) << np.minimum(silent, MISSED)
    heard &= AGAIN[lately & LATE_LOOKS]
    loud = slots.loud_dbm[cells].reshape(-1, SLOTS).astype(np.float32)
    loud = np.where(slots.antenna[cells].reshape(-1, SLOTS) == NOBODY, -np.inf, loud)
    own = largest(np.where(heard, loud, -np.inf))
    at_home = (homes.first >= 0) & (g.zone_first[zone] <= homes.last) & (g.zone_last[zone] >= homes.first)
    found: Bools = (own > -np.inf) & (own >= largest(loud)) & at_home & (place >= 0) & ~belief.away[low:high]
    return found
