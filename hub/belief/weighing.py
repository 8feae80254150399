"""Intermediate views of the first belief: what some tags' antennas heard, and the zones weighed for them. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.belief.geometry import OWN, Geometry
from hub.belief.interface import Bools, Floats, Homes, Ints
from hub.belief.likelihood import HISTORY, Likelihood
from hub.belief.looks import Antennas
from hub.belief.slots import NOBODY, SLOTS, Slots
from hub.settings import EngineSettings


class Places:
    """The candidate zones of some rows, weighed; zones and chances of shape (rows, candidates)."""

    def __init__(
        self, heard: Heard, zones: Ints, chances: Floats, kinds: NDArray[np.int8], near_home: Bools
    ) -> None:
        """`kinds`: class of each slot's antenna for each zone, (rows, slots, candidates); `near_home`: as `zones`."""
        self.heard = heard
        self.zones = zones
        self.chances = chances
        best = chances.argmax(axis=1)
        pick = np.arange(len(best))
        own = np.take_along_axis(kinds, best[:, None, None], axis=2)[:, :, 0] == OWN
        self.certainty: Floats = chances[pick, best]
        self.zone: Ints = np.where(self.certainty > 0, zones[pick, best], -1)
        self.at_home: Floats = (chances * near_home).sum(axis=1)
        self.hits: Floats = (heard.hits * own).sum(axis=1)

    def take(self, at: Ints, other: Places, source: Ints) -> None:
        """Rows `at` from rows `source` of another opinion; the effective hits stay those of the best antennas."""
        for name in ("chances", "certainty", "zone", "at_home", "hits"):
            getattr(self, name)[at] = getattr(other, name)[source]


class Heard:
    """The slots of some rows, seen from now; all of shape (rows, SLOTS)."""

    def __init__(self, slots: Slots, book: Antennas, g: Geometry, likelihood: Likelihood, rows: Ints) -> None:
        cells = rows[:, None] * SLOTS + np.arange(SLOTS)
        owner = slots.antenna[cells].astype(np.int64)
        self.antenna = np.where(owner == NOBODY, g.antennas, owner)
        self.real = g.meant[self.antenna]
        looks = np.append(book.looks, 0)[self.antenna]
        self.silent = np.where(self.real, np.maximum(looks - slots.look[cells], 0), 0)
        shift = np.minimum(self.silent, HISTORY).astype(np.uint64)
        mask = ((slots.mask[cells].astype(np.uint64) << shift) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        self.heard_s = slots.heard_s[cells].astype(np.int64)
        self.newest_s = self.heard_s.max(axis=1)
        self.last_look_s = np.append(book.last_look_s, 0)[self.antenna]
        self.cover_since_s = np.append(book.cover_since_s, 0)[self.antenna]
        idle_s = self.newest_s[:, None] - np.maximum(self.heard_s, self.last_look_s)
        word = fading(idle_s, book.settings.fresh_s)
        self.hits: Floats = likelihood.hits(mask) * self.real * word
        effective = likelihood.looks(looks) * word
        self.misses: Floats = np.maximum(effective - self.hits, 0.0)
        self.loud_dbm = slots.loud_dbm[cells].astype(np.float64)
        self.readable = slots.readable[cells].astype(np.float64)


def fading(idle_s: NDArray[Any], half_s: float) -> Floats:
    """1 while nothing is idle, then half for each `half_s`."""
    faded: Floats = np.exp2(-np.clip(np.asarray(idle_s, dtype=np.float64), 0.0, 64 * half_s) / half_s)
    return faded


def overlap(geometry: Geometry, zones: Ints, homes: Homes, tolerance: int) -> Bools:
    """Whether each zone has a shelf within the home span, widened by `tolerance` on both ends."""
    first, last = homes.first[:, None], homes.last[:, None]
    reaches = (geometry.zone_first[zones] <= last + tolerance) & (
        geometry.zone_last[zones] >= first - tolerance
    )
    return reaches & (first >= 0) & (zones >= 0)


def prior(geometry: Geometry, zones: Ints, homes: Homes, settings: EngineSettings) -> Floats:
    """Weights of zones before anything was heard; 1 everywhere for a tag without a home."""
    weight = np.where(
        overlap(geometry, zones, homes, settings.tolerance_shelves), settings.drifted, settings.elsewhere
    )
    weight = np.where(overlap(geometry, zones, homes, 0), 1.0, weight)
    return np.where(homes.first[:, None] < 0, 1.0, weight)
