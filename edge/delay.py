"""The quickest message of late: the best guess of the difference between two clocks. Pure.

A message takes time, never negative: of the differences host minus reader of one minute the smallest is the nearest to the truth.
"""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_US: Final = 60_000_000
"""One minute: crystals drift by less than 3 ms in it, and it holds enough messages that one came without delay."""


class SmallestDelay:
    """The smallest difference of the last `WINDOW_US`.

    `grain_us`: of differences that come within so long of each other only the smallest is kept, which bounds how many there are.
    """

    def __init__(self, grain_us: int = 0) -> None:
        self._grain_us = grain_us
        self._window: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        """How many differences are kept."""
        return len(self._window)

    @property
    def best_us(self) -> int | None:
        """Host minus reader; None before the first difference."""
        return self._window[0][1] if self._window else None

    def push(self, now_us: int, difference_us: int) -> None:
        """Take a difference of `now_us`; host time never runs back."""
        while self._window and self._window[-1][1] >= difference_us:
            self._window.pop()
        if not self._window or now_us - self._window[-1][0] >= self._grain_us:
            self._window.append((now_us, difference_us))
        while self._window[0][0] < now_us - WINDOW_US:
            self._window.popleft()

    def restart(self) -> None:
        """Forget all: one of the clocks was set."""
        self._window.clear()
