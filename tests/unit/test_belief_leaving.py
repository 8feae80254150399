"""What silence proves: tails, hours, drift, shade, and who was never there."""

import math
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.belief.gauss import best_of, log_silent, quadrature, silent
from hub.belief.hours import Hours
from hub.belief.leaving import MOST, Silence, gone, never_heard, stays_silent
from hub.belief.people import People
from hub.findings.decision import threshold
from hub.settings import EngineSettings

SETTINGS = EngineSettings()
NOON_S = 1_767_614_400  # 2026-01-05 12:00 UTC
HOURS = Hours.of("08:00", "22:00", 0)
unhurried = settings(deadline=None)


def silence(
    margin_db: float, *, looks: float = 12.0, lasts_s: int = 3_600, from_s: int = NOON_S, antennas: int = 1
) -> Silence:
    shape = (1, antennas)
    return Silence(
        speaks=np.ones(shape, dtype=bool),
        margin_db=np.full(shape, margin_db),
        level_db=np.full(shape, 11.4),
        variance_db2=np.full(shape, 0.8),
        looks=np.full(shape, looks),
        from_s=np.full(shape, from_s, dtype=np.int64),
        to_s=np.full(shape, from_s + lasts_s, dtype=np.int64),
    )


def p_gone(one: Silence, hours: Hours = HOURS, with_settings: EngineSettings = SETTINGS) -> float:
    return float(gone(one, int(one.to_s.max()), People(with_settings, hours))[0][0])


def p_away(one: Silence, hours: Hours = HOURS) -> float:
    return float(gone(one, int(one.to_s.max()), People(SETTINGS, hours))[1][0])


@pytest.mark.parametrize("x", [-3.0, -1.0, 0.0, 0.7, 2.5, 5.0])
def test_tails_are_those_of_the_normal_distribution(x: float) -> None:
    assert float(silent(np.array([x]))[0]) == pytest.approx(NormalDist().cdf(-x), rel=0.02)


def test_tails_beyond_the_table_are_the_last_of_it() -> None:
    far = log_silent(np.array([11.9, 40.0, 1e9]))
    assert far[0] > far[1] == far[2]
    assert np.isfinite(far).all()


def test_the_best_of_several_throws_rises_and_varies_less() -> None:
    mean, variance = best_of(np.array([1, 2, 10, 100]))
    assert mean.tolist() == pytest.approx([0.0, 0.5642, 1.5388, 2.5076], abs=0.01)
    assert (np.diff(variance) < 0).all()


def test_a_quadrature_has_the_spread_that_it_stands_for() -> None:
    points, log_weights = quadrature(5.0, 7)
    weights = np.exp(log_weights)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights * points**2).sum() == pytest.approx(25.0)


def test_open_hours_between_two_times() -> None:
    day = NOON_S - 12 * 3_600
    spans = [(9, 10, 1.0), (20, 23, 2.0), (23, 24, 0.0), (21, 33, 2.0), (0, 48, 28.0), (10, 9, 0.0)]
    for begin, end, hours in spans:
        found = HOURS.open_s(np.array([day + begin * 3_600]), np.array([day + end * 3_600]))
        assert float(found[0]) / 3_600 == pytest.approx(hours)


def test_a_library_that_closes_after_midnight() -> None:
    late = Hours.of("08:00", "02:00", 0)
    day = NOON_S - 12 * 3_600
    assert float(late.open_s(np.array([day]), np.array([day + 24 * 3_600]))[0]) == 18 * 3_600
    assert float(late.open_s(np.array([day + 2 * 3_600]), np.array([day + 8 * 3_600]))[0]) == 0


def test_without_hours_it_is_always_open() -> None:
    always = Hours.of(None, "22:00", 0)
    assert float(always.open_s(np.array([NOON_S]), np.array([NOON_S + 86_400]))[0]) == 86_400


@unhurried
@given(st.integers(0, 2**31), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-50_000, 50_000))
def test_open_hours_add_up(start: int, first: int, second: int, offset: int) -> None:
    hours = Hours.of("09:30", "21:15", offset)
    a, b, c = (np.array([start + at]) for at in (0, first, first + second))
    assert hours.open_s(a, b) + hours.open_s(b, c) == hours.open_s(a, c)


def test_the_silence_of_a_loud_tag_proves_more_than_that_of_a_weak_one() -> None:
    chances = [p_gone(silence(margin)) for margin in (0.0, 4.0, 8.0, 16.0)]
    assert chances == sorted(chances)
    assert chances[0] < 0.05
    assert chances[-1] > 0.95


def test_more_looks_within_a_quarter_of_an_hour_prove_hardly_more() -> None:
    few, many = silence(6.0, looks=3, lasts_s=600), silence(6.0, looks=100, lasts_s=600)
    assert float(stays_silent(many, SETTINGS)[0][0]) > 0.2 * float(stays_silent(few, SETTINGS)[0][0])


def test_a_silence_through_the_night_proves_more_than_one_of_an_hour() -> None:
    evening = NOON_S + 9 * 3_600
    hour = silence(8.0, looks=12, lasts_s=3_600, from_s=evening)
    night = silence(8.0, looks=120, lasts_s=36_000, from_s=evening)
    assert p_gone(night) > p_gone(hour)


def test_a_book_that_falls_silent_at_night_was_hardly_taken() -> None:
    by_day, by_night = (
        silence(3.0, looks=2, lasts_s=600),
        silence(3.0, looks=2, lasts_s=600, from_s=NOON_S + 11 * 3_600),
    )
    assert p_away(by_night) < p_away(by_day)
    assert p_gone(by_night) < p_gone(by_day)


def test_a_second_silent_antenna_is_hardly_a_second_witness() -> None:
    one, two = (chance / (1 - chance) for chance in (p_gone(silence(8.0)), p_gone(silence(8.0, antennas=2))))
    assert one < two < 3 * one, "a new shade lies before both: its silence is no second throw"


def test_that_two_antennas_drift_at_once_is_as_rare_as_two_throws() -> None:
    one, two = (float(stays_silent(silence(1.0, antennas=n), SETTINGS)[0][0]) for n in (1, 2))
    assert two == pytest.approx(one**2, rel=0.01)


def test_nothing_is_certain() -> None:
    assert p_gone(silence(60.0, looks=1_000, lasts_s=10 * 86_400), Hours()) <= MOST


def test_where_nothing_speaks_nothing_is_gone() -> None:
    mute = msgspec.structs.replace(SETTINGS)
    one = silence(10.0)
    quiet = Silence(**{**vars(one), "speaks": np.zeros((1, 1), dtype=bool)})
    assert p_gone(quiet, with_settings=mute) == 0.0


def test_more_people_who_disturb_make_silence_less_of_a_proof() -> None:
    busy = msgspec.structs.replace(SETTINGS, disturbed_per_1000_h=600.0)
    assert p_gone(silence(8.0), with_settings=busy) < p_gone(silence(8.0))


def test_a_tag_never_heard_is_more_probably_weak_than_gone() -> None:
    chance = never_heard(np.array([11.4]), np.array([40.0]), np.array([14.0]), SETTINGS)
    assert 0.02 < float(chance[0]) < 0.6


def test_a_tag_never_heard_grows_suspicious_while_the_books_beside_it_move() -> None:
    days = never_heard(
        np.full(3, 11.4), np.array([40.0, 400.0, 1_000.0]), np.array([14.0, 140.0, 1_400.0]), SETTINGS
    )
    assert (np.diff(days) > 0).all()


def test_a_tag_never_heard_is_called_missing_only_where_the_library_bears_it() -> None:
    longest = float(never_heard(np.array([60.0]), np.array([1e4]), np.array([1e4]), SETTINGS)[0])
    assert longest < threshold("missing", SETTINGS)
    assert longest >= threshold("missing", msgspec.structs.replace(SETTINGS, false_alarms_per_10000=2.0))


def test_a_weak_tag_is_shown_away_after_some_time_and_a_loud_one_at_once() -> None:
    soon, late = (
        {margin: p_away(silence(margin, looks=looks, lasts_s=lasts_s)) for margin in (4.0, 14.0)}
        for looks, lasts_s in ((3.0, 900), (6.0, 1_800))
    )
    above = SETTINGS.away_above
    assert soon[14.0] >= above
    assert soon[4.0] < above <= late[4.0]


@unhurried
@given(
    st.floats(-50, 100), st.floats(0, 1e6), st.integers(0, 10**8), st.integers(0, 2**31), st.floats(0.01, 100)
)  # fmt: skip
def test_it_is_always_a_probability(
    margin: float, looks: float, lasts_s: int, from_s: int, variance: float
) -> None:
    one = silence(margin, looks=looks, lasts_s=lasts_s, from_s=from_s)
    one.variance_db2[:] = variance
    for chance in gone(one, int(one.to_s.max()), People(SETTINGS, HOURS)):
        assert 0.0 <= float(chance[0]) <= 1.0
        assert math.isfinite(float(chance[0]))


@pytest.mark.parametrize(
    "told", [{"leaves_unexpected": 1.0}, {"gone_for": [[1.0, 0.0]]}, {"gone_for": [[2.0, 1.0]]}]
)
def test_settings_that_would_divide_by_nothing_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(told, EngineSettings)
