"""The difference between two clocks is that of the quickest message of the last minute."""

from __future__ import annotations

import pytest

from edge.delay import WINDOW_US, SmallestDelay

NOW = 1_790_000_000_000_000


def test_nothing_is_known_before_the_first_message_and_after_a_clock_was_set() -> None:
    delay = SmallestDelay()
    seen = [delay.best_us]
    delay.push(NOW, 30)
    seen.append(delay.best_us)
    delay.restart()
    seen.append(delay.best_us)
    assert seen == [None, 30, None]


def test_a_quick_message_counts_for_a_minute_and_then_the_quickest_after_it() -> None:
    delay = SmallestDelay()
    for after_us, difference_us in ((0, 50), (1, 10), (2, 40), (3, 30)):
        delay.push(NOW + after_us, difference_us)
    assert delay.best_us == 10
    delay.push(NOW + 1 + WINDOW_US, 60)
    assert delay.best_us == 10
    delay.push(NOW + 2 + WINDOW_US, 70)
    assert delay.best_us == 30


@pytest.mark.parametrize(("grain_us", "kept"), [(0, 1000), (100, 10)])
def test_a_grain_bounds_how_many_are_kept(grain_us: int, kept: int) -> None:
    delay = SmallestDelay(grain_us)
    for number in range(1000):
        delay.push(NOW + number, number)
    assert (len(delay), delay.best_us) == (kept, 0)
