"""The library that does not exist: which book stands where, who moves it, and the log of the truth. Pure, seeded.

Time only goes forward: `advance` lets happen what people do up to a time, `do` lets one thing happen now. Both write deeds, and `where` answers for any time
from the start and the deeds alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from firmware_sim.hearing import Int64
from firmware_sim.world.deeds import Deed, DeedKind
from firmware_sim.world.doing import Doing
from firmware_sim.world.habits import Habits, MassMove, Planted
from firmware_sim.world.moving import MassMoves
from firmware_sim.world.opening import Openings
from firmware_sim.world.people import NEVER_US, People
from firmware_sim.world.state import State
from firmware_sim.world.stock import Stock
from firmware_sim.world.throws import Throws
from shelfwire.site.model import Site

_FROM_HOME: Final = frozenset({"borrow", "take", "browse", "to_table", "carry_to_desk", "withdraw"})
"""A story that names no book means one that stands at home."""


class World(State):
    """One site with its books and people. `seed` and the sequence of calls decide everything; how long the steps of `advance` are does not."""

    def __init__(
        self,
        site: Site,
        stock: Stock,
        *,
        start_us: int,
        seed: int,
        people: Habits | None = None,
        planted: Planted | None = None,
        moves: Sequence[MassMove] = (),
    ) -> None:
        super().__init__(site, stock, start_us=start_us, seed=seed, planted=planted or Planted())
        habits = people or Habits()
        openings = Openings(habits.hours, site.timezone)
        self.openings: Openings | None = openings if people is not None else None
        """When people come; None: nobody does."""
        self._doing = Doing(self, habits, openings)
        self._told = Throws(seed, 50)
        self._people = None if people is None else People(self, self._doing, people, openings, seed)
        self._moves = MassMoves(self, self._doing.targets, moves)
        if people is not None:
            for tag in np.flatnonzero(self.able("fix")).tolist() if people.fix else ():
                self._doing.promise_fix(tag, self._told)

    def advance(self, to_us: int, *, dice: bool = True) -> list[Deed]:
        """All that people do up to `to_us`, in order. Without `dice` only what was promised and the mass moves happen."""
        done: list[Deed] = []
        people = self._people
        if people is not None:
            if dice:
                people.wake(self.now_us)
            else:
                people.sleep()
        while True:
            promised_us = self.agenda[0][0] if self.agenda else NEVER_US
            thrown_us = people.next_us if people is not None and dice else NEVER_US
            first_us = min(promised_us, thrown_us, self._moves.next_us)
            if first_us > to_us:
                self.now_us = max(self.now_us, to_us)
                return done
            self.now_us = max(self.now_us, first_us)
            deed = None
            if first_us == self._moves.next_us:
                self._moves.begin()
            elif first_us == promised_us:
                deed = self._keep()
            elif people is not None:
                deed = people.act()
            if deed is not None:
                done.append(deed)

    def do(
        self, kind: DeedKind, tag: int | None = None, *, of: str | None = None, to: str | None = None
    ) -> Deed | None:
        """Let it happen now, to `tag` or to one chosen by dice; None: there is nobody it could happen to.

        `of`: only books whose home (for strangers: whose place) is in this range, face, bay or shelf; `to`: where a misplaced or moved book or a stranger ends.
        """
        if kind == "stranger":
            return self._doing.stranger(self._told, to)
        if tag is None:
            tag = self._chosen(kind, of)
        if tag is None or not self.can(kind, tag):
            return None
        return self._doing.do(kind, tag, self._told, told=True, to=to)

    def _keep(self) -> Deed | None:
        promised = self.pop_promise()
        if promised is None:
            return None
        kind, tag = promised
        if kind == "mass_move" and not self._moves.still(tag):
            return None
        if self._people is None:
            return self._doing.do(kind, tag, self._told, told=kind in _AT_ONCE)
        return self._doing.do(kind, tag, self._people.outcomes, told=False)

    def _chosen(self, kind: DeedKind, of: str | None) -> int | None:
        if kind == "stranger_gone":
            tags: Int64 = self.strangers_from + np.flatnonzero(
                self.place[self.strangers_from : self.strangers_from + self.strangers] >= 0
            )
            places = self.place[tags]
        else:
            able = self.able(kind)
            if kind in _FROM_HOME:
                able &= (self.stock.home_from <= self.place[: self.stock.count]) & (
                    self.place[: self.stock.count] <= self.stock.home_to
                )
            tags = np.flatnonzero(able)
            places = self.stock.home[tags]
        if of is not None:
            first, end = self.site.spans.get(of, (0, 0))
            tags = tags[(first <= places) & (places < end)]
        return int(tags[self._told.below(len(tags))]) if len(tags) else None


_AT_ONCE: Final = frozenset({"borrow", "new_item"})
"""Promised by a story, as told."""
