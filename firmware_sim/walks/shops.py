"""Simulated shops, walked through as sweeps: where truth is known, and promises can be held against it. Pure, seeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from firmware_sim.calibrate import shop
from firmware_sim.calibrate.counts import Trip
from firmware_sim.radio import RadioSettings
from firmware_sim.walks.removing import Removal, remove
from hub.belief.walks import Sweep, judge
from hub.belief.walks.judging import LOST, READ, SUSPECTED
from hub.belief.walks.sweeps import Bools, Floats, Ints

BUDGETS_DB: Final = (8.5, 10.0, 11.15, 12.5, 14.0)
SESSIONS: Final = ((0, 1, 1, 1, 0, 1), (1,) * 6, (0,) * 6)
SPREADS_DB: Final = (3.0, 3.0, 3.0, 4.5)
"""How much the tags of a stock differ, for ever."""
REMOVALS: Final = ((0.05, 4), (0.01, 3), (0.0, 1))
"""Share, and the first walk without them."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One shop; columns of one row a tag that was silent after a walk, though some walk had read it."""

    promised: Floats
    gone: Bools
    lost: Bools
    silent_walks: Ints
    falsely_lost: int
    """Tags called lost after any walk though they hung there."""
    found: list[tuple[int, int, int]]
    """After one silent walk, two …: removed tags; of them lost; lost or suspected."""


def sweeps(seed: int) -> list[Sweep]:
    """Six walks; budget, sessions and tags go by the seed."""
    settings = msgspec.structs.replace(RadioSettings(), tag_spread_db=SPREADS_DB[seed % len(SPREADS_DB)])
    trips = shop.stroll(
        settings,
        SESSIONS[seed % len(SESSIONS)],
        budget_db=BUDGETS_DB[seed % len(BUDGETS_DB)],
        seed=seed,
    )
    return [sweep_of(trip, shop.EXPECTED) for trip in trips]


def sweep_of(trip: Trip, expected: int) -> Sweep:
    """What the walk says of the expected tags."""
    known = trip.tag < expected
    tag, at_s = trip.tag[known], trip.at_ms[known] / 1000.0
    reads = np.bincount(tag, minlength=expected)
    loud: Floats = np.full(expected, np.nan)
    at: Floats = np.full(expected, np.nan)
    some = reads > 0
    loud[some] = np.bincount(tag, trip.rssi_dbm[known], expected)[some] / reads[some]
    at[some] = np.bincount(tag, at_s, expected)[some] / reads[some]
    return Sweep(f"S{trip.session}", reads.astype(np.int64), loud, at)


def cut(walks: Sequence[Sweep], from_walk: int, share: float) -> list[Sweep]:
    """The reader died: later walks hold only what was read in the first `share` of their time."""
    found = []
    for number, walk in enumerate(walks, start=1):
        beyond = walk.at > share * float(np.nanmax(walk.at, initial=0.0))
        late = beyond & (number >= from_walk)
        found.append(
            Sweep(
                walk.session,
                np.where(late, 0, walk.reads),
                np.where(late, np.nan, walk.loud),
                np.where(late, np.nan, walk.at),
            )
        )
    return found


def attempt(walks: Sequence[Sweep], removal: Removal, panels: Ints | None) -> Tried:
    """Take tags out, judge after each walk, and hold it against the truth."""
    left, out = remove(walks, removal)
    away = np.zeros(len(left[0]), dtype=np.bool_)
    away[out] = True
    promised, gone, lost, silent, found = [], [], [], [], []
    wrong = np.zeros(len(away), dtype=np.bool_)
    for number, after in enumerate(judge(left, panels), start=1):
        truth = away & (number >= removal.from_walk)
        asked = (after.verdict != READ) & (after.ever > 0)
        promised.append(after.gone[asked])
        gone.append(truth[asked])
        lost.append(after.verdict[asked] == LOST)
        silent.append(after.silent_walks[asked])
        wrong |= (after.verdict == LOST) & ~truth
        if len(out) and number >= removal.from_walk:
            called = after.verdict[out]
            found.append(
                (len(out), int((called == LOST).sum()), int(np.isin(called, (LOST, SUSPECTED)).sum()))
            )
    return Tried(
        np.concatenate(promised),
        np.concatenate(gone),
        np.concatenate(lost),
        np.concatenate(silent),
        int(wrong.sum()),
        found,
    )
