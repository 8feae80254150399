"""Session flags: a tag that answered a single-target inventory is silent for every antenna until its flag falls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.airs import SECOND_US, Ears, cycle, stacks
from helpers.sims import START_US


def ears_with(**settings: Any) -> Ears:
    """Without drift and channels, so that awake is awake; and with time for all."""
    return Ears.of(stacks(), pass_spread_db=0, channel_spread_db=0, reads_a_second=1200, **settings)


def single(ears: Ears, after_s: float, session: int, seconds: float = 0.2) -> set[int]:
    """Tags heard by antennas 7 and 8, one after the other, with a single target."""
    world = ears.radio.world
    found: set[int] = set()
    for place, antenna in enumerate((7, 8)):
        at_us = START_US + int((after_s + place * (seconds + 0.02)) * SECOND_US)
        heard = ears.heard(
            cycle(world, at_us, seconds=seconds, dual=False, session=session, antennas=[antenna])
        )
        assert not found & set(heard.tag.tolist()) or session == 0
        found |= set(heard.tag.tolist())
    return found


@pytest.mark.parametrize("session", [1, 2, 3])
def test_flags_hold_over_antennas_and_seconds(session: int) -> None:
    ears = ears_with(flag_s=(2.0, 2.0), flag_hold_s=(2.0, 2.0))
    first = single(ears, 0.0, session)
    assert len(first) > 100
    assert not single(ears, 0.8, session)
    assert single(ears, 10.0, session) == first


def test_session_1_flags_fall_between_half_a_second_and_five() -> None:
    ears = ears_with()
    first = single(ears, 0.0, 1)
    early, late = single(ears, 2.5, 1), single(ears, 5.6, 1)
    assert 0.2 * len(first) < len(early) < 0.8 * len(first)
    assert early | late == first


def test_a_session_1_flag_falls_under_power_too_so_a_long_dwell_hears_a_tag_again() -> None:
    ears = ears_with(flag_s=(1.0, 1.0))
    heard = ears.heard(cycle(ears.radio.world, seconds=4.5, dual=False, antennas=[7]))
    assert set(heard.count.tolist()) == {5}


def test_a_session_2_flag_holds_for_as_long_as_there_is_power() -> None:
    ears = ears_with(flag_hold_s=(2.0, 2.0))
    first = single(ears, 0.0, 2)
    for second in range(1, 8):
        assert not single(ears, float(second), 2), "powered again within two seconds: still silent"
    assert single(ears, 20.0, 2) == first


def test_sessions_have_flags_of_their_own() -> None:
    ears = ears_with()
    first = single(ears, 0.0, 1)
    assert single(ears, 0.45, 2) == first


def test_session_0_forgets_as_soon_as_the_power_goes() -> None:
    ears = ears_with()
    assert single(ears, 0.0, 0) == single(ears, 0.5, 0)


def test_dual_target_neither_hears_flags_nor_sets_them() -> None:
    ears = ears_with(flag_s=(5.0, 5.0))
    world = ears.radio.world
    before = ears.heard(cycle(world, antennas=[7]))
    silent = single(ears, 1.1, 1)
    after = ears.heard(cycle(world, START_US, antennas=[7]))
    assert np.array_equal(before.tag, after.tag)
    assert set(before.tag.tolist()) <= silent


def test_who_had_no_turn_in_a_short_dwell_has_no_flag() -> None:
    ears = Ears.of(stacks(), pass_spread_db=0, channel_spread_db=0, reads_a_second=50, flag_s=(5.0, 5.0))
    world = ears.radio.world
    looks = [
        set(
            ears.heard(
                cycle(world, START_US + n * SECOND_US // 2, seconds=0.4, dual=False, antennas=[7])
            ).tag.tolist()
        )
        for n in range(8)
    ]
    assert all(0 < len(look) < 40 for look in looks[:3])
    assert sum(len(look) for look in looks) == len(set().union(*looks))
