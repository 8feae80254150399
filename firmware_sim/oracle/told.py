"""What the oracle is told besides the reads: more than any hub can know, so that nobody can beat it. Pure.

The settings of the radio and how they make a place's level; how the tags of this collection spread (not which tag is how good); each book's very board and its place
in the row, if it stands at home; the shares that were planted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.radio import Radio
from firmware_sim.radio.geometry import Links
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.world.habits import Planted
from firmware_sim.world.start import FAR_SHELVES
from hub.catalog.model import EXPECTED_ON_SHELF, STATUSES

Floats = NDArray[np.float64]

LEAST_SHARE: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Told:
    """Columns over books, unless said otherwise."""

    settings: RadioSettings
    links: Links
    width_mm: Int32
    """Of each shelf."""
    home: Int32
    home_x_mm: Int32
    """Where it stands along its home board, if it stands there; in call-number order."""
    home_from: Int32
    home_to: Int32
    tolerance: int
    tags_db: Floats
    """What the tags of this collection bring before any antenna: a sample, no order."""
    log_home: Floats
    log_elsewhere: Floats
    log_away: Floats
    """Priors of: at home; on some other watched shelf; on none."""
    far: Int64
    """On so many shelves it could have been misplaced."""
    _radio: Radio

    @classmethod
    def of(cls, radio: Radio, planted: Planted, tolerance: int) -> Told:
        """At the start of a run."""
        world, links = radio.world, radio.margins.links
        stock, n = world.stock, world.stock.count
        shelves = np.arange(len(links.width_mm))
        tag, _, _, own_db = radio.margins.brought(shelves)
        watched = np.diff(links.shelf_first) > 0
        lower = np.concatenate([[0], np.cumsum(watched)])
        near = (
            lower[np.minimum(stock.home_to + FAR_SHELVES + 1, len(watched))]
            - lower[np.maximum(stock.home_from - FAR_SHELVES, 0)]
        )
        home, elsewhere, away = _shares(world.first_status[:n], planted)
        return cls(
            settings=radio.settings, links=links, width_mm=links.width_mm, home=stock.home,
            home_x_mm=_places_at_home(stock.home, world.first_place[:n], world.x_mm[:n], links.width_mm),
            home_from=stock.home_from, home_to=stock.home_to, tolerance=tolerance,
            tags_db=own_db[(tag >= 0) & (tag < n)].astype(np.float64),
            log_home=np.log(home), log_elsewhere=np.log(elsewhere), log_away=np.log(away),
            far=np.maximum(int(watched.sum()) - near, 1).astype(np.int64), _radio=radio,
        )  # fmt: skip

    def level_db(self, link: Int32, x_mm: Int64) -> Floats:
        """Mean margin of a tag there that brings nothing of its own."""
        found: Floats = self._radio.margins.level_db(link, x_mm.astype(np.int32)).astype(np.float64)
        return found

    def of_tags(self, values: Floats) -> Floats:
        """Logarithm of the share of tags that bring about so much; the ends stand for all beyond."""
        step = values[1] - values[0]
        at = np.clip(np.rint((self.tags_db - values[0]) / step).astype(np.int64), 0, len(values) - 1)
        share = np.bincount(at, minlength=len(values)) / max(1, len(at))
        found: Floats = np.log(np.maximum(share, LEAST_SHARE))
        return found

    def outside(self, book: Int64, shelf: Int64) -> Bools:
        """Whether a shelf is outside home ± tolerance."""
        found: Bools = (shelf < self.home_from[book] - self.tolerance) | (
            shelf > self.home_to[book] + self.tolerance
        )
        return found

    def log_prior(self, book: Int64, shelf: Int64) -> Floats:
        """Of a book on that shelf: at home, or anywhere well away from it."""
        far = (shelf < self.home_from[book] - FAR_SHELVES) | (shelf > self.home_to[book] + FAR_SHELVES)
        elsewhere = np.where(far, self.log_elsewhere[book] - np.log(self.far[book]), -np.inf)
        found: Floats = np.where(shelf == self.home[book], self.log_home[book], elsewhere)
        return found


def _shares(status: NDArray[np.uint8], planted: Planted) -> tuple[Floats, Floats, Floats]:
    """By book: at home, elsewhere, away; of what the catalogue says and what was planted."""
    expected = np.array([name in EXPECTED_ON_SHELF for name in STATUSES])[status]
    lent = np.maximum(planted.on_loan + planted.unchecked, LEAST_SHARE)
    here = np.where(expected, 1.0 - planted.misplaced - planted.missing, planted.unchecked / lent)
    wrong = np.where(expected, planted.misplaced, 0.0)
    away = np.where(expected, planted.missing, 1.0 - planted.unchecked / lent)
    first, second, third = (np.maximum(one, LEAST_SHARE) for one in (here, wrong, away))
    return first, second, third


def _places_at_home(home: Int32, place: Int32, x_mm: NDArray[np.uint16], width_mm: Int32) -> Int32:
    """A book that stands elsewhere would stand beside the nearest book before it in its order; the first of a row in the middle."""
    there = np.flatnonzero(place == home)
    if not len(there):
        return (width_mm[home] // 2).astype(np.int32)
    before = there[np.maximum(np.searchsorted(there, np.arange(len(home)), side="right") - 1, 0)]
    found = np.where(home[before] == home, x_mm[before].astype(np.int32), width_mm[home] // 2)
    return found.astype(np.int32)
