"""What a handful of seeds and some thousands of cases can say: intervals of 95 %. Pure, standard library only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, stdev
from typing import Final

import msgspec

STUDENT: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
    2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""97.5 % quantiles of Student's distribution for 1, 2, … 30 degrees of freedom (any table of statistics); beyond, the normal one."""
NORMAL: Final = 1.959964
_ENOUGH: Final = 1e-17
"""Of a sum: smaller terms change no bit of it."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A measure with its interval; `value` None: there was no case."""

    value: float | None
    low: float | None = None
    high: float | None = None
    cases: float = 0.0
    """Findings, books, item-nights …: what it was taken from."""
    never: bool = False
    """A time that was not reached: too many were never found."""


def wilson(hits: float, cases: float) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927); (0, 1) without a case."""
    if cases <= 0:
        return 0.0, 1.0
    share, z2 = hits / cases, NORMAL * NORMAL
    middle = (share + z2 / (2 * cases)) / (1 + z2 / cases)
    half = NORMAL / (1 + z2 / cases) * math.sqrt(share * (1 - share) / cases + z2 / (4 * cases * cases))
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count: int) -> tuple[float, float]:
    """Exact 95 % interval of the mean of a Poisson count (Garwood 1936)."""
    low = 0.0 if count == 0 else _mean_at(lambda mean: 1 - _at_most(count - 1, mean), 0.025, count)
    return low, _mean_at(lambda mean: _at_most(count, mean), 0.025, count, falling=True)


def poisson_upper(count: int) -> float:
    """Exact one-sided 95 % upper bound of the mean of a Poisson count: 3.0 for none."""
    return _mean_at(lambda mean: _at_most(count, mean), 0.05, count, falling=True)


def student(values: Sequence[float]) -> tuple[float, float] | None:
    """Interval of the mean over seeds; None with fewer than two."""
    if len(values) < 2:  # noqa: PLR2004 (one value has no spread)
        return None
    t = STUDENT[min(len(values) - 1, len(STUDENT)) - 1] if len(values) <= len(STUDENT) + 1 else NORMAL
    middle, half = fmean(values), t * stdev(values) / math.sqrt(len(values))
    return middle - half, middle + half


def share(parts: Sequence[tuple[float, float]]) -> Value:
    """Share of (hits, cases) of each seed: pooled, with the wider of Wilson's and Student's interval."""
    hits, cases = sum(h for h, _ in parts), sum(n for _, n in parts)
    if not cases:
        return Value(value=None)
    return _wider(hits / cases, wilson(hits, cases), [h / n for h, n in parts if n], cases)


def of_so_many(parts: Sequence[tuple[float, float]], many: float) -> Value:
    """The same share, told as so many of `many`."""
    one = share(parts)
    value, low, high = (None if each is None else each * many for each in (one.value, one.low, one.high))
    return Value(value=value, low=low, high=high, cases=one.cases)


def f1(parts: Sequence[tuple[int, int, int]]) -> Value:
    """F1 of (true positives, false positives, false negatives) of each seed, pooled; Wilson's interval by way of tp ÷ (tp + fp + fn)."""
    tp, fp, fn = (sum(part[i] for part in parts) for i in range(3))
    whole = tp + fp + fn
    if not whole:
        return Value(value=None)
    low, high = (2 * j / (1 + j) for j in wilson(tp, whole))
    each = [2 * a / (2 * a + b + c) for a, b, c in parts if a + b + c]
    return _wider(2 * tp / (2 * tp + fp + fn), (low, high), each, whole)


def rate(parts: Sequence[tuple[int, float]], per: float) -> Value:
    """Events per `per` units of exposure of (count, exposure) of each seed: pooled, Poisson's or Student's interval."""
    count, exposure = sum(k for k, _ in parts), sum(t for _, t in parts)
    if exposure <= 0:
        return Value(value=None)
    low, high = poisson(count)
    scale = per / exposure
    return _wider(
        count * scale,
        (low * scale, high * scale),
        [k / t * per for k, t in parts if t],
        exposure,
        top=math.inf,
    )


def mean(values: Sequence[float], cases: float = 0.0) -> Value:
    """Mean over seeds with Student's interval."""
    if not values:
        return Value(value=None)
    low, high = student(values) or (None, None)
    return Value(value=fmean(values), low=low, high=high, cases=cases)


def _wider(
    value: float, counted: tuple[float, float], each: Sequence[float], cases: float, *, top: float = 1.0
) -> Value:
    spread = student(each) or counted
    low = max(0.0, min(counted[0], spread[0], value))
    high = min(top, max(counted[1], spread[1], value))
    return Value(value=value, low=low, high=high, cases=cases)


def _at_most(count: int, mean: float) -> float:
    """P(X ≤ count) of a Poisson variable: the terms of the shorter tail, from the largest on, as long as they matter."""
    if mean <= 0:
        return 1.0
    below = count < mean
    n = count if below else count + 1
    term = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))
    total = 0.0
    while n >= 0 and term > total * _ENOUGH:
        total += term
        term *= n / mean if below else mean / (n + 1)
        n += -1 if below else 1
    return total if below else 1.0 - total


def _mean_at(chance: Callable[[float], float], wanted: float, count: int, *, falling: bool = False) -> float:
    """The mean at which `chance` is `wanted`, by bisection."""
    low, high = 0.0, count + 10.0 * math.sqrt(count + 1.0) + 20.0
    for _ in range(100):
        middle = (low + high) / 2
        if (chance(middle) > wanted) == falling:
            low = middle
        else:
            high = middle
    return (low + high) / 2
