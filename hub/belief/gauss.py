"""Normal tails in the logarithm, steps of a quadrature, and the best of several throws: tables for the belief. Pure."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_REACH: Final = 12.0
"""Standard deviations that the table reaches on both sides; beyond, a tail of 1e-33 is as good as none."""
_STEPS: Final = 200
"""Table steps a standard deviation: the logarithm is good to 0.03 at the far end, and to 0.002 in the middle."""
_LOG_TAIL: Final[NDArray[np.float32]] = np.log(
    [
        0.5 * math.erfc(n / _STEPS / math.sqrt(2.0))
        for n in range(-int(_REACH * _STEPS), int(_REACH * _STEPS) + 1)
    ]
).astype(np.float32)
_MOST: Final = len(_LOG_TAIL) - 1


def log_silent(margin: NDArray[Any]) -> NDArray[np.float32]:
    """Ln Φ(−margin), margin in standard deviations: the chance that what hangs so far above the floor is below it."""
    at = np.rint(np.asarray(margin) * _STEPS + _MOST / 2)
    values: NDArray[np.float32] = _LOG_TAIL[np.clip(at, 0, _MOST).astype(np.int32)]
    return values


def silent(margin: NDArray[Any]) -> Floats:
    """Φ(−margin)."""
    values: Floats = np.exp(log_silent(margin).astype(np.float64))
    return values


_BEST_OF: Final = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256, 1024], dtype=np.float64)


def _best(count: float) -> tuple[float, float]:
    """Mean and variance of the largest of `count` standard normal throws, by the distribution function's power."""
    grid = np.linspace(-6.0, 8.0, 2801)
    below = np.array([0.5 * math.erfc(-x / math.sqrt(2.0)) for x in grid.tolist()]) ** count
    weight = np.diff(below)
    middle = (grid[1:] + grid[:-1]) / 2
    mean = float((weight * middle).sum())
    return mean, float((weight * (middle - mean) ** 2).sum())


_BEST: Final = np.array([_best(float(count)) for count in _BEST_OF])


def best_of(count: NDArray[Any]) -> tuple[Floats, Floats]:
    """Mean and variance of the largest of so many standard normal throws; 1 … 1024."""
    log = np.log(np.maximum(count, 1.0))
    known = np.log(_BEST_OF)
    return np.interp(log, known, _BEST[:, 0]), np.interp(log, known, _BEST[:, 1])


def quadrature(spread: float, steps: int) -> tuple[Floats, Floats]:
    """Points and log-weights that stand for a normal distribution of that spread around 0 (Gauss and Hermite)."""
    points, weights = np.polynomial.hermite_e.hermegauss(steps)
    return points * spread, np.log(weights / weights.sum())
