"""How much each antenna's word weighs between two answers, so that the weights add up to what all say together. Pure, many rows at once.

Antennas share what is unknown of the tag (how well it can be heard today): what one says is worth more or less beside what the others
say, and left out alone it may even seem to have said the contrary. So its weight is what its word changes in ln of how many times
more probable the answer is than the other one, averaged over all orders in which the antennas may be asked (Shapley 1953).
The only such shares that sum up exactly, and that give alike words alike weights. With six antennas there are 64 groups to ask.

Between two places a group's word is the belief's own likelihood (`hub.belief.weighing`): what was heard, as far as it still counts, and
silence as far as it does not. Between a place and *away* it is the silence of the antennas that heard the tag at the end
(`hub.belief.leaving`). A look deceives with the chance `overlook`: no word is told as more than so many looks can say.

Some 50 µs a row; only rows that are written are asked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.geometry import OWN
from hub.belief.interface import Floats, Homes, Ints
from hub.belief.likelihood import HISTORY
from hub.belief.model import ShelfBelief
from hub.belief.slots import NOBODY, SLOTS
from hub.belief.stock import Stock
from hub.belief.weighing import Heard, overlap, weigh_zones
from hub.effects import Evidence
from hub.explain.model import AWAY, PIECES
from hub.explain.shares import GROUPS, alone, groups, shares

OFF_SHELF: Final = -2
"""In place of a shelf: away."""
NOTHING: Final = -1
"""In place of a shelf: there is no such answer."""
SIDES: Final = 2
SILENT_NOW: Final = 3
"""Looks of silence after which, where *away* is the other answer, a witness is told as silent, whatever it heard before."""
COUNTS: Final = 0.5
"""A silent witness of which so much still counts is told by what it heard: it hears the tag now and then."""
MANY_LOOKS: Final = 8
"""So many looks do not deceive together: what they say is bounded by nothing. As many as `hub.belief.leaving` counts."""
AS_WELL: Final = 3.0
"""Ln of how many times better another shelf of the home must explain what was heard than the one whose antenna remembers the tag."""
UNBOUNDED: Final = 1e3
"""Ln odds that no word reaches."""
SURE: Final = 1e-9
"""Nothing is less probable; weights stay below 42."""
LEAST_ODDS: Final = math.log(SURE) / 2
"""Ln odds below which the belief has not doubted that the tag is there: nobody was silent about it."""
_S: Final = 1_000_000


@dataclass(frozen=True)
class Contest:
    """For some rows the answer and the one that it is compared with, as shelves, `OFF_SHELF` or `NOTHING`.

    Which other shelf an answer outside of the home is compared with is decided here: the home.
    """

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
        self.belief, self.homes, self.now_s = belief, homes, now_s
        self.geometry = belief.geometry
        self.heard = Heard(
            belief.slots, belief.antennas, belief.geometry, belief.likelihood, belief.radio, contest.rows
        )
        self.contest = contest = self._with_home(contest)
        place = belief.place[contest.rows].astype(np.int64)
        self.wanted: list[list[int]] = np.stack([contest.answer, contest.against, place], axis=1).tolist()
        """Shelves, by row: what an antenna speaks for is the first of them that it is meant for."""
        self.since_s, self.known_s = contest.since_s.tolist(), belief.known_s[contest.rows].tolist()
        self.beside, self.step_s = self._beside(), self._steps_s()
        self.mask = self._mask()
        self.most = self._most()
        self.weights = np.full((len(contest.rows), SLOTS + SIDES), np.nan)
        placed = np.flatnonzero((contest.answer >= 0) & (contest.against >= 0))
        self.weights[placed] = self._between_places(placed)
        away = (contest.answer == OFF_SHELF) | (contest.against == OFF_SHELF)
        left = np.flatnonzero(away & (contest.against != NOTHING))
        self.weights[left, :SLOTS] = self._whether_away(left)

    def _with_home(self, contest: Contest) -> Contest:
        """A shelf outside of the home is compared with the shelf of the home that explains best what was heard.

        Of those that explain it about as well, with the one whose antenna remembers the tag. Where no other shelf is left: with *away*.
        """
        g, home = self.geometry, self.homes
        lone = (contest.answer >= 0) & (contest.against == NOTHING)
        contest = replace(contest, against=np.where(lone, OFF_SHELF, contest.against))
        zones = np.append(g.zone_of_shelf, -1)
        standing = zones[np.maximum(contest.answer, NOTHING)][:, None]
        wrong = (contest.answer >= 0) & (contest.against >= 0) & (home.first >= 0)
        some = np.flatnonzero(wrong & ~overlap(g, standing, home, 0)[:, 0])
        if not len(some):
            return contest
        shelves = np.stack([home.middle, home.first, home.last], axis=1)[some]
        these, there = self.heard.pick(some), zones[shelves]
        kinds = g.class_of(these.antenna[:, :, None], there[:, None, :])
        by_point = weigh_zones(these, there, kinds, self.belief.radio) + self.belief.radio.log_weight
        against = contest.against.copy()
        known = ((kinds == OWN) & these.real[:, :, None]).any(axis=1)
        best = (_total(by_point) + np.where(known, AS_WELL, 0.0)).argmax(axis=1)
        against[some] = np.take_along_axis(shelves, best[:, None], axis=1)[:, 0]
        return replace(contest, against=against)

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

    def _mask(self) -> NDArray[np.uint64]:
        """The looks that each slot is told by, as bits; 0: it is told as silent."""
        heard, contest = self.heard, self.contest
        cells = contest.rows[:, None] * SLOTS + np.arange(SLOTS)
        silent = np.minimum(heard.silent, HISTORY).astype(np.uint64)
        mask = (self.belief.slots.mask[cells].astype(np.uint64) << silent) & np.uint64(0xFFFFFFFF)
        away = (contest.answer == OFF_SHELF)[:, None] & (heard.silent > 0)
        away |= (contest.against == OFF_SHELF)[:, None] & (heard.silent >= SILENT_NOW)
        mask[away | ((heard.silent > 0) & (heard.still < COUNTS))] = 0
        found: NDArray[np.uint64] = mask
        return found

    def _most(self) -> Floats:
        """The most that the looks of each antenna may say, slots first; they deceive with the chance `overlook` each."""
        hits = np.bitwise_count(self.mask).astype(np.int64)
        looks = np.append(self.belief.antennas.looks, 0)[self.beside]
        counted = np.concatenate([np.where(hits > 0, hits, self.heard.silent), looks], axis=1)
        bound = np.maximum(counted, 1) * -math.log(self.belief.settings.overlook)
        most: Floats = np.where(counted < MANY_LOOKS, bound, UNBOUNDED)
        return most

    def _between_places(self, some: Ints) -> Floats:
        """Weights of the slots' antennas and of those beside; rows `some`."""
        if not len(some):
            return np.full((0, SLOTS + SIDES), np.nan)
        radio, g, these = self.belief.radio, self.geometry, self.heard.pick(some)
        zones = g.zone_of_shelf[np.stack([self.contest.answer[some], self.contest.against[some]], axis=1)]
        antenna = np.concatenate([these.antenna, self.beside[some]], axis=1)
        kinds = g.class_of(antenna[:, :, None], zones[:, None, :])
        silence = radio.silence[kinds, antenna[:, :, None]]
        word = silence.copy()
        for slot in range(SLOTS):
            said = radio.log_heard(
                kinds[:, slot], these.antenna[:, slot],
                these.margin_db[:, slot].astype(np.float32), these.variance_db2[:, slot].astype(np.float32),
            )  # fmt: skip
            word[:, slot] += (said - silence[:, slot]) * these.still[:, slot, None, None].astype(np.float32)
        rest = radio.base[zones] - silence.sum(axis=1) + radio.log_weight.astype(np.float32)
        # Whatever the places and the tag: with this chance the looks deceived, and say nothing of either.
        least = word.max(axis=(2, 3), keepdims=True) - self.most[some][:, :, None, None].astype(np.float32)
        word = np.logaddexp(word, least)
        together = rest[:, None]
        for one in range(SLOTS + SIDES):
            together = np.concatenate([together, together + word[:, one, None]], axis=1)
        total = _total(together)
        # By itself: not even the silence of the other neighbours says how well the tag can be heard today.
        own = _total(word + radio.log_weight.astype(np.float32))
        weight = shares(total[..., 0] - total[..., 1], own[..., 0] - own[..., 1])
        return np.where(antenna < g.antennas, weight, np.nan)

    def _whether_away(self, some: Ints) -> Floats:
        """Weights of the slots' antennas for the answer of rows `some`, where one of the two answers is *away*."""
        if not len(some):
            return np.full((0, SLOTS), np.nan)
        these, rows = self.heard.pick(some), self.contest.rows[some]
        spoke = these.real & ((these.heard_s > 0) | (these.newest_s[:, None] == 0))
        asked = groups(SLOTS).astype(bool)[None, :, :] & spoke[:, None, :]
        every = np.repeat(np.arange(len(some)), GROUPS[SLOTS])
        many = these.pick(every)
        many.real = many.real & asked.reshape(-1, SLOTS)
        odds, chance = self._odds(many, rows[every], self.homes.pick(some[every]))
        odds, chance = odds.reshape(len(some), -1), chance.reshape(len(some), -1)
        # Nobody who is asked hears it, and nobody who heard it at the end was asked: it goes by what it thought before.
        hears = (asked & (these.silent == 0)[:, None, :]).any(axis=2)
        unasked = (odds <= LEAST_ODDS) & ~hears
        doubts = odds > LEAST_ODDS
        before, least = self._prior(self.homes.pick(some)), np.where(doubts, odds, np.inf).min(axis=1)
        # The map may fear to show it as gone, and begin with less than the prior: with as much as the silence leaves of its doubt.
        feared = np.where(doubts, odds + chance, -np.inf).max(axis=1)
        before = np.where(before <= least, before, np.minimum(before, feared))
        odds = np.where(unasked, before[:, None], odds)
        bound = asked @ self.most[some, :SLOTS, None]
        odds = np.clip(odds, odds[:, :1] - bound[:, :, 0], odds[:, :1] + bound[:, :, 0])
        sign = np.where(self.contest.answer[some] == OFF_SHELF, 1.0, -1.0)[:, None]
        return np.where(spoke, sign * shares(odds, alone(odds, SLOTS)), np.nan)

    def _prior(self, homes: Homes) -> Floats:
        """Ln odds that a book which falls silent in open hours has left, before any silence is weighed."""
        settings = self.belief.settings
        left = min(settings.leaves * self.belief.people.bustle.share, 0.5)
        told = np.where(homes.expected, 0.0, _ln_odds(settings.leaves_unexpected))
        prior: Floats = _ln_odds(left) + told
        return prior

    def _odds(self, heard: Heard, rows: Ints, homes: Homes) -> tuple[Floats, Floats]:
        """Ln odds of the map's state away, and ln of the chance that a tag which stands as it stood is so silent."""
        _, live, still, looks = self.belief._away(heard, rows, homes, self.now_s)  # noqa: SLF001 (the belief's own arithmetic, without some witnesses)
        odds: Floats = np.log(np.maximum(live, SURE)) - np.log(np.maximum(1.0 - live, SURE))
        overlooked = self.belief.settings.overlook ** np.minimum(looks, MANY_LOOKS)
        return odds, np.log(np.maximum(still, overlooked))

    def told(self) -> list[list[Evidence]]:
        """The evidence of each row."""
        cells = self.contest.rows[:, None] * SLOTS + np.arange(SLOTS)
        slots, heard = self.belief.slots, self.heard
        columns = (
            slots.antenna[cells], self.mask, heard.silent, heard.heard_s, heard.last_look_s, slots.loud_dbm[cells],
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
        began_s = heard_s or self.known_s[at]
        if mask:
            began_s = min(self.since_s[at], self._began_s(at, antenna, mask.bit_length(), last_s))
        return Evidence(
            antenna=self.geometry.antenna_ids[antenna],
            shelf=self._shelf(at, antenna),
            first_at_us=min(began_s, last_s) * _S,
            last_at_us=last_s * _S,
            dwells=mask.bit_length() or silent,
            heard=mask.bit_count(),
            rssi_dbm=round(loud_dbm, 1) if heard_s else None,
            says="heard" if mask else "silent",
            weight=_rounded(weight),
            against=self._against(at),
        )

    def _silent(self, at: int, antenna: int, weight: float) -> Evidence:
        """An antenna of one of the two places that does not hear the tag; a history of looks reaches back 32."""
        book = self.belief.antennas
        last_s, looks = int(book.last_look_s[antenna]), min(int(book.looks[antenna]), HISTORY)
        return Evidence(
            antenna=self.geometry.antenna_ids[antenna],
            shelf=self._shelf(at, antenna),
            first_at_us=min(self._began_s(at, antenna, looks, last_s), last_s) * _S,
            last_at_us=last_s * _S,
            dwells=looks,
            heard=0,
            says="silent",
            weight=_rounded(weight),
            against=self._against(at),
        )

    def _began_s(self, at: int, antenna: int, looks: int, last_s: int) -> int:
        """About when the first of the last looks was: only the last hit has its time kept.

        An antenna looks at even steps while its coverage lasts. After a hole its count of looks is older than its coverage: then the
        silence of the others that remember the tag tells the step, since they take turns.
        """
        book = self.belief.antennas
        covered_s = int(book.last_look_s[antenna]) - int(book.cover_since_s[antenna])
        step_s = max(covered_s / max(int(book.looks[antenna]) - 1, 1), self.step_s[at])
        return max(round(last_s - (looks - 1) * step_s), int(self.known_s[at]))

    def _steps_s(self) -> list[float]:
        """By row: seconds from look to look of the antennas that are silent about the tag; 0: none is."""
        heard = self.heard
        silent = (heard.silent > 0) & (heard.heard_s > 0)
        step_s = (heard.last_look_s - heard.heard_s) / np.maximum(heard.silent, 1)
        least = np.where(silent, step_s, np.inf).min(axis=1)
        found: list[float] = np.where(
            np.isfinite(least), np.clip(least, 0.0, self.belief.settings.stale_after_s), 0.0
        ).tolist()
        return found

    def _against(self, at: int) -> str | None:
        """What the answer is compared with, in words."""
        other = self.wanted[at][1]
        return AWAY if other == OFF_SHELF else None if other < 0 else self.geometry.shelf_ids[other]

    def _shelf(self, at: int, antenna: int) -> str:
        """The shelf that an antenna speaks for: one of the two if it is meant for it, where the tag was last, else its first."""
        own, wanted = self.geometry.own_shelves[antenna], self.wanted[at]
        for shelf in wanted:
            if shelf in own:
                return self.geometry.shelf_ids[shelf]
        return self.geometry.shelf_ids[own[0]]


def _total(by_point: NDArray[Any]) -> Floats:
    """Ln of the sum over the last axis, which holds the points of what is unknown of the tag."""
    best = by_point.max(axis=-1, keepdims=True)
    total: Floats = best[..., 0] + np.log(np.exp(by_point - best).sum(axis=-1, dtype=np.float64))
    return total


def _ln_odds(probability: float) -> float:
    return math.log(max(probability, SURE)) - math.log(max(1.0 - probability, SURE))


def _rounded(weight: float) -> float | None:
    return None if math.isnan(weight) else round(float(weight), 2) + 0.0  # no -0.0
