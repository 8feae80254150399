import pytest
from helpers.shelves import SECOND
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clocks import MAX_BOOTS, STEADY_US, Clocks

unhurried = settings(deadline=None)
"""A busy machine is no fault."""


def test_the_smallest_delay_decides() -> None:
    clocks = Clocks()
    assert clocks.heard("a", "b", 1_000, 5_000) == 4_000
    assert clocks.heard("a", "b", 2_000, 5_500) == 3_500
    assert clocks.heard("a", "b", 3_000, 9_000) == 3_500


def test_each_boot_has_its_own_offset() -> None:
    clocks = Clocks()
    clocks.heard("a", "b1", 0, 10)
    clocks.heard("a", "b2", 0, 99)
    assert (clocks.offset_us("a", "b1"), clocks.offset_us("a", "b2"), clocks.offset_us("a", "b3")) == (
        10,
        99,
        None,
    )


def test_a_clock_in_1970_is_only_an_offset() -> None:
    assert Clocks().heard("a", "b", 60_000_000, 1_767_600_000_000_000) == 1_767_599_940_000_000


def test_boots_are_bounded_and_the_longest_unheard_forgotten() -> None:
    clocks = Clocks()
    clocks.heard("a", "living", 0, 1)
    for boot in range(MAX_BOOTS + 10):
        clocks.heard("a", str(boot), 0, 1)
        clocks.heard("a", "living", 0, 1)
    assert clocks.offset_us("a", "0") is None
    assert clocks.offset_us("a", "living") == 1
    assert len(clocks.dump()) == MAX_BOOTS


def test_a_clock_that_runs_slow_is_followed_for_a_month() -> None:
    clocks, late_us = Clocks(), 0
    for minute in range(30 * 24 * 60):
        true_us = minute * 60 * SECOND
        made_us = true_us - true_us * 50 // 1_000_000
        late_us = true_us - made_us - clocks.heard("a", "b", made_us, true_us)
    assert abs(late_us) < SECOND


def test_a_hub_clock_that_is_set_forward_is_a_new_baseline_after_a_while() -> None:
    clocks, step_us = Clocks(), 3 * 3_600 * SECOND
    for second in range(60):
        clocks.heard("a", "b", second * SECOND, second * SECOND + 5)
    seconds = range(60, 60 + STEADY_US // SECOND + 2)
    offsets = [clocks.heard("a", "b", at * SECOND, at * SECOND + step_us + 5 + at % 7) for at in seconds]
    assert offsets[0] < 10 * SECOND
    assert offsets[-1] == pytest.approx(step_us, abs=SECOND)


def test_a_backlog_of_a_boot_that_is_known_is_no_step_of_the_hub() -> None:
    clocks, away_us = Clocks(), 8 * 3_600 * SECOND
    clocks.heard("a", "b", 0, 5)
    made_us, arrived_us = SECOND, away_us
    while made_us < arrived_us:  # ten times as fast as it was measured: 53 minutes
        assert clocks.heard("a", "b", made_us, arrived_us) < 10 * SECOND
        made_us, arrived_us = made_us + 10 * SECOND, arrived_us + SECOND


def test_a_hub_clock_that_is_set_back_takes_all_boots_along() -> None:
    clocks, day_us = Clocks(), 86_400 * SECOND
    clocks.heard("a", "b", 0, 2 * day_us)
    clocks.step_back(day_us)
    assert clocks.heard("a", "b", 10 * SECOND, day_us + 3_600 * SECOND) < day_us + SECOND


@unhurried
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**6)), min_size=1),
    st.integers(-(10**15), 10**15),
)
def test_a_constant_shift_of_the_clock_shifts_the_offset_and_nothing_else(
    reports: list[tuple[int, int]], shift: int
) -> None:
    plain, shifted = Clocks(), Clocks()
    for true_us, delay_us in reports:
        one = plain.heard("a", "b", true_us, true_us + delay_us) + true_us
        other = shifted.heard("a", "b", true_us + shift, true_us + delay_us) + true_us + shift
        assert one == other


@unhurried
@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.integers(), st.integers())))
def test_dump_and_load_give_the_same_clocks(reports: list[tuple[str, str, int, int]]) -> None:
    clocks = Clocks()
    for agent, boot, made, arrived in reports:
        clocks.heard(agent, boot, made, arrived)
    assert Clocks.load(clocks.dump()).dump() == clocks.dump()
