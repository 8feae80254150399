"""The daily processes: visits that follow the hours and the term, and the rounds of the staff's book trucks. Pure, seeded.

Everything is an event with its own time, drawn from streams that do not know how often the world is asked; so the step of a run changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from firmware_sim.world.deeds import Deed, DeedKind
from firmware_sim.world.doing import Doing
from firmware_sim.world.habits import Habits
from firmware_sim.world.opening import Openings
from firmware_sim.world.rules import IN_PROCESSING
from firmware_sim.world.state import State
from firmware_sim.world.throws import Throws

NEVER_US: Final = 1 << 62
TRUCK_BOOKS: Final = 150
"""Books on one truck; more books, more trucks and staff at the same time."""
_LOAD_US: Final = 1_000_000
"""To put one book on the truck."""
_HOUR_US: Final = 3_600_000_000
_TRIES: Final = 200


class People:
    """Who comes and what they do, from `wake` on."""

    def __init__(self, state: State, doing: Doing, habits: Habits, openings: Openings, seed: int) -> None:
        self._state = state
        self._doing = doing
        self._habits = habits
        self._openings = openings
        self._visits = Throws(seed, 51)
        self.outcomes = Throws(seed, 52)
        rates: list[tuple[DeedKind, float]] = [
            ("browse", habits.browse),
            ("to_table", habits.use_at_table),
            ("carry_to_desk", habits.borrow),
            ("to_desk", habits.return_),
            ("take", habits.take),
            ("stranger", habits.stranger),
            ("withdraw", habits.withdraw),
            ("new_item", habits.new_item),
        ]
        self._rates = [(kind, rate) for kind, rate in rates if rate > 0]
        self._whole = sum(rate for _, rate in self._rates)
        self._coming = iter(np.flatnonzero(state.status == IN_PROCESSING).tolist())
        self._rounds: Iterator[int] = iter(())
        self._visit_us = NEVER_US
        self._round_us = NEVER_US
        self._awake = False

    @property
    def next_us(self) -> int:
        """When something happens next."""
        return min(self._visit_us, self._round_us)

    def wake(self, now_us: int) -> None:
        """They begin to act, if they did not."""
        if not self._awake:
            self._awake = True
            self._visit_us = self._next_visit(now_us)
            self._rounds = self._rounds_from(now_us)
            self._round_us = next(self._rounds, NEVER_US)

    def sleep(self) -> None:
        """Nobody acts until `wake`; what was promised still happens."""
        self._awake = False

    def act(self) -> Deed | None:
        """Do what is due at `next_us`; the state's time stands there."""
        if self._round_us <= self._visit_us:
            self._send_trucks()
            self._round_us = next(self._rounds, NEVER_US)
            return None
        deed = self._visit()
        self._visit_us = self._next_visit(self._visit_us)
        return deed

    def _next_visit(self, now_us: int) -> int:
        an_hour = self._whole * self._habits.term * self._state.stock.count / 1000.0
        if an_hour <= 0:
            return NEVER_US
        found = self._openings.later(now_us, self._visits.wait() / an_hour)
        return NEVER_US if found is None else max(found, now_us + 1)

    def _visit(self) -> Deed | None:
        throw = self._visits.one() * self._whole
        for kind, rate in self._rates:
            throw -= rate
            if throw < 0:
                return self._start(kind)
        return None

    def _start(self, kind: DeedKind) -> Deed | None:
        if kind == "stranger":
            return self._doing.stranger(self.outcomes)
        tag = self._choose(kind)
        return None if tag is None else self._doing.do(kind, tag, self.outcomes, told=False)

    def _choose(self, kind: DeedKind) -> int | None:
        state = self._state
        if kind == "to_desk":
            return state.lent[self._visits.below(len(state.lent))] if len(state.lent) else None
        if kind == "new_item":
            return next((tag for tag in self._coming if state.can(kind, tag)), None)
        for _ in range(_TRIES):
            tag = self._visits.below(state.stock.count)
            if state.can(kind, tag):
                return tag
        return None

    def _rounds_from(self, now_us: int) -> Iterator[int]:
        """Truck rounds: an hour before opening, and then every so often until closing."""
        every_us = int(self._habits.truck_every_h * _HOUR_US)
        for day in self._openings.days_from(now_us):
            for at_us in range(day.opens_us - _HOUR_US, day.closes_us, every_us):
                if at_us >= now_us:
                    yield at_us

    def _send_trucks(self) -> None:
        """Collect what waits at tables and the desk, sort it by home, and put it back truck by truck."""
        state, now_us = self._state, self._state.now_us
        ready = [tag for tag, since_us in self._doing.waiting.items() if since_us <= now_us]
        ready.sort(key=lambda tag: (state.home_of(tag), tag))
        for first in range(0, len(ready), TRUCK_BOOKS):
            truck = ready[first : first + TRUCK_BOOKS]
            at_us = now_us + len(truck) * _LOAD_US
            for number, tag in enumerate(truck):
                self._doing.waiting.pop(tag)
                state.promise(now_us + number * _LOAD_US, "to_truck", tag)
                at_us += self.outcomes.us(self._habits.reshelve_s)
                wrong = self.outcomes.one() < self._habits.reshelve_wrong
                state.promise(at_us, "reshelve_wrong" if wrong else "reshelve", tag)
