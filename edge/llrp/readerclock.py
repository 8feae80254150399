"""A reader's clock against the host's boot clock. Pure.

Messages take time, never negative: the smallest difference host minus reader of the last minute is the best guess of the offset.
It works the same for a reader whose clock stands in the year 2000, and for one that only knows its uptime.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from edge.delay import SmallestDelay

JUMP_US: Final = 2_000_000
"""A change of more is a clock that was set, or a link that stood still; smaller ones are delays."""

CONFIRM_US: Final = 5_000_000
"""A clock set back looks like delayed messages. After 5 s in which every message is late by as much it is believed."""

OLDEST_US: Final = 120_000_000
"""A time that lies further back than two minutes is not believed: the host's is used."""


class ReaderClock:
    """Tracks one offset for one connection."""

    def __init__(self) -> None:
        self._delay = SmallestDelay()
        self._late: deque[tuple[int, int]] = deque()
        self.jumps = 0
        """How often the reader's clock was set; each is a health event."""

    @property
    def offset_us(self) -> int | None:
        """Reader minus host; None before the first event."""
        best_us = self._delay.best_us
        return None if best_us is None else -best_us

    def sample(self, reader_us: int, now_us: int) -> None:
        """An event of `reader_us` arrived at `now_us`."""
        difference = now_us - reader_us
        best_us = self._delay.best_us
        if best_us is None:
            self._restart([(now_us, difference)])
        elif difference < best_us - JUMP_US:
            self.jumps += 1
            self._restart([(now_us, difference)])
        elif difference > best_us + JUMP_US:
            self._late.append((now_us, difference))
            if now_us - self._late[0][0] >= CONFIRM_US:
                self.jumps += 1
                self._restart(list(self._late))
        else:
            self._late.clear()
            self._delay.push(now_us, difference)

    def to_host(self, reader_us: int | None, now_us: int) -> int:
        """`reader_us` on the host's boot clock; `now_us` where the reader tells nothing that can be true."""
        best_us = self._delay.best_us
        if reader_us is None or best_us is None:
            return now_us
        at_us = reader_us + best_us
        return at_us if now_us - OLDEST_US <= at_us <= now_us else now_us

    def _restart(self, samples: list[tuple[int, int]]) -> None:
        self._delay.restart()
        self._late.clear()
        for now_us, difference in samples:
            self._delay.push(now_us, difference)
