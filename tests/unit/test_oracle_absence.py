from __future__ import annotations

import numpy as np
import pytest
from helpers.scoring import HOUR, SECOND, delivery
from helpers.sims import START_US, tiny_world

from firmware_sim.oracle.absence import Absence, Reads
from firmware_sim.oracle.hours import Hours
from firmware_sim.oracle.memory import Memory
from firmware_sim.oracle.spans import Spans
from firmware_sim.oracle.told import Told
from firmware_sim.radio import Radio, RadioSettings
from firmware_sim.scoring.doors import Doors
from firmware_sim.world import Habits, Planted

RADIO = RadioSettings()
PLANTED = Planted(missing=0.001)
HABITS = Habits(take=0.3)
OPEN = Doors(None, None, "UTC")
NIGHTLY = Doors("22:00", "08:00", "UTC")
MIDNIGHT_US = START_US - START_US % (24 * HOUR)
QUARTER = 900 * SECOND


def clock(hour: float) -> int:
    return MIDNIGHT_US + int(hour * HOUR)


class Night:
    """One book of a toy radio, heard each quarter of an hour until its shelf falls silent."""

    def __init__(self) -> None:
        self.world = tiny_world(planted=PLANTED)
        self.site = self.world.site
        self.told = Told.of(Radio(self.world, seed=1, settings=RADIO), PLANTED, 1)
        self.book = 100
        self.shelf = int(self.told.home[self.book])

    def chance(
        self,
        dbm: float,
        moments_h: list[float],
        *,
        heard_h: tuple[float, float] = (0.0, 6.0),
        until_h: float = 12.0,
    ) -> float:
        """Probability that it is off at the end; its antenna looks every quarter of an hour, and heard it so loud between two times."""
        antenna = next(
            n
            for n, one in enumerate(self.site.antennas)
            if self.site.shelf_by_id[one.hears[0]].index == self.shelf
        )
        memory = Memory(RADIO, self.world.stock.count)
        ended = list(range(START_US + SECOND, START_US + int(until_h * HOUR), QUARTER))
        spoke = [START_US + heard_h[0] * HOUR <= at < START_US + heard_h[1] * HOUR for at in ended]
        reads = [[(self.book, dbm, 2)] if heard else [] for heard in spoke]
        memory.take(delivery(self.site, [(antenna, at) for at in ended], reads))
        absence = Absence(
            self.told, Spans(memory, RADIO, len(self.site.antennas)), Hours(HABITS, OPEN), START_US
        )
        mine = memory.reads()
        dwelt = memory.dwelt()
        heard = Reads(
            dwelt.ended_us[mine.dwell],
            dwelt.antenna[mine.dwell].astype(np.int64),
            mine.dwell.astype(np.int64),
            mine.seen,
        )
        moments = np.array([START_US + int(hour * HOUR) for hour in moments_h], dtype=np.int64)
        return absence.chance(self.book, self.shelf, moments, heard, START_US + int(until_h * HOUR))


def test_a_loud_book_that_falls_silent_with_a_change_is_gone() -> None:
    assert Night().chance(-50.0, [6.0]) > 0.95


def test_a_book_that_was_hardly_heard_is_more_likely_shaded() -> None:
    night = Night()
    faint, loud = night.chance(-66.0, [6.0]), night.chance(-55.0, [6.0])
    assert faint < 0.3 < loud


def test_a_book_heard_since_its_last_change_is_there() -> None:
    assert Night().chance(-55.0, [6.0], heard_h=(0.0, 8.0)) == 0.0


def test_a_book_that_was_in_a_hand_for_three_minutes_is_back_by_the_next_change() -> None:
    night = Night()
    once = night.chance(-62.0, [6.0])
    browsed = night.chance(-62.0, [6.0, 6.0 + 120 / 3600])
    assert browsed < once


def test_a_book_never_heard_is_judged_by_how_many_nobody_hears() -> None:
    found = Night().chance(-55.0, [], heard_h=(50.0, 51.0))
    assert 0.005 < found < 0.2  # one of a thousand is gone; some in a hundred tags are never heard


def test_more_silence_never_makes_it_less_gone_without_people() -> None:
    night = Night()
    found = [night.chance(-58.0, [6.0], until_h=until) for until in (7.0, 8.0, 11.0)]
    assert found[0] <= found[1] + 0.02
    assert found[1] <= found[2] + 0.02


def test_of_nine_changes_beside_a_standing_book_one_is_its_own() -> None:
    even = Hours(Habits(borrow=0.0, return_=0.0), OPEN)
    assert even.own_share == pytest.approx(1 / 9)
    assert even.leaves_an_hour == pytest.approx(2.6 / 1000)


def test_by_day_a_book_is_in_a_hand_at_a_table_or_on_its_way_to_the_desk() -> None:
    hours = Hours(HABITS, NIGHTLY)
    noon, whole = clock(12.0), 2.0 + 0.6 + 0.5 + 0.3
    assert hours.still_off(noon, noon) == pytest.approx(1.0)
    # Six minutes later all that was looked into is back; a part of the loans is at the desk.
    walking = 1.0 - (360.0 - 61.0) / (960.0 - 61.0)
    assert hours.still_off(noon, noon + 360 * SECOND) == pytest.approx(
        (0.3 + 0.6 + 0.5 * walking) / whole, rel=1e-6
    )
    # Two hours later a part of the readers has done: seven of ten leave the book, until the next truck.
    reading = 1.0 - (7200.0 - 600.0) / (14_400.0 - 600.0)
    left = (
        0.7 + 0.3 * reading
    )  # the truck of one o'clock took what had been left by then, in less than an hour
    late = 1.0 - (3600.0 - 600.0) / (14_400.0 - 600.0)
    assert hours.still_off(noon, noon + 7200 * SECOND) == pytest.approx(
        (0.3 + 0.6 * (0.7 * late + 0.3 * reading)) / whole, rel=1e-6
    )
    assert 0.7 * late + 0.3 * reading < left


def test_the_truck_before_opening_brings_what_was_left_in_the_evening() -> None:
    hours = Hours(Habits(), NIGHTLY)
    left = 0.6 * 0.7 / (2.0 + 0.6 + 0.5)
    assert hours.still_off(clock(20.5), clock(30.9)) == pytest.approx(left, rel=1e-6)
    assert hours.still_off(clock(20.5), clock(32.6)) == 0.0  # it went at seven


def test_a_book_left_on_a_table_before_the_last_truck_is_not_off_at_night() -> None:
    hours = Hours(Habits(), NIGHTLY)
    dawn = clock(30.9)
    assert hours.still_off(clock(12.0), dawn) == 0.0  # the truck of seven in the evening brought it
    late = hours.still_off(clock(20.5), dawn)
    assert late == pytest.approx(0.6 * 0.7 / (2.0 + 0.6 + 0.5), rel=1e-6)
    assert Hours(HABITS, NIGHTLY).still_off(clock(12.0), dawn) == pytest.approx(0.3 / 3.4, rel=1e-6)


def test_nobody_browses_for_an_hour() -> None:
    hours = Hours(Habits(use_at_table=0.0), NIGHTLY)
    assert hours.back_after(100.0) > 0
    assert hours.back_after(3600.0) == 0.0
