"""Which numbers of one outbox the journal holds: all up to one, and ranges beyond it. Pure.

The cost is in ranges, not in numbers: a hub that was away for a day costs one range.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

import msgspec

MAX_RANGES: Final = 1_000
"""Holes that are remembered for one outbox. A broker that loses every second message of 2,000 in flight makes 1,000; what would
make more is not taken, stays with the agent, and comes again when the holes are closed."""

MAX_BOOTS: Final = 8
"""Spans of numbers by the process that made them; enough to see two processes share one outbox."""


class BootSpan(msgspec.Struct, array_like=True):
    """The numbers that one process of the agent used."""

    boot: str
    first: int
    last: int


class Sequence(msgspec.Struct, kw_only=True):
    """One outbox of one agent, as far as the journal holds it."""

    upto: int = 0
    beyond: list[tuple[int, int]] = []
    """Ranges (first, last) above `upto`, sorted, apart from each other by at least one number."""
    boots: list[BootSpan] = []
    last_at_us: int = 0
    """When the newest report was taken."""
    since_us: int = 0
    """When the first was."""
    taken: int = 0
    doubled: int = 0
    lost: int = 0
    """Numbers that a `Lost` record stands for."""
    given_up: int = 0
    """Numbers that were asked for again and again and never came."""

    def holds(self, seq: int) -> bool:
        """Whether this number is in the journal."""
        if seq <= self.upto:
            return True
        place = bisect_left(self.beyond, (seq + 1, 0))
        return place > 0 and self.beyond[place - 1][1] >= seq

    def holds_all(self, first: int, last: int) -> bool:
        """Whether no number of first … last is new."""
        if last <= self.upto:
            return True
        first = max(first, self.upto + 1)
        place = bisect_left(self.beyond, (first + 1, 0))
        return place > 0 and self.beyond[place - 1][1] >= last

    def has_room_for(self, first: int) -> bool:
        """Whether a range that begins with `first` can be remembered."""
        if len(self.beyond) < MAX_RANGES or first <= self.upto + 1:
            return True
        return self.holds(first - 1)

    def add(self, first: int, last: int) -> None:
        """Book first … last; what was booked before stays."""
        if first > self.upto + 1:
            self.beyond = _merged(self.beyond, (first, last))
            return
        self.upto = max(self.upto, last)
        while self.beyond and self.beyond[0][0] <= self.upto + 1:
            self.upto = max(self.upto, self.beyond[0][1])
            self.beyond = self.beyond[1:]

    def gaps(self) -> list[tuple[int, int]]:
        """Ranges that are missing below the highest number that was taken."""
        found = []
        after = self.upto
        for first, last in self.beyond:
            found.append((after + 1, first - 1))
            after = last
        return found

    def missing(self) -> int:
        """How many numbers the gaps hold."""
        return sum(last - first + 1 for first, last in self.gaps())

    def note_boot(self, boot: str, seq: int) -> None:
        """Remember which process used `seq`."""
        for span in self.boots:
            if span.boot == boot:
                span.first = min(span.first, seq)
                span.last = max(span.last, seq)
                return
        self.boots = [*self.boots[-(MAX_BOOTS - 1) :], BootSpan(boot, seq, seq)]

    def made_by_another(self, boot: str, seq: int) -> bool:
        """Whether `seq` lies among the numbers of another process than `boot`: two agents write one outbox."""
        return any(span.boot != boot and span.first <= seq <= span.last for span in self.boots)


def _merged(ranges: list[tuple[int, int]], new: tuple[int, int]) -> list[tuple[int, int]]:
    first, last = new
    place = bisect_left(ranges, (first, 0))
    if place > 0 and ranges[place - 1][1] >= first - 1:
        place -= 1
        first = ranges[place][0]
    end = place
    while end < len(ranges) and ranges[end][0] <= last + 1:
        last = max(last, ranges[end][1])
        end += 1
    return [*ranges[:place], (first, last), *ranges[end:]]
