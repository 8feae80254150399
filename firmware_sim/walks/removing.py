"""Tags taken out of later walks, and how soon that was found. Pure, seeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from firmware_sim.dice import mix
from hub.belief.walks import Judgement, Sweep
from hub.belief.walks.judging import LOST, SUSPECTED
from hub.belief.walks.sweeps import Ints
from shelfwire.errors import InputError

_OF_REMOVED = 301


@dataclass(frozen=True, slots=True)
class Removal:
    """What is taken out."""

    share: float
    from_walk: int
    """The first walk without them, counted from 1."""
    seed: int

    def tags(self, expected: int) -> Ints:
        """Which rows, in rising order. Same seed, same rows."""
        order = np.argsort(mix(self.seed, np.arange(expected, dtype=np.uint64), _OF_REMOVED), kind="stable")
        return np.sort(order[: round(self.share * expected)])


class After(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of the removed tags after so many silent walks."""

    silent_walks: int
    walk: int
    removed: int
    lost: int
    suspected: int
    """Without the lost ones."""
    mean_probability: float
    called_lost_but_there: int
    """Tags that were not removed."""


def remove(sweeps: Sequence[Sweep], removal: Removal) -> tuple[list[Sweep], Ints]:
    """The sweeps as they would have been, and the rows taken out. Raises `InputError` if no walk is left that could find them."""
    if not 1 <= removal.from_walk <= len(sweeps):
        raise InputError(
            f"--from-walk {removal.from_walk}: there are {len(sweeps)} walks; say 1 to {len(sweeps)}"
        )
    out = removal.tags(len(sweeps[0]))
    return [
        _without(sweep, out) if walk >= removal.from_walk else sweep
        for walk, sweep in enumerate(sweeps, start=1)
    ], out


def _without(sweep: Sweep, out: Ints) -> Sweep:
    reads, loud, at = sweep.reads.copy(), sweep.loud.copy(), sweep.at.copy()
    reads[out], loud[out], at[out] = 0, np.nan, np.nan
    return replace(sweep, reads=reads, loud=loud, at=at)


def soon(judgements: Sequence[Judgement], out: Ints, from_walk: int) -> list[After]:
    """One line a walk from the removal on."""
    found = []
    gone = np.zeros(len(judgements[0].verdict), dtype=np.bool_)
    gone[out] = True
    for walk, after in enumerate(judgements[from_walk - 1 :], start=from_walk):
        verdict = after.verdict[out]
        found.append(
            After(
                silent_walks=walk - from_walk + 1,
                walk=walk,
                removed=len(out),
                lost=int((verdict == LOST).sum()),
                suspected=int((verdict == SUSPECTED).sum()),
                mean_probability=round(float(after.gone[out].mean()), 4) if len(out) else 0.0,
                called_lost_but_there=int(((after.verdict == LOST) & ~gone).sum()),
            )
        )
    return found
