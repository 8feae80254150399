"""Is a silent book gone, or shaded since something beside it changed? Pure.

A book that stands is heard with margin c_k + s by antenna k: c_k (its level there, its tag, its multipath) stays as long as it stands there, s (the shade of the books
beside it) is thrown anew with each change. What was heard before the last changes tells c_k and s: normal distributions, fitted to the exact tables of each
stretch between two changes. Each change since then was the book itself being taken up, or one beside it: two states, standing and off, and how long each stretch lasted.
Summed over the shade by quadrature, over c by draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_sim.dice import normal
from firmware_sim.hearing import Float32, Int64
from firmware_sim.oracle import air
from firmware_sim.oracle.air import Floats
from firmware_sim.oracle.hours import Hours
from firmware_sim.oracle.places import U
from firmware_sim.oracle.spans import Spans
from firmware_sim.oracle.told import Told

DRAWS: Final = 128
SHADES: Final = 15
STRETCHES: Final = 3
"""Of the stretches in which it was heard, so many of the last are asked; the rest says little more of c."""
ANTENNAS: Final = 4
"""Those that heard it most."""
COUPLED_DB: Final = 1.0
"""How much the tags right beside it differ in what they take, from one change to the next."""
SHARPEST_DB: Final = 0.3


@dataclass(frozen=True, slots=True)
class Reads:
    """All reads of one book up to a moment, in the order of time."""

    ended_us: Int64
    antenna: Int64
    dwell: Int64
    seen: Float32


class Absence:
    """Asked for one book at a time."""

    def __init__(self, told: Told, spans: Spans, hours: Hours, start_us: int) -> None:
        self._told = told
        self._spans = spans
        self._hours = hours
        self._start_us = start_us
        settings = told.settings
        self._shade_db = float(np.hypot(settings.shade_spread_db, COUPLED_DB))
        points, weights = np.polynomial.hermite_e.hermegauss(SHADES)
        self._shade, self._weight = points * self._shade_db, weights / weights.sum()
        self._tag_db, self._tag_var = float(told.tags_db.mean()), max(
            float(np.clip(told.tags_db, U[0], U[-1]).var()) - settings.shade_spread_db**2, 0.1
        )  # fmt: skip
        self._tag_db = float(np.clip(told.tags_db, U[0], U[-1]).mean())
        self._never: dict[tuple[int, int], float] = {}

    def chance(self, book: int, shelf: int, moments: Int64, reads: Reads, at_us: int) -> float:
        """Probability that the book is off the shelves. `shelf`: where it was heard last; `moments`: when something changed for it."""
        if not len(reads.ended_us):
            return self._unheard(book, moments, at_us)
        bounds = [self._start_us, *moments.tolist(), at_us]
        part = np.searchsorted(moments, reads.ended_us, side="left")
        last = int(part[-1])
        if last == len(bounds) - 2:
            return 0.0
        antennas, draws = self._margins(shelf, bounds, part, reads)
        standing, off = np.ones(DRAWS), np.zeros(DRAWS)
        own = self._hours.own_share
        for at in range(last + 1, len(bounds) - 1):
            from_us, to_us = bounds[at], bounds[at + 1]
            stood, stayed = self._lasted(from_us, to_us, final=at == len(bounds) - 2)
            silent = self._silent(antennas, draws, from_us, to_us)
            standing, off = (standing * (1.0 - own) + off) * stood * silent, standing * own * stayed
        whole = float((standing + off).sum())
        return float(off.sum()) / whole if whole > 0 else 0.0

    def _lasted(self, from_us: int, to_us: int, *, final: bool) -> tuple[float, float]:
        """How well a stretch's length fits to standing, and to being off."""
        an_hour = self._hours.changes_an_hour
        stood = float(np.exp(-an_hour * self._hours.open_h(from_us, to_us)))
        if final:
            return stood, self._hours.still_off(from_us, to_us)
        return stood * an_hour / 3600.0, self._hours.back_after((to_us - from_us) / 1e6)

    def _unheard(self, book: int, moments: Int64, at_us: int) -> float:
        """Never heard at all: gone from the start, or one of those that nobody hears."""
        told, own = self._told, self._hours.own_share
        if len(moments):
            stood, stayed = self._lasted(int(moments[-1]), at_us, final=True)
            return own * stayed / max(own * stayed + (1.0 - own) * stood, 1e-12)
        gone = float(np.exp(told.log_away[book]))
        standing = float(np.exp(told.log_home[book])) * self._silence_at(int(told.home[book]), at_us)
        stood = float(np.exp(-self._hours.changes_an_hour * self._hours.open_h(self._start_us, at_us)))
        return gone / max(gone + standing * stood, 1e-12)

    def _silence_at(self, shelf: int, at_us: int) -> float:
        """Chance that a book there is never heard, by anybody, from the start on."""
        key = (shelf, at_us)
        if key not in self._never:
            told = self._told
            links = told.links.by_shelf[told.links.shelf_first[shelf] : told.links.shelf_first[shelf + 1]]
            logs = told.of_tags(U)
            for link in links.tolist():
                table = self._spans.silent(int(told.links.antenna[link]), self._start_us, at_us)
                logs = (
                    logs
                    + air.blurred(table, told.settings.place_spread_db)[_at(self._level(link, shelf) + U)]
                )
            self._never[key] = float(np.exp(np.logaddexp.reduce(logs)))
        return self._never[key]

    def _level(self, link: int, shelf: int) -> float:
        middle = np.array([self._told.width_mm[shelf] // 4], dtype=np.int64)
        return float(self._told.level_db(np.array([link], dtype=np.int32), middle)[0])

    def _link(self, antenna: int, shelf: int) -> int | None:
        links = self._told.links
        here = np.flatnonzero(links.shelf[links.first[antenna] : links.first[antenna + 1]] == shelf)
        return int(links.first[antenna] + here[0]) if len(here) else None

    # --- what was known before --------------------------------------------------------------------------------

    def _margins(self, shelf: int, bounds: list[int], part: Int64, reads: Reads) -> tuple[list[int], Floats]:
        """(antennas, draws of their c): rows are draws."""
        stretches = np.unique(part)[-STRETCHES:].tolist()
        names, counts = np.unique(reads.antenna[np.isin(part, stretches)], return_counts=True)
        links = {
            int(name): self._link(int(name), shelf) for name in names[np.argsort(-counts, kind="stable")]
        }
        antennas = [name for name, link in links.items() if link is not None][:ANTENNAS]
        levels = np.array([self._level(links[name] or 0, shelf) for name in antennas])
        size = len(antennas) + len(stretches)
        prior = np.diag(
            [self._told.settings.place_spread_db**2] * len(antennas) + [self._shade_db**2] * len(stretches)
        )
        prior[: len(antennas), : len(antennas)] += self._tag_var
        mean = np.concatenate([levels + self._tag_db, np.zeros(len(stretches))])
        precision = np.linalg.inv(prior)
        pull = precision @ mean
        for row, stretch in enumerate(stretches):
            for column, antenna in enumerate(antennas):
                here = (part == stretch) & (reads.antenna == antenna)
                if here.any():
                    middle, spread = self._fitted(antenna, bounds[stretch], bounds[stretch + 1], reads, here)
                    both = np.zeros(size)
                    both[[column, len(antennas) + row]] = 1.0
                    precision += np.outer(both, both) / spread**2
                    pull += both * middle / spread**2
        covariance = np.linalg.inv(precision)
        mean = (covariance @ pull)[: len(antennas)]
        root = np.linalg.cholesky(covariance[: len(antennas), : len(antennas)] + 1e-9 * np.eye(len(antennas)))
        return antennas, mean[None, :] + _throws(len(antennas)) @ root.T

    def _fitted(
        self, antenna: int, from_us: int, to_us: int, reads: Reads, here: np.ndarray
    ) -> tuple[float, float]:
        """Mean and deviation of the margin that a stretch's reads and silence tell."""
        logs = self._spans.heard(antenna, from_us, to_us, reads.dwell[here], reads.seen[here]).astype(
            np.float64
        )
        weight = np.exp(logs - logs.max())
        weight /= weight.sum()
        mean = float(weight @ air.GRID)
        return mean, max(float(np.sqrt(weight @ (air.GRID - mean) ** 2)), SHARPEST_DB)

    def _silent(self, antennas: list[int], draws: Floats, from_us: int, to_us: int) -> Floats:
        """Chance of the silence of these antennas in a stretch, by draw: the shade is thrown anew."""
        logs = np.zeros((DRAWS, SHADES))
        for column, antenna in enumerate(antennas):
            table = self._spans.silent(antenna, from_us, to_us)
            logs += table[_at(draws[:, column][:, None] + self._shade[None, :])]
        found: Floats = np.exp(logs) @ self._weight
        return found


def _at(margin: Floats) -> Int64:
    found: Int64 = np.clip(np.rint((margin - air.LOW_DB) / air.STEP_DB), 0, air.POINTS - 1).astype(np.int64)
    return found


def _throws(columns: int) -> Floats:
    """The same draws for every book."""
    draws = np.arange(DRAWS, dtype=np.uint64)
    found = np.zeros((DRAWS, columns))
    for column in range(columns):
        found[:, column] = normal(0x0AC1E, column, draws)
    return found
