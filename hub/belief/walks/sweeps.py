"""What a walk says of each expected tag, and how well it was read beside the others of that walk. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.belief.walks.settings import STRENGTHS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sweep:
    """One walk; columns of one row an expected tag."""

    session: str
    """Gen2 session, or any other word for the way of walking: walks of one word are more alike."""
    reads: Ints
    """How often it was read; 0: not."""
    loud: Floats
    """Mean loudness of its reads in any unit; NaN: not told, or not read."""
    at: Floats
    """When it was read, in the middle, in any unit that rises; NaN: not read. Only used to find neighbours."""

    def __len__(self) -> int:
        return len(self.reads)


def strengths(sweep: Sweep) -> Ints:
    """0: not read; 1 … `STRENGTHS`: read, ever better. By number of reads, and by loudness among those of equal number.

    Ranks, not values: sessions, powers and units of loudness differ from walk to walk. What is equal in both stays in one class.
    """
    found = np.zeros(len(sweep), dtype=np.int64)
    read = np.flatnonzero(sweep.reads > 0)
    if not len(read):
        return found
    loud = np.nan_to_num(sweep.loud[read], nan=0.0)
    order = np.lexsort((loud, sweep.reads[read]))
    count, level = sweep.reads[read][order], loud[order]
    new = np.ones(len(read), dtype=np.bool_)
    new[1:] = (np.diff(count) != 0) | (np.diff(level) != 0)
    tie = np.cumsum(new) - 1
    size = np.bincount(tie)
    middle = np.cumsum(size) - size / 2.0
    share = middle[tie] / len(read)
    found[read[order]] = 1 + np.minimum(STRENGTHS - 1, (share * STRENGTHS).astype(np.int64))
    return found
