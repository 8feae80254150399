"""What faults do to antennas and readers; the columns change while a scenario runs. Pure."""

from __future__ import annotations

import numpy as np

from firmware_sim.hearing import Bools, Float32, Int32
from shelfwire.site.model import Site


class Wiring:
    """One row an antenna, in the order of `Site.antennas`. A scenario's faults write here, the radio reads."""

    def __init__(self, site: Site) -> None:
        count = len(site.antennas)
        self.deaf: Bools = np.zeros(count, dtype=np.bool_)
        """The cable is off: the antenna is driven, and hears nothing."""
        self.loss_db: Float32 = np.zeros(count, dtype=np.float32)
        """What a bad cable or connector takes, one way; decibels, 0 and up."""
        self.listens_as: Int32 = np.arange(count, dtype=np.int32)
        """Whose field it really has: a stuck hub port hears what another antenna hears."""
        self.slow: Float32 = np.ones(count, dtype=np.float32)
        """Divides the reads a second; 1: as ever."""
