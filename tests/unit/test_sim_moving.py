"""A moving antenna: what passes share, what they do not, and that the same seed walks the same walk."""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
import pytest

from firmware_sim.radio import RadioSettings
from firmware_sim.radio.moving import (
    CART,
    HANDHELD,
    ROBOT,
    Carrier,
    Memory,
    Targets,
    Walk,
    fixed_db,
    fly,
    listen,
)
from firmware_sim.radio.tracks import Waypoint, standing, track

SETTINGS = RadioSettings()
ENDS = [Waypoint(-0.3, -0.5, 1.0, 0.0, 1.0), Waypoint(2.1, -0.5, 1.0, 0.0, 1.0)]


def _row(count: int, *, lost_db: float = 0.0) -> Targets:
    number = np.arange(count, dtype=np.uint64)
    same = np.zeros(count)
    x = 1.8 * np.arange(count) / count
    return Targets(number, x, same, same + 1.0, fixed_db(SETTINGS, 3, number) - lost_db)


def _pass(
    targets: Targets,
    carrier: Carrier = HANDHELD,
    *,
    turn: int = 0,
    budget_db: float = 2.0,
    single: bool = True,
    seed: int = 3,
) -> Walk:
    way = track(ENDS, carrier.speed_m_s)
    air = fly(targets, way, carrier, SETTINGS, seed=seed, turn=turn)
    return listen(targets, air, carrier, SETTINGS, budget_db=budget_db, seed=seed, turn=turn, single=single)


def _missed_twice(carrier: Carrier) -> float:
    """Of the tags missed in the first pass, the share missed in the second too."""
    targets = _row(400)
    first, second = (_missed(targets, carrier, turn) for turn in (0, 1))
    return len(first & second) / len(first)


def _missed(targets: Targets, carrier: Carrier, turn: int) -> set[int]:
    return set(range(len(targets))) - set(_pass(targets, carrier, turn=turn, budget_db=0.0).row.tolist())


def test_a_tag_missed_once_is_missed_again_more_often_than_a_tag_at_all() -> None:
    often = msgspec.structs.replace(HANDHELD, reads_a_second=300.0)
    assert _missed_twice(often) > 1.5 * len(_missed(_row(400), often, 1)) / 400


def test_a_robot_on_its_line_meets_the_same_multipath_again_and_finds_less_anew_than_a_hand() -> None:
    robot = msgspec.structs.replace(ROBOT, speed_m_s=HANDHELD.speed_m_s, reads_a_second=300.0)
    hand = msgspec.structs.replace(HANDHELD, reads_a_second=300.0)
    assert _missed_twice(robot) > 1.3 * _missed_twice(hand)


def test_a_tag_without_power_is_never_read() -> None:
    assert len(_pass(_row(50, lost_db=80.0))) == 0


def test_every_read_has_a_tag_that_was_awake_where_the_antenna_was() -> None:
    targets = _row(100)
    way = track(ENDS, HANDHELD.speed_m_s)
    air = fly(targets, way, HANDHELD, SETTINGS, seed=3, turn=0)
    walk = listen(targets, air, HANDHELD, SETTINGS, budget_db=2.0, seed=3, turn=0)
    step = np.searchsorted(way.at_s, walk.at_us / 1e6 + 1e-9, side="right") - 1
    most_channel_db = 4.3 * SETTINGS.channel_spread_db
    assert (air.margin_db[step, walk.row] + 2.0 > -most_channel_db).all()


def test_reads_come_in_the_order_of_time_and_no_faster_than_the_reader() -> None:
    walk = _pass(_row(300), budget_db=8.0)
    assert (np.diff(walk.at_us) >= 0).all()
    assert len(walk) / 8.0 <= HANDHELD.reads_a_second * 1.01


def test_with_a_single_target_a_tag_that_answered_is_silent_for_half_a_second_at_least() -> None:
    walk = _pass(_row(5), budget_db=10.0)
    for row in range(5):
        assert (np.diff(walk.at_us[walk.row == row]) >= 500_000).all()


def test_with_dual_target_few_tags_answer_often() -> None:
    targets = _row(5)
    assert len(_pass(targets, budget_db=10.0, single=False)) > 5 * len(_pass(targets, budget_db=10.0))


def test_nothing_is_reported_below_the_floor_and_all_in_half_decibels() -> None:
    walk = _pass(_row(100))
    assert walk.rssi_dbm.min() >= SETTINGS.floor_dbm
    assert walk.rssi.dtype == np.int16


def test_the_phase_of_a_still_antenna_stays_within_a_stay_on_a_channel() -> None:
    targets = _row(1)
    way = standing(Waypoint(0.0, -0.5, 1.0, 0.0, 1.0), 3.0)
    air = fly(targets, way, CART, SETTINGS, seed=3, turn=0)
    walk = listen(targets, air, CART, SETTINGS, budget_db=25.0, seed=3, turn=0, single=False)
    stay = walk.at_us // 300_000
    for one in np.unique(stay):
        turns = walk.turns[stay == one]
        apart = (turns - turns[0] + 0.5) % 1.0 - 0.5
        assert np.abs(apart).max() < 0.05


@pytest.mark.parametrize("single", [True, False])
def test_a_pass_taken_in_stretches_is_the_same_pass(*, single: bool) -> None:
    targets = _row(80)
    whole = _pass(targets, budget_db=6.0, single=single)
    way = track(ENDS, HANDHELD.speed_m_s)
    memory = Memory.blank(80)
    rows: list[int] = []
    for first in range(0, len(way), 60):
        air = fly(targets, way.part(first, first + 60), HANDHELD, SETTINGS, seed=3, turn=0)
        walk = listen(
            targets, air, HANDHELD, SETTINGS, budget_db=6.0, seed=3, turn=0, single=single, memory=memory
        )
        rows += walk.row.tolist()
    assert len(rows) == len(whole)
    if single:
        assert rows == whole.row.tolist()


def test_the_way_is_walked_at_the_carriers_speed() -> None:
    way = track(ENDS, 0.4)
    assert way.at_s[-1] == pytest.approx(2.4 / 0.4, abs=0.1)
    assert way.along_m[-1] == pytest.approx(2.4, abs=0.03)


def test_the_same_seed_gives_the_same_bytes_and_another_turn_others() -> None:
    def digest(turn: int) -> str:
        walk = _pass(_row(60), turn=turn)
        columns = (
            walk.at_us,
            walk.row,
            walk.rssi,
            walk.channel,
            np.floor(walk.turns * 4096).astype(np.int32),
        )
        return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()

    assert digest(0) == digest(0)
    assert digest(0) != digest(1)
    assert digest(0).startswith("a901c7e61dc21f2635bffa8f7fd22101")
