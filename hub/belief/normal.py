"""The normal distribution cut off below zero: what one can know of a level if what is too quiet is not heard. Pure.

A tag's margin above an antenna's floor is t · spread + spread · z, z standard normal, and it is heard where that is above 0.
Of many tags then are heard Φ(t), and the mean of what is heard lies spread · (t + φ(t)/Φ(t)) above the floor. All functions
take and give arrays of any one shape; tables of 0.01 spreads, good to 0.001.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REACH: Final = 4.0
"""Spreads that the tables reach on both sides; further away a share is 0.00003 and says nothing more."""
_ONE: Final = NormalDist()
_GRID: Final[Floats] = np.linspace(-REACH, REACH, 801)
_SHARE: Final[Floats] = np.array([_ONE.cdf(t) for t in _GRID.tolist()])
_DENSITY: Final[Floats] = np.array([_ONE.pdf(t) for t in _GRID.tolist()])
_EXCESS: Final[Floats] = _GRID + _DENSITY / _SHARE
_VARIANCE: Final[Floats] = 1.0 - _EXCESS * (_DENSITY / _SHARE)
_FORM: Final[Floats] = _EXCESS**2 / _VARIANCE
"""Squared mean by variance of what is heard: grows with t, from 1 (only a tail is heard) upwards."""


def margin_of_share(share: NDArray[Any]) -> Floats:
    """The mean margin, in spreads, at which so large a share is heard; -4 … 4."""
    result: Floats = np.interp(share, _SHARE, _GRID)
    return result


def excess_heard(t: NDArray[Any]) -> Floats:
    """How far above the floor, in spreads, lies the mean of what is heard."""
    result: Floats = np.interp(t, _GRID, _EXCESS)
    return result


def margin_of_excess(excess: NDArray[Any]) -> Floats:
    """The mean margin, in spreads, if the mean of what is heard lies so far above the floor."""
    result: Floats = np.interp(excess, _EXCESS, _GRID)
    return result


def margin_of_heard(excess_db: NDArray[Any], variance_db2: NDArray[Any]) -> Floats:
    """The mean margin, in spreads, if what is heard has this mean above the floor and this variance."""
    form = np.square(np.maximum(excess_db, 0.0)) / np.maximum(variance_db2, 1e-6)
    result: Floats = np.interp(form, _FORM, _GRID)
    return result
