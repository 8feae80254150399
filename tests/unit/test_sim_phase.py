"""Phase of an answer: right within one antenna and channel, and nowhere else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from firmware_sim.dice import normal
from firmware_sim.radio import phase

WAVE_M = 299.792458 / 902.75


def _turns(distances: list[float]) -> list[float]:
    far = np.array(distances)
    return [float(turn) for turn in phase.phase_turns(far, np.full(len(far), 902.75))]


def test_half_a_wavelength_further_away_is_a_whole_turn() -> None:
    near, far = _turns([1.0, 1.0 + WAVE_M / 2])
    assert far == pytest.approx(near, abs=1e-9)


def test_an_eighth_of_a_wavelength_is_a_quarter_turn() -> None:
    near, far = _turns([1.0, 1.0 + WAVE_M / 8])
    assert (far - near) % 1.0 == pytest.approx(0.25, abs=1e-9)


@pytest.mark.parametrize(("dbm", "rad"), [(-39, 0.020), (-61, 0.16), (-67, 1.0)])
def test_the_spread_is_the_measured_one(dbm: int, rad: float) -> None:
    spread = phase.spread_turns(np.array([2 * dbm], dtype=np.int16))[0]
    assert spread * 2 * math.pi == pytest.approx(rad, rel=0.02)


def test_quieter_answers_have_no_better_phase() -> None:
    spread = phase.spread_turns(np.arange(-200, 0))
    assert (np.diff(spread) <= 0).all()


def test_differences_within_one_antenna_and_channel_are_free_of_offset_and_half_turn() -> None:
    channel, tag = np.full(2, 7, dtype=np.uint64), np.full(2, 3, dtype=np.uint64)
    offset = phase.offset_turns(1, 4, channel, tag)
    half = phase.half_turns(1, 4, channel, 1_000_000)
    mhz = phase.frequency_mhz(channel.astype(np.int64))
    with_offset = phase.phase_turns(np.array([0.5, 0.52]), mhz, offset, half)
    without = phase.phase_turns(np.array([0.5, 0.52]), mhz)
    assert (with_offset[1] - with_offset[0]) % 1.0 == pytest.approx((without[1] - without[0]) % 1.0)


def test_offsets_differ_by_antenna_channel_and_tag() -> None:
    column = np.arange(50, dtype=np.uint64)
    fixed = np.zeros(50, dtype=np.uint64)
    by_channel = phase.offset_turns(1, 0, column, fixed)
    by_tag = phase.offset_turns(1, 0, fixed, column)
    assert len(set(by_channel)) == len(set(by_tag)) == 50
    assert phase.offset_turns(1, 1, fixed, fixed)[0] != by_channel[0]


def test_half_of_the_dwells_are_turned_by_half() -> None:
    turned = [float(phase.half_turns(1, 0, np.zeros(1, dtype=np.uint64), dwell)[0]) for dwell in range(400)]
    assert set(turned) == {0.0, 0.5}
    assert 0.4 < sum(turned) / 200 < 0.6


def test_a_reader_gives_whole_steps_below_360_degrees() -> None:
    given = phase.phase_deg(np.array([0.0, 0.25, 0.99999, 1 / 4096]))
    assert given.tolist() == [0.0, 90.0, 0.0, 360 / 4096]


def test_noise_comes_back_as_the_spread_of_a_still_tag() -> None:
    throws = normal(5, np.arange(20_000, dtype=np.uint64))
    spread = phase.spread_turns(np.full(20_000, -122, dtype=np.int16))
    found = phase.phase_turns(np.full(20_000, 0.6), np.full(20_000, 910.0), spread * throws)
    middle = found[np.abs(throws) < 1e-3][0]
    off = (found - middle + 0.5) % 1.0 - 0.5
    assert np.sqrt((off**2).mean()) * 2 * math.pi == pytest.approx(0.16, rel=0.03)
