"""Channels: which ones a dwell visits, and how a pair's margin differs between them; and the slow drift. Pure.

Both are thrown by a pair's key with one multiplication and a table: cheap enough for every pair of every dwell.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import gauss, mix
from firmware_sim.hearing import Float32, Int64

CHANNELS: Final = 50
"""As under the FCC's rules: 902.75 to 927.25 MHz."""
HOP_US: Final = 320_000
"""A reader stays on a channel about so long: 200–400 ms are usual, 400 the most that the FCC allows."""
QUARTER_US: Final = 900_000_000
"""Drift is thrown anew so often."""

_HOP: Final = 0xA0B
_CHANNEL: Final = 0xC4A
_DRIFT: Final = 0xD21F
_PRIME_TO_50: Final = np.array(
    [1, 3, 7, 9, 11, 13, 17, 19, 21, 23, 27, 29, 31, 33, 37, 39, 41, 43, 47, 49], dtype=np.int64
)
_TABLE_BITS: Final = 12
_SHIFT: Final = np.uint64(64 - _TABLE_BITS)
_ONE: Final = np.uint64(1)
_NORMALS: Final[Float32] = gauss(np.arange(8, 65_536, 16, dtype=np.uint64), 0).astype(np.float32)
"""4,096 equally probable values; they end at ± 3.67, and fit into the fastest memory."""


def table(spread_db: float) -> Float32:
    """Throws of a normal distribution of that deviation, for `throws`."""
    found: Float32 = _NORMALS * np.float32(spread_db)
    return found


def throws(values: Float32, keys: NDArray[np.uint64], odds: NDArray[np.uint64] | np.uint64) -> Float32:
    """One of `values` for each key; other odds give other throws."""
    found: Float32 = values[(keys * odds) >> _SHIFT]
    return found


def hops_of(started_us: Int64, ended_us: Int64) -> Int64:
    """How many channels each dwell visits, for equal times."""
    found: Int64 = np.clip((ended_us - started_us + HOP_US // 2) // HOP_US, 1, CHANNELS)
    return found


class Hopping:
    """Odd numbers that stand for channels and quarters of an hour."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self.odd_of_channel = mix(seed ^ _CHANNEL, np.arange(1, CHANNELS + 1, dtype=np.uint64)) | _ONE
        """Channel 1 first."""

    def channels(self, antenna: NDArray[np.int32], started_us: Int64, hops: int) -> Int64:
        """Channels from 0, a column a hop: an order by hash in which none comes twice."""
        words = mix(self._seed ^ _HOP, antenna.astype(np.uint64), started_us.astype(np.uint64))
        step = _PRIME_TO_50[(words % np.uint64(len(_PRIME_TO_50))).astype(np.int64)]
        first = ((words >> np.uint64(32)) % np.uint64(CHANNELS)).astype(np.int64)
        found: Int64 = (first[:, None] + step[:, None] * np.arange(hops)[None, :]) % CHANNELS
        return found

    def odd_of_quarter(self, started_us: Int64) -> NDArray[np.uint64]:
        """For each dwell."""
        return mix(self._seed ^ _DRIFT, (started_us // QUARTER_US).astype(np.uint64)) | _ONE
