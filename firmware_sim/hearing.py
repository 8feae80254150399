"""What a stretch of time brought: dwells and what was heard in them, as columns. Pure.

This is the bulk form, made by `firmware_sim.radio`, bent by faults, and read by the hub's adapter and by the rivals alike, so that all are judged on
the same reads. An emulated reader uses the small form, `firmware_sim.radio.Answer`, of the same air.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Int16 = NDArray[np.int16]
UInt16 = NDArray[np.uint16]
Float32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

HALF_DB: Final = 0.5
"""Loudness is kept in half decibels, as readers quantise it."""


def reference(number: int) -> int:
    """The tag number of the site's reference tag `number` (its place in `Site.reference_tags`); books and strangers are 0 and up."""
    return -1 - number


@dataclass(frozen=True, slots=True)
class Dwells:
    """`n` dwells in the order of their ends; columns of equal length. What a schedule asks of the air."""

    antenna: Int32
    """Place in `Site.antennas` of the antenna that the reader's port belongs to."""
    started_us: Int64
    ended_us: Int64
    """Microseconds since 1970, true time."""
    power_dbm: Float32
    dual: Bools
    """Dual target: a tag answers again and again. Else a tag that answered is silent until its flag falls."""
    session: NDArray[np.uint8]
    """Gen2 session, 0 to 3."""

    def __len__(self) -> int:
        return len(self.antenna)

    def pick(self, at: NDArray[np.intp]) -> Dwells:
        """Some of them."""
        return Dwells(
            self.antenna[at],
            self.started_us[at],
            self.ended_us[at],
            self.power_dbm[at],
            self.dual[at],
            self.session[at],
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in `dwells`; an empty dwell is evidence too. Reads of dwell `i` are `first[i]:first[i + 1]`."""

    dwells: Dwells
    first: Int64
    """n + 1 offsets."""
    tag: Int32
    """Tag numbers of the world; negative: reference tags (`reference`)."""
    count: UInt16
    """How often it answered."""
    rssi: Int16
    """The loudest answer, in half decibels: −117 is −58.5 dBm."""

    @property
    def rssi_dbm(self) -> Float32:
        """The loudest answer in dBm."""
        return self.rssi.astype(np.float32) * np.float32(HALF_DB)

    @property
    def dwell_of(self) -> Int64:
        """The dwell of each read."""
        return np.repeat(np.arange(len(self.dwells), dtype=np.int64), np.diff(self.first))

    def pick(self, at: NDArray[np.intp]) -> Heard:
        """Some of the dwells, with their reads; `at` in rising order."""
        chosen = np.zeros(len(self.dwells), dtype=np.bool_)
        chosen[at] = True
        reads = chosen[self.dwell_of]
        first = np.concatenate([[0], np.cumsum(np.diff(self.first)[at])]).astype(np.int64)
        return Heard(self.dwells.pick(at), first, self.tag[reads], self.count[reads], self.rssi[reads])


@dataclass(frozen=True, slots=True)
class Delivery:
    """Dwells of one agent as they reach whoever listens: perhaps late, perhaps twice, perhaps never."""

    agent: str
    arrived_us: int
    heard: Heard
    seq: int = 0
    """The report's number in its outbox; a duplicate carries the same one."""
    log: str = ""
    """The outbox."""
    boot: str = ""
    """The agent's process."""
    made_us: int = 0
    """When the agent had put the report together, true time."""
    clock_us: int = 0
    """The boot clock of the agent minus true time: its reports carry times that are so much ahead."""
    wall_us: int = 0
    """The agent's wall clock minus true time when the report was made."""
    lost: str = ""
    """Not empty: the reads never left the agent, and this is why; only which antennas listened when is told."""
    doubtful: Bools | None = None
    """Dwells whose reads may have been lost between reader and agent; None: none."""
