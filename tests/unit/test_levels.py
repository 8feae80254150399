"""Levels are learned from what antennas heard, although they hear only what is loud enough."""

from __future__ import annotations

import numpy as np
import pytest

from hub.belief.gauss import silent
from hub.belief.geometry import NEAR, OWN
from hub.belief.levels import Assumed, Levels
from hub.belief.normal import excess_heard, margin_of_heard, margin_of_share

DRIFT_DB = 2.0


def lesson(
    levels: Levels,
    antenna: int,
    kind: int,
    mean_dbm: float,
    floor_dbm: float,
    *,
    tags: int = 200,
    seed: int = 1,
) -> None:
    """One lap of one antenna: tags around `mean_dbm`, each in 32 looks with its drift, heard above the floor."""
    dice = np.random.default_rng([seed, antenna, kind])
    steady = dice.normal(mean_dbm, 6.1, size=tags)
    each = steady[:, None] + dice.normal(0.0, DRIFT_DB, size=(tags, 32))
    heard = each > floor_dbm
    share = heard.mean(axis=1)
    loud = np.where(heard, each, 0.0).sum(axis=1) / np.maximum(heard.sum(axis=1), 1)
    levels.learn(np.full(tags, antenna), np.full(tags, kind), loud, share)


def test_before_anything_is_heard_the_assumptions_stand() -> None:
    levels = Levels(3)
    assert levels.floor_dbm.tolist() == [-66.6] * 3
    assert levels.own_dbm.tolist() == [-55.0] * 3
    assert levels.near_dbm.tolist() == [-72.0] * 3
    assert levels.own_sd_db.tolist() == [6.1] * 3
    assert levels.usable.all()


@pytest.mark.parametrize("floor_dbm", [-75.0, -66.0, -58.0])
def test_an_antenna_s_own_levels_are_found_behind_its_floor(floor_dbm: float) -> None:
    levels = Levels(1)
    for lap in range(5):
        lesson(levels, 0, OWN, floor_dbm + 9.0, floor_dbm, seed=lap)
        lesson(levels, 0, NEAR, floor_dbm - 5.0, floor_dbm, tags=1000, seed=lap)
        levels.end_lap()
    assert levels.usable.all()
    assert levels.floor_dbm[0] == pytest.approx(floor_dbm, abs=1.0)
    assert levels.own_dbm[0] - levels.floor_dbm[0] == pytest.approx(9.0, abs=1.2)
    assert levels.own_sd_db[0] == pytest.approx(6.4, abs=0.8)
    assert levels.near_dbm[0] - levels.floor_dbm[0] == pytest.approx(-5.0, abs=1.0)


def test_a_new_antenna_takes_over_what_its_kind_shows() -> None:
    levels = Levels(3, np.array([1, 1, 5]))
    lesson(levels, 0, OWN, -45.0, -60.0, tags=500)
    levels.end_lap()
    assert levels.own_dbm[1] > -50.0
    assert levels.own_dbm[2] == pytest.approx(-55.0)


def test_the_order_of_the_tags_changes_nothing() -> None:
    dice = np.random.default_rng(7)
    antenna, kind = dice.integers(0, 4, 500), dice.choice([NEAR, OWN], 500)
    loud, share = dice.normal(-55, 6, 500), dice.random(500)
    one, two = Levels(4), Levels(4)
    one.learn(antenna, kind, loud, share)
    mixed = dice.permutation(500)
    for part in np.array_split(mixed, 7):
        two.learn(antenna[part], kind[part], loud[part], share[part])
    one.end_lap()
    two.end_lap()
    for name in ("floor_dbm", "own_dbm", "own_sd_db", "near_dbm"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), abs=1e-6)


@pytest.mark.parametrize("rssi_dbm", [-120.0, -60.0, 0.0, np.nan])
def test_a_reader_that_calls_all_tags_alike_is_not_believed_in_loudness(rssi_dbm: float) -> None:
    levels = Levels(1)
    levels.learn(np.zeros(40, dtype=np.int64), np.full(40, OWN), np.full(40, rssi_dbm), np.full(40, 0.9))
    levels.end_lap()
    assert not levels.usable[0]
    assert levels.own_dbm[0] == pytest.approx(-55.0)


def test_loudness_that_does_not_tell_near_from_own_is_not_believed() -> None:
    levels = Levels(1)
    lesson(levels, 0, OWN, -55.0, -80.0)
    lesson(levels, 0, NEAR, -55.0, -80.0)
    levels.end_lap()
    assert not levels.usable[0]


def test_an_antenna_without_tags_keeps_what_it_knew() -> None:
    levels = Levels(1)
    lesson(levels, 0, OWN, -48.0, -62.0)
    levels.end_lap()
    before = levels.own_dbm.copy()
    levels.end_lap()
    assert (levels.own_dbm == before).all()


def test_an_antenna_that_hangs_elsewhere_begins_anew() -> None:
    levels = Levels(2, np.array([1, 2]))
    lesson(levels, 0, OWN, -45.0, -60.0)
    levels.end_lap()
    levels.forget(0)
    assert levels.own_dbm[0] == pytest.approx(-55.0)
    assert levels.laps[0] == 0


def test_what_was_learned_outlives_a_snapshot_and_a_growing_site() -> None:
    levels = Levels(1)
    lesson(levels, 0, OWN, -45.0, -60.0)
    levels.end_lap()
    lesson(levels, 0, OWN, -45.0, -60.0, seed=2)
    back = Levels.load(levels.dump(), 2, np.array([1, 3]))
    assert back.own_dbm[0] == pytest.approx(levels.own_dbm[0])
    assert back.own_dbm[1] == pytest.approx(-55.0)
    back.end_lap()
    levels.end_lap()
    assert back.own_dbm[0] == pytest.approx(levels.own_dbm[0])
    levels.follow(np.array([1, 3]))
    assert levels.own_dbm == pytest.approx(back.own_dbm)


def test_a_snapshot_of_an_older_hub_begins_with_the_assumptions() -> None:
    assert Levels.load({}, 2).own_dbm.tolist() == [-55.0, -55.0]


def test_silent_tags_of_the_next_shelves_may_be_told_by_number() -> None:
    one, two = Levels(1), Levels(1)
    nobody = np.full(80, np.nan)
    one.learn(np.zeros(80, dtype=np.int64), np.full(80, NEAR), nobody, np.zeros(80))
    two.learn(np.zeros(1, dtype=np.int64), np.array([NEAR]), nobody[:1], np.zeros(1), np.array([80]))
    assert one.dump()["near_lap"].tolist() == two.dump()["near_lap"].tolist()


def test_other_assumptions_are_followed() -> None:
    levels = Levels(1, assumed=Assumed(own_dbm=-40.0, floor_dbm=-60.0))
    assert levels.own_dbm[0] == pytest.approx(-40.0)


def test_the_cut_normal_distribution_is_told_from_what_is_heard() -> None:
    t = np.array([-1.0, 0.0, 1.5, 2.5])
    assert margin_of_share(1.0 - silent(t)) == pytest.approx(t, abs=0.01)
    dice = np.random.default_rng(3).normal(size=400_000)
    for one in t.tolist():
        heard = (dice + one)[dice + one > 0]
        assert excess_heard(np.array(one)) == pytest.approx(heard.mean(), abs=0.01)
        assert margin_of_heard(heard.mean(), heard.var()) == pytest.approx(one, abs=0.05)
