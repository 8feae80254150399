"""When a library is open, and how many come at which hour; local time, in the site's zone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from firmware_sim.world.habits import Hours

QUARTER_US: Final = 900_000_000
_HOUR_US: Final = 3_600_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
QUIETEST: Final = 0.2
"""Visits at the opening and closing of the doors, against the busiest hour. Assumption."""
_FURTHEST_DAYS: Final = 1000
"""No run is longer; what happens later happens never."""
_LONGEST_DAYS: Final = 400
"""A library that has not opened for so long does not open."""


class Day:
    """One day on which the doors open; `shares` of visits by quarter of an hour, their mean is 1."""

    def __init__(self, opens_us: int, closes_us: int, busiest_us: int) -> None:
        self.opens_us = opens_us
        self.closes_us = closes_us
        self.starts_us = list(range(opens_us, closes_us, QUARTER_US))
        bell = [_bell(at + QUARTER_US // 2, opens_us, closes_us, busiest_us) for at in self.starts_us]
        mean = sum(bell) / len(bell)
        self.shares = [one / mean for one in bell]
        self.passes_us = sum(
            (min(start_us + QUARTER_US, closes_us) - start_us) * share
            for start_us, share in zip(self.starts_us, self.shares, strict=True)
        )
        """How much business the whole day has, in microseconds of average business."""


class Openings:
    """The days of a library."""

    def __init__(self, hours: Hours, timezone: str) -> None:
        self._hours = hours
        self._zone = ZoneInfo(timezone)
        self._days: dict[date, Day | None] = {}

    def days_from(self, at_us: int) -> Iterator[Day]:
        """Days that are not over at `at_us`, in order; none if the doors never open."""
        day = (_EPOCH + timedelta(microseconds=at_us)).astimezone(self._zone).date()
        shut = 0
        while shut < _LONGEST_DAYS:
            found = self._day(day)
            day += timedelta(days=1)
            shut = 0 if found else shut + 1
            if found is not None and found.closes_us > at_us:
                yield found

    def later(self, at_us: int, average_hours: float) -> int | None:
        """The time when, after `at_us`, so many open hours of average business have passed; None: not within years, or never."""
        left = average_hours * _HOUR_US
        for day in islice(self.days_from(at_us), _FURTHEST_DAYS):
            if day.opens_us >= at_us and day.passes_us < left:
                left -= day.passes_us
                continue
            from_us = max(at_us, day.opens_us)
            for number in range((from_us - day.opens_us) // QUARTER_US, len(day.shares)):
                ends_us = min(day.starts_us[number] + QUARTER_US, day.closes_us)
                passes = (ends_us - from_us) * day.shares[number]
                if passes >= left:
                    return from_us + int(left / day.shares[number])
                left -= passes
                from_us = ends_us
        return None

    def closing(self, at_us: int) -> int | None:
        """When the doors close on the visitors of `at_us`; None: they are closed then."""
        day = next(self.days_from(at_us), None)
        return day.closes_us if day is not None and day.opens_us <= at_us else None

    def _day(self, day: date) -> Day | None:
        if day not in self._days:
            self._days[day] = self._made(day)
        return self._days[day]

    def _made(self, day: date) -> Day | None:
        hours = self._hours
        if day.weekday() in hours.closed_weekdays:
            return None
        opens_us, busiest_us, closes_us = (
            self._us(day, hour) for hour in (hours.opens_h, hours.busiest_h, hours.closes_h)
        )
        return Day(opens_us, closes_us, busiest_us) if closes_us > opens_us else None

    def _us(self, day: date, hour: float) -> int:
        """That local hour; where clocks are set forward over it, the moment when they are."""
        wall = datetime(day.year, day.month, day.day, tzinfo=self._zone) + timedelta(hours=hour)
        return (wall.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def _bell(at_us: int, opens_us: int, closes_us: int, busiest_us: int) -> float:
    """1 at the busiest hour, `QUIETEST` at the doors, a parabola on each side."""
    top_us = min(max(busiest_us, opens_us), closes_us)
    side_us = top_us - opens_us if at_us < top_us else closes_us - top_us
    off = abs(at_us - top_us) / side_us if side_us else 0.0
    return QUIETEST + (1.0 - QUIETEST) * max(0.0, 1.0 - off * off)
