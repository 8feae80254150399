"""Which tags hang together: by panel where it is told, else by the order in which they are read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from hub.belief.walks.settings import GROUP
from hub.belief.walks.sweeps import Floats, Ints, Sweep

_SMOOTH: Final = 7


def groups_of(sweeps: Sequence[Sweep], told: Ints | None) -> Ints:
    """A group number a tag, 0 …. `told`: panel of each tag, −1 where it is not known; None or all −1: of none."""
    tags = len(sweeps[0])
    if told is None:
        told = np.full(tags, -1, dtype=np.int64)
    found = np.where(told >= 0, told, -1)
    loose = np.flatnonzero(told < 0)
    if len(loose):
        order = np.argsort(_along(sweeps)[loose], kind="stable")
        number = np.empty(len(loose), dtype=np.int64)
        number[order] = np.arange(len(loose)) * max(1, round(len(loose) / GROUP)) // len(loose)
        found[loose] = int(told.max(initial=-1)) + 1 + number
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _along(sweeps: Sequence[Sweep]) -> Floats:
    """Place of each tag along the way: as in the walk that read most; what it did not read is put in by its companions in the next best walk."""
    order = sorted(range(len(sweeps)), key=lambda walk: (-int((sweeps[walk].reads > 0).sum()), walk))
    along = np.full(len(sweeps[0]), np.nan)
    for walk in order:
        at = sweeps[walk].at
        placed = np.flatnonzero(np.isfinite(along) & np.isfinite(at))
        new = np.flatnonzero(~np.isfinite(along) & np.isfinite(at))
        if not len(new):
            continue
        if not len(placed):
            along[new] = at[new]
            continue
        its = placed[np.argsort(at[placed], kind="stable")]
        along[new] = np.interp(at[new], at[its], _smooth(along[its]))
    last = np.nanmax(along) if np.isfinite(along).any() else 0.0
    return np.where(np.isfinite(along), along, last)


def _smooth(values: Floats) -> Floats:
    """Median of neighbours: one tag read late must not carry others away."""
    if len(values) < _SMOOTH:
        return values
    padded = np.pad(values, _SMOOTH // 2, mode="edge")
    found: Floats = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH), axis=1)
    return found
