"""What the oracle heard, kept as columns: every dwell, and every read of a book. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Delivery, Float32, Int32, Int64
from firmware_sim.oracle.air import seen_db
from firmware_sim.radio.hops import hops_of
from firmware_sim.radio.settings import RadioSettings

LOUD_DB: Final = 6.0
"""Tags of such a margin are awake on every channel: how often they answered tells how often the reader went through all."""


@dataclass(frozen=True, slots=True)
class Dwelt:
    """All dwells that reached the subjects, in the order of their arrival; columns."""

    antenna: Int32
    started_us: Int64
    ended_us: Int64
    hops: Int32
    turns: Float32
    """How often the reader went through all that were awake; nan: nothing loud was there to tell."""


@dataclass(frozen=True, slots=True)
class Read:
    """All reads of books in them; columns."""

    tag: Int32
    dwell: Int32
    """Place in `Dwelt`."""
    seen: Float32
    """The margin that its loudness stands for, dB."""


class Memory:
    """Grows with each delivery."""

    def __init__(self, settings: RadioSettings, books: int) -> None:
        self._settings = settings
        self._books = books
        self._dwelt: list[Dwelt] = []
        self._reads: list[Read] = []
        self._count = 0

    def take(self, delivery: Delivery) -> None:
        """Dwells that reached the subjects, but for those whose reads may be lost."""
        if delivery.lost:
            return
        heard = delivery.heard
        if delivery.doubtful is not None:
            heard = heard.pick(np.flatnonzero(~delivery.doubtful))
        dwells, at = heard.dwells, heard.dwell_of
        count = heard.count.astype(np.float32)
        seen = seen_db(self._settings, heard.rssi_dbm, count, dwells.power_dbm[at])
        hops = hops_of(dwells.started_us, dwells.ended_us).astype(np.int32)
        turns = _turns(at, seen, count, len(dwells))
        self._dwelt.append(Dwelt(dwells.antenna, dwells.started_us, dwells.ended_us, hops, turns))
        books = np.flatnonzero((heard.tag >= 0) & (heard.tag < self._books))
        self._reads.append(Read(heard.tag[books], (at[books] + self._count).astype(np.int32), seen[books]))
        self._count += len(dwells)

    def dwelt(self) -> Dwelt:
        """All of them."""
        if len(self._dwelt) != 1:
            self._dwelt = [
                Dwelt(*(np.concatenate([getattr(one, name) for one in self._dwelt] or [empty]) for name, empty in _DWELT))
            ]  # fmt: skip
        return self._dwelt[0]

    def reads(self) -> Read:
        """All of them."""
        if len(self._reads) != 1:
            self._reads = [
                Read(*(np.concatenate([getattr(one, name) for one in self._reads] or [empty]) for name, empty in _READ))
            ]  # fmt: skip
        return self._reads[0]


_DWELT: Final = (
    ("antenna", np.zeros(0, np.int32)), ("started_us", np.zeros(0, np.int64)), ("ended_us", np.zeros(0, np.int64)),
    ("hops", np.zeros(0, np.int32)), ("turns", np.zeros(0, np.float32)),
)  # fmt: skip
_READ: Final = (
    ("tag", np.zeros(0, np.int32)),
    ("dwell", np.zeros(0, np.int32)),
    ("seen", np.zeros(0, np.float32)),
)


def _turns(dwell: NDArray[np.int64], seen: Float32, count: Float32, dwells: int) -> Float32:
    """Mean count of the tags that are awake all the time, by dwell."""
    loud = np.flatnonzero(seen > LOUD_DB)
    tags = np.bincount(dwell[loud], minlength=dwells)
    with np.errstate(invalid="ignore"):
        found: Float32 = (np.bincount(dwell[loud], weights=count[loud], minlength=dwells) / tags).astype(
            np.float32
        )
    return found
