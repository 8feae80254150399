"""How probable is what one antenna heard of one tag, if the tag stands here? Tables, made once. Pure.

A tag's share of heard looks is drawn once for a place (Beta distribution), because what shades it stays: so `hits` and
`misses` follow the beta-binomial, and silence that goes on proves ever less. Source: facts/radio.md, "Misses are
correlated".
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.settings import EngineSettings

Floats = NDArray[np.float64]
Masks = NDArray[np.uint32]

STEPS: Final = 8
"""Table steps a witness; finer changes the result by less than the model's own error."""
HISTORY: Final = 32
"""Looks that a mask remembers: one bit a look, bit 0 the latest."""


class Likelihood:
    """Tables over (class, hits, misses), both in effective witnesses."""

    def __init__(self, settings: EngineSettings, witnesses: float) -> None:
        self.decay = 1.0 - 1.0 / witnesses
        self._most = math.ceil(witnesses * STEPS)
        self._table = np.stack(
            [
                _beta_binomial(share, alike, self._most)
                for share, alike in (
                    (settings.far_heard, settings.far_alike),
                    (settings.near_heard, settings.near_alike),
                    (settings.own_heard, settings.own_alike),
                )
            ]
        )
        weights = self.decay ** np.arange(16)
        bits = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
        self._low: NDArray[np.float32] = (bits @ weights).astype(np.float32)
        self._high: NDArray[np.float32] = (self._low * self.decay**16).astype(np.float32)
        self._loud_dbm = np.array([settings.far_dbm, settings.near_dbm, settings.own_dbm])
        self._loud_sd = settings.loudness_sd_db

    def hits(self, mask: Masks) -> NDArray[np.float32]:
        """Effective hits in a history of looks."""
        values: NDArray[np.float32] = self._low[mask & 0xFFFF] + self._high[mask >> 16]
        return values

    def looks(self, count: NDArray[np.int64]) -> Floats:
        """Effective looks of an antenna that looked `count` times."""
        return (1.0 - self.decay ** np.minimum(count, HISTORY)) / (1.0 - self.decay)

    def log_heard(self, kind: NDArray[np.int8], hits: Floats, misses: Floats) -> Floats:
        """Log-likelihood of so many hits and misses for an antenna of class `kind`."""
        at_hits = np.minimum(np.rint(hits * STEPS).astype(np.int64), self._most)
        at_misses = np.minimum(np.rint(misses * STEPS).astype(np.int64), self._most)
        values: Floats = self._table[kind, at_hits, at_misses]
        return values

    def log_loud(self, kind: NDArray[np.int8], loudness_dbm: Floats) -> Floats:
        """Log-density of the mean loudness, up to a constant."""
        values: Floats = -0.5 * ((loudness_dbm - self._loud_dbm[kind]) / self._loud_sd) ** 2
        return values


def _beta_binomial(share: float, alike: float, most: int) -> Floats:
    """Log of B(a + h, b + m) / B(a, b) for h, m = 0, 1/STEPS … most/STEPS, shape (most + 1, most + 1).

    Between whole hits the logarithm is straight: half a forgotten hit weighs half. The formula itself would let the
    tenth part of a hit weigh almost as much as a whole one where `share` is small.
    """
    share = min(max(share, 1e-6), 1 - 1e-6)
    a, b = share * alike, (1 - share) * alike
    grid = np.arange(most + 1) / STEPS
    whole = range(math.ceil(most / STEPS) + 1)
    rows = np.array([[_ln_beta(a + h, b + m) - _ln_beta(a, b) for m in grid] for h in whole])
    below = np.floor(grid).astype(int)
    rest = (grid - below)[:, None]
    table: Floats = rows[below] * (1 - rest) + rows[np.minimum(below + 1, len(rows) - 1)] * rest
    return table


def _ln_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
