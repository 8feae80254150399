"""Who stands in the aisle: somebody, or a cart, before a bay for half a minute. Pure.

Thrown by bay and half-minute; more often while the doors are open. Nothing is known of who it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from firmware_sim.dice import uniform
from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.world.opening import Openings

HALF_MINUTE_US: Final = 30_000_000
CLOSED_SHARE: Final = 0.1
"""Of the share in open hours: staff, cleaners, guards."""
_QUARTER_US: Final = 900_000_000
_PERSON: Final = 0x9E0B1E


class Aisles:
    """Whether somebody stands before a bay."""

    def __init__(self, openings: Openings | None, settings: RadioSettings, *, seed: int) -> None:
        """`openings` None: nobody comes at all."""
        self._openings = openings
        self._share = settings.person_share
        self._seed = seed ^ _PERSON
        self._open: dict[int, bool] = {}

    @property
    def empty(self) -> bool:
        """Nobody ever comes."""
        return self._openings is None or self._share == 0

    def somebody(self, bay: Int32, at_us: Int64) -> Bools:
        """For each row."""
        throws = uniform(self._seed, bay.astype(np.uint64), (at_us // HALF_MINUTE_US).astype(np.uint64))
        found: Bools = throws < self._share * np.where(self._are_open(at_us), 1.0, CLOSED_SHARE)
        return found

    def _are_open(self, at_us: Int64) -> Bools:
        """Looked up by the quarter of an hour."""
        quarters, rows = np.unique(at_us // _QUARTER_US, return_inverse=True)
        found: Bools = np.array([self._is_open(int(quarter)) for quarter in quarters], dtype=np.bool_)[rows]
        return found

    def _is_open(self, quarter: int) -> bool:
        if quarter not in self._open:
            openings = self._openings
            self._open[quarter] = openings is not None and openings.closing(quarter * _QUARTER_US) is not None
        return self._open[quarter]
