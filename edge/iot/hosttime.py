"""A reader's own times against the host's boot clock, where messages may be hours old: kept by a broker, or by the reader itself. Pure.

LLRP's connection is young when it opens (`edge.llrp.readerclock`); a broker's message is not. So a first time that differs much
from ours is believed only when messages have gone on for five seconds at the same difference: a wrong clock runs on beside ours, a
backlog catches up. Until then nothing of it is counted.
"""

from __future__ import annotations

from typing import Final

from edge.delay import SmallestDelay

TRUST_US: Final = 10_000_000
"""A first message that differs by less is taken at once: a reader with network time, and a message that was on its way for seconds."""

JUMP_US: Final = 2_000_000
"""A difference beyond the best one by more is a delay, a backlog, or a clock that was set."""

CONFIRM_US: Final = 5_000_000
"""So long a new difference must hold before it is a clock that was set. A backlog of a minute drains in less."""

CONFIRM_MESSAGES: Final = 5
"""And in so many messages: two old ones that come five seconds apart are no clock."""

OLDEST_US: Final = 120_000_000
"""What happened longer ago is not counted any more: live state needs none of it, and a retained or repeated message could be of any age."""

GRAIN_US: Final = 100_000
"""Of messages that come within so long of each other only the quickest is kept: 600 in a minute, however many a reader sends."""


class HostTime:
    """One reader's clock. Works on the reader's own times; `host` brings them over when a dwell is complete."""

    def __init__(self) -> None:
        self._delay = SmallestDelay(GRAIN_US)
        self._since_us = 0
        self._messages = 0
        self._spread_us = (0, 0)
        self._doubted = self._untimed = False
        self.jumps = 0
        """How often the clock was set."""

    @property
    def offset_us(self) -> int | None:
        """Reader minus host; None as long as nothing is believed."""
        best_us = self._delay.best_us
        return None if best_us is None else -best_us

    def take(self, reader_us: int | None, now_us: int) -> int | None:
        """When it happened, on the reader's clock; None: not to be counted, because it is old or not known when.

        Without a time of its own a message is of this moment.
        """
        best_us = self._delay.best_us
        if reader_us is None:
            self._untimed |= best_us is None
            return now_us - (best_us or 0)
        difference_us = now_us - reader_us
        if best_us is None:
            trusted = abs(difference_us) <= TRUST_US
            if not trusted and not self._confirmed(difference_us, now_us):
                return None
            self.jumps += self._untimed  # what came without a time was put on our own clock
            self._restart(now_us, difference_us if trusted else self._spread_us[0])
            return reader_us
        if abs(difference_us - best_us) <= JUMP_US:
            self._doubted = False
            self._delay.push(now_us, difference_us)
        elif -OLDEST_US <= difference_us - best_us < 0:  # a delay is over: nothing comes before it was sent
            self._restart(now_us, difference_us)
        elif self._confirmed(difference_us, now_us):
            self.jumps += 1
            self._restart(now_us, self._spread_us[0])
        late_us = difference_us - (self._delay.best_us or 0)
        return reader_us if -JUMP_US <= late_us <= OLDEST_US else None

    def host(self, reader_us: int, now_us: int) -> int:
        """`reader_us` on the host's boot clock, never later than now."""
        return min(now_us, reader_us + (self._delay.best_us or 0))

    def _confirmed(self, difference_us: int, now_us: int) -> bool:
        """Whether this difference has held for `CONFIRM_US`, message by message."""
        low, high = min(self._spread_us[0], difference_us), max(self._spread_us[1], difference_us)
        if not self._doubted or high - low > JUMP_US:
            self._doubted, self._since_us, self._messages = True, now_us, 0
            low = high = difference_us
        self._spread_us = (low, high)
        self._messages += 1
        return self._messages >= CONFIRM_MESSAGES and now_us - self._since_us >= CONFIRM_US

    def _restart(self, now_us: int, difference_us: int) -> None:
        self._delay.restart()
        self._doubted = False
        self._delay.push(now_us, difference_us)
