"""After each walk: what to think of each expected tag. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from hub.belief.walks.filtering import follow
from hub.belief.walks.learning import learn
from hub.belief.walks.neighbours import groups_of
from hub.belief.walks.settings import (
    ABSENT,
    COVERED_ABOVE,
    GUESSED_SILENT,
    LOST_ABOVE,
    LOST_WALKS,
    MOST_SESSIONS,
    MUTE,
    SUSPECTED_ABOVE,
    Habits,
)
from hub.belief.walks.sweeps import Bools, Floats, Ints, Sweep, strengths
from shelfwire.errors import InputError

Verdict = Literal["read", "missed", "suspected", "lost", "not_looked_at"]
VERDICTS: Final[tuple[Verdict, ...]] = ("read", "missed", "suspected", "lost", "not_looked_at")
READ, MISSED, SUSPECTED, LOST, NOT_LOOKED_AT = range(5)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is believed after one walk, from this walk and the ones before it; columns of one row an expected tag."""

    verdict: Ints
    """Place in `VERDICTS`."""
    gone: Floats
    """Probability that it is not there any more; 0 if this walk read it."""
    silent_walks: Ints
    """Walks since it was last read that covered its place; of a tag never read, all that did."""
    covered: Floats
    """Share of the tags of its place that this walk could read, as its neighbours tell."""
    missed: Floats
    """Probability that a tag like this is missed by this walk though it hangs there, told before the walk's word on it."""
    ever: Ints
    """In how many walks it was read."""
    habits: Habits
    leaves: Floats
    """Share believed to have left before each walk."""


def judge(sweeps: Sequence[Sweep], panels: Ints | None = None) -> list[Judgement]:
    """One judgement a walk, each from the past alone. `panels`: which tags hang together, −1 or None: not told. Raises `InputError`."""
    if not sweeps:
        return []
    if not len(sweeps[0]):
        raise InputError("walks are judged by the tags that are expected, and there are none")
    if len({len(sweep) for sweep in sweeps}) != 1:
        raise InputError("walks of unequal numbers of expected tags cannot be compared")
    strength = np.array([strengths(sweep) for sweep in sweeps])
    words = list(dict.fromkeys(sweep.session for sweep in sweeps))
    sessions = np.array([min(words.index(sweep.session), MOST_SESSIONS - 1) for sweep in sweeps])
    guessed = np.ones(len(sweeps[0]), dtype=np.bool_) if panels is None else panels < 0
    found, habits = list[Judgement](), Habits()
    for walks in range(1, len(sweeps) + 1):
        groups = groups_of(sweeps[:walks], panels)
        one = _after(strength[:walks], sessions[:walks], groups, habits, guessed)
        habits = one.habits
        found.append(one)
    return found


def _after(strength: Ints, sessions: Ints, groups: Ints, before: Habits, guessed: Bools) -> Judgement:
    habits, leaves = learn(strength, sessions, groups, before)
    belief = follow(strength, sessions, groups, habits, leaves)
    covered = np.array(belief.covered)
    read = strength > 0
    ever = read.sum(axis=0)
    gone = np.where(read[-1], 0.0, belief.chance())
    # a tag that was never read may as well be mute: nobody can say lost of what nobody heard
    gone = np.where(ever == 0, gone * ABSENT / (ABSENT + MUTE), gone)
    since = np.cumsum(read[::-1], axis=0)[::-1] == 0
    silent = (since & (covered > COVERED_ABOVE)).sum(axis=0)
    verdict = np.full(len(gone), MISSED)
    verdict[gone >= SUSPECTED_ABOVE] = SUSPECTED
    lost = (gone >= LOST_ABOVE) & (silent >= LOST_WALKS) & (ever > 0)
    lost &= ~(guessed & (since & _quiet(read, np.array(belief.missed), groups)).any(axis=0))
    verdict[lost] = LOST
    verdict[(covered[-1] < COVERED_ABOVE) & (verdict == MISSED)] = NOT_LOOKED_AT
    verdict[read[-1]] = READ
    return Judgement(verdict, gone, silent, covered[-1], belief.missed[-1], ever, habits, leaves)


def _quiet(read: Bools, missed: Floats, groups: Ints) -> Bools:
    """(walks, tags): more of its neighbours were silent than was foretold, by `GUESSED_SILENT` of them: where neighbours are a guess, part of them may hang elsewhere."""
    size = np.bincount(groups)
    more = np.array([np.bincount(groups, weights=one) / size for one in (~read).astype(np.float64) - missed])
    return np.asarray(more[:, groups] > GUESSED_SILENT, dtype=np.bool_)
