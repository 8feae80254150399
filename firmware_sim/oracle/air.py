"""What one dwell says of one tag's margin: the radio's own settings as tables over a grid. Pure.

Margin: decibels by which the power at a tag exceeds what it needs, without its channel and its quarter of an hour (`firmware_sim.radio`). The tables
are natural logarithms of densities and chances, one column a point of `GRID`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.radio import budget
from firmware_sim.radio.air import FULL_DBM, POWER_SLOPE
from firmware_sim.radio.settings import RadioSettings

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]

STEP_DB: Final = 0.5
LOW_DB: Final = -56.0
HIGH_DB: Final = 48.0
GRID: Final[Floats] = np.arange(LOW_DB, HIGH_DB + STEP_DB / 2, STEP_DB)
POINTS: Final = len(GRID)
"""Below −30 dB nothing is ever heard, above +30 dB all: wide enough that no level plus no tag falls off."""
SEEN_STEP_DB: Final = 0.25
SEEN_LOW_DB: Final = -4.0
SEEN_HIGH_DB: Final = 56.0
SEEN: Final[Floats] = np.arange(SEEN_LOW_DB, SEEN_HIGH_DB + SEEN_STEP_DB / 2, SEEN_STEP_DB)
"""Margins on the best channel, as the loudness of a read tells them."""
LEAST: Final = -80.0
"""A logarithm that stands for *impossible*: one read in 10^34, and what single precision can hold."""

_NORMAL: Final = NormalDist()


def cdf(values: Floats) -> Floats:
    """Of the standard normal distribution."""
    return np.array([0.5 * (1.0 + math.erf(value / math.sqrt(2.0))) for value in values.tolist()])


@lru_cache(maxsize=64)
def silent(settings: RadioSettings, hops: int, turns: float) -> Float32:
    """Logarithm of the chance that a tag of each margin is not heard in a dwell of so many channels.

    `turns`: how often the reader goes through all that are awake; below 1 some have no turn.
    """
    chance = cdf(GRID / max(settings.channel_spread_db, 0.01))
    found = np.zeros(POINTS)
    for awake in range(hops + 1):
        share = math.comb(hops, awake) * chance**awake * (1.0 - chance) ** (hops - awake)
        found += share * (1.0 - min(1.0, turns * awake / hops))
    return _log(found)


@lru_cache(maxsize=64)
def heard(settings: RadioSettings, hops: int, turns: float) -> Float32:
    """Logarithm of the density of being heard with that best margin: rows `SEEN`, columns `GRID`."""
    spread = max(settings.channel_spread_db, 0.01)
    blur = math.hypot(settings.noise_db, 0.5 / math.sqrt(12.0), SEEN_STEP_DB / math.sqrt(12.0))
    blur = max(blur / settings.loudness_slope, 0.05)
    fine = np.arange(-6.0 * spread, 6.0 * spread, 0.05)
    best = hops * cdf(fine / spread) ** (hops - 1) * np.exp(-0.5 * (fine / spread) ** 2)
    best *= 0.05 / (spread * math.sqrt(2.0 * math.pi))
    found = np.zeros((len(SEEN), POINTS))
    for gain, weight in zip(fine.tolist(), best.tolist(), strict=True):
        top = GRID + gain
        able = top > 0
        if weight < 1e-9 or not able.any():  # noqa: PLR2004 (nothing that a table in single precision could show)
            continue
        found[:, able] += (
            weight
            * _turn(GRID[able], gain, spread, hops, turns)
            * np.exp(-0.5 * ((SEEN[:, None] - top[able][None, :]) / blur) ** 2)
        )
    return _log(found / (blur * math.sqrt(2.0 * math.pi)))


def _turn(margin: Floats, gain: float, spread: float, hops: int, turns: float) -> Floats:
    """Chance that a tag has its turn, given the gain of its best channel: the more channels wake it, the likelier."""
    below = max(_NORMAL.cdf(gain / spread), 1e-9)
    other = np.clip((below - cdf(-margin / spread)) / below, 0.0, 1.0)
    found = np.zeros(len(margin))
    for more in range(hops):
        share = math.comb(hops - 1, more) * other**more * (1.0 - other) ** (hops - 1 - more)
        found += share * min(1.0, turns * (1 + more) / hops)
    return found


def blurred(logs: Float32, spread_db: float) -> Float32:
    """Logarithm of the mean over a normal throw of that deviation, added to each margin. Rows are tables over `GRID`."""
    if spread_db <= 0:
        return logs
    top = logs.max(axis=-1, keepdims=True)
    mean = np.exp(logs - top) @ _kernel(spread_db)
    with np.errstate(divide="ignore"):
        found: Float32 = np.maximum(np.log(mean), np.float32(LEAST)) + top
    return found


@lru_cache(maxsize=8)
def _kernel(spread_db: float) -> Float32:
    """Column m: how much each margin counts for m; at the grid's ends the last one stands for all beyond."""
    gaps = np.abs(np.arange(POINTS)[:, None] - np.arange(POINTS)[None, :]) * STEP_DB
    weights = np.exp(-0.5 * (gaps / spread_db) ** 2)
    found: Float32 = (weights / weights.sum(axis=0, keepdims=True)).astype(np.float32)
    return found


def seen_db(settings: RadioSettings, rssi_dbm: Float32, count: Float32, power_dbm: Float32) -> Float32:
    """The margin on the best channel, at 30 dBm, that a read of this loudness stands for."""
    gain = np.sqrt(2.0 * np.log(np.maximum(count, 1.0))) * settings.noise_db
    over = power_dbm - FULL_DBM
    loud = rssi_dbm - settings.own_dbm - gain
    usual = budget.solve(settings).usual_db
    found: Float32 = (
        (loud + over * (settings.loudness_slope - POWER_SLOPE)) / settings.loudness_slope + usual - over
    )
    return found.astype(np.float32)


def seen_row(seen: Float32) -> NDArray[np.int64]:
    """Row of `heard` for each."""
    found: NDArray[np.int64] = np.clip(
        np.rint((seen - SEEN_LOW_DB) / SEEN_STEP_DB).astype(np.int64), 0, len(SEEN) - 1
    )
    return found


def _log(chances: Floats) -> Float32:
    with np.errstate(divide="ignore"):
        found: Float32 = np.maximum(np.log(chances), LEAST).astype(np.float32)
    return found
