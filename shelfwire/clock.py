"""The clocks of this machine, for shells only: whatever decides gets its time as an argument."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall and monotonic time in microseconds; tests and the simulator bring their own."""

    def wall_us(self) -> int:
        """UTC microseconds since 1970, as this machine believes them."""
        ...

    def monotonic_us(self) -> int:
        """Microseconds that never go back, from an unknown start."""
        ...


class SystemClock:
    """The clocks of the operating system."""

    def wall_us(self) -> int:
        """UTC microseconds since 1970."""
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        """Microseconds since an unknown start."""
        return time.monotonic_ns() // 1000


class BootClock:
    """Wall time at the start of this process plus the monotonic time since: never jumps, shifts at most as a whole."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._base_us = clock.wall_us() - clock.monotonic_us()

    def now_us(self) -> int:
        """UTC microseconds on the boot clock."""
        return self._base_us + self._clock.monotonic_us()

    def wall_us(self) -> int:
        """The wall clock, which may have been set since."""
        return self._clock.wall_us()
