"""How fast a client may ask: a bucket that fills with time. Pure; seconds come in as an argument."""

from __future__ import annotations

from typing import Final

BURST: Final = 200
"""Messages at once: setting up a reader takes a dozen, a thorough client asks a hundred."""

A_SECOND: Final = 200.0
"""Messages a second for longer. Real readers answer in 5 to 50 ms; a flood of requests must not take the processor from the readers beside this one."""


class Pace:
    """`wait_s` after each message: how long to let the client wait."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._at_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """Count one message; 0 while the client keeps to the measure."""
        if self._at_s is not None:
            self._left = min(float(BURST), self._left + (now_s - self._at_s) * A_SECOND)
        self._at_s = now_s
        self._left -= 1.0
        return 0.0 if self._left >= 0.0 else -self._left / A_SECOND
