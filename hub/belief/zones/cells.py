"""What each antenna heard in each window, as dense arrays (window × antenna). Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.belief.zones.reads import Bools, Floats, Windows

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cells:
    """`w` windows × `a` antennas."""

    count: Counts
    """Reads."""
    level: Floats
    """Median loudness; NaN: not heard, or not told."""
    loudest: Floats
    """The loudest read; −inf: none."""

    @property
    def heard(self) -> Bools:
        """Which antenna heard the tag at all."""
        return self.count > 0


def cells_of(windows: Windows, antennas: int) -> Cells:
    """Reads of a window are sorted by antenna and loudness, so medians are looked up."""
    size = (len(windows), antennas)
    count = np.zeros(size)
    level = np.full(size, np.nan)
    loudest = np.full(size, -np.inf)
    if not len(windows.antenna):
        return Cells(count, level, loudest)
    window = np.repeat(np.arange(len(windows)), np.diff(windows.first))
    cell = window * antennas + windows.antenna
    begins = np.flatnonzero(np.concatenate([[True], np.diff(cell) != 0]))
    at = cell[begins]
    count.ravel()[at] = np.diff(np.concatenate([begins, [len(cell)]]))
    # reads without loudness were sorted behind the others of their cell
    told = np.add.reduceat(np.isfinite(windows.loudness).astype(np.int64), begins)
    some = told > 0
    from_, told_ = begins[some], told[some]
    level.ravel()[at[some]] = (
        windows.loudness[from_ + (told_ - 1) // 2] + windows.loudness[from_ + told_ // 2]
    ) / 2
    loudest.ravel()[at[some]] = windows.loudness[from_ + told_ - 1]
    return Cells(count, level, loudest)
