"""How good promises were: right, how much was promised to the truth, and whether 90 % meant 90 %. Pure."""

from __future__ import annotations

import msgspec
import numpy as np

from hub.belief.zones.reads import Floats, Ints

CLASSES = 10
LEAST = 1e-9
"""A truth to which nothing was promised costs 20.7 nats."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """Of windows whose zone is known."""

    windows: int
    accuracy: float | None
    """Share in which the most likely zone was the true one."""
    log_loss: float | None
    """Mean of −ln P(true zone), in nats. None: the rule gives no probability."""
    calibration_error: float | None
    """Mean distance between the promised and the true share of rightness, over ten classes of the highest probability."""


def measure(share: Floats, zone: Ints) -> Measure:
    """`share`: window × zone, probabilities."""
    if not len(zone):
        return Measure(windows=0, accuracy=None, log_loss=None, calibration_error=None)
    top = share.argmax(axis=1)
    promised, right = share.max(axis=1), top == zone
    loss = -np.log(np.maximum(share[np.arange(len(zone)), zone], LEAST)).mean()
    at = np.minimum((promised * CLASSES).astype(np.int64), CLASSES - 1)
    off = np.bincount(at, promised - right, minlength=CLASSES)
    return Measure(
        windows=len(zone),
        accuracy=round(float(right.mean()), 4),
        log_loss=round(float(loss), 4),
        calibration_error=round(float(np.abs(off).sum()) / len(zone), 4),
    )


def measure_rule(named: Ints, zone: Ints) -> Measure:
    """Of a rule that only names a zone."""
    return Measure(
        windows=len(zone),
        accuracy=round(float((named == zone).mean()), 4) if len(zone) else None,
        log_loss=None,
        calibration_error=None,
    )
