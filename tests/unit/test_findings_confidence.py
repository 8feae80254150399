"""From what the belief says to what a card promises."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.findings.confidence import MOST, PART, UNLEARNED, Calibration, Curve, learn
from hub.findings.shipped import calibration

CASES = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), max_size=400)


def test_without_experience_the_belief_is_shown_as_it_is_but_never_as_certain() -> None:
    assert UNLEARNED.at(0.9) == 0.9
    assert Calibration().shown("misplaced", 1.0) == MOST


def test_a_belief_that_is_too_sure_of_itself_is_shown_as_often_as_it_is_right() -> None:
    dice = np.random.default_rng(1)
    raw = dice.uniform(0.9, 1.0, 4_000)
    true = dice.random(4_000) < raw - 0.1
    curve = learn(zip(raw.tolist(), true.tolist(), strict=True))
    for said in (0.92, 0.95, 0.98):
        assert curve.at(said) == pytest.approx(said - 0.1, abs=0.03)


def test_what_is_no_number_promises_nothing() -> None:
    assert Curve(raw=(0.5, 0.9), shown=(0.4, 0.8)).at(math.nan) == 0.0
    assert UNLEARNED.at(math.nan) == 0.0


def test_ten_of_ten_promise_less_than_certainty_and_less_than_a_thousand_of_a_thousand() -> None:
    few, many = learn([(0.99, True)] * 10), learn([(0.99, True)] * 1_000)
    assert few.at(0.99) == pytest.approx((10 + 4 * 0.95) / 14, abs=1e-3)
    assert few.at(0.99) < many.at(0.99) <= MOST


def test_beliefs_that_the_numbers_cannot_tell_apart_stay_one_part() -> None:
    curve = learn([(0.9, n % 2 == 0) for n in range(3 * PART)] + [(0.95, True)] * PART)
    assert curve.at(0.9) == pytest.approx(0.5, abs=0.03)
    assert curve.at(0.95) > 0.9


@given(CASES, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_whoever_is_believed_more_is_never_shown_as_less(
    cases: list[tuple[float, bool]], one: float, other: float
) -> None:
    curve = learn(cases)
    low, high = sorted([one, other])
    assert 0.0 <= curve.at(low) <= curve.at(high) + 1e-12 <= 1.0


@given(CASES)
def test_a_curve_is_the_same_whatever_the_order_of_the_cases_and_survives_its_file(
    cases: list[tuple[float, bool]],
) -> None:
    curve = learn(cases)
    assert learn(cases[::-1]) == curve
    kept = Calibration(about="a test", kinds={"missing": curve})
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Calibration) == kept


@pytest.mark.parametrize(
    "points", [{"raw": [0.5]}, {"raw": [0.5, 0.4], "shown": [0.1, 0.2]}, {"raw": [2.0], "shown": [1.0]}]
)
def test_what_is_no_rising_curve_is_refused(points: dict[str, list[float]]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(points, Curve)


def test_the_curves_that_are_shipped_can_be_read() -> None:
    assert calibration().about
