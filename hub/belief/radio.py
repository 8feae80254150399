"""How probable is what the antennas heard of a tag, if it stands here? Loudness tells the margin. Pure.

Of a tag on a shelf of class c (own, near, far) of antenna k, the margin above the antenna's floor is

    margin = level(k, c) + u + p_k + drift         heard iff margin > 0

in dB of reported loudness. u, what all antennas have in common (chip, shade), is normal with `tag_spread_db` and
`shade_spread_db`; p_k, the multipath, is each antenna's own. Given u, antennas are independent; so a zone's likelihood is an
integral over u, taken by Gauss and Hermite at `POINTS` points (docs/belief.md).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.gauss import best_of, log_silent, quadrature
from hub.belief.geometry import AROUND, FAR, NEAR, OWN, Geometry
from hub.belief.levels import Levels
from hub.settings import EngineSettings

POINTS: Final = 7
"""Of the quadrature: nine differ by less than 0.1 in the logarithm."""

CLASSES: Final = 4

Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]


class Radio:
    """Tables over (class, antenna, point of u), made anew when the levels or the antennas that look have changed."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        common = math.hypot(settings.tag_spread_db, settings.shade_spread_db)
        points, self.log_weight = quadrature(common, POINTS)
        self.points: Floats32 = points.astype(np.float32)
        lift, share = best_of(np.array([float(settings.window_quarters)]))
        self._lift_db = float(lift[0]) * settings.drift_db
        self._silent_spread_db = math.sqrt(
            settings.place_spread_db**2 + settings.drift_db**2 * float(share[0])
        )
        self.floor_dbm: Floats32 = np.zeros(0, dtype=np.float32)
        self.level_db: Floats32 = np.zeros((CLASSES, 0), dtype=np.float32)
        self.usable: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._silence: Floats32 = np.zeros((CLASSES, 0, POINTS), dtype=np.float32)
        self._say: NDArray[Any] = np.zeros(0)
        self._geometry: Geometry | None = None
        self._learned: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self.silence: Floats32 = self._silence
        """ln P(silent | class, u) times the antenna's say, shape (CLASSES, antennas + 1, POINTS); 0 beyond the next shelves."""
        self.base: Floats32 = np.zeros((0, POINTS), dtype=np.float32)
        """The same of all antennas around each zone together, shape (zones + 1, POINTS)."""

    def follow(self, levels: Levels, geometry: Geometry, say: NDArray[Any]) -> None:
        """`say`: by antenna, how much its silence still says, 0 … 1; a dead one contradicts nothing."""
        learned = levels.floor_dbm, _by_class(levels, self.settings)
        fresh = self._learned is None or not all(
            np.array_equal(old, new) for old, new in zip(self._learned, learned, strict=True)
        )
        if fresh:
            self._learned = learned[0].copy(), learned[1]
            floor = np.append(levels.floor_dbm, 0.0)
            level = np.append(learned[1], [[0.0]] * CLASSES, axis=1) - floor
            self.floor_dbm, self.level_db = floor.astype(np.float32), level.astype(np.float32)
            margin = self.level_db[:, :, None] + np.float32(self._lift_db) + self.points
            self._silence = log_silent(margin / np.float32(self._silent_spread_db))
            self._silence[[FAR, AROUND]] = 0.0
            self._silence[:, -1] = 0.0
        self.usable = np.append(levels.usable, False)
        if not fresh and self._geometry is geometry and np.array_equal(say, self._say):
            return
        self._geometry, self._say = geometry, say
        self.silence = self._silence * np.append(say, 0.0).astype(np.float32)[None, :, None]
        told = self.silence[geometry.pair_class, geometry.pair_antenna]
        self.base = np.stack(
            [
                np.bincount(geometry.pair_zone, weights=told[:, point], minlength=geometry.zones + 1)
                for point in range(POINTS)
            ],
            axis=1,
        ).astype(np.float32)

    def margin_db(self, antenna: Ints, loud_dbm: NDArray[Any]) -> Floats32:
        """How far above its antenna's floor a tag was heard."""
        margin: Floats32 = (loud_dbm - self.floor_dbm[antenna]).astype(np.float32)
        return margin

    def log_heard(
        self, kind: NDArray[np.int8], antenna: Ints, margin_db: Floats32, variance_db2: Floats32
    ) -> Floats32:
        """Ln density of a margin for (row, zone, point of u); `kind` (rows, zones), the others (rows,).

        Of an antenna whose loudness says nothing, only that it was heard counts.
        """
        settings = self.settings
        mean = self.level_db[kind, antenna[:, None]][:, :, None] + self.points
        spread2 = np.where(kind == FAR, settings.far_spread_db**2, settings.place_spread_db**2)
        variance = (spread2.astype(np.float32) + variance_db2[:, None])[:, :, None]
        off = margin_db[:, None, None] - mean
        log: Floats32 = -0.5 * off * off / variance - np.float32(0.919) - 0.5 * np.log(variance)
        deaf = np.flatnonzero(~self.usable[antenna])
        if len(deaf):
            log[deaf] = log_silent(-mean[deaf] / np.sqrt(variance[deaf]))
        return log


def _by_class(levels: Levels, settings: EngineSettings) -> NDArray[np.float64]:
    """Levels in dBm by class and antenna."""
    found = np.zeros((CLASSES, levels.antennas))
    found[OWN], found[NEAR], found[AROUND] = levels.own_dbm, levels.near_dbm, levels.far_dbm
    found[FAR] = levels.far_dbm - settings.far_below_db
    return found
