from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from helpers.sims import START_US, tiny_world

from firmware_sim.world import Habits, Hours
from firmware_sim.world.opening import Openings

HOUR_US = 3_600_000_000
LONDON = ZoneInfo("Europe/London")


def us(*parts: int, zone: ZoneInfo | None = None) -> int:
    """A local time of London, or UTC."""
    return int(datetime(*parts, tzinfo=zone or LONDON).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]  # year to minute


def test_the_doors_follow_local_time_through_the_change_of_clocks() -> None:
    openings = Openings(Hours(opens_h=8, closes_h=20), "Europe/London")
    days = openings.days_from(us(2026, 3, 28, 12, 0))
    opens = [datetime.fromtimestamp(next(days).opens_us / 1e6, UTC).hour for _ in range(2)]
    assert opens == [8, 7]


def test_closed_weekdays_are_skipped() -> None:
    openings = Openings(Hours(opens_h=8, closes_h=20, closed_weekdays=(6,)), "Europe/London")
    assert next(openings.days_from(us(2026, 11, 21, 21, 0))).opens_us == us(2026, 11, 23, 8, 0)


def test_visits_follow_a_bell_whose_mean_is_one() -> None:
    day = next(Openings(Hours(opens_h=8, closes_h=20, busiest_h=15), "UTC").days_from(START_US))
    assert sum(day.shares) / len(day.shares) == pytest.approx(1.0)
    busiest = day.shares.index(max(day.shares))
    assert busiest in {27, 28}
    assert day.shares[0] < 0.4
    assert max(day.shares) > 1.2


def test_a_day_of_average_hours_ends_when_the_doors_close_and_goes_on_in_the_morning() -> None:
    openings = Openings(Hours(opens_h=8, closes_h=20), "Europe/London")
    opens_us = us(2026, 11, 23, 8, 0)
    almost, later = openings.later(opens_us, 11.99), openings.later(opens_us, 12.01)
    assert almost is not None
    assert later is not None
    assert us(2026, 11, 23, 19, 30) < almost < us(2026, 11, 23, 20, 0)
    assert us(2026, 11, 24, 8, 0) < later < us(2026, 11, 24, 8, 30)


def test_a_library_that_never_opens_has_no_later() -> None:
    assert Openings(Hours(opens_h=20, closes_h=8), "UTC").later(START_US, 1.0) is None
    assert Openings(Hours(closed_weekdays=(0, 1, 2, 3, 4, 5, 6)), "UTC").later(START_US, 1.0) is None
    assert Openings(Hours(), "UTC").later(START_US, 1e300) is None


def test_a_term_brings_as_many_visits_as_it_says() -> None:
    habits = Habits(
        hours=Hours(opens_h=8, closes_h=20), term=2.0, browse=10, use_at_table=0, borrow=0, return_=0
    )
    world = tiny_world(items=960, people=habits)
    deeds = world.advance(START_US + 72 * HOUR_US)
    visits = sum(deed.kind == "browse" for deed in deeds)
    expected = 2.0 * 10 * 0.960 * 36
    assert visits == pytest.approx(expected, abs=4 * expected**0.5)
