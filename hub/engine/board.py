"""What was shown of places, shelves and antennas, and what looks different now. Pure.

The engine decides on millions of rows; the store and the map get only what changed, within bounds a tick.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hub.belief.interface import Bools, Ints, Weighed
from hub.belief.model import ShelfBelief
from hub.belief.slots import NOBODY
from hub.belief.stock import EXPECTED, Stock
from hub.effects import AntennaChanged, Effect, Evidence, ItemEvent, PlaceChanged, Point, ShelfChanged
from hub.engine.census import Census
from hub.explain.keeping import Kept, keep
from hub.explain.model import contender
from hub.explain.witnesses import NOTHING, OFF_SHELF, Contest, witnesses
from hub.findings.machine import LIVE, Machine
from hub.findings.places import silent
from hub.settings import EngineSettings
from shelfwire.ids import digest_id

AWAY: Final = OFF_SHELF
_S: Final = 1_000_000
ShelfState = Literal["quiet", "attention", "stale", "unwatched"]
AntennaState = Literal["good", "doubtful", "silent", "unheard"]
SHELF_STATES: Final[tuple[ShelfState, ...]] = get_args(ShelfState)
ANTENNA_STATES: Final[tuple[AntennaState, ...]] = get_args(AntennaState)
_QUIET, _ATTENTION, _STALE, _UNWATCHED = range(4)
_GOOD, _DOUBTFUL, _SILENT, _UNHEARD = range(4)
SENSED_KINDS: Final = (
    "misplaced", "missing", "unexpected", "held", "security", "unknown_tag", "silent_antenna", "stale_shelf", "moved_range",
)  # fmt: skip
MOST_POINTS: Final = 5_000
"""Points of shelves and antennas at a time; of more each has its turn less often. At 25,000 shelves and as many antennas a point of each
every ten seconds took a third of the hub."""
CANDIDATES: Final = 4
"""Places named with a probability; the rest are below a percent."""
BEST: Final = 2
WORTH: Final = 0.005
"""Half a percent: what is less is named only as the best other shelf, which the evidence is weighed against."""
AWAY_WORD: Final = "away"
Candidates = list[tuple[str, float]]
"""Shelf ids, and `AWAY_WORD`, with probabilities, best first."""


@dataclass(slots=True)
class _Words:
    """What is written of a tag's place, as plain values: to read them one by one out of arrays costs more than all that is done with them."""

    row: int
    answer: int
    """Shelf, or `AWAY`."""
    live: float
    """P(away) of the live state."""
    newest_s: int
    candidates: Candidates
    evidence: list[Evidence]
    heard_by: str
    """The antenna that heard it last; empty: none."""


class Board:
    """Remembers what was written last."""

    def __init__(self, site: str, settings: EngineSettings) -> None:
        self._site = site
        self._settings = settings
        self.shown: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        """By tag row: the shelf that the store knows, `AWAY`, or `NOTHING`."""
        self.shown_s: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        self._shelf_look: Ints = np.zeros((0, 4), dtype=np.int64)
        """State, items, away, findings of each shelf."""
        self._shelf_at_us: Ints = np.zeros(0, dtype=np.int64)
        self._antenna_look: Ints = np.zeros(0, dtype=np.int64)
        self._antenna_at_us: Ints = np.zeros(0, dtype=np.int64)
        self._counted: Ints = np.zeros((0, 2), dtype=np.int64)
        """Dwells and reads of each antenna at the last point."""
        self._series_us = self._series_turn = 0
        self.census = Census()

    def stock(self, kept: Ints) -> None:
        """A new catalogue; see `ShelfBelief.stock`."""
        shown, shown_s = self.shown, self.shown_s
        self.shown = np.full(len(kept), NOTHING, dtype=np.int32)
        self.shown_s = np.zeros(len(kept), dtype=np.uint32)
        have = np.flatnonzero(kept >= 0)
        self.shown[have], self.shown_s[have] = shown[kept[have]], shown_s[kept[have]]

    def grow(self, rows: int) -> None:
        """So many new tags behind the others."""
        self.shown = np.concatenate([self.shown, np.full(rows, NOTHING, dtype=np.int32)])
        self.shown_s = np.concatenate([self.shown_s, np.zeros(rows, dtype=np.uint32)])

    def places(self, belief: ShelfBelief, stock: Stock, weighed: Weighed, now_us: int) -> list[Effect]:
        """Rows of the tags whose place changed, and of some that were only heard again."""
        rows = weighed.rows
        standing = belief.place[rows]
        current = np.where(belief.away[rows], AWAY, standing)
        changed = np.flatnonzero((current != self.shown[rows]) & (current != NOTHING))
        changed = changed[: self._settings.place_rows_per_tick]
        again = (current >= 0) & (current == self.shown[rows])
        again &= weighed.newest_s - self.shown_s[rows].astype(np.int64) >= self._settings.refresh_s
        renewed = np.flatnonzero(again)[: self._settings.refresh_rows_per_tick]
        effects: list[Effect] = []
        touched = np.concatenate([changed, renewed])
        words = _words(belief, stock, weighed, touched, now_us)
        for turn, one in enumerate(words):
            effects += self._place(belief, stock, one, now_us=now_us, moved=turn < len(changed))
        self.shown[rows[touched]] = current[touched]
        self.shown_s[rows[touched]] = weighed.newest_s[touched]
        return effects

    def _place(
        self, belief: ShelfBelief, stock: Stock, said: _Words, *, now_us: int, moved: bool
    ) -> list[Effect]:
        named, proof, row, newest_s = said.candidates, said.evidence, said.row, said.newest_s
        ids, key = belief.geometry.shelf_ids, stock.keys[row]
        away = said.answer < 0
        shelf = None if away else ids[said.answer]
        chance = round(said.live, 4) if away else dict(named).get(shelf or "", 0.0)
        effects: list[Effect] = []
        for place in stock.items_of(row):
            item_id = int(stock.item_id[place])
            effects.append(
                PlaceChanged(
                    item_id=item_id,
                    tag_key=key,
                    at_us=now_us,
                    shelf=shelf,
                    probability=chance,
                    candidates=named,
                    last_heard_at_us=newest_s * _S,
                    last_heard_by=said.heard_by,
                    evidence=proof,
                )
            )
            if moved:
                why = Kept(
                    tag_key=key,
                    before=self._before(row, ids),
                    last_heard_at_us=newest_s * _S,
                    candidates=named,
                    evidence=proof,
                )
                kind = "away" if away else "placed"
                event = digest_id(self._site, item_id, key, kind, shelf, now_us)
                effects.append(
                    ItemEvent(
                        id=event,
                        item_id=item_id,
                        at_us=now_us,
                        kind=kind,
                        shelf=shelf,
                        probability=chance,
                        detail=keep(why),
                    )
                )
        return effects

    def _before(self, row: int, ids: list[str]) -> str:
        """Where the store had a tag until now: shelf id, ``away``, or empty."""
        shown = int(self.shown[row])
        return ids[shown] if shown >= 0 else "" if shown == NOTHING else "away"

    def shelves(
        self, belief: ShelfBelief, stock: Stock, machine: Machine, looked_at_s: Ints, now_us: int
    ) -> list[Effect]:
        """Shelves that look different, at once; those that were only looked at again, every `refresh_s`."""
        g, ids = belief.geometry, belief.geometry.shelf_ids
        here, away = self.census.here(belief), missed(belief, stock)
        at = Counter(one.shelf or one.home_from for one in machine.findings.values() if one.state in LIVE)
        open_ = np.zeros(len(ids), dtype=np.int64)
        for shelf, count in at.items():
            if shelf in g.shelf_index:
                open_[g.shelf_index[shelf]] = count
        stale = now_us // _S - looked_at_s > self._settings.stale_after_s
        state = np.where(
            ~g.watched, _UNWATCHED, np.where(stale, _STALE, np.where(open_ > 0, _ATTENTION, _QUIET))
        )
        look = np.stack([state, here, away, open_], axis=1)
        if self._shelf_look.shape != look.shape:
            self._shelf_look, self._shelf_at_us = np.full_like(look, -1), np.zeros(len(ids), dtype=np.int64)
        aged = (now_us - self._shelf_at_us >= self._settings.refresh_s * 1e6) & g.watched & ~stale
        changed = np.flatnonzero((look != self._shelf_look).any(axis=1) | aged)
        self._shelf_look = look
        self._shelf_at_us[changed] = now_us
        return [
            ShelfChanged(
                shelf=ids[index],
                at_us=now_us,
                state=SHELF_STATES[int(state[index])],
                looked_at_us=int(looked_at_s[index]) * _S or None,
                items=int(here[index]),
                away=int(away[index]),
                findings=int(open_[index]),
            )
            for index in changed.tolist()
        ]

    def antennas(self, belief: ShelfBelief, now_us: int) -> list[Effect]:
        """Antennas whose state changed, and those that worked again, every `refresh_s`."""
        book, g = belief.antennas, belief.geometry
        unheard = now_us - book.last_dwell_us > self._settings.unheard_s * 1e6
        doubtful = np.where((book.distrusted > 0) | book.trust.lasting(now_us), _DOUBTFUL, _GOOD)
        dead = silent(book, g, self._settings)
        state = np.where(unheard, _UNHEARD, np.where(dead, _SILENT, doubtful))
        if self._antenna_look.shape != state.shape:
            self._antenna_look, self._antenna_at_us = (
                np.full_like(state, -1),
                np.zeros(len(state), dtype=np.int64),
            )
        waited = now_us - self._antenna_at_us >= self._settings.refresh_s * 1e6
        worked = book.last_dwell_us > self._antenna_at_us
        changed = np.flatnonzero(((state != self._antenna_look) | (waited & worked)) & g.meant[:-1])
        self._antenna_look = state
        self._antenna_at_us[changed] = now_us
        return [
            self._antenna(belief, index, ANTENNA_STATES[int(state[index])], now_us)
            for index in changed.tolist()
        ]

    def _antenna(self, belief: ShelfBelief, index: int, state: AntennaState, now_us: int) -> AntennaChanged:
        book = belief.antennas
        dwells, share = int(book.dwells[index]), float(book.share[index])
        return AntennaChanged(
            antenna=belief.geometry.antenna_ids[index],
            at_us=now_us,
            state=state,
            last_dwell_at_us=int(book.last_dwell_us[index]) or None,
            trusted_at_us=int(book.last_look_s[index]) * _S or None,
            dwells=dwells,
            reads_a_dwell=round(int(book.reads[index]) / max(1, dwells), 2),
            reference_share=None if np.isnan(share) else round(share, 3),
        )

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back to `now_us`: nothing was told later."""
        self._series_us = min(self._series_us, now_us)
        np.minimum(self.shown_s, np.uint32(now_us // _S), out=self.shown_s)
        for times in (self._shelf_at_us, self._antenna_at_us):
            np.minimum(times, now_us, out=times)

    def series(self, belief: ShelfBelief, stock: Stock, machine: Machine, now_us: int) -> list[Effect]:
        """Points, every `series_every_s`; the first call only begins the count.

        A site with more than `MOST_POINTS` shelves and antennas has them told in turns: the points of each are further apart.
        """
        if now_us - self._series_us < self._settings.series_every_s * 1e6:
            return []
        self._series_us = now_us
        self._series_turn += 1
        book, g = belief.antennas, belief.geometry
        points: list[Effect] = [*self._of_antennas(belief, now_us)]
        here, away = self.census.here(belief).tolist(), missed(belief, stock).tolist()
        for index in self._told(g.watched).tolist():
            fields = {"items": float(here[index]), "away": float(away[index])}
            points.append(Point("shelf", {"shelf": g.shelf_ids[index]}, fields, now_us))
        kinds = Counter(one.kind for one in machine.findings.values() if one.state in LIVE)
        points += [
            Point("findings", {"kind": kind}, {"open": float(kinds[kind])}, now_us) for kind in SENSED_KINDS
        ]
        total = {
            "dwells": float(book.dwells.sum()),
            "reads": float(book.reads.sum()),
            "late": float(book.late.sum()),
        }
        points.append(Point("hub", {}, total | {"tags": float(stock.rows)}, now_us))
        return points

    def _of_antennas(self, belief: ShelfBelief, now_us: int) -> list[Point]:
        """What each antenna whose turn it is heard since it was told last."""
        book, g, points = belief.antennas, belief.geometry, list[Point]()
        if len(self._counted) != len(book.dwells):
            self._counted = np.zeros((len(book.dwells), 2), dtype=np.int64)
        counted = np.stack([book.dwells, book.reads], axis=1)
        told = self._told((counted != self._counted).any(axis=1))
        for index in told.tolist():
            dwells, reads = (counted[index] - self._counted[index]).tolist()
            fields = {"dwells": float(dwells), "reads": float(reads)}
            share = float(book.share[index])
            if not np.isnan(share):
                fields["reference_share"] = round(share, 3)
            points.append(Point("antenna", {"antenna": g.antenna_ids[index]}, fields, now_us))
        self._counted[told] = counted[told]
        return points

    def _told(self, those: Bools) -> Ints:
        """Of `those` (by index) the ones whose turn it is."""
        turns = max(1, math.ceil(2 * len(those) / MOST_POINTS))
        some = np.flatnonzero(those)
        told: Ints = some[some % turns == self._series_turn % turns]
        return told

    def dump(self) -> dict[str, Any]:
        """Arrays and plain data."""
        return {
            "shown": self.shown.copy(),
            "shown_s": self.shown_s.copy(),
            "shelf_look": self._shelf_look.copy(),
            "shelf_at_us": self._shelf_at_us.copy(),
            "antenna_look": self._antenna_look.copy(),
            "antenna_at_us": self._antenna_at_us.copy(),
            "counted": self._counted.copy(),
            "series_us": self._series_us,
            "series_turn": self._series_turn,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        self.shown = np.array(state["shown"], dtype=np.int32)
        self.shown_s = np.array(state["shown_s"], dtype=np.uint32)
        for name in ("shelf_look", "shelf_at_us", "antenna_look", "antenna_at_us", "counted"):
            setattr(self, f"_{name}", np.array(state[name], dtype=np.int64))
        self._series_us = state["series_us"]
        self._series_turn = state.get("series_turn", 0)


def missed(belief: ShelfBelief, stock: Stock) -> Ints:
    """By shelf: items expected whose home begins there and of which a part is away; a set of three parts gone is one."""
    gone = np.zeros(len(stock.item_id), dtype=bool)
    gone[stock.item_of_row[np.flatnonzero(belief.away)]] = True
    items = np.flatnonzero(gone)
    expected = items[EXPECTED[stock.status[items]] & (stock.home_from[items] >= 0)]
    return np.bincount(stock.home_from[expected], minlength=len(belief.geometry.shelf_ids))


def candidates(belief: ShelfBelief, stock: Stock, weighed: Weighed, touched: Ints) -> list[Candidates]:
    """For each of these rows of `weighed`: shelves and ``away`` with probabilities, best first.

    The best two shelves always, of the others what is worth a word.

    One shelf stands for its whole zone, since no antenna tells the shelves of a zone apart: the believed one, else the home's, else
    the middle.
    """
    g, rows, zones = belief.geometry, weighed.rows[touched], weighed.candidates[touched]
    item, away = stock.item_of_row[rows], weighed.live[touched]
    home_from, home_to = stock.home_from[item][:, None], stock.home_to[item][:, None]
    place = belief.place[rows].astype(np.int64)[:, None]
    first, last = g.zone_first[zones], g.zone_last[zones]
    at_home = (home_from >= 0) & (home_from <= last) & (home_to >= first)
    home = np.where(at_home, np.maximum(first, home_from), (first + last) // 2)
    shelf = np.where(zones < 0, NOTHING, np.where((first <= place) & (place <= last), place, home))
    chance = weighed.chances[touched] * (1 - away[:, None])
    return [
        _named(g.shelf_ids, *row) for row in zip(shelf.tolist(), chance.tolist(), away.tolist(), strict=True)
    ]


def _named(ids: list[str], shelves: list[int], chances: list[float], away: float) -> Candidates:
    """See `candidates`; `shelves`: less than 0: none. Sorted by the negative of the probability, then by name."""
    some = sorted(
        (-round(chance, 4), ids[shelf]) for shelf, chance in zip(shelves, chances, strict=True) if shelf >= 0
    )
    some = [one for number, one in enumerate(some[:CANDIDATES]) if number < BEST or one[0] <= -WORTH]
    if away >= WORTH:
        some = sorted([*some[: CANDIDATES - 1], (-round(away, 4), AWAY_WORD)])
    return [(name, -less) for less, name in some]


def _words(belief: ShelfBelief, stock: Stock, weighed: Weighed, touched: Ints, now_us: int) -> list[_Words]:
    """Candidates and evidence of the rows of `weighed` that are written."""
    if not len(touched):
        return []
    rows = weighed.rows[touched]
    named = candidates(belief, stock, weighed, touched)
    answer = np.where(belief.away[rows], OFF_SHELF, belief.place[rows]).astype(np.int64)
    ids, index = belief.geometry.shelf_ids, belief.geometry.shelf_index
    said = [ids[shelf] if shelf >= 0 else AWAY_WORD for shelf in answer.tolist()]
    others = [contender(one, some) for one, some in zip(said, named, strict=True)]
    against = [OFF_SHELF if one == AWAY_WORD else index.get(one, NOTHING) for one in others]
    contest = Contest(rows, answer, np.array(against, dtype=np.int64), weighed.newest_s[touched])
    proof = witnesses(belief, stock, contest, now_us // _S)
    antennas = belief.geometry.antenna_ids
    heard_by = belief.slots.last_heard(rows)[1].tolist()
    plain = zip(
        rows.tolist(), answer.tolist(), weighed.live[touched].tolist(), weighed.newest_s[touched].tolist(),
        named, proof, ["" if who == NOBODY else antennas[who] for who in heard_by], strict=True,
    )  # fmt: skip
    return [_Words(*one) for one in plain]
