from __future__ import annotations

import numpy as np
from helpers.scoring import HOUR, SECOND, delivery, seen
from helpers.sims import START_US, tiny_site, tiny_world

from firmware_sim.scoring.curve import DECIDE_US, curve, standing
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.looks import Looks
from firmware_sim.scoring.outages import outages
from firmware_sim.scoring.truth import Rules
from hub.settings import EngineSettings

SITE = tiny_site()
RULES = Rules.of(EngineSettings(), cycle_s=300)


def looked(times: list[int], *, changes: list[tuple[int, int]] | None = None, **how: bool) -> Looks:
    looks = Looks(SITE)
    for when in times:
        looks.take(delivery(SITE, [(0, when)], [[]], **how))  # type: ignore[arg-type]
    looks.finish(changes or [])
    return looks


def test_looks_of_one_hour_and_arrangement_are_one() -> None:
    hour = START_US // HOUR * HOUR
    looks = looked([hour + minute * 60 * SECOND for minute in (1, 6, 11, 61, 66, 121)])
    assert looks.count(0, 0, 1 << 60) == 3
    assert looks.independent(0).tolist() == [hour + minute * 60 * SECOND for minute in (1, 61, 121)]


def test_a_book_put_there_makes_the_next_look_independent() -> None:
    hour = START_US // HOUR * HOUR
    looks = looked(
        [hour + SECOND, hour + 3 * SECOND, hour + 5 * SECOND],
        changes=[(0, hour + 4 * SECOND), (1, hour + 2 * SECOND)],
    )
    assert looks.independent(0).tolist() == [hour + SECOND, hour + 5 * SECOND]


def test_a_dwell_without_its_reference_tags_covers_nothing() -> None:
    assert looked([START_US], references=False).count(0, 0, 1 << 60) == 0
    lost = Looks(SITE)
    lost.take(delivery(SITE, [(0, START_US)], [[]], lost="disk full"))
    lost.finish([])
    assert lost.count(0, 0, 1 << 60) == 0


def test_the_nth_look_after_a_time_that_never_came_is_far_away() -> None:
    looks = looked([START_US, START_US + HOUR])
    since = np.array([START_US, START_US + 1], dtype=np.int64)
    assert looks.nth_us(0, since, 2)[0] == START_US + HOUR
    assert looks.nth_us(0, since, 2)[1] > 1 << 60


def test_live_coverage_does_not_count_a_pause() -> None:
    looks = looked([START_US + minute * 60 * SECOND for minute in (5, 10, 60, 65, 70)])
    half = looks.live_us(0, START_US, 25 * 60 * SECOND, 10 * 60 * SECOND)
    assert half == START_US + 65 * 60 * SECOND  # 5 + 5 + 10 (of fifty) + 5
    assert looks.live_us(0, START_US, HOUR, 10 * 60 * SECOND) is None


def test_the_curve_asks_each_book_at_its_own_shelf_and_look() -> None:
    world = tiny_world()
    world.do("misplace", 3)
    end_us = START_US + 8 * HOUR
    history = History(world, Start(world, START_US), end_us)
    looks = Looks(world.site)
    for hour in range(8):
        when = START_US + hour * HOUR + 60 * SECOND
        for antenna in range(len(world.site.antennas)):
            looks.take(delivery(world.site, [(antenna, when)], [[]]))
    looks.finish([])
    shown = [seen("misplaced", 2.5 * 3600, tag=3), seen("misplaced", 10.0, tag=9)]
    shown[1].closed_us = START_US + HOUR
    points = curve(standing(history, RULES), looks, shown, end_us)
    assert [(one.tp, one.fp, one.fn) for one in points[:4]] == [(0, 1, 1), (0, 0, 1), (0, 0, 1), (1, 0, 0)]
    assert points[0].books == 240
    assert points[8].books == 0
    assert DECIDE_US < HOUR


def test_doors_close_over_midnight_and_nights_are_cut_at_the_ends() -> None:
    doors = Doors("22:00", "08:00", "Europe/London")
    six = 1_772_431_200_000_000  # 2026-03-02 06:00 UTC
    assert doors.closed(six)
    assert not doors.closed(six + 3 * HOUR)
    assert doors.closed(six + 17 * HOUR)
    assert doors.nights(six, six + 26 * HOUR) == [(six, six + 2 * HOUR), (six + 16 * HOUR, six + 26 * HOUR)]
    assert doors.first_closed(six + 5 * HOUR) == six + 16 * HOUR
    assert Doors(None, None, "UTC").first_closed(six) is None


class Fault:
    def __init__(self, kind: str, amount: float = 1.0, *targets: str) -> None:
        self.kind, self.amount, self.targets = kind, amount, frozenset(targets)
        self.from_us, self.to_us = START_US, START_US + HOUR


def test_faults_say_which_antennas_were_deaf_or_away() -> None:
    end = START_US + HOUR
    assert {one.antenna for one in outages(SITE, [Fault("antenna_unplugged", 1.0, "ant-0001")], end)} == {
        "ant-0001"
    }
    dead = outages(SITE, [Fault("reader_dead", 1.0, "R1")], end)
    assert dead
    assert not any(one.silent for one in dead)
    assert {one.antenna for one in dead} == {one.id for one in SITE.antennas if one.reader == "R1"}
    assert [one.excused for one in outages(SITE, [Fault("cable_loss", 12.0, "ant-0001")], end)] == [True]
    assert outages(SITE, [Fault("cable_loss", 6.0, "ant-0001")], end) == []
    stuck = outages(SITE, [Fault("hub_port_stuck", 1.0, SITE.antennas[0].id)], end)
    assert len(stuck) == 7
    assert all(one.silent for one in stuck)
    assert len(outages(SITE, [Fault("broker_killed")], end)) == len(SITE.antennas)
