"""Histories of looks as bit masks: how much was heard lately. Tables, made once. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Masks = NDArray[np.uint32]

HISTORY: Final = 32
"""Looks that a mask remembers: one bit a look, bit 0 the latest."""
MEMORY: Final = 3.0
"""Effective looks: each weighs 1 - 1/MEMORY of the one after it. Longer: a moved book is seen later; shorter: one bad look moves books."""


class Likelihood:
    """Weights of the bits of a history."""

    def __init__(self) -> None:
        self.decay = 1.0 - 1.0 / MEMORY
        weights = self.decay ** np.arange(16)
        bits = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
        self._low: NDArray[np.float32] = (bits @ weights).astype(np.float32)
        self._high: NDArray[np.float32] = (self._low * self.decay**16).astype(np.float32)

    def hits(self, mask: Masks) -> NDArray[np.float32]:
        """Effective hits in a history of looks."""
        values: NDArray[np.float32] = self._low[mask & 0xFFFF] + self._high[mask >> 16]
        return values
