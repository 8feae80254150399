"""Promises and outcomes: reliability table, Brier score, expected calibration error. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

EDGES: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
"""Of the bins; finer where promises are made. A promise of exactly 1 is in the last one."""


class Bin(msgspec.Struct, kw_only=True):
    """Promises between two edges."""

    cases: int = 0
    promised: float = 0.0
    """Sum of the promises."""
    true: int = 0


class Reliability(msgspec.Struct, kw_only=True):
    """A table that can be added up over seeds."""

    bins: list[Bin] = msgspec.field(default_factory=lambda: [Bin() for _ in EDGES[1:]])
    squares: float = 0.0
    """Sum of (promise − outcome)²."""

    @classmethod
    def of(cls, promised: NDArray[Any] | Sequence[float], true: NDArray[Any] | Sequence[bool]) -> Reliability:
        """From promises and whether each came true."""
        said = np.asarray(promised, dtype=np.float64)
        was = np.asarray(true, dtype=np.float64)
        place = np.clip(np.searchsorted(EDGES, said, side="right") - 1, 0, len(EDGES) - 2)
        n = len(EDGES) - 1
        counts = (np.bincount(place, w, n).tolist() for w in (np.ones_like(said), said, was))
        bins = [Bin(cases=int(a), promised=float(b), true=int(c)) for a, b, c in zip(*counts, strict=True)]
        return cls(bins=bins, squares=float(np.square(said - was).sum()))

    @classmethod
    def total(cls, parts: Iterable[Reliability]) -> Reliability:
        """Added up."""
        found = cls()
        for part in parts:
            found.squares += part.squares
            for mine, its in zip(found.bins, part.bins, strict=True):
                mine.cases += its.cases
                mine.promised += its.promised
                mine.true += its.true
        return found

    @property
    def cases(self) -> int:
        """All promises."""
        return sum(one.cases for one in self.bins)

    @property
    def brier(self) -> float | None:
        """Mean squared difference of promise and outcome; None without a promise."""
        return self.squares / self.cases if self.cases else None

    @property
    def ece(self) -> float | None:
        """Expected calibration error; None without a promise."""
        if not self.cases:
            return None
        return sum(abs(one.promised - one.true) for one in self.bins) / self.cases
