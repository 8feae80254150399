"""Making a reader with MQTT of its own do the wished cycle: what is wished, what it does, and when to try again. Pure.

How it is told is each maker's own: `edge.impinj.control` and `edge.zebra.control`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from edge.iot.actions import Action, Out
from edge.ports import Cycle
from shelfwire.retry import Backoff

AGAIN: Final = Backoff(first_s=5.0, longest_s=60.0, jitter=0.0)
"""After a failure. One client asks, so that there is nobody to keep apart from."""


class NeverTold:
    """No cycle was ever set; None is one: radio off."""


class IotControl(ABC):
    """One reader's control; what it asks goes out through `out`."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._wish: Cycle | None = None
        self._now: Cycle | NeverTold | None = NeverTold()
        self._number = 0
        self._asked: str | None = None
        """What waits for its answer."""
        self._failures = 0
        self._next_us = 0

    @property
    def cycle(self) -> Cycle | None:
        """What the reader was last made to do; None: nothing."""
        return None if isinstance(self._now, NeverTold) else self._now

    @property
    def settled(self) -> bool:
        """Whether the reader does what is wished."""
        return not isinstance(self._now, NeverTold) and self._now == self._wish

    def wish(self, cycle: Cycle | None, now_us: int) -> None:
        """Wish another cycle (None: radio off)."""
        self._wish = cycle
        if not self.settled:
            self._next_us = min(self._next_us, now_us)

    @abstractmethod
    def off(self) -> Action:
        """What switches its radio off."""

    @abstractmethod
    def deadline(self) -> int | None:
        """When `advance` has something to do."""

    @abstractmethod
    def advance(self, now_us: int) -> None:
        """Ask the next thing, if it is time."""

    def _succeeded(self, next_us: int) -> None:
        """It obeyed; look again at `next_us`."""
        self._failures, self._next_us = 0, next_us
        self._out.note("control", "")

    def _failed(self, where_and_why: str, now_us: int) -> None:
        self._failures += 1
        self._next_us = now_us + int(AGAIN.wait_s(self._failures, 0.5) * 1e6)
        self._out.note("control", f"it cannot be controlled{where_and_why}")

    def _undone(self, words: str, now_us: int) -> None:
        """It does not do what it was told any more: tell it anew."""
        self._now, self._next_us = NeverTold(), now_us
        self._out.note("stopped", words)
