"""The last antenna that heard a tag, until it has been silent too long: what most trackers do. Pure."""

from __future__ import annotations

import numpy as np

from firmware_sim.hearing import Int32
from firmware_sim.rivals.base import NOBODY, Known, Reads, Rival


class LastHeard(Rival):
    """Place: the antenna of the newest read. Gone: silent for 600 s, and three cycles at least."""

    name = "timeout"

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        self._by: Int32 = np.full(self._books, NOBODY, dtype=np.int32)

    def _hear(self, reads: Reads) -> None:
        newest = reads.at_us >= self._heard_us[reads.tag]  # a late backlog moves nothing
        tag, antenna = reads.tag[newest], reads.antenna[newest]
        order = np.argsort(reads.at_us[newest], kind="stable")
        self._by[tag[order]] = antenna[order]

    def _where(self, now_us: int) -> Int32:
        silent = now_us - self._heard_us > self._known.silent_us
        return np.where(silent | (self._heard_us < 0), NOBODY, self._by).astype(np.int32)

    def _extend(self, tags: int) -> None:
        self._by = np.append(self._by, np.full(tags - len(self._by), NOBODY, dtype=np.int32))
