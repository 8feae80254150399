"""The phase of an answer: θ = 2·d·f/c + θ0 turns, with noise by loudness and a half turn that a dwell may add. Pure, in bulk, without trigonometry.

Everything is counted in turns (1 turn = 2π = 360°), so that whole turns fall away by a floor and no sine can change a simulated byte. θ0 is an offset of antenna
and channel (cable, front end) plus one of the tag (its own reflection): within one antenna and channel the difference of two positions of a tag is right, and nothing else is.
"""

from __future__ import annotations

import itertools
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import Floats, Numbers, uniform

CHANNELS: Final = 50
"""Channels of the band 902–928 MHz (FCC part 15.247): a reader visits all of them, about 0.2–0.4 s each."""

_FIRST_MHZ: Final = 902.75
_STEP_MHZ: Final = 0.5
_C_M_MHZ: Final = 299.792458
"""Speed of light in metres times megahertz."""
_STEPS: Final = 4096
"""Impinj's ImpinjRFPhaseAngle counts 4,096 steps a turn."""
_TURN_DEG: Final = 360.0

SPREAD_RAD: Final = ((-78.0, 1.8), (-67.0, 1.0), (-61.0, 0.16), (-39.0, 0.020), (-30.0, 0.017))
"""(loudness in dBm, spread of a still tag's phase in rad). Measured: .017–.024 when loud, .02 at −39, .16 at −61, about 1 at −67; −78 is as good as no phase."""

_LOUDEST: Final = -60
_QUIETEST: Final = -156
"""Ends of the table in half decibels: −30 and −78 dBm."""


def frequency_mhz(channel: NDArray[np.integer]) -> Floats:
    """Middle of each channel, 0 to 49."""
    return _FIRST_MHZ + _STEP_MHZ * channel.astype(np.float64)


def spread_turns(rssi_half_db: NDArray[np.integer]) -> Floats:
    """Standard deviation of the phase, in turns, of answers of that loudness (in half decibels, −117 is −58.5 dBm)."""
    at = np.clip(rssi_half_db.astype(np.int64), _QUIETEST, _LOUDEST) - _QUIETEST
    return _SPREAD_TURNS[at]


def offset_turns(seed: int, antenna: int, channel: Numbers, tag: Numbers) -> Floats:
    """θ0 in turns, fixed for ever: antenna and channel, plus tag. 0 ≤ θ0 < 2."""
    return uniform(seed, antenna, channel, _OF_ANTENNA) + uniform(seed, tag, _OF_TAG)


def half_turns(seed: int, antenna: int, channel: Numbers, stay: int | Numbers) -> Floats:
    """0 or ½: many readers lock on either side of the carrier, anew each time they tune to a channel; all tags that it reads until it hops again share it. `stay`: what numbers these stays."""
    return np.where(uniform(seed, antenna, channel, stay, _OF_STAY) < _HALF, 0.0, _HALF)


def phase_turns(distance_m: Floats, mhz: Floats, *others: Floats) -> Floats:
    """Phase in 0 ≤ θ < 1 turn of a tag `distance_m` away; `others`: offset, half turn, noise, multipath, all in turns. The way is twice the distance."""
    turns = 2.0 * distance_m * mhz / _C_M_MHZ
    for other in others:
        turns = turns + other
    return turns - np.floor(turns)


def phase_deg(turns: Floats) -> Floats:
    """As a reader gives it: whole steps of 360°/4096, 0 ≤ θ < 360."""
    return np.floor(turns * _STEPS + _HALF) % _STEPS * (_TURN_DEG / _STEPS)


def _table() -> Floats:
    """Spread for each half decibel, straight lines over (dB, ln spread) between the measured points, rounded so that it is the same on any machine."""
    found = []
    for half in range(_QUIETEST, _LOUDEST + 1):
        dbm = half / 2
        below, above = next((low, high) for low, high in itertools.pairwise(SPREAD_RAD) if dbm <= high[0])
        share = (dbm - below[0]) / (above[0] - below[0])
        rad = math.exp(math.log(below[1]) + share * (math.log(above[1]) - math.log(below[1])))
        found.append(round(rad / (2 * math.pi) * 65_536) / 65_536)
    return np.array(found)


_HALF: Final = 0.5
_OF_ANTENNA: Final = 0xA27E77A
_OF_TAG: Final = 0x7A6
_OF_STAY: Final = 0xD3E11
_SPREAD_TURNS: Final = _table()
