"""How much each antenna's word weighs between two answers: what the belief would say without it. Pure, many rows at once.

The weight of an antenna is ln of how many times more probable it makes the answer than the other one: the lead of the answer with it,
less the lead without it. Between two places that is the belief's own likelihood (`hub.belief.weighing`), of which the antenna's
part is left out: what it heard, as far as it still counts, and its silence as far as it does not. Antennas share what is
unknown of the tag, so the weights of several do not add up to the whole. Between a place and *away* it is the silence of the
antennas that heard the tag at the end (`hub.belief.leaving`), asked once more without one of them.

Some 20 µs a row; only rows that are written are asked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.interface import Floats, Homes, Ints
from hub.belief.likelihood import HISTORY
from hub.belief.model import ShelfBelief
from hub.belief.slots import NOBODY, SLOTS
from hub.belief.stock import Stock
from hub.belief.weighing import Heard
from hub.effects import Evidence
from hub.explain.model import PIECES

OFF_SHELF: Final = -2
"""In place of a shelf: away."""
NOTHING: Final = -1
"""In place of a shelf: there is no such answer."""
SIDES: Final = 2
SILENT_NOW: Final = 3
"""Looks of silence after which, where *away* is the other answer, a witness is told as silent, whatever it heard before."""
COUNTS: Final = 0.5
"""A silent witness of which so much still counts is told by what it heard: it hears the tag now and then."""
SURE: Final = 1e-9
"""Nothing is less probable; weights stay below 42."""
LEAST_ODDS: Final = math.log(SURE) / 2
"""Ln odds below which the belief has not doubted that the tag is there: nobody was silent about it."""
_S: Final = 1_000_000


@dataclass(frozen=True)
class Contest:
    """For some rows the answer and the one that it is compared with, as shelves, `OFF_SHELF` or `NOTHING`."""

    rows: Ints
    answer: Ints
    against: Ints
    since_s: Ints
    """Since when what was heard speaks for the answer."""


def contest_of(row: int, answer: int, against: int, since_s: int) -> Contest:
    """That of one row."""
    return Contest(np.array([row]), np.array([answer]), np.array([against]), np.array([since_s]))


def witnesses(belief: ShelfBelief, stock: Stock, contest: Contest, now_s: int) -> list[list[Evidence]]:
    """For each row what its antennas say and how much it weighs, heaviest first, five at most. `belief` was just weighed."""
    if not len(contest.rows):
        return []
    return _Hearing(belief, contest, stock.homes(contest.rows), now_s).told()


class _Hearing:
    """All rows with what their antennas heard."""

    def __init__(self, belief: ShelfBelief, contest: Contest, homes: Homes, now_s: int) -> None:
        self.belief, self.contest, self.homes, self.now_s = belief, contest, homes, now_s
        self.geometry = belief.geometry
        self.heard = Heard(
            belief.slots, belief.antennas, belief.geometry, belief.likelihood, belief.radio, contest.rows
        )
        place = belief.place[contest.rows].astype(np.int64)
        self.wanted: list[list[int]] = np.stack([contest.answer, contest.against, place], axis=1).tolist()
        """Shelves, by row: what an antenna speaks for is the first of them that it is meant for."""
        self.since_s, self.known_s = contest.since_s.tolist(), belief.known_s[contest.rows].tolist()
        self.beside = self._beside()
        self.weights = np.full((len(contest.rows), SLOTS + SIDES), np.nan)
        placed = np.flatnonzero((contest.answer >= 0) & (contest.against >= 0))
        self.weights[placed] = self._between_places(placed)
        away = (contest.answer == OFF_SHELF) | (contest.against == OFF_SHELF)
        left = np.flatnonzero(away & (contest.against != NOTHING))
        self.weights[left, :SLOTS] = self._whether_away(left)

    def _beside(self) -> Ints:
        """The first antenna of each of the two places if it has not heard the tag, else none: its silence is a witness too."""
        g, contest = self.geometry, self.contest
        sides = np.stack([contest.answer, contest.against], axis=1).ravel().tolist()
        first = [
            (g.shelf_antennas[shelf] or [g.antennas])[0] if shelf >= 0 else g.antennas for shelf in sides
        ]
        antenna = np.array(first, dtype=np.int64).reshape(-1, SIDES)
        known = (antenna[:, :, None] == self.heard.antenna[:, None, :]).any(axis=2)
        looked = np.append(self.belief.antennas.looks, 0)[antenna] > 0
        found: Ints = np.where(known | ~looked, g.antennas, antenna)
        found[found[:, 1] == found[:, 0], 1] = g.antennas
        return found

    def _between_places(self, some: Ints) -> Floats:
        """Weights of the slots' antennas and of those beside; rows `some`."""
        radio, g, these = self.belief.radio, self.geometry, self.heard.pick(some)
        zones = g.zone_of_shelf[np.stack([self.contest.answer[some], self.contest.against[some]], axis=1)]
        antenna = np.concatenate([these.antenna, self.beside[some]], axis=1)
        kinds = g.class_of(antenna[:, :, None], zones[:, None, :])
        silence = radio.silence[kinds, antenna[:, :, None]]
        part = silence.copy()
        for slot in range(SLOTS):
            said = radio.log_heard(
                kinds[:, slot], these.antenna[:, slot],
                these.margin_db[:, slot].astype(np.float32), these.variance_db2[:, slot].astype(np.float32),
            )  # fmt: skip
            still = these.still[:, slot].astype(np.float32)[:, None, None]
            part[:, slot] += (said - silence[:, slot]) * still
        whole = radio.base[zones] + (part - silence).sum(axis=1) + radio.log_weight.astype(np.float32)
        weight: Floats = _lead(whole)[:, None] - _lead(whole[:, None] - part)
        return np.where(antenna < g.antennas, weight, np.nan)

    def _whether_away(self, some: Ints) -> Floats:
        """Weights of the slots' antennas for the answer of rows `some`, where one of the two answers is *away*."""
        weight = np.full((len(some), SLOTS), np.nan)
        if not len(some):
            return weight
        these, home, rows = self.heard.pick(some), self.homes.pick(some), self.contest.rows[some]
        sign = np.where(self.contest.answer[some] == OFF_SHELF, 1.0, -1.0)
        whole, prior = self._odds(these, rows, home), self._prior(home)
        for slot in range(SLOTS):
            speaks = np.flatnonzero(
                these.real[:, slot] & ((these.heard_s[:, slot] > 0) | (these.newest_s == 0))
            )
            less = these.pick(speaks)
            less.real = less.real.copy()
            less.real[:, slot] = False
            without = self._odds(less, rows[speaks], home.pick(speaks))
            # Without its only witness the belief is not sure that the tag is there: it goes by what it thought before.
            lone = (without <= LEAST_ODDS) & (whole[speaks] > LEAST_ODDS)
            without[lone] = np.minimum(prior[speaks], whole[speaks])[lone]
            weight[speaks, slot] = sign[speaks] * (whole[speaks] - without)
        return weight

    def _prior(self, homes: Homes) -> Floats:
        """Ln odds that a book which falls silent in open hours has left, before any silence is weighed."""
        settings = self.belief.settings
        left = min(settings.leaves * self.belief.people.bustle.share, 0.5)
        told = np.where(homes.expected, 0.0, _ln_odds(settings.leaves_unexpected))
        prior: Floats = _ln_odds(left) + told
        return prior

    def _odds(self, heard: Heard, rows: Ints, homes: Homes) -> Floats:
        """Ln odds of the map's state away."""
        live = self.belief._away(heard, rows, homes, self.now_s)[1]  # noqa: SLF001 (the belief's own arithmetic, without one witness)
        odds: Floats = np.log(np.maximum(live, SURE)) - np.log(np.maximum(1.0 - live, SURE))
        return odds

    def told(self) -> list[list[Evidence]]:
        """The evidence of each row."""
        cells = self.contest.rows[:, None] * SLOTS + np.arange(SLOTS)
        slots, heard = self.belief.slots, self.heard
        silent = np.minimum(heard.silent, HISTORY).astype(np.uint64)
        mask = (slots.mask[cells].astype(np.uint64) << silent) & np.uint64(0xFFFFFFFF)
        away = (self.contest.answer == OFF_SHELF)[:, None] & (heard.silent > 0)
        away |= (self.contest.against == OFF_SHELF)[:, None] & (heard.silent >= SILENT_NOW)
        mask[away | ((heard.silent > 0) & (heard.still < COUNTS))] = 0
        columns = (
            slots.antenna[cells], mask, heard.silent, heard.heard_s, heard.last_look_s, slots.loud_dbm[cells],
            self.weights[:, :SLOTS],
        )  # fmt: skip
        plain = zip(*(column.tolist() for column in columns), strict=True)
        return [self._row(at, list(zip(*row, strict=True))) for at, row in enumerate(plain)]

    def _row(self, at: int, slots: list[tuple[Any, ...]]) -> list[Evidence]:
        pieces = [
            self._slot(at, *slot)
            for slot in slots
            if slot[0] != NOBODY and self.geometry.own_shelves[slot[0]] and (slot[1] or slot[2])
        ]
        for side, antenna in enumerate(self.beside[at].tolist()):
            if antenna < self.geometry.antennas:
                pieces.append(self._silent(at, antenna, self.weights[at, SLOTS + side]))
        return sorted(pieces, key=lambda one: (-abs(one.weight or 0.0), -one.heard, one.antenna))[:PIECES]

    def _slot(  # noqa: PLR0917 (the columns of one slot)
        self,
        at: int,
        antenna: int,
        mask: int,
        silent: int,
        heard_s: int,
        last_look_s: int,
        loud_dbm: float,
        weight: float,
    ) -> Evidence:
        """What an antenna that remembers the tag says: for the span from its first remembered hit on, or for its silence."""
        last_s = max(heard_s, last_look_s)
        silent_s = heard_s or self.known_s[at]
        return Evidence(
            antenna=self.geometry.antenna_ids[antenna],
            shelf=self._shelf(at, antenna),
            first_at_us=min(self.since_s[at] if mask else silent_s, last_s) * _S,
            last_at_us=last_s * _S,
            dwells=mask.bit_length() or silent,
            heard=mask.bit_count(),
            rssi_dbm=round(loud_dbm, 1) if heard_s else None,
            says="heard" if mask else "silent",
            weight=_rounded(weight),
        )

    def _silent(self, at: int, antenna: int, weight: float) -> Evidence:
        """An antenna of one of the two places that does not hear the tag; a history of looks reaches back 32."""
        book = self.belief.antennas
        last_s = int(book.last_look_s[antenna])
        return Evidence(
            antenna=self.geometry.antenna_ids[antenna],
            shelf=self._shelf(at, antenna),
            first_at_us=min(last_s, int(book.cover_since_s[antenna])) * _S,
            last_at_us=last_s * _S,
            dwells=min(int(book.looks[antenna]), HISTORY),
            heard=0,
            says="silent",
            weight=_rounded(weight),
        )

    def _shelf(self, at: int, antenna: int) -> str:
        """The shelf that an antenna speaks for: one of the two if it is meant for it, where the tag was last, else its first."""
        own, wanted = self.geometry.own_shelves[antenna], self.wanted[at]
        for shelf in wanted:
            if shelf in own:
                return self.geometry.shelf_ids[shelf]
        return self.geometry.shelf_ids[own[0]]


def _lead(by_point: NDArray[np.float32]) -> Floats:
    """Ln odds of the first place against the second; the last axis holds the points of what is unknown of the tag."""
    best = by_point.max(axis=-1, keepdims=True)
    total = best[..., 0].astype(np.float64) + np.log(
        np.exp((by_point - best).astype(np.float64)).sum(axis=-1)
    )
    lead: Floats = total[..., 0] - total[..., 1]
    return lead


def _ln_odds(probability: float) -> float:
    return math.log(max(probability, SURE)) - math.log(max(1.0 - probability, SURE))


def _rounded(weight: float) -> float | None:
    return None if math.isnan(weight) else round(float(weight), 2) + 0.0  # no -0.0
