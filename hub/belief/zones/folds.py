"""Which calibration windows belong together, and which are held out together. Pure.

Multipath stays for one tag at one place before one antenna, so windows of one *stay* (a tag in a zone until it moves) are alike for a reason that will not come again. Where
there are enough, whole stays are held out; with fewer, stays are cut in time, and the report says that this flatters. Whole tags are held out for tags that the calibration
does not know.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hub.belief.zones import settings
from hub.belief.zones.reads import Ints, Windows

NONE: Final = -1


def stays_of(windows: Windows) -> Ints:
    """A number for each window; the same as long as the tag stays in its zone without a long gap."""
    gap = max(settings.STAY_GAP_S / windows.step_s, settings.STAY_GAP_WINDOWS)
    new = (np.diff(windows.tag) != 0) | (np.diff(windows.zone) != 0) | (np.diff(windows.number) > gap)
    return np.concatenate([[0], np.cumsum(new)]).astype(np.int64)[: len(windows)]


def by_stay(windows: Windows, stays: Ints, zones: int) -> tuple[Ints, Ints] | None:
    """(fold, part) of each window with whole stays held out; None: a zone has too few stays."""
    fold = np.zeros(len(windows), dtype=np.int64)
    for zone in range(zones):
        its = np.flatnonzero(windows.zone == zone)
        found, at = np.unique(stays[its], return_inverse=True)
        if len(found) < settings.LEAST_STAYS:
            return None
        # in the order of time over all tags, so that what was moved together is apart
        when = np.array([windows.number[its[at == n][0]] for n in range(len(found))])
        rank = np.empty(len(found), dtype=np.int64)
        rank[np.argsort(when, kind="stable")] = np.arange(len(found))
        fold[its] = rank[at] % settings.FOLDS
    return fold, stays


def by_time(windows: Windows) -> tuple[Ints, Ints]:
    """(fold, part): what each tag left in each zone, cut into `FOLDS` stretches."""
    fold = np.zeros(len(windows), dtype=np.int64)
    _, group = np.unique(np.stack([windows.tag, windows.zone]), axis=1, return_inverse=True)
    group = group.ravel()
    order = np.lexsort((windows.number, group))
    begins = np.flatnonzero(np.concatenate([[True], np.diff(group[order]) != 0]))
    length = np.diff(np.concatenate([begins, [len(order)]]))
    rank = np.arange(len(order)) - np.repeat(begins, length)
    fold[order] = rank * settings.FOLDS // np.repeat(length, length)
    return fold, group * settings.FOLDS + fold


def by_tag(windows: Windows, zones: int) -> tuple[Ints, Ints] | None:
    """(fold, part) with whole tags held out; None: a zone knows too few tags."""
    for zone in range(zones):
        if len(np.unique(windows.tag[windows.zone == zone])) < settings.LEAST_TAGS:
            return None
    _, rank = np.unique(windows.tag, return_inverse=True)
    rank = rank.ravel()
    return rank % min(settings.FOLDS, int(rank.max()) + 1), rank * zones + windows.zone


def carried(fold: Ints, windows: Windows, shifted: Windows) -> Ints:
    """Folds of windows that begin half a window later: NONE where the two they lie in are held out apart."""
    own = _found(fold, windows, shifted.tag, shifted.number)
    after = _found(fold, windows, shifted.tag, shifted.number + 1)
    return np.where(own == NONE, after, np.where((after == NONE) | (after == own), own, NONE))


def _found(fold: Ints, windows: Windows, tag: Ints, number: Ints) -> Ints:
    low = int(min(windows.number.min(), number.min())) if len(number) else 0
    wide = int(max(windows.number.max(), number.max())) - low + 1 if len(number) else 1
    keys = windows.tag * wide + windows.number - low
    wanted = tag * wide + number - low
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, fold[at], NONE)
