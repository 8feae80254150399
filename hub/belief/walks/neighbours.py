"""Which tags hang together: by panel where it is told, else by when they are read in all walks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from hub.belief.walks.settings import GROUP
from hub.belief.walks.sweeps import Floats, Ints, Sweep

_SMOOTH: Final = 7
_WALKS: Final = 6
"""Walks that are looked at, those that read most. More say the same again."""


def groups_of(sweeps: Sequence[Sweep], told: Ints | None) -> Ints:
    """A group number a tag, 0 …. `told`: panel of each tag, −1 where it is not known; None or all −1: of none."""
    tags = len(sweeps[0])
    if told is None:
        told = np.full(tags, -1, dtype=np.int64)
    found = np.where(told >= 0, told, -1)
    loose = np.flatnonzero(told < 0)
    if len(loose):
        when = _when(sweeps)[:, loose]
        for number, part in enumerate(_parts(when, np.arange(len(loose)))):
            found[loose[part]] = int(told.max(initial=-1)) + 1 + number
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _parts(when: Floats, some: Ints) -> list[Ints]:
    """Halved where they are farthest apart in any walk, until a group is left."""
    if len(some) < 2 * GROUP:
        return [some]
    here = when[:, some]
    apart = np.percentile(here, 90, axis=1) - np.percentile(here, 10, axis=1)
    order = some[np.argsort(here[int(apart.argmax())], kind="stable")]
    half = len(order) // 2
    return [*_parts(when, order[:half]), *_parts(when, order[half:])]


def _when(sweeps: Sequence[Sweep]) -> Floats:
    """Place of each tag along the way of each walk, 0 … 1: (walks, tags)."""
    most = sorted(range(len(sweeps)), key=lambda walk: (-int((sweeps[walk].reads > 0).sum()), walk))[:_WALKS]
    ranks = [_rank(sweeps[walk].at) for walk in most]
    return np.array([_filled(rank, ranks) for rank in ranks])


def _rank(at: Floats) -> Floats:
    """Share of the read tags that were read before; NaN: not read."""
    found = np.full(len(at), np.nan)
    read = np.flatnonzero(np.isfinite(at))
    found[read[np.argsort(at[read], kind="stable")]] = (np.arange(len(read)) + 0.5) / max(len(read), 1)
    return found


def _filled(rank: Floats, others: Sequence[Floats]) -> Floats:
    """What a walk did not read is put in beside its companions of the others; what none did, evenly everywhere."""
    found = rank.copy()
    for other in others:
        both = np.flatnonzero(np.isfinite(rank) & np.isfinite(other))
        new = np.flatnonzero(~np.isfinite(found) & np.isfinite(other))
        if len(both) and len(new):
            its = both[np.argsort(other[both], kind="stable")]
            found[new] = np.interp(other[new], other[its], _smooth(rank[its]))
    never = np.flatnonzero(~np.isfinite(found))
    found[never] = (np.arange(len(never)) + 0.5) / max(len(never), 1)
    return found


def _smooth(values: Floats) -> Floats:
    """Median of neighbours: one tag read late must not carry others away."""
    if len(values) < _SMOOTH:
        return values
    padded = np.pad(values, _SMOOTH // 2, mode="edge")
    found: Floats = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH), axis=1)
    return found
