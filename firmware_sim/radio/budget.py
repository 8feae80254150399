"""The link budget, solved for the two rates that an installer can measure. Pure.

Margin: decibels by which the power that reaches a tag exceeds what its chip needs; above 0 it wakes. Over tags, places, arrangements and quarters of an hour it is
normally distributed, so the share that is heard gives the mean: base = deviation · Φ⁻¹(rate), corrected for what ordinary tags have in common: neighbours at the usual
distances, their place along the board, the few channels of a usual dwell, and the time that the reader has for all that are awake.

Usual is the reference site: 50 books on a board of 0.9 m, an antenna for each board, dwells of one second. A thinner row is heard a little better than the rate says.
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
USUAL_ROW: Final = 50
USUAL_MM: Final = (6.2, 34.6)
"""Thickness of the books of such a row, log-uniform."""
USUAL_REFERENCES: Final = 6
"""Reference tags that are awake with them: two of its own, and those of the boards around it."""
USUAL_NEXT: Final = 4.8
"""So many rows next to it are heard at `cross_read`; the 0.4 stands for the second ring."""
COUPLING_MM: Final = 10.0
"""Coupling falls by e in this distance. Measured on 57 tags 1 cm apart: minimum power moved by −7 to +12.5 %; the shape is an assumption."""
BESIDE_M: Final = 0.9
"""At this distance a board beside counts as a board above: it is where its middle lies."""
NEAREST_M: Final = 0.3
STEP: Final = 256
"""Margins are kept in 1/256 dB."""

_NORMAL: Final = NormalDist()
_PLACES: Final = 7
_THROWS: Final = 48
_LOSSES: Final = 6
_QUANTILES: Final = [_NORMAL.inv_cdf((n + 0.5) / _THROWS) for n in range(_THROWS)]


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Mean margin of an ordinary tag before it is known where it stands along the board; dB at 30 dBm."""

    rings: tuple[float, float, float]
    """Own shelf, next to it, second ring."""
    usual_db: float
    """Mean margin of an ordinary tag on its own shelf, its place and neighbours counted."""
    spread_db: float
    """Standard deviation of the margin without channels."""


@lru_cache(maxsize=32)
def solve(settings: RadioSettings) -> Budget:
    """The budget at which ordinary tags are heard in `own_read` and `cross_read` of usual dwells.

    The mean of `cross_read` is over above, below, behind and beside. A `cross_read` of 0 puts the neighbours out of hearing.
    """
    losses = _usual_losses(settings)
    asides = [loss - aside_db(place * BESIDE_M / 2 + BESIDE_M) for place in _places() for loss in losses]

    def cross(base: float) -> float:
        beside = _mean_rate(settings, [base - loss for loss in asides])
        return (3.0 * _own_rate(settings, base) + beside) / 4.0

    own = _solved(lambda base: _own_rate(settings, base), settings.own_read)
    near = _solved(cross, settings.cross_read) if settings.cross_read > 0 else -120.0
    edges = _edges(settings)
    return Budget(
        rings=(own, near, near - settings.second_ring_db),
        usual_db=rounded(own - sum(edges) / len(edges)),
        spread_db=_spread_db(settings),
    )


@lru_cache(maxsize=64)
def of_boards(settings: RadioSettings, half_boards: tuple[int, ...]) -> dict[int, float]:
    """Half boards from the middle → dB over the own ring's base, for an antenna that is meant for boards so far from their middle; mean rate: `own_read`."""
    losses = {half: settings.board_apart_db * half / 2 for half in sorted(set(half_boards))}
    if len(losses) == 1:
        return dict.fromkeys(losses, 0.0)
    weights = {half: half_boards.count(half) / len(half_boards) for half in losses}

    def mean(base: float) -> float:
        return sum(weights[half] * _own_rate(settings, base - loss) for half, loss in losses.items())

    gain = _solved(mean, settings.own_read) - solve(settings).rings[0]
    return {half: rounded(gain - loss) for half, loss in losses.items()}


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


def _usual_losses(settings: RadioSettings) -> list[float]:
    """Equally probable losses by the two books beside one."""
    thin, thick = USUAL_MM
    sizes = [thin * (thick / thin) ** ((n + 0.5) / _LOSSES) for n in range(_LOSSES)]
    gaps = [[coupling_db(settings, round((mine + its) / 2)) for its in sizes] for mine in sizes]
    both = sorted(left + right for row in gaps for left in row for right in row)
    each = len(both) // _LOSSES
    return [sum(both[n * each : (n + 1) * each]) / each for n in range(_LOSSES)]


def _spread_db(settings: RadioSettings) -> float:
    parts = (
        settings.tag_spread_db,
        settings.place_spread_db,
        settings.shade_spread_db,
        settings.pass_spread_db,
    )
    return max(math.sqrt(sum(part * part for part in parts)), 0.01)


def _turns(settings: RadioSettings) -> float:
    """How often a reader goes through all that are awake in a usual dwell; more than once, else no budget could reach the rates."""
    crowd = USUAL_REFERENCES + USUAL_ROW * (settings.own_read + USUAL_NEXT * settings.cross_read)
    return max(1.0, settings.reads_a_second / crowd)


def _edges(settings: RadioSettings) -> list[float]:
    """Equally probable losses of a tag somewhere along its board, among usual books."""
    losses = _usual_losses(settings)
    return [board_edge_db(settings, place) + loss for place in _places() for loss in losses]


def _own_rate(settings: RadioSettings, base: float) -> float:
    """Share of a row straight before the antenna, above, below or behind it, that is heard."""
    return _mean_rate(settings, [base - loss for loss in _edges(settings)])


def _mean_rate(settings: RadioSettings, means: list[float]) -> float:
    """Share that is heard, over equally probable mean margins. A tag that is awake on j of the dwell's channels gets j of that share of `turns`."""
    scale = max(settings.channel_spread_db, 0.01)
    steps = [_spread_db(settings) / scale * quantile for quantile in _QUANTILES]
    turns = _turns(settings)
    one, two = min(1.0, turns / USUAL_HOPS), min(1.0, 2 * turns / USUAL_HOPS)
    whole = 0.0
    for mean in means:
        for step in steps:
            awake = _NORMAL.cdf(mean / scale + step)
            asleep = 1.0 - awake
            # one, two or three of the three channels
            whole += awake * (3 * asleep * (asleep * one + awake * two) + awake * awake)
    return whole / (len(means) * len(steps))


def _solved(rate: Callable[[float], float], wanted: float) -> float:
    low, high = -60.0, 120.0
    for _ in range(16):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rate(middle) < wanted else (low, middle)
    return rounded(high)
