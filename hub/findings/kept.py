"""What was promised against what came true: shares with intervals, a table, and whether they differ by more than luck. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeVar

import msgspec

from hub.effects import FindingKind

K = TypeVar("K")

EDGES: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
"""Of the bins, as `docs/scoring.md` has them; finer where promises are made. A promise of exactly 1 is in the last one."""
SURE: Final = 0.95
"""What the sentence on the page is about."""
ENOUGH: Final = 20
"""Outcomes from which a share is told; of fewer, one more or less turns it by over five in a hundred."""
LUCK: Final = 0.01
"""A difference that luck makes in fewer than so many libraries is a warning. Larger: one library in ten is warned for nothing."""
MARGIN: Final = 0.02
"""... where it is also larger than the calibration error that the product allows itself."""
NORMAL: Final = 1.959964
_EXACT: Final = 2_000
"""Up to so many cases a binomial is summed, beyond it is a normal one."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one kind that ended on one day, with promises between two edges."""

    kind: FindingKind
    day: int
    """Days since 1970 (UTC) of the end."""
    bin: int
    """Number of its lower edge in `EDGES`."""
    right: int = 0
    wrong: int = 0
    untold: int = 0
    promised: float = 0.0
    """Sum of the promises of those that are right or wrong."""

    @property
    def told(self) -> int:
        """Right or wrong."""
        return self.right + self.wrong


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How many of some findings were right."""

    right: int
    wrong: int
    untold: int
    promised: float | None
    """Mean promise; None: none of them was told."""
    share: float | None
    low: float | None
    """95 % interval of what it could be by luck (Wilson's score interval)."""
    high: float | None

    @property
    def told(self) -> int:
        """Right or wrong."""
        return self.right + self.wrong

    @property
    def enough(self) -> bool:
        """Whether there are enough of them to say a share."""
        return self.told >= ENOUGH


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The findings with promises between two edges."""

    low: float
    high: float
    share: Share


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """Promise and truth differ by more than luck."""

    kind: FindingKind
    share: Share


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page says."""

    all: Share
    sure: Share
    """Those promised at `SURE` at least."""
    parts: list[Part]
    kinds: dict[FindingKind, Share]
    months: dict[str, Share]
    """``2026-11`` → those that ended in it, oldest first."""
    error: float | None
    """Calibration error: mean difference of promise and truth over the parts, by their cases; None: too few."""
    warned: list[Warned]


def kept(counts: Sequence[Count]) -> Kept:
    """From the counts of the store."""
    by_bin = _grouped(counts, lambda one: one.bin)
    by_kind = _grouped(counts, lambda one: one.kind)
    by_month = _grouped(counts, lambda one: month(one.day))
    parts = [Part(low=EDGES[n], high=EDGES[n + 1], share=share(by_bin[n])) for n in sorted(by_bin)]
    kinds = {kind: share(by_kind[kind]) for kind in sorted(by_kind)}
    whole = share(counts)
    gap = sum(abs((part.share.promised or 0.0) * part.share.told - part.share.right) for part in parts)
    return Kept(
        all=whole,
        sure=share(one for one in counts if EDGES[one.bin] >= SURE),
        parts=parts,
        kinds=kinds,
        months={name: share(by_month[name]) for name in sorted(by_month)},
        error=gap / whole.told if whole.enough else None,
        warned=[Warned(kind=kind, share=one) for kind, one in kinds.items() if differs(one)],
    )


def _grouped(counts: Iterable[Count], key: Callable[[Count], K]) -> dict[K, list[Count]]:
    found: dict[K, list[Count]] = {}
    for one in counts:
        found.setdefault(key(one), []).append(one)
    return found


def share(counts: Iterable[Count]) -> Share:
    """Added up, with its interval."""
    right = wrong = untold = 0
    promised = 0.0
    for one in counts:
        right, wrong, untold = right + one.right, wrong + one.wrong, untold + one.untold
        promised += one.promised
    told = right + wrong
    if not told:
        return Share(right=0, wrong=0, untold=untold, promised=None, share=None, low=None, high=None)
    low, high = wilson(right, told)
    return Share(
        right=right,
        wrong=wrong,
        untold=untold,
        promised=promised / told,
        share=right / told,
        low=low,
        high=high,
    )


def wilson(right: int, cases: int) -> tuple[float, float]:
    """Score interval of a share at 95 %; `cases` above 0. Wilson, JASA 22 (1927)."""
    p, z = right / cases, NORMAL * NORMAL / cases
    middle = (p + z / 2) / (1 + z)
    half = math.sqrt(p * (1 - p) * z + z * z / 4) / (1 + z)
    return max(0.0, min(middle - half, p)), min(1.0, max(middle + half, p))


def differs(one: Share) -> bool:
    """Whether so many right ones are no luck, if each came true as often as it promised.

    Promises that differ from one another spread the sum less than equal ones of the same mean, so the test errs to quiet.
    """
    if not one.enough or one.promised is None or one.share is None:
        return False
    if abs(one.share - one.promised) <= MARGIN:
        return False
    return 2 * tail(one.right, one.told, one.promised) < LUCK


def tail(right: int, cases: int, p: float) -> float:
    """Probability of so few right ones, or if there are more than expected of so many."""
    few = right <= cases * p
    if not 0.0 < p < 1.0:
        return 1.0 if right == cases * p else 0.0
    if cases > _EXACT:
        gap = max(0.0, abs(right - cases * p) - 0.5)
        return 0.5 * math.erfc(gap / math.sqrt(2 * cases * p * (1 - p)))
    span = range(right + 1) if few else range(right, cases + 1)
    whole = math.lgamma(cases + 1)
    return math.fsum(
        math.exp(
            whole
            - math.lgamma(k + 1)
            - math.lgamma(cases - k + 1)
            + k * math.log(p)
            + (cases - k) * math.log1p(-p)
        )
        for k in span
    )


@lru_cache(maxsize=4_000)
def month(day: int) -> str:
    """``2026-11`` of days since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m")
