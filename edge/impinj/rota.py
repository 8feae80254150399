"""Which antenna of an R700 follows which, learned from its activations: so that one of which nobody told is noticed. Pure.

An activation that is lost leaves the antenna before it open until the next one is told of. Without a read of the skipped antenna
nothing else gives that away, and the longer turn would count as silence of an antenna that did not listen then.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

RENEWED: Final = 3
"""So often running the same other antenna must come before it is the order now: a preset that was changed by hand. One beginning that
is lost in three laps running looks the same; where one in a hundred is lost, that is one turn in a million."""

MAX_PORTS: Final = 64
"""Antennas whose follower is known: twice a reader with hubs. A hostile one names 65,000; the oldest is forgotten."""

LATELY: Final = 64
MANY: Final = 8
"""So many skips in the last `LATELY` turns are no mishap: this reader has no fixed order, or its events are lost all the time."""


class Follower(msgspec.Struct):
    """Who comes next; and who came instead of late, how often running."""

    port: int
    other: int = 0
    times: int = 0


class Rota:
    """One reader's order of antennas."""

    def __init__(self) -> None:
        self._next: dict[int, Follower] = {}
        self._lately: deque[bool] = deque(maxlen=LATELY)

    @property
    def unsteady(self) -> bool:
        """Whether antennas are skipped all the time."""
        return sum(self._lately) >= MANY

    def skips(self, port: int, then: int) -> bool:
        """Whether somebody was skipped when `then` came after `port`; what is not known yet is taken as it comes."""
        known = self._next.get(port)
        if known is None:
            if len(self._next) >= MAX_PORTS:
                del self._next[next(iter(self._next))]
            known = self._next[port] = Follower(then)
        skipped = known.port != then
        self._lately.append(skipped)
        if not skipped:
            known.times = 0
            return False
        known.times = known.times + 1 if known.other == then else 1
        known.other = then
        if known.times >= RENEWED:
            self._next[port] = Follower(then)
        return True

    def forget(self) -> None:
        """The reader was given another cycle."""
        self._next.clear()
        self._lately.clear()
