"""The link budget, solved for the two rates that an installer can measure. Pure.

Margin: decibels by which the power that reaches a tag exceeds what its chip needs; above 0 it wakes. Over tags, places, arrangements and quarters of an hour it is
normally distributed, so the share that wakes gives the mean: base = deviation · Φ⁻¹(rate), corrected for what all ordinary tags have in common (their place along
the board, neighbours at the usual distance, the best of the channels that a usual dwell visits).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import msgspec

from firmware_sim.radio.settings import RadioSettings

USUAL_HOPS: Final = 3
"""Channels that a dwell of one second visits."""
USUAL_GAP_MM: Final = 21
"""Between the tags of ordinary books side by side: the mean thickness of the default stocking."""
COUPLING_MM: Final = 10.0
"""Coupling falls by e in this distance. Measured on 57 tags 1 cm apart: minimum power moved by −7 to +12.5 %; the shape is an assumption."""
BESIDE_M: Final = 0.9
"""At this distance a board beside counts as a board above: it is where its middle lies."""
NEAREST_M: Final = 0.3
STEP: Final = 256
"""Margins are kept in 1/256 dB."""

_NORMAL: Final = NormalDist()
_PLACES: Final = 9
_THROWS: Final = 24


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Mean margin of an ordinary tag before it is known where it stands along the board; dB at 30 dBm."""

    rings: tuple[float, float, float]
    """Own shelf, next to it, second ring."""
    spread_db: float
    """Standard deviation of the margin without channels."""


@lru_cache(maxsize=32)
def solve(settings: RadioSettings) -> Budget:
    """The budget at which ordinary tags wake in `own_read` and `cross_read` of usual dwells.

    The mean of `cross_read` is over above, below, behind and beside. A `cross_read` of 0 puts the neighbours out of hearing.
    """
    parts = (
        settings.tag_spread_db,
        settings.place_spread_db,
        settings.shade_spread_db,
        settings.pass_spread_db,
    )
    spread = max(math.sqrt(sum(part * part for part in parts)), 0.01)
    usual = 2 * coupling_db(settings, USUAL_GAP_MM)
    edges = [-board_edge_db(settings, place) - usual for place in _places()]
    asides = [aside_db(place * BESIDE_M / 2 + BESIDE_M) - usual for place in _places()]

    def own(base: float) -> float:
        return _mean_rate(base, edges, spread, settings.channel_spread_db)

    def cross(base: float) -> float:
        beside = _mean_rate(base, asides, spread, settings.channel_spread_db)
        return (3.0 * own(base) + beside) / 4.0

    near = _solved(cross, settings.cross_read) if settings.cross_read > 0 else -120.0
    rings = (_solved(own, settings.own_read), near, near - settings.second_ring_db)
    return Budget(rings=rings, spread_db=spread)


def coupling_db(settings: RadioSettings, gap_mm: int) -> float:
    """Loss by one neighbouring tag at that distance, in steps of 1/256 dB."""
    return rounded(settings.coupling_db * math.exp(-gap_mm / COUPLING_MM))


def board_edge_db(settings: RadioSettings, place: float) -> float:
    """Loss along the board; `place` −1 at its left end, 0 before the antenna, 1 at its right end."""
    return settings.board_edge_db * place * place


def aside_db(metres: float) -> float:
    """Gain (or loss) of a tag on a board beside, so far from the antenna's middle, against one at its middle: 20 dB a decade, as the forward link."""
    return rounded(-20.0 * math.log10(max(abs(metres), NEAREST_M) / BESIDE_M))


def rounded(decibels: float) -> float:
    """To 1/256 dB, so that the last bit of some machine's logarithm reaches nothing."""
    return round(decibels * STEP) / STEP


def _places() -> list[float]:
    return [(2 * n + 1) / _PLACES - 1.0 for n in range(_PLACES)]


def _mean_rate(base: float, offsets: list[float], spread: float, channel_spread: float) -> float:
    """Share that wakes on the best of the usual channels, mean over places along the board."""
    throws = [(n + 0.5) / _THROWS for n in range(_THROWS)]
    best = [channel_spread * _NORMAL.inv_cdf(throw ** (1.0 / USUAL_HOPS)) for throw in throws]
    rates = [_NORMAL.cdf((base + offset + gain) / spread) for offset in offsets for gain in best]
    return sum(rates) / len(rates)


def _solved(rate: Callable[[float], float], wanted: float) -> float:
    low, high = -120.0, 120.0
    for _ in range(48):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rate(middle) < wanted else (low, middle)
    return rounded(high)
