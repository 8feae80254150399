"""How much each witness weighs: fitted to windows that were foretold from other windows. Pure.

P(zone) ∝ exp(ln prior + Σ_k w_k · L_k(zone)), 0 ≤ w_k ≤ MOST_WEIGHT. Witnesses that repeat each other share a weight, one that misleads gets 0, and how sure the whole may
be comes out by itself: the fit is to the logarithm of what was promised to the true zone. It is convex, so there is one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.belief.zones import settings
from hub.belief.zones.reads import Floats, Ints

STEPS: Final = 40
"""Newton steps; four or five are usual."""


def softmax(log: Floats) -> Floats:
    """Over the last axis."""
    found: Floats = np.exp(log - log.max(axis=-1, keepdims=True))
    found /= found.sum(axis=-1, keepdims=True)
    return found


def weighed(said: Floats, weights: Floats, prior: Floats) -> Floats:
    """Window × zone, logarithms without norm."""
    found: Floats = np.einsum("wkz,k->wz", said, weights) + prior
    return found


def fit(said: Floats, zone: Ints, part: Ints, prior: Floats) -> Floats:
    """Weights. `part`: what was recorded together counts as one example, however many windows it has."""
    start = np.full(said.shape[1], settings.FIRST_WEIGHT)
    if not len(zone):
        return start
    worth = float(len(np.unique(part)))
    most = max(1, settings.FIT_CELLS // (said.shape[1] * said.shape[2]))
    some = np.unique(np.linspace(0, len(zone) - 1, min(len(zone), most)).astype(np.int64))
    said, zone = said[some], zone[some]
    worth /= len(zone)
    weights = start.copy()
    given = _Given(said, zone, prior, worth, start)
    best = _loss(given, weights)
    for _ in range(STEPS):
        slope, bend = _slope(given, weights)
        free = ~(((weights <= 0) & (slope > 0)) | ((weights >= settings.MOST_WEIGHT) & (slope < 0)))
        if not free.any():
            break
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        size = 1.0
        while size > 1e-4:  # noqa: PLR2004 (no step that helps)
            tried = np.clip(weights - size * step, 0.0, settings.MOST_WEIGHT)
            loss = _loss(given, tried)
            if loss < best:
                break
            size /= 2
        else:
            break
        done = best - loss < 1e-7 * max(1.0, abs(best))
        weights, best = tried, loss
        if done:
            break
    return weights


@dataclass(frozen=True, slots=True)
class _Given:
    said: Floats
    zone: Ints
    prior: Floats
    worth: float
    """Of one window."""
    start: Floats


def _loss(given: _Given, weights: Floats) -> float:
    log = weighed(given.said, weights, given.prior)
    top = log.max(axis=1)
    norm = top + np.log(np.exp(log - top[:, None]).sum(axis=1))
    off = weights - given.start
    lost = norm - log[np.arange(len(log)), given.zone]
    return float(given.worth * lost.sum() + settings.RIDGE / 2 * off @ off)


def _slope(given: _Given, weights: Floats) -> tuple[Floats, Floats]:
    said = given.said
    share = softmax(weighed(said, weights, given.prior))
    mean = np.einsum("wkz,wz->wk", said, share)
    slope = given.worth * (mean - said[np.arange(len(said)), :, given.zone]).sum(axis=0)
    square = np.einsum("wkz,wz,wjz->kj", said, share, said, optimize=True) - mean.T @ mean
    bend = given.worth * square + settings.RIDGE * np.eye(len(weights))
    return slope + settings.RIDGE * (weights - given.start), bend
