"""What the oracle reached in one run, as counts that add up over seeds. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

STEP: Final = 0.25
"""Width of a bin, in log-odds (natural logarithm)."""
WIDEST: Final = 17.0
"""Log-odds beyond count in the outermost bins; single precision says no more."""
BINS: Final = 1 + round(2 * WIDEST / STEP)


class Sorted(msgspec.Struct, kw_only=True):
    """True and untrue cases by the probability that the oracle gave them; bin 0 holds the least probable."""

    true: list[int] = []
    untrue: list[int] = []

    @classmethod
    def of(cls, chance: NDArray[np.floating], true: NDArray[np.bool_]) -> Sorted:
        """Cases with their probabilities."""
        at = bins(chance)
        return cls(
            true=np.bincount(at[true], minlength=BINS).tolist(),
            untrue=np.bincount(at[~true], minlength=BINS).tolist(),
        )

    @classmethod
    def total(cls, parts: Sequence[Sorted]) -> Sorted:
        """Of several runs together."""
        return cls(
            true=[sum(each) for each in zip(*(one.true for one in parts if one.true), strict=True)],
            untrue=[sum(each) for each in zip(*(one.untrue for one in parts if one.untrue), strict=True)],
        )

    def shown(self, from_bin: int) -> tuple[int, int, int]:
        """(shown rightly, shown wrongly, not shown) if everything from that bin on is shown."""
        return sum(self.true[from_bin:]), sum(self.untrue[from_bin:]), sum(self.true[:from_bin])


class PlacesReached(msgspec.Struct, kw_only=True):
    """Books at the last moment of the run, whose place it named."""

    books: int = 0
    shelf: int = 0
    bay: int = 0


class NightsReached(msgspec.Struct, kw_only=True):
    """Books called gone, each morning, by the probability that the oracle gave them; bins as in `Sorted`."""

    nights: int = 0
    """Mornings at which it was asked."""
    untrue: list[int] = []
    """Books and nights: called gone anew, and not missing."""
    gone: dict[int, list[int]] = {}
    """Books that left for good, by the highest probability within so many covered nights."""


class SoonReached(msgspec.Struct, kw_only=True):
    """Who would be shown away, by the probability that the oracle gave it; bins as in `Sorted`."""

    gone: list[int] = []
    """Books that left for good, at the first moment after 30 minutes of live coverage."""
    standing: list[int] = []
    """Books that stand settled, at every moment at which it was asked; only those that are silent since something changed for them."""
    settled: int = 0
    """All books that stood settled then."""


class OracleCounts(msgspec.Struct, kw_only=True):
    """One run; what it was not asked is None."""

    looks: Sorted | None = None
    """Stays at their fifth independent covered look: is the book misplaced?"""
    unheard: int = 0
    """Misplaced ones among them that no antenna had heard by then: nobody can know of them."""
    places: PlacesReached | None = None
    absence: NightsReached | None = None
    soon: SoonReached | None = None


def bins(chance: NDArray[np.floating]) -> NDArray[np.int64]:
    """The bin of each probability."""
    sure = np.clip(chance.astype(np.float64), 1e-12, 1.0 - 1e-12)
    odds = np.clip(np.log(sure / (1.0 - sure)), -WIDEST, WIDEST)
    found: NDArray[np.int64] = np.floor((odds + WIDEST) / STEP).astype(np.int64)
    return found


def best_f1(cases: Sorted) -> int:
    """The bin from which on everything should be shown so that F1 is largest; the highest of equals."""

    def f1(at: int) -> float:
        tp, fp, fn = cases.shown(at)
        return 2 * tp / max(1, 2 * tp + fp + fn)

    return max(reversed(range(BINS)), key=f1)


def chance_of(at: int) -> float:
    """The probability at which a bin begins."""
    return 1.0 / (1.0 + math.exp(WIDEST - at * STEP))
