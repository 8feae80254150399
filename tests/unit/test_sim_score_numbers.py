from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.scoring.intervals import f1, poisson, poisson_upper, rate, share, student, wilson
from firmware_sim.scoring.reliability import Reliability


def test_no_event_still_allows_three() -> None:
    assert poisson_upper(0) == pytest.approx(2.9957, abs=1e-3)
    assert poisson_upper(3) == pytest.approx(7.7537, abs=1e-3)


def test_the_exact_poisson_interval_is_garwoods() -> None:
    assert poisson(0) == pytest.approx((0.0, 3.6889), abs=1e-3)
    assert poisson(10) == pytest.approx((4.7954, 18.3904), abs=1e-3)
    assert poisson(1000) == pytest.approx((938.97, 1063.95), abs=0.1)


@pytest.mark.timeout(5)
def test_the_bound_of_a_million_false_ones_is_quick_and_still_exact() -> None:
    low, high = poisson(1_000_000)
    assert (low, high) == pytest.approx((998_040.98, 1_001_961.91), abs=0.1)
    assert 1_000_000 < poisson_upper(1_000_000) < high


def test_a_share_of_one_is_not_certain() -> None:
    assert wilson(20, 20)[0] == pytest.approx(0.8389, abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)
    assert share([(20, 20), (20, 20), (20, 20)]).low == pytest.approx(wilson(60, 60)[0])


def test_seeds_that_differ_widen_an_interval() -> None:
    alike, apart = share([(90, 100)] * 3), share([(99, 100), (90, 100), (81, 100)])
    assert alike.value == apart.value == pytest.approx(0.9)
    assert (apart.low or 0) < (alike.low or 0)
    assert student([0.9]) is None
    assert student([1.0, 2.0, 3.0]) == pytest.approx((2 - 2.4843, 2 + 2.4843), abs=1e-3)


def test_f1_is_pooled_and_lies_in_its_interval() -> None:
    found = f1([(9, 1, 1), (8, 0, 2)])
    assert found.value == pytest.approx(2 * 17 / (2 * 17 + 1 + 3))
    assert (found.low or 0) < (found.value or 0) < (found.high or 0)
    assert f1([(0, 0, 0)]).value is None


def test_a_rate_is_told_for_its_unit() -> None:
    found = rate([(2, 50_000.0), (1, 50_000.0)], 10_000)
    assert found.value == pytest.approx(0.3)
    assert rate([(0, 0.0)], 10_000).value is None


def test_promises_that_are_kept_have_no_calibration_error() -> None:
    said = np.array([0.9] * 10 + [0.5] * 10)
    true = np.array([True] * 9 + [False] + [True] * 5 + [False] * 5)
    kept = Reliability.of(said, true)
    assert kept.ece == pytest.approx(0.0, abs=1e-9)
    assert kept.brier == pytest.approx(0.5 * (0.9 * 0.01 + 0.1 * 0.81) + 0.5 * 0.25)
    bold = Reliability.of([1.0, 1.0], [True, False])
    assert bold.ece == 0.5
    assert bold.bins[-1].cases == 2
    both = Reliability.total([kept, bold])
    assert both.cases == 22
    assert both.ece == pytest.approx(1 / 22)
    assert Reliability().ece is None
