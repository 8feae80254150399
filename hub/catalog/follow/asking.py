"""Which items to ask the library system about next: first those that the shelves speak of. Pure.

The shelves' news come in as `Seen` (a book was heard, a book fell silent, a finding is open); questions go out as
barcodes, most urgent first and the newest news first among equals, within a rate. An item is not asked about again within a
time that doubles, up to six hours, while the answer stays the same, so that an old finding costs a few questions a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import Final, Literal, NamedTuple

from hub.catalog.model import EXPECTED_ON_SHELF

MAX_WAITING: Final = 100_000
"""Items that wait for their turn, some 20 MB. At two questions a second they take half a day; older news are then no news."""
MAX_REMEMBERED: Final = 500_000
"""Items whose last question is remembered; beyond it the oldest are forgotten and may be asked about early."""
LONGEST_US: Final = 6 * 3_600_000_000
_S: Final = 1_000_000
_SPARE: Final = 1_000
"""Places in the queue that were given up for better ones; beyond them, and one an item, the queue is made anew."""

What = Literal["finding", "heard", "gone"]


class Seen(NamedTuple):
    """What the shelves say of an item."""

    barcode: str
    what: What
    """``finding``: one about its loan state is open; ``heard``: it has a place now; ``gone``: it is away."""
    status: str
    """What the catalogue says now."""
    at_us: int
    """When it was heard or fell silent; of a finding, when it was looked up."""


def urgency(seen: Seen) -> int | None:
    """0 is first; None: the news agrees with the catalogue, so there is nothing to ask.

    A finding and a book that is heard although the catalogue has it elsewhere may be a false alarm this minute. A book
    that fell silent was likely borrowed.
    """
    expected = seen.status in EXPECTED_ON_SHELF
    if seen.what == "finding" or (seen.what == "heard" and not expected):
        return 0
    return 1 if seen.what == "gone" and expected else None


class _Asked(NamedTuple):
    at_us: int
    wait_us: int


class Asking:
    """The queue of one source."""

    def __init__(self, again_s: float) -> None:
        self._again_us = int(again_s * _S)
        self._heap: list[tuple[int, int, str]] = []
        """(urgency, -time of the news, barcode); what is not in `_waiting` any more is passed over."""
        self._waiting: dict[str, tuple[int, int]] = {}
        self._later: list[tuple[int, int, int, str]] = []
        """(when it may be asked about, then as `_heap`): news of items that were asked about a moment ago."""
        self._asked: dict[str, _Asked] = {}
        self.dropped = 0
        """News that found no room."""

    def __len__(self) -> int:
        return len(self._waiting) + len(self._later)

    def see(self, news: Iterable[Seen]) -> None:
        """Take news. A finding that is still open may be said again and again."""
        for seen in news:
            rank = urgency(seen)
            if rank is None:
                continue
            if len(self) >= MAX_WAITING:
                self.dropped += 1
            elif seen.what == "finding" and self._waiting.get(seen.barcode, (rank + 1,))[0] <= rank:
                continue  # it keeps its turn, behind fresh news
            elif (due_us := self._due_us(seen)) is None:
                self._wait(rank, -seen.at_us, seen.barcode)
            elif seen.what != "finding":  # which comes again by itself
                heappush(self._later, (due_us, rank, -seen.at_us, seen.barcode))

    def _due_us(self, seen: Seen) -> int | None:
        """When it may be asked about; None: at once. Fresh news end the long waits, never the shortest one."""
        asked = self._asked.get(seen.barcode)
        if asked is None:
            return None
        if seen.what == "finding" and seen.at_us < asked.at_us:
            return None  # the clock was set back since: what was asked then may be days ahead
        fresh = seen.what != "finding" and seen.at_us > asked.at_us
        due_us = asked.at_us + (self._again_us if fresh else asked.wait_us)
        return due_us if seen.at_us < due_us else None

    def _wait(self, rank: int, newest: int, barcode: str) -> None:
        entry, known = (rank, newest), self._waiting.get(barcode)
        if known is None or entry < known:
            self._waiting[barcode] = entry
            heappush(self._heap, (*entry, barcode))
        if len(self._heap) > 2 * len(self._waiting) + _SPARE:
            self._heap = [(*entry, barcode) for barcode, entry in self._waiting.items()]
            heapify(self._heap)

    def take(self, count: int, now_us: int) -> list[str]:
        """The next `count` barcodes; they wait no more."""
        while self._later and self._later[0][0] <= now_us:
            _, rank, newest, barcode = heappop(self._later)
            self._wait(rank, newest, barcode)
        taken: list[str] = []
        while self._heap and len(taken) < count:
            rank, newest, barcode = heappop(self._heap)
            if self._waiting.get(barcode) == (rank, newest):
                del self._waiting[barcode]
                taken.append(barcode)
        return taken

    def put_back(self, barcodes: Iterable[str]) -> None:
        """There was no answer: they wait again, behind fresh news."""
        for barcode in barcodes:
            self._wait(1, 0, barcode)

    def answered(self, changed: Mapping[str, bool], now_us: int) -> None:
        """These were asked about; whether the answer differs from what the catalogue had."""
        for barcode, is_new in changed.items():
            before = self._asked.pop(barcode, None)
            wait_us = self._again_us
            if before is not None and not is_new:
                wait_us = max(wait_us, min(LONGEST_US, before.wait_us * 2))
            self._asked[barcode] = _Asked(now_us, wait_us)
        while len(self._asked) > MAX_REMEMBERED:
            del self._asked[next(iter(self._asked))]


class Pace:
    """At most so many questions a second, a second's worth at once."""

    def __init__(self, a_second: float) -> None:
        self._a_second = a_second
        self._room = 0.0
        self._at_us: int | None = None

    def allow(self, now_us: int) -> int:
        """How many may go out now. The first call, and one after the clock went back, begin with one."""
        if self._at_us is None or now_us < self._at_us:
            self._room = 1.0
        else:
            passed_s = (now_us - self._at_us) / _S
            self._room = min(max(1.0, self._a_second), self._room + self._a_second * passed_s)
        self._at_us = now_us
        return max(0, int(self._room))

    def spent(self, count: int) -> None:
        """So many went out."""
        self._room -= count
