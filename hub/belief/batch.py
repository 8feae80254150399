"""A batch of dwells as columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.settings import EngineSettings
from shelfwire.messages import Air, Dwell

LOUDNESS_DBM: Final = (-120.0, 0.0)
"""No answer of a tag lies outside: readers hear down to about -90, and a tag on the antenna gives -20."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A dwell with its antenna, in hub time."""

    antenna: int
    started_at_us: int
    ended_at_us: int
    of: Dwell
    lost: bool = False
    """The agent had to drop this span: nothing is known of it, and `of` heard nothing."""

    def order(self) -> tuple[int, int, int]:
        """Dwells are applied in this order."""
        return self.ended_at_us, self.antenna, self.started_at_us


@dataclass(frozen=True)
class Reads:
    """All reads of a batch of dwells, dwell by dwell; columns of equal length."""

    epc: list[str]
    dwell: NDArray[np.int64]
    """Place of the dwell in the batch."""
    rssi_dbm: NDArray[np.float32]
    first: NDArray[np.int64]
    """By dwell: place of its first read."""

    def at(self, read: int) -> int:
        """The place of a read in its own dwell."""
        return read - int(self.first[self.dwell[read]])


@dataclass(frozen=True)
class TagReads:
    """Reads of known tags in the order of time; columns of equal length."""

    row: NDArray[np.int64]
    antenna: NDArray[np.int64]
    look: NDArray[np.int64]
    """That antenna's count of looks, the read's dwell included."""
    loud_dbm: NDArray[np.float32]
    at_s: NDArray[np.int64]

    def pick(self, at: NDArray[np.int64]) -> TagReads:
        """Some of them."""
        return TagReads(self.row[at], self.antenna[at], self.look[at], self.loud_dbm[at], self.at_s[at])


def reads_of(dwells: Sequence[Placed]) -> Reads:
    """The reads of `dwells` in their order."""
    counts = np.fromiter((len(dwell.of.tags.epc) for dwell in dwells), dtype=np.int64, count=len(dwells))
    total = int(counts.sum())
    loud = np.fromiter(
        chain.from_iterable(dwell.of.tags.rssi_dbm for dwell in dwells), dtype=np.float32, count=total
    )
    return Reads(
        epc=list(chain.from_iterable(dwell.of.tags.epc for dwell in dwells)),
        dwell=np.repeat(np.arange(len(dwells)), counts),
        # What no reader can measure (a peer may send NaN) is no reason to spoil a tag's history.
        rssi_dbm=np.clip(np.nan_to_num(loud, nan=LOUDNESS_DBM[0]), *LOUDNESS_DBM),
        first=np.cumsum(counts) - counts,
    )


def words_of(dwells: Sequence[Placed]) -> NDArray[np.int64]:
    """The PC words of the reads of `dwells` in their order; -1: not reported."""
    words = [one.of.tags.pc if one.of.tags.pc is not None else [-1] * len(one.of.tags.epc) for one in dwells]
    return np.fromiter(chain.from_iterable(words), dtype=np.int64, count=sum(map(len, words)))


def flag_hold_us(air: Air, settings: EngineSettings) -> int:
    """How long after an inventory of the same area a tag may be silent because of its session flag; 0: never.

    S0 flags fall with the power between two dwells; a dual target (`AB`) asks for both flags. What the agent does not
    say is taken for S1 with a single target. ``suppress`` (a reader keeps S1 flags alive) is as long as S2.
    """
    if air.session == 0 or air.target == "AB" or air.search == "dual":
        return 0
    if air.search == "suppress" or (air.session or 1) >= 2:  # noqa: PLR2004 (S2 and S3)
        return int(settings.s2_hold_s * 1e6)
    return int(settings.s1_hold_s * 1e6)


def each_once(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sorted, each once. `np.unique` hashes, which takes four times as long."""
    rows = np.sort(rows, kind="stable")
    return np.concatenate([rows[:1], rows[1:][rows[1:] != rows[:-1]]])
