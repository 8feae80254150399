"""Intermediate views of the belief: what some tags' antennas heard, and the zones weighed for them. Pure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.gauss import best_of, silent
from hub.belief.geometry import NEAR, OWN, Geometry
from hub.belief.interface import Bools, Floats, Homes, Ints
from hub.belief.likelihood import HISTORY, Likelihood
from hub.belief.looks import Antennas
from hub.belief.radio import Floats32, Radio
from hub.belief.slots import NOBODY, SLOTS, Slots
from hub.settings import EngineSettings

CHANGED: Final = 0.05
"""Chance that an antenna does not hear a tag any more because it is gone from there, against its being silent by drift."""
NEAR_FLOOR_DB: Final = 5.0
"""Above, loudness alone tells the margin. Below, a tag is heard only when drift lifts it, and how seldom tells more."""
LOOKS_A_WITNESS: Final = 6.4
"""Looks that tell as much of the margin as one throw of the drift; a full history is five of them and one more."""
FEW: Final = 3
"""Hits that say nothing yet of how often a tag is heard."""
AGED_QUARTERS: Final = 16.0
"""Quarters of an hour of silence after which what was heard counts half: books move."""
_BITS: Final = np.array([one.bit_count() for one in range(1 << 16)], dtype=np.uint8)


class Heard:
    """The slots of some rows, seen from now; all of shape (rows, SLOTS)."""

    def __init__(  # noqa: PLR0917 (all that says what a slot means)
        self, slots: Slots, book: Antennas, g: Geometry, likelihood: Likelihood, radio: Radio, rows: Ints
    ) -> None:
        settings = book.settings
        cells = rows[:, None] * SLOTS + np.arange(SLOTS)
        owner = slots.antenna[cells].astype(np.int64)
        self.antenna = np.where(owner == NOBODY, g.antennas, owner)
        self.real = g.meant[self.antenna]
        looks = np.append(book.looks, 0)[self.antenna]
        self.silent = np.where(self.real, np.maximum(looks - slots.look[cells], 0), 0)
        shift = np.minimum(self.silent, HISTORY).astype(np.uint64)
        before = slots.mask[cells]
        mask = ((before.astype(np.uint64) << shift) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        self.heard_s = slots.heard_s[cells].astype(np.int64)
        self.newest_s = self.heard_s.max(axis=1)
        self.last_look_s = np.append(book.last_look_s, 0)[self.antenna]
        idle_s = self.newest_s[:, None] - np.maximum(self.heard_s, self.last_look_s)
        self.word: Floats = fading(idle_s, settings.fresh_s) * self.real * (self.heard_s > 0)
        self.hits: Floats = likelihood.hits(mask) * self.word
        self.loud_dbm = slots.loud_dbm[cells].astype(np.float32)
        self.readable = slots.readable[cells].astype(np.float64)
        count = _BITS[before & 0xFFFF].astype(np.float64) + _BITS[before >> 16]
        self.count: Floats = count * self.real
        self._margins(radio, settings, count)

    def pick(self, at: Ints) -> Heard:
        """Some of the rows."""
        some = object.__new__(Heard)
        for name, column in self.__dict__.items():
            setattr(some, name, column[at])
        return some

    def _margins(self, radio: Radio, settings: EngineSettings, count: Floats) -> None:
        """How far above its floor each antenna heard the tag while it heard it, and whether it still does."""
        drift2 = settings.drift_db**2
        loud = radio.margin_db(self.antenna, self.loud_dbm).astype(np.float64)
        # Once in sixty looks is less than once in three: of what was heard a few times only, the silence since counts.
        share = np.where(count <= FEW, (count + 0.5) / (count + self.silent + 1.0), 1.0)
        usual = settings.drift_db * _margin_of_share(np.minimum(self.readable, share)) + 1.0
        seldom = usual + 3.0 * np.maximum(loud - NEAR_FLOOR_DB, 0.0)
        told = np.where(radio.usable[self.antenna], np.minimum(loud, seldom), usual)
        self.margin_db: Floats = told
        self.variance_db2: Floats = drift2 / (1.0 + np.minimum(count, HISTORY) / LOOKS_A_WITNESS)
        # Silence says that it is not there any more only while somebody else heard it: later it may be away from everywhere.
        span_s = np.maximum(self.last_look_s - self.heard_s, 1)
        later = np.clip((self.newest_s[:, None] - self.heard_s) / span_s, 0.0, 1.0)
        looks = self.silent * later
        quarters = np.minimum(later * span_s / settings.drift_s + 1.0, np.maximum(looks, 1.0))
        best, share = best_of(quarters)
        drifted = silent((told + settings.drift_db * best) / np.sqrt(drift2 * share + self.variance_db2))
        drifted = np.maximum(drifted, settings.overlook ** np.minimum(looks, 8.0))
        quiet = np.clip(looks, 0.0, 1.0)
        still = 1.0 - quiet + quiet * drifted
        aged = np.exp2(-quarters * quiet / AGED_QUARTERS)
        self.still: Floats = self.word * aged * still / (still + CHANGED * quiet)
        """How far its silence lately, if any, is the usual one of a tag that it hears: 0 … 1."""


def _margin_of_share(share: Floats) -> Floats:
    """Margin, in spreads of the drift, at which a tag is heard in that share of looks."""
    return np.interp(share, _SHARES, _MARGINS)


_MARGINS: Final = np.linspace(-2.0, 2.0, 81)
_SHARES: Final = 1.0 - silent(_MARGINS)


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
        kind = np.take_along_axis(kinds, best[:, None, None], axis=2)[:, :, 0]
        self.certainty: Floats = chances[pick, best]
        self.zone: Ints = np.where(self.certainty > 0, zones[pick, best], -1)
        self.at_home: Floats = (chances * near_home).sum(axis=1)
        around = (kind == OWN) | (kind == NEAR)
        self.hits: Floats = (heard.hits * around).sum(axis=1)
        self.seen: Floats = (heard.count * heard.still * around).sum(axis=1)

    def take(self, at: Ints, other: Places) -> None:
        """Rows `at` from another opinion, whose candidates are more."""
        more = other.zones.shape[1] - self.zones.shape[1]
        self.zones = np.pad(self.zones, ((0, 0), (0, more)), constant_values=-1)
        self.chances = np.pad(self.chances, ((0, 0), (0, more)))
        for name in ("zones", "chances", "certainty", "zone", "at_home", "hits", "seen"):
            getattr(self, name)[at] = getattr(other, name)


def weigh_zones(heard: Heard, zones: Ints, kinds: NDArray[np.int8], radio: Radio) -> Floats32:
    """Ln likelihood of each zone, shape (rows, candidates, points of u).

    Begins with the silence of all antennas around the zone; each antenna that hears the tag has its silence replaced by
    what it heard, as far as it still does.
    """
    total: Floats32 = radio.base[zones]
    for slot in range(SLOTS):
        speaking = np.flatnonzero(heard.still[:, slot] > 0.01)  # noqa: PLR2004 (a hundredth of a witness)
        if not len(speaking):
            continue
        antenna, kind = heard.antenna[speaking, slot], kinds[speaking, slot]
        said = radio.log_heard(
            kind, antenna,
            heard.margin_db[speaking, slot].astype(np.float32), heard.variance_db2[speaking, slot].astype(np.float32),
        )  # fmt: skip
        said -= radio.silence[kind, antenna[:, None]]
        total[speaking] += said * heard.still[speaking, slot].astype(np.float32)[:, None, None]
    return total


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


def log_prior(geometry: Geometry, zones: Ints, homes: Homes, settings: EngineSettings) -> Floats:
    """Ln of the weights of zones before anything was heard; all alike for a tag without a home.

    `elsewhere` is divided among all zones, since a book that stands wrong may stand anywhere.
    """
    anywhere = settings.elsewhere / max(geometry.zones, 1)
    weight = np.where(
        overlap(geometry, zones, homes, settings.tolerance_shelves), max(settings.drifted, anywhere), anywhere
    )
    weight = np.where(overlap(geometry, zones, homes, 0), 1.0, weight)
    log: Floats = np.where(homes.first[:, None] < 0, 0.0, np.log(np.maximum(weight, 1e-12)))
    return log
