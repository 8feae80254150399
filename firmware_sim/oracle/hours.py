"""How often books are taken up and put down, and how long they stay away: the habits of a scenario as chances. Told to the oracle. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from firmware_sim.scoring.doors import Doors
from firmware_sim.world.habits import Habits
from firmware_sim.world.shelving import BESIDE

HOUR_S: Final = 3600.0
_S: Final = 1_000_000
SLACK_S: Final = 35.0
"""The oracle is told moments to some seconds: a tick and a stroke of the run."""
TRUCK_S: Final = 1_800.0
"""From the beginning of a round until its last book stands again."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One book's chances."""

    habits: Habits
    doors: Doors

    @property
    def leaves_an_hour(self) -> float:
        """Taken up, in an open hour."""
        h = self.habits
        return (h.browse + h.use_at_table + h.borrow + h.take + h.withdraw) * h.term / 1000.0

    @property
    def changes_an_hour(self) -> float:
        """Something changes for a standing book, in an open hour: itself, or one of those beside it, is taken or put."""
        h = self.habits
        puts = (h.browse + h.use_at_table + h.return_ + h.new_item) * h.term / 1000.0
        return self.leaves_an_hour + 2 * BESIDE * (self.leaves_an_hour + puts)

    @property
    def own_share(self) -> float:
        """Of these changes: the book itself was taken up."""
        return self.leaves_an_hour / self.changes_an_hour if self.changes_an_hour else 0.0

    def open_h(self, from_us: int, to_us: int) -> float:
        """Open hours between two times."""
        closed_us = sum(end - begin for begin, end in self.doors.nights(from_us, to_us))
        return max(0.0, (to_us - from_us - closed_us) / _S / HOUR_S)

    def back_after(self, span_s: float) -> float:
        """Density, a second, of being put back just that long after it was taken up."""
        h = self.habits
        shortest, longest = h.browse_s
        found = 0.0
        if shortest - SLACK_S <= span_s <= longest + SLACK_S:
            found += h.browse / (longest - shortest + 2 * SLACK_S)
        soonest, latest = h.table_s
        if soonest - SLACK_S <= span_s <= latest + SLACK_S:
            found += h.use_at_table * (1.0 - h.left_on_table) / (latest - soonest + 2 * SLACK_S)
        collected_s = latest + h.truck_every_h * HOUR_S
        if soonest <= span_s <= collected_s:
            found += h.use_at_table * h.left_on_table / (collected_s - soonest)
        return found / self._whole()

    def still_off(self, taken_us: int, at_us: int) -> float:
        """Chance that a book taken up then is off the shelves now, while the catalogue expects it."""
        h, off_s = self.habits, (at_us - taken_us) / _S
        soonest, latest = (a + b for a, b in zip(h.walk_to_desk_s, h.desk_tells_s, strict=True))
        found = h.take + h.use_at_table * self._on_table(taken_us, at_us)
        found += h.browse * _longer(off_s, *h.browse_s) + h.borrow * _longer(off_s, soonest, latest)
        return found / self._whole()

    def _on_table(self, taken_us: int, at_us: int) -> float:
        """In use, or left on a table after the last truck that could have brought it back."""
        h, last_us = self.habits, self._last_round(at_us)
        used = _longer((at_us - taken_us) / _S, *h.table_s)
        late = 0.0 if last_us is None else _longer((last_us - taken_us) / _S, *h.table_s)
        return h.left_on_table * max(used, late) + (1.0 - h.left_on_table) * used

    def _last_round(self, at_us: int) -> int | None:
        """The last round of the trucks that was over by then; rounds begin an hour before the doors open."""
        opens_us = self.doors.next_opening(at_us - 25 * int(HOUR_S) * _S)
        if opens_us is None:
            return None
        every_us = int(self.habits.truck_every_h * HOUR_S * _S)
        first_us, found = opens_us - int(HOUR_S) * _S, None
        while first_us + int(TRUCK_S) * _S <= at_us:
            if not (self.doors.closed(first_us) and self.doors.closed(first_us + int(HOUR_S) * _S)):
                found = first_us
            first_us += every_us
        return found

    def _whole(self) -> float:
        h = self.habits
        return max(h.browse + h.use_at_table + h.borrow + h.take + h.withdraw, 1e-12)


def _longer(than_s: float, shortest_s: float, longest_s: float) -> float:
    """Chance that something lasts longer, if all lengths between two are as likely."""
    share = (longest_s - than_s) / max(longest_s - shortest_s, 1.0)
    return min(1.0, max(0.0, share))
