"""What each antenna's reads and silence say of each tag's margin before it: one table a pair. Pure.

Reads within a quarter of an hour share their drift, and all reads share the throw of (tag, place, antenna); both are summed out here, so that a table is
asked with what is left: the level of the place, and how well the tag is heard by any antenna.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Float32, Int32, Int64
from firmware_sim.oracle import air
from firmware_sim.oracle.memory import Dwelt, Memory
from firmware_sim.radio.hops import QUARTER_US
from firmware_sim.radio.settings import RadioSettings

TAGS: Final = 1_000
"""Tags worked on at a time: their tables fit into some hundred megabytes."""
TURN_STEP: Final = 0.25
MOST_TURNS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a tag and an antenna that heard it, sorted by tag; row n of `table` is that of pair n."""

    tag: Int32
    antenna: Int32
    table: Float32
    """Log-likelihood over `air.GRID` of level plus tag."""


class Evidence:
    """All that was heard up to a moment; with `only`, of these books (the others then seem never heard)."""

    def __init__(
        self, memory: Memory, settings: RadioSettings, antennas: int, until_us: int, only: Bools | None = None
    ) -> None:
        self._settings = settings
        self._antennas = antennas
        dwelt = memory.dwelt()
        self._known: Bools = dwelt.ended_us <= until_us
        self._kind = _kinds(dwelt, self._known, antennas)
        self._antenna = dwelt.antenna
        quarter = dwelt.started_us // QUARTER_US
        first = int(quarter.min()) if len(quarter) else 0
        self._quarter = (quarter - first).astype(np.int64)
        self._quarters = int(self._quarter.max()) + 1 if len(quarter) else 1
        self._reads = memory.reads()
        order = np.argsort(self._reads.tag, kind="stable")
        self._order = order[self._known[self._reads.dwell[order]]]
        if only is not None:
            self._order = self._order[only[self._reads.tag[self._order]]]
        self._sorted = self._reads.tag[self._order]
        self._dwells = self._many(np.flatnonzero(self._known))
        self._silence = self._silent(self._dwells)
        """Log-likelihood of each antenna's silence through each quarter, drift summed out."""
        whole = self._silence.sum(axis=1)
        self.silent: Float32 = air.blurred(whole, settings.place_spread_db)
        """Of each antenna for a tag that it never heard, over `air.GRID` of level plus tag."""
        self._whole = whole

    def parts(self, tags: int) -> Iterator[tuple[int, int, Pairs]]:
        """(first tag, end, their pairs), tags after tags."""
        for first in range(0, tags, TAGS):
            end = min(first + TAGS, tags)
            yield first, end, self.pairs(first, end)

    def pairs(self, first: int, end: int) -> Pairs:
        """Of the tags `first:end`."""
        here = slice(*np.searchsorted(self._sorted, [first, end]).tolist())
        at = self._order[here]
        dwell = self._reads.dwell[at]
        antenna, quarter = self._antenna[dwell].astype(np.int64), self._quarter[dwell]
        key = (self._sorted[here].astype(np.int64) * self._antennas + antenna) * self._quarters + quarter
        turn = np.argsort(key, kind="stable")
        key, at, dwell = key[turn], at[turn], dwell[turn]
        quarters, begins = np.unique(key, return_index=True)
        if not len(quarters):
            return Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, air.POINTS), np.float32))
        logs = np.add.reduceat(self._heard(at, dwell), begins, axis=0)
        counts = np.diff(np.append(begins, len(key)))
        who, quarter = quarters // self._quarters, quarters % self._quarters
        antenna = who % self._antennas
        still = self._dwells[antenna, quarter] - counts
        logs += still[:, None] * self._one(antenna)
        logs = air.blurred(logs, self._settings.pass_spread_db) - self._silence[antenna, quarter]
        names, begins = np.unique(who, return_index=True)
        table = np.add.reduceat(logs, begins, axis=0) + self._whole[names % self._antennas]
        return Pairs(
            (names // self._antennas).astype(np.int32), (names % self._antennas).astype(np.int32),
            air.blurred(table, self._settings.place_spread_db),
        )  # fmt: skip

    def _heard(self, at: NDArray[np.intp], dwell: Int32) -> Float32:
        rows = air.seen_row(self._reads.seen[at])
        found = np.empty((len(at), air.POINTS), dtype=np.float32)
        kind = self._kind[self._antenna[dwell]]
        for one in np.unique(kind).tolist():
            mine = kind == one
            found[mine] = air.heard(self._settings, *_kind(one))[rows[mine]]
        return found

    def _one(self, antenna: Int64) -> Float32:
        """One silent dwell of each antenna."""
        tables = np.stack([air.silent(self._settings, *_kind(one)) for one in np.unique(self._kind).tolist()])
        return tables[np.searchsorted(np.unique(self._kind), self._kind[antenna])]

    def _many(self, dwells: NDArray[np.intp]) -> Int64:
        """Dwells of each antenna in each quarter."""
        key = self._antenna[dwells] * self._quarters + self._quarter[dwells]
        return np.bincount(key, minlength=self._antennas * self._quarters).reshape(self._antennas, -1)

    def _silent(self, counts: Int64) -> Float32:
        one = self._one(np.arange(self._antennas))
        return air.blurred(
            counts[:, :, None].astype(np.float32) * one[:, None, :], self._settings.pass_spread_db
        )


def _kinds(dwelt: Dwelt, known: Bools, antennas: int) -> Int64:
    """What the dwells of each antenna are like: channels, and turns in steps, as one number."""
    tell = known & ~np.isnan(dwelt.turns)
    count = np.maximum(np.bincount(dwelt.antenna[tell], minlength=antennas), 1)
    turns = np.bincount(dwelt.antenna[tell], weights=dwelt.turns[tell], minlength=antennas) / count
    turns = np.where(turns > 0, turns, MOST_TURNS)
    steps = np.clip(np.rint(turns / TURN_STEP), 1, MOST_TURNS / TURN_STEP).astype(np.int64)
    hops = np.ones(antennas, dtype=np.int64)
    np.maximum.at(hops, dwelt.antenna[known], dwelt.hops[known].astype(np.int64))
    found: Int64 = hops * 1_000 + steps
    return found


def _kind(number: int) -> tuple[int, float]:
    return number // 1_000, number % 1_000 * TURN_STEP
