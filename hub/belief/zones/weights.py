"""How much each witness weighs: fitted to windows that were foretold from other windows. Pure.

P(zone) ∝ exp(ln prior + Σ_k w_k · L_k(zone)), 0 ≤ w_k ≤ MOST_WEIGHT. Witnesses that repeat each other share a weight, one that misleads gets 0, and how sure the whole may
be comes out by itself: the fit is to the logarithm of what was promised to the true zone. It is convex, so there is one answer.
"""

from __future__ import annotations

import numpy as np

from hub.belief.zones import settings
from hub.belief.zones.reads import Floats, Ints

STEPS = 40


def softmax(log: Floats) -> Floats:
    """Over the last axis."""
    found = np.exp(log - log.max(axis=-1, keepdims=True))
    return found / found.sum(axis=-1, keepdims=True)


def weighed(said: Floats, weights: Floats, prior: Floats) -> Floats:
    """Window × zone, logarithms without norm."""
    found: Floats = np.einsum("wkz,k->wz", said, weights) + prior
    return found


def fit(said: Floats, zone: Ints, part: Ints, prior: Floats) -> Floats:
    """Weights. `part`: what was recorded together counts as one example, however many windows it has."""
    start = np.full(said.shape[1], settings.FIRST_WEIGHT)
    if not len(zone):
        return start
    worth = len(np.unique(part)) / len(zone)
    weights = start.copy()
    best = _loss(said, zone, prior, weights, worth, start)
    for _ in range(STEPS):
        slope, bend = _slope(said, zone, prior, weights, worth, start)
        free = ~(
            ((weights <= 0) & (slope > 0)) | ((weights >= settings.MOST_WEIGHT) & (slope < 0))
        )
        if not free.any():
            break
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        size = 1.0
        while size > 1e-4:  # noqa: PLR2004 (no step that helps)
            tried = np.clip(weights - size * step, 0.0, settings.MOST_WEIGHT)
            loss = _loss(said, zone, prior, tried, worth, start)
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


def _loss(said: Floats, zone: Ints, prior: Floats, weights: Floats, worth: float, start: Floats) -> float:
    log = weighed(said, weights, prior)
    top = log.max(axis=1)
    norm = top + np.log(np.exp(log - top[:, None]).sum(axis=1))
    off = weights - start
    return float(worth * (norm - log[np.arange(len(zone)), zone]).sum() + settings.RIDGE / 2 * off @ off)


def _slope(
    said: Floats, zone: Ints, prior: Floats, weights: Floats, worth: float, start: Floats
) -> tuple[Floats, Floats]:
    share = softmax(weighed(said, weights, prior))
    mean = np.einsum("wkz,wz->wk", said, share)
    slope = worth * (mean - said[np.arange(len(zone)), :, zone]).sum(axis=0)
    square = np.einsum("wkz,wz,wjz->kj", said, share, said, optimize=True) - mean.T @ mean
    bend = worth * square + settings.RIDGE * np.eye(len(weights))
    return slope + settings.RIDGE * (weights - start), bend
