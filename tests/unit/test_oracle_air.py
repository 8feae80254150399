from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.oracle import air
from firmware_sim.radio import budget
from firmware_sim.radio.settings import RadioSettings

RADIO = RadioSettings()


def at(margin_db: float) -> int:
    return round((margin_db - air.LOW_DB) / air.STEP_DB)


@pytest.mark.parametrize("turns", [0.75, 1.5, 4.0])
@pytest.mark.parametrize("hops", [1, 3, 12])
def test_heard_at_some_loudness_and_not_heard_together_are_certain(hops: int, turns: float) -> None:
    silent = np.exp(air.silent(RADIO, hops, turns).astype(np.float64))
    heard = np.exp(air.heard(RADIO, hops, turns).astype(np.float64)).sum(axis=0) * air.SEEN_STEP_DB
    assert np.abs(silent + heard - 1.0).max() < 0.02


def test_a_tag_far_above_its_need_is_never_silent_and_one_far_below_always() -> None:
    silent = air.silent(RADIO, 3, 2.0)
    assert silent[at(20.0)] == air.LEAST
    assert silent[at(-10.0)] == pytest.approx(0.0, abs=1e-6)
    assert np.all(np.diff(silent) <= 0)


def test_a_reader_that_has_no_time_leaves_even_loud_tags_out() -> None:
    assert np.exp(air.silent(RADIO, 3, 0.5)[at(20.0)]) == pytest.approx(0.5, abs=1e-6)


def test_loudness_tells_the_margin_back() -> None:
    usual = budget.solve(RADIO).usual_db
    one = np.ones(1, dtype=np.float32)
    assert air.seen_db(RADIO, one * np.float32(RADIO.own_dbm), one, one * 30)[0] == pytest.approx(usual)
    louder = air.seen_db(RADIO, one * np.float32(RADIO.own_dbm + 11.0), one, one * 30)[0]
    assert louder == pytest.approx(usual + 10.0, abs=1e-4)


def test_less_power_with_the_same_loudness_stands_for_a_better_tag() -> None:
    loud = np.full(1, -60.0, dtype=np.float32)
    full, half = (
        air.seen_db(RADIO, loud, np.ones(1, np.float32), np.full(1, power, np.float32))[0]
        for power in (30, 27)
    )
    assert half > full


def test_a_blurred_table_keeps_what_is_certain_and_softens_what_is_sharp() -> None:
    step = np.where(np.arange(air.POINTS) < at(0.0), np.float32(0.0), np.float32(air.LEAST))
    soft = air.blurred(step[None, :], 4.0)[0]
    assert soft[at(-40.0)] == pytest.approx(0.0, abs=1e-4)
    assert np.exp(soft[at(0.0)]) == pytest.approx(0.5, abs=0.06)
    assert np.exp(soft[at(4.0)]) == pytest.approx(0.159, abs=0.03)
    assert np.array_equal(air.blurred(step, 0.0), step)
