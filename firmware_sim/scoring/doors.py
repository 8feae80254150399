"""When the doors are closed, by the `closing` and `opening` of the engine's settings. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MINUTES: Final = 1440


class Doors:
    """Local opening hours of a site; without both clock times the doors never close."""

    def __init__(self, closing: str | None, opening: str | None, timezone: str) -> None:
        self._closing = _minute(closing)
        self._opening = _minute(opening)
        self._zone = ZoneInfo(timezone)

    @property
    def ever_close(self) -> bool:
        """Whether there are hours without people at all."""
        return self._closing is not None and self._opening is not None

    def closed(self, at_us: int) -> bool:
        """Whether they are closed then."""
        if self._closing is None or self._opening is None:
            return False
        local = self._local(at_us)
        minute = local.hour * 60 + local.minute
        if self._closing <= self._opening:
            return self._closing <= minute < self._opening
        return minute >= self._closing or minute < self._opening

    def first_closed(self, from_us: int) -> int | None:
        """The first moment from then on at which they are closed; None: never."""
        return from_us if self.closed(from_us) else self._next(self._closing, from_us)

    def next_opening(self, from_us: int) -> int | None:
        """The next time after that at which they open; None: they never close."""
        return self._next(self._opening, from_us) if self.ever_close else None

    def nights(self, from_us: int, to_us: int) -> list[tuple[int, int]]:
        """Closed times within a span, each from closing to opening, cut at the span's ends."""
        found: list[tuple[int, int]] = []
        at_us = self.first_closed(from_us)
        while at_us is not None and at_us < to_us:
            opens_us = self.next_opening(at_us)
            if opens_us is None:
                break
            found.append((at_us, min(opens_us, to_us)))
            at_us = self.first_closed(opens_us)
        return found

    def _local(self, at_us: int) -> datetime:
        return datetime.fromtimestamp(at_us / 1e6, tz=UTC).astimezone(self._zone)

    def _next(self, minute: int | None, from_us: int) -> int | None:
        """The next time after `from_us` at which local clocks show this minute of the day."""
        if minute is None or not self.ever_close:
            return None
        local = self._local(from_us)
        then = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
        if then <= local:
            then += timedelta(days=1)
        return int(then.timestamp() * 1e6)


def _minute(clock: str | None) -> int | None:
    if clock is None:
        return None
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) % _MINUTES
