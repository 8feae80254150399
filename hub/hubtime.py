"""The hub's time: the wall clock, made so that it does not run backwards for small corrections. Pure."""

from __future__ import annotations

from typing import Final

STEP_BACK_US: Final = 600_000_000
"""A wall clock that is set back by less is waited for; by more, it was wrong before, and the hub goes with it."""


class HubTime:
    """Wall times in, times that never go back by less than `STEP_BACK_US` out."""

    def __init__(self, wall_us: int) -> None:
        self._last_us = wall_us

    def at(self, wall_us: int) -> int:
        """The hub's time when the wall clock says `wall_us`."""
        if wall_us >= self._last_us or self._last_us - wall_us > STEP_BACK_US:
            self._last_us = wall_us
        return self._last_us
