"""What was promised against what came true: honest shares, and a warning only where luck is no excuse."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.effects import FindingKind
from hub.findings.kept import EDGES, Count, differs, kept, month, share, tail, wilson


def count(
    right: int, wrong: int, promised: float = 0.97, kind: FindingKind = "misplaced", day: int = 20_000
) -> Count:
    place = max(n for n, edge in enumerate(EDGES[:-1]) if edge <= promised)
    return Count(kind=kind, day=day, bin=place, right=right, wrong=wrong, promised=promised * (right + wrong))


def test_the_sentence_of_the_page() -> None:
    sure = kept([count(400, 12), count(10, 10, 0.6)]).sure
    assert (sure.told, sure.right) == (412, 400)
    assert sure.share == pytest.approx(0.971, abs=5e-4)
    assert (sure.low, sure.high) == pytest.approx((0.9498, 0.9833), abs=1e-3)


def test_of_a_few_no_share_is_told() -> None:
    assert not kept([count(19, 0)]).sure.enough
    assert kept([count(19, 0)]).error is None
    assert kept([]).all.share is None


def test_the_calibration_error_is_that_of_the_scores() -> None:
    found = kept([count(90, 10, 0.95), count(60, 40, 0.7)])
    assert found.error == pytest.approx((5 + 10) / 200)


def test_a_bad_week_is_no_warning_and_a_bad_promise_is() -> None:
    assert not differs(share([count(28, 2)]))
    assert differs(share([count(80, 20)]))
    assert [one.kind for one in kept([count(97, 3), count(60, 40, kind="missing")]).warned] == ["missing"]


def test_a_difference_within_the_margin_is_no_warning_however_many_there_are() -> None:
    assert not differs(share([count(96_000, 4_000)]))


def test_months_are_those_of_the_end() -> None:
    found = kept([count(1, 0, day=20_000), count(2, 1, day=20_031)])
    assert list(found.months) == ["2024-10", "2024-11"]
    assert month(0) == "1970-01"


@given(st.integers(1, 300), st.data())
def test_the_interval_holds_the_share_and_lies_within_nothing_and_all(
    cases: int, data: st.DataObject
) -> None:
    right = data.draw(st.integers(0, cases))
    low, high = wilson(right, cases)
    assert 0.0 <= low <= right / cases <= high <= 1.0


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_both_tails_of_a_binomial_hold_all_of_it(cases: int, p: float) -> None:
    few = math.floor(cases * p)
    if few < cases:
        assert tail(few, cases, p) + tail(few + 1, cases, p) == pytest.approx(1.0)


def test_many_cases_are_a_normal_one() -> None:
    exact, near = tail(1_940, 2_000, 0.98), tail(1_941, 2_001, 0.98)
    assert near == pytest.approx(exact, rel=0.5)
    assert tail(3, 3, 1.0) == 1.0
    assert tail(2, 3, 1.0) == 0.0
