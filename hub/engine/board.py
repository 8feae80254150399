"""What was shown of places, shelves and antennas, and what looks different now. Pure.

The engine decides on millions of rows; the store and the map get only what changed, within bounds a tick.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from hub.belief.interface import Ints, Weighed
from hub.belief.model import FirstBelief
from hub.belief.slots import NOBODY
from hub.belief.stock import EXPECTED, Stock
from hub.effects import AntennaChanged, Effect, ItemEvent, PlaceChanged, Point, ShelfChanged
from hub.findings.machine import LIVE, Machine
from hub.findings.watch import evidence
from hub.settings import EngineSettings
from shelfwire.ids import digest_id

NOTHING: Final = -1
AWAY: Final = -2
_S: Final = 1_000_000
SENSED_KINDS: Final = ("misplaced", "missing", "unexpected", "unknown_tag", "silent_antenna", "stale_shelf")
CANDIDATES: Final = 4
"""Places named with a probability; the rest are below a percent."""


class Board:
    """Remembers what was written last."""

    def __init__(self, site: str, settings: EngineSettings) -> None:
        self._site = site
        self._settings = settings
        self.shown: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        """By tag row: the shelf that the store knows, `AWAY`, or `NOTHING`."""
        self.shown_s: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        self._shelves: dict[str, tuple[Any, ...]] = {}
        self._shelf_at_us: dict[str, int] = {}
        self._antennas: dict[str, tuple[Any, ...]] = {}
        self._series_us = 0
        self._counted: dict[str, tuple[int, int]] = {}

    def stock(self, kept: Ints) -> None:
        """A new catalogue; see `FirstBelief.stock`."""
        shown, shown_s = self.shown, self.shown_s
        self.shown = np.full(len(kept), NOTHING, dtype=np.int32)
        self.shown_s = np.zeros(len(kept), dtype=np.uint32)
        have = np.flatnonzero(kept >= 0)
        self.shown[have], self.shown_s[have] = shown[kept[have]], shown_s[kept[have]]

    def places(self, belief: FirstBelief, stock: Stock, weighed: Weighed, now_us: int) -> list[Effect]:
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
        for at in changed.tolist():
            effects += self._place(belief, stock, weighed, at, now_us, moved=True)
        for at in renewed.tolist():
            effects += self._place(belief, stock, weighed, at, now_us, moved=False)
        touched = np.concatenate([changed, renewed])
        self.shown[rows[touched]] = current[touched]
        self.shown_s[rows[touched]] = weighed.newest_s[touched]
        return effects

    def _place(
        self, belief: FirstBelief, stock: Stock, weighed: Weighed, at: int, now_us: int, *, moved: bool
    ) -> list[Effect]:
        row = int(weighed.rows[at])
        ids, key = belief.geometry.shelf_ids, stock.keys[row]
        away = bool(belief.away[row])
        shelf = None if away else ids[int(belief.place[row])]
        named = candidates(belief, weighed, at)
        chance = round(float(weighed.away[at]), 4) if away else dict(named).get(shelf or "", 0.0)
        newest_s, who = (
            int(weighed.newest_s[at]),
            int(belief.slots.last_heard(weighed.rows[at : at + 1])[1][0]),
        )
        proof = evidence(belief, row, newest_s * _S or now_us)
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
                    last_heard_by=belief.geometry.antenna_ids[who] if who != NOBODY else "",
                    evidence=proof,
                )
            )
            if moved:
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
                        detail={},
                    )
                )
        return effects

    def shelves(
        self, belief: FirstBelief, stock: Stock, machine: Machine, looked_at_s: list[int], now_us: int
    ) -> list[Effect]:
        """Shelves whose state changed at once; their counts at most once a second."""
        here, away = occupancy(belief, stock)
        open_at = Counter(
            one.shelf or one.home_from for one in machine.findings.values() if one.state in LIVE
        )
        effects: list[Effect] = []
        g = belief.geometry
        for index, shelf in enumerate(g.shelf_ids):
            at_s = looked_at_s[index]
            state = self._shelf_state(
                watched=bool(g.shelf_antennas[index]), at_s=at_s, open_=open_at[shelf], now_us=now_us
            )
            look = (state, int(here[index]), int(away[index]), open_at[shelf])
            known = self._shelves.get(shelf)
            urgent = known is None or known[0] != state
            # The time of the last look alone moves with every dwell; the map wants it about once a minute.
            aged = now_us - self._shelf_at_us.get(shelf, 0) >= self._settings.refresh_s * 1e6 and at_s > 0
            if urgent or look != known or (aged and state != "stale"):
                self._shelves[shelf], self._shelf_at_us[shelf] = look, now_us
                effects.append(
                    ShelfChanged(
                        shelf=shelf,
                        at_us=now_us,
                        state=state,
                        looked_at_us=at_s * _S or None,
                        items=look[1],
                        away=look[2],
                        findings=look[3],
                    )
                )
        return effects

    def _shelf_state(
        self, *, watched: bool, at_s: int, open_: int, now_us: int
    ) -> Literal["quiet", "attention", "stale", "unwatched"]:
        if not watched:
            return "unwatched"
        if now_us - at_s * _S > self._settings.stale_after_s * 1e6:
            return "stale"
        return "attention" if open_ else "quiet"

    def antennas(self, belief: FirstBelief, now_us: int) -> list[Effect]:
        """Antennas whose state changed, and each at most once in `refresh_s` otherwise."""
        effects: list[Effect] = []
        book, g = belief.antennas, belief.geometry
        for index, name in enumerate(g.antenna_ids):
            if not g.own_shelves[index]:
                continue
            state = self._antenna_state(belief, index, now_us)
            last_us = int(book.last_dwell_us[index])
            known = self._antennas.get(name)
            waited = (
                known is not None
                and now_us - known[1] >= self._settings.refresh_s * 1e6
                and last_us != known[2]
            )
            if known is None or known[0] != state or waited:
                self._antennas[name] = (state, now_us, last_us)
                dwells = int(book.dwells[index])
                share = float(book.share[index])
                effects.append(
                    AntennaChanged(
                        antenna=name,
                        at_us=now_us,
                        state=state,
                        last_dwell_at_us=last_us or None,
                        trusted_at_us=int(book.last_look_s[index]) * _S or None,
                        dwells=dwells,
                        reads_a_dwell=round(int(book.reads[index]) / max(1, dwells), 2),
                        reference_share=None if np.isnan(share) else round(share, 3),
                    )
                )
        return effects

    def _antenna_state(
        self, belief: FirstBelief, index: int, now_us: int
    ) -> Literal["good", "doubtful", "silent", "unheard"]:
        book = belief.antennas
        if now_us - int(book.last_dwell_us[index]) > self._settings.unheard_s * 1e6:
            return "unheard"
        distrusted = int(book.distrusted[index])
        if distrusted >= self._settings.silent_dwells:
            return "silent"
        return "doubtful" if distrusted else "good"

    def series(self, belief: FirstBelief, stock: Stock, machine: Machine, now_us: int) -> list[Effect]:
        """Points, every `series_every_s`; the first call only begins the count."""
        if now_us - self._series_us < self._settings.series_every_s * 1e6:
            return []
        self._series_us = now_us
        points: list[Effect] = []
        book, g = belief.antennas, belief.geometry
        for index, name in enumerate(g.antenna_ids):
            dwells, reads = int(book.dwells[index]), int(book.reads[index])
            before = self._counted.get(name, (0, 0))
            if (dwells, reads) == before:
                continue
            self._counted[name] = (dwells, reads)
            fields = {"dwells": float(dwells - before[0]), "reads": float(reads - before[1])}
            share = float(book.share[index])
            if not np.isnan(share):
                fields["reference_share"] = round(share, 3)
            points.append(Point("antenna", {"antenna": name}, fields, now_us))
        here, away = occupancy(belief, stock)
        for index, shelf in enumerate(g.shelf_ids):
            if g.shelf_antennas[index]:
                fields = {"items": float(here[index]), "away": float(away[index])}
                points.append(Point("shelf", {"shelf": shelf}, fields, now_us))
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

    def dump(self) -> dict[str, Any]:
        """Arrays and plain data."""
        return {
            "shown": self.shown.copy(),
            "shown_s": self.shown_s.copy(),
            "shelves": [
                [shelf, list(look), self._shelf_at_us[shelf]] for shelf, look in self._shelves.items()
            ],
            "antennas": [[name, *look] for name, look in self._antennas.items()],
            "counted": [[name, *count] for name, count in self._counted.items()],
            "series_us": self._series_us,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        self.shown = np.array(state["shown"], dtype=np.int32)
        self.shown_s = np.array(state["shown_s"], dtype=np.uint32)
        self._shelves = {shelf: tuple(look) for shelf, look, _ in state["shelves"]}
        self._shelf_at_us = {shelf: at_us for shelf, _, at_us in state["shelves"]}
        self._antennas = {name: tuple(look) for name, *look in state["antennas"]}
        self._counted = {name: (dwells, reads) for name, dwells, reads in state["counted"]}
        self._series_us = state["series_us"]


def occupancy(belief: FirstBelief, stock: Stock) -> tuple[Ints, Ints]:
    """By shelf: items (by their first tag) believed there, and items expected whose home begins there and that are away."""
    shelves = len(belief.geometry.shelf_ids)
    place = np.where(belief.away, NOTHING, belief.place)
    here = np.bincount(place[place >= 0], minlength=shelves)
    items = stock.item_of_row[np.flatnonzero(belief.away)]
    expected = items[EXPECTED[stock.status[items]] & (stock.home_from[items] >= 0)]
    return here, np.bincount(stock.home_from[expected], minlength=shelves)


def candidates(belief: FirstBelief, weighed: Weighed, at: int) -> list[tuple[str, float]]:
    """Shelves and ``away`` with probabilities, best first.

    One shelf stands for its whole zone, since no antenna tells the shelves of a zone apart: the believed one, else the middle.
    """
    g = belief.geometry
    away = float(weighed.away[at])
    place = int(belief.place[weighed.rows[at]])
    named: list[tuple[str, float]] = [("away", round(away, 4))]
    for zone, chance in zip(weighed.candidates[at].tolist(), weighed.chances[at].tolist(), strict=True):
        if zone < 0:
            continue
        first, last = int(g.zone_first[zone]), int(g.zone_last[zone])
        shelf = place if first <= place <= last else (first + last) // 2
        named.append((g.shelf_ids[shelf], round(chance * (1 - away), 4)))
    named = [one for one in named if one[1] >= 0.005]  # noqa: PLR2004 (half a percent)
    return sorted(named, key=lambda one: (-one[1], one[0]))[:CANDIDATES]
