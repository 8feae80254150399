"""How loud each antenna hears what: its floor, its own shelf, the next ones. Learned from tags whose place is certain. Pure.

Levels are in dBm as the antenna's reader reports them, so a reader with another scale has other levels and the same margins.
An antenna of which little is known takes over what antennas of its kind (as many shelves of its own) show, and these the
stated assumptions. Sums of one *lap* (each tag once) are independent of the order of the tags; laps are kept as a mean that
first follows them fully and then slowly, so new furniture is learned in days and a bad hour is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.geometry import NEAR, OWN
from hub.belief.normal import excess_heard, margin_of_excess, margin_of_heard, margin_of_share

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SLOWEST: Final = 1 / 200
"""Weight of one lap in the end. Laps of ten minutes: a day and a half. Quicker, a busy evening is learned; slower, new shelves are
strange for weeks."""
ENOUGH: Final = 30.0
"""Tags of its own that weigh as much as all antennas of its kind: the mean of 30 tags is good to 1 dB."""
PARTLY: Final = (0.2, 0.8)
"""Shares of looks between which a tag tells the floor: it hangs about there. Outside, it tells only on which side."""
REAL_DBM: Final = (-100.0, -10.0)
"""No reader hears a tag below the first, and a tag that lies on the antenna answers below the second: other numbers are other units."""
QUIETEST_DBM: Final = -200.0
"""What a reader reports beyond this, or cannot measure, is no number at all; it is taken for this one and so found useless."""
LEAST_SPREAD_DB: Final = 0.5
"""Tags of a shelf differ by 6 dB. A reader that calls all alike does not measure."""
MOST_SPREAD_DB: Final = 20.0
"""Three times that. A reader whose numbers differ more reports something else, at least now and then."""
LEAST_STEP_DB: Final = 1.0
"""What is heard on its own shelf is 8 to 10 dB louder than what is heard on the next. Below this, loudness says nothing of distance."""
JUDGED_BY: Final = 10.0
"""Tags heard before loudness is called useless. Fewer: a shelf of five equal volumes is."""
SPREADS_DB: Final = (3.0, 12.0)
"""A learned spread outside is a mistake of the sample: chip, place and shade alone make 5 dB."""
LEEWAY: Final = 0.5
"""Spreads by which the variance of what was heard may lower the margin that its mean tells."""
FLOOR_BINS: Final = np.arange(-100.0, -9.0, 1.0)
"""Edges (dBm) of the histogram whose median is the floor; a median, because a tag that left in the middle of its looks seems partly
heard at any loudness."""
_SUMS: Final = ("tags", "share", "loud", "square")


@dataclass(frozen=True)
class Assumed:
    """What is taken for true before anything was learned; the reasons stand in docs/radio.md."""

    floor_dbm: float = -66.6
    own_dbm: float = -55.0
    own_sd_db: float = 6.1
    near_dbm: float = -72.0
    far_dbm: float = -80.0
    drift_db: float = 2.0


class Levels:
    """Learned levels by antenna index; the public arrays are read by the likelihood and stay the same until a lap ends."""

    def __init__(self, antennas: int, shelves: Ints | None = None, assumed: Assumed | None = None) -> None:
        """`shelves`: how many of its own each antenna has; antennas with as many are one kind."""
        self.assumed = assumed or Assumed()
        self._allocate(antennas, {})
        self.follow(shelves if shelves is not None else np.ones(antennas, dtype=np.int64))

    def _allocate(self, antennas: int, state: dict[str, Any]) -> None:
        """Arrays for so many antennas, as far as `state` knows them; the rest is empty."""

        def held(name: str, *shape: int, dtype: type = np.float64) -> NDArray[Any]:
            values: NDArray[Any] = np.zeros((antennas, *shape), dtype=dtype)
            known = np.asarray(state.get(name, ()))[:antennas]
            if known.shape[1:] == values.shape[1:]:
                values[: len(known)] = known
            return values

        self.antennas = antennas
        self._sums = {OWN: held("own", len(_SUMS)), NEAR: held("near", len(_SUMS))}
        self._lap = {OWN: held("own_lap", len(_SUMS)), NEAR: held("near_lap", len(_SUMS))}
        self._floors = held("floors", len(FLOOR_BINS) - 1, dtype=np.float32)
        self._lap_floors = held("floors_lap", len(FLOOR_BINS) - 1, dtype=np.float32)
        self.laps: Ints = held("laps", dtype=np.int64)
        """Laps in which a tag of its own shelf was heard."""
        self.floor_dbm: Floats = np.full(antennas, self.assumed.floor_dbm)
        """Loudness at which it hears a tag in half of its looks."""
        self.own_dbm: Floats = np.full(antennas, self.assumed.own_dbm)
        """Mean loudness of tags on its own shelves, those included that it cannot hear."""
        self.own_sd_db: Floats = np.full(antennas, self.assumed.own_sd_db)
        """Spread of these."""
        self.near_dbm: Floats = np.full(antennas, self.assumed.near_dbm)
        """The same mean for the next shelves, at the assumed spread; mostly below the floor."""
        self.far_dbm: Floats = np.full(antennas, self.assumed.far_dbm)
        """Further away; not learned: as far below `near_dbm` as assumed."""
        self.usable: Bools = np.ones(antennas, dtype=bool)
        """False: its loudness says nothing (constant, other units, alike near and far); only that it heard counts."""

    def follow(self, shelves: Ints) -> None:
        """Use another version of the site: how many shelves each antenna has now. More antennas than before: at the end."""
        if len(shelves) != self.antennas:
            self._allocate(len(shelves), self.dump())
        self._kind: Ints = np.asarray(shelves, dtype=np.int64)
        self._publish()

    def forget(self, antenna: int) -> None:
        """It hangs somewhere else now: what it heard there says nothing about here."""
        for held in (*self._sums.values(), *self._lap.values(), self._floors, self._lap_floors):
            held[antenna] = 0
        self.laps[antenna] = 0
        self._publish()

    def learn(
        self,
        antenna: Ints,
        kind: NDArray[Any],
        loud_dbm: NDArray[Any],
        heard_share: NDArray[Any],
        tags: NDArray[Any] | None = None,
    ) -> None:
        """Tags whose place is certain; columns of equal length, each (antenna, tag) once a lap. Other kinds than own and near pass by.

        `kind`: OWN or NEAR, of the antenna for the tag's place; `heard_share`: of its last looks, 0: in none, and then `loud_dbm`,
        the mean of what was heard, does not count; `tags`: how many tags the line stands for (1).
        """  # fmt: skip
        count = np.ones(len(antenna)) if tags is None else np.asarray(tags, dtype=np.float64)
        share = np.clip(np.nan_to_num(np.asarray(heard_share, dtype=np.float64)), 0.0, 1.0) * count
        told = np.clip(
            np.nan_to_num(np.asarray(loud_dbm, dtype=np.float64), nan=QUIETEST_DBM),
            QUIETEST_DBM,
            -QUIETEST_DBM,
        )
        loud = np.where(share > 0, told, 0.0)
        for which, lap in self._lap.items():
            at = np.flatnonzero(np.asarray(kind) == which)
            columns = (count[at], share[at], share[at] * loud[at], share[at] * loud[at] ** 2)
            for column, values in enumerate(columns):
                lap[:, column] += np.bincount(antenna[at], weights=values, minlength=self.antennas)
        self._learn_floor(antenna, loud, share / count)

    def _learn_floor(self, antenna: Ints, loud: Floats, share: Floats) -> None:
        """A tag heard in part of its looks hangs about the floor: how far above follows from the part and the drift."""
        at = np.flatnonzero((share >= PARTLY[0]) & (share <= PARTLY[1]))
        floor = loud[at] - self.assumed.drift_db * excess_heard(margin_of_share(share[at]))
        inside = (floor >= FLOOR_BINS[0]) & (floor < FLOOR_BINS[-1])
        cell = antenna[at][inside], np.floor(floor[inside] - FLOOR_BINS[0]).astype(np.int64)
        np.add.at(self._lap_floors, cell, 1)

    def end_lap(self) -> None:
        """All tags were offered once: take the lap over. An antenna that heard nothing of its own keeps what it knew."""
        heard = np.flatnonzero(self._lap[OWN][:, 1] > 0)
        self.laps[heard] += 1
        step = np.maximum(1.0 / np.maximum(self.laps[heard], 1), SLOWEST)[:, None]
        for kind, lap in self._lap.items():
            self._sums[kind][heard] += step * (lap[heard] - self._sums[kind][heard])
            lap[:] = 0
        self._floors[heard] += step.astype(np.float32) * (self._lap_floors[heard] - self._floors[heard])
        self._lap_floors[:] = 0
        self._publish()

    def heard(self, kind: int) -> tuple[Floats, Floats, Floats]:
        """As they were heard, not corrected: tags, mean share of looks, mean loudness (dBm); NaN: none."""
        tags, share, loud = self._sums[kind][:, 0], self._sums[kind][:, 1], self._sums[kind][:, 2]
        return tags.copy(), _mean(share, tags), _mean(loud, share)

    # --- what follows -----------------------------------------------------------------------------------------

    def _publish(self) -> None:
        self.usable[:] = self._judge()
        told = self._floors * self.usable[:, None]
        pooled = self._pool(told)
        self.floor_dbm[:] = self._shrink(
            _median(told), told.sum(axis=1), _median(pooled), pooled.sum(axis=1), self.assumed.floor_dbm
        )
        self._publish_own()
        self._publish_near()

    def _judge(self) -> Bools:
        """Whether loudness means anything: in its units, not constant, no garbage, and louder on the own shelf than on the next."""
        own, near = self._sums[OWN], self._sums[NEAR]
        mean = _mean(own[:, 2], own[:, 1])
        variance = _mean(own[:, 3], own[:, 1]) - mean**2
        known = own[:, 1] >= JUDGED_BY
        real = (mean > REAL_DBM[0]) & (mean < REAL_DBM[1])
        real &= (variance > LEAST_SPREAD_DB**2) & (variance < MOST_SPREAD_DB**2)
        step = mean - _mean(near[:, 2], near[:, 1])
        alike = (near[:, 1] >= JUDGED_BY) & (step < LEAST_STEP_DB)
        return ~known | (real & ~alike)

    def _publish_own(self) -> None:
        sums = self._sums[OWN] * self.usable[:, None]
        pooled = self._pool(sums)
        usual = self.assumed.own_sd_db
        margin, spread = self._margin(sums, self.floor_dbm, usual)
        of_kind, spread_of_kind = self._margin(pooled, self._of_kind(self.floor_dbm), usual)
        own, pool = sums[:, 1], pooled[:, 1]
        assumed = self.assumed.own_dbm - self.assumed.floor_dbm
        self.own_dbm[:] = self.floor_dbm + self._shrink(margin, own, of_kind, pool, assumed)
        self.own_sd_db[:] = self._shrink(spread, own, spread_of_kind, pool, self.assumed.own_sd_db)

    def _publish_near(self) -> None:
        """By the share that is heard: of the next shelves most tags are silent, and those that are not are the loud ones."""
        spread, sums = self.assumed.own_sd_db, self._sums[NEAR]
        pooled = self._pool(sums)
        assumed = self.assumed.near_dbm - self.assumed.floor_dbm
        margins = [
            spread * margin_of_share((held[:, 1] + 0.25) / (held[:, 0] + 0.5)) for held in (sums, pooled)
        ]
        margin = self._shrink(margins[0], sums[:, 0], margins[1], pooled[:, 0], assumed)
        self.near_dbm[:] = self.floor_dbm + margin
        self.far_dbm[:] = self.near_dbm + (self.assumed.far_dbm - self.assumed.near_dbm)

    @staticmethod
    def _margin(sums: Floats, floor_dbm: Floats, spread_db: float) -> tuple[Floats, Floats]:
        """Mean margin and its spread (dB) of a normal distribution of which only what is above the floor was heard.

        `spread_db`: the usual one, which the mean alone must nearly suffice for.
        """
        mean = _mean(sums[:, 2], sums[:, 1])
        variance = _mean(sums[:, 3], sums[:, 1]) - mean**2
        excess = np.maximum(np.nan_to_num(mean - floor_dbm), 0.0)
        # Where the floor is misjudged, what was heard seems more spread than its mean is high, and no margin would be too low for that.
        t = np.maximum(
            margin_of_heard(excess, np.nan_to_num(variance)), margin_of_excess(excess / spread_db) - LEEWAY
        )
        spread = np.clip(excess / np.maximum(excess_heard(t), 0.05), *SPREADS_DB)
        return t * spread, spread

    def _pool(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sums over all antennas of the same kind, one line an antenna."""
        _, which = np.unique(self._kind, return_inverse=True)
        totals = np.zeros((int(which.max(initial=-1)) + 1, values.shape[1]), dtype=values.dtype)
        np.add.at(totals, which, values)
        result: NDArray[Any] = totals[which]
        return result

    def _of_kind(self, values: Floats) -> Floats:
        """The mean over the antennas of a kind, weighted by how much each heard of its own."""
        weight = self._sums[OWN][:, 1] * self.usable + 1e-9
        sums = self._pool(np.stack([values * weight, weight], axis=1))
        return _mean(sums[:, 0], sums[:, 1])

    @staticmethod
    def _shrink(value: Floats, tags: Floats, pooled: Floats, pool_tags: Floats, assumed: float) -> Floats:
        """Its own value as far as it is known, else that of its kind, else the assumption. Weights: tags."""
        kind = (np.nan_to_num(pooled) * pool_tags + assumed * ENOUGH) / (pool_tags + ENOUGH)
        result: Floats = (np.nan_to_num(value) * tags + kind * ENOUGH) / (tags + ENOUGH)
        return result

    # --- snapshots --------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """What was learned, as arrays by name; the published ones follow from it."""
        return {
            "own": self._sums[OWN].copy(),
            "near": self._sums[NEAR].copy(),
            "own_lap": self._lap[OWN].copy(),
            "near_lap": self._lap[NEAR].copy(),
            "floors": self._floors.copy(),
            "floors_lap": self._lap_floors.copy(),
            "laps": self.laps.copy(),
        }

    @classmethod
    def load(
        cls, state: dict[str, Any], antennas: int, shelves: Ints | None = None, assumed: Assumed | None = None
    ) -> Levels:
        """As `dump` left them; antennas that are new since begin with the assumptions."""
        levels = cls(antennas, shelves, assumed)
        levels._allocate(antennas, state)
        levels._publish()
        return levels


def _mean(total: NDArray[Any], count: NDArray[Any]) -> Floats:
    """NaN where there is nothing to take the mean of."""
    result: Floats = np.where(count > 0, total / np.maximum(count, 1e-12), np.nan)
    return result


def _median(counts: NDArray[Any]) -> Floats:
    """The median of each line of a histogram over `FLOOR_BINS`, straight within a bin; NaN: empty."""
    total = counts.sum(axis=1, dtype=np.float64)
    below = np.cumsum(counts, axis=1, dtype=np.float64)
    at = np.argmax(below >= total[:, None] / 2, axis=1)
    line = np.arange(len(counts))
    inside = np.maximum(counts[line, at].astype(np.float64), 1e-12)
    part = 1.0 - (below[line, at] - total / 2) / inside
    return np.where(total > 0, FLOOR_BINS[at] + np.clip(part, 0.0, 1.0), np.nan)
