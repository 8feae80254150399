"""What people do, as the hub sees it: hours, bustle and its past, and how many of the books taken stay away."""

import msgspec
import numpy as np
import pytest

from hub.belief.absences import EDGES_H, Absences, gone_still
from hub.belief.bustle import PIECE_S, PIECES, Bustle
from hub.belief.hours import Hours
from hub.belief.leaving import Silence, gone
from hub.belief.people import People
from hub.settings import EngineSettings

SETTINGS = EngineSettings()
NOON_S = 1_767_614_400  # 2026-01-05 12:00 UTC
HOURS = Hours.of("08:00", "22:00", 0)
TAGS = 10_000


@pytest.mark.parametrize(
    ("hours", "clock_h", "expected_h"),
    [(HOURS, 12, 0), (HOURS, 7, 1), (HOURS, 22, 10), (HOURS, 23, 9), (HOURS, 8, 0), (Hours(), 3, 0),
     (Hours.of("08:00", "02:00", 0), 1, 0), (Hours.of("08:00", "02:00", 0), 2, 6), (Hours.of("08:00", "22:00", 3_600), 5, 2)],
)  # fmt: skip
def test_hours_say_when_the_doors_open_next(hours: Hours, clock_h: int, expected_h: int) -> None:
    assert hours.opens_in_s(NOON_S + (clock_h - 12) * 3_600) == expected_h * 3_600


def lived(bustle: Bustle, from_s: int, hours: float, left_an_hour: float, step_s: int = 60) -> int:
    """So many hours with so many departures; gives the time after them."""
    for at_s in range(from_s, from_s + int(hours * 3_600), step_s):
        bustle.pass_time(at_s, TAGS, SETTINGS.taken_per_1000_h)
        bustle.see(
            1 if (at_s // step_s) % max(round(3_600 / step_s / max(left_an_hour, 1e-9)), 1) == 0 else 0
        )
    return from_s + int(hours * 3_600)


def between(bustle: Bustle, from_s: int, to_s: int, hours: Hours = HOURS) -> float:
    return float(bustle.busy_h(np.array([from_s]), np.array([to_s]), hours, SETTINGS.closed_share)[0])


def test_a_quiet_evening_does_not_forget_a_busy_noon() -> None:
    bustle = Bustle()
    evening = lived(bustle, NOON_S, 3, left_an_hour=60)
    night = lived(bustle, evening, 6, left_an_hour=0)
    assert between(bustle, NOON_S + 3_600, evening) > 1.0
    assert between(bustle, evening + 4 * 3_600, night) < 0.3
    assert between(bustle, NOON_S, night) == pytest.approx(
        between(bustle, NOON_S, evening) + between(bustle, evening, night)
    )


def test_of_the_time_before_the_hub_came_only_the_opening_hours_are_known() -> None:
    bustle = Bustle()
    assert between(bustle, NOON_S, NOON_S + 7_200) == pytest.approx(2.0)
    assert between(bustle, NOON_S - 9 * 3_600, NOON_S - 5 * 3_600) == pytest.approx(4 * SETTINGS.closed_share)
    lived(bustle, NOON_S, 1, left_an_hour=0)
    assert between(bustle, NOON_S - 7_200, NOON_S) == pytest.approx(2.0)


def test_the_past_is_kept_for_a_week_and_survives_a_restart() -> None:
    bustle = Bustle()
    for at in range(2 * PIECES):
        bustle.pass_time(NOON_S + at * PIECE_S, TAGS, SETTINGS.taken_per_1000_h)
    middle_s, busy_h = bustle.past()
    assert len(middle_s) == len(busy_h) == PIECES
    again = Bustle()
    again.restore(msgspec.json.decode(msgspec.json.encode(bustle.dump())))
    assert again.dump() == bustle.dump()


def test_an_older_snapshot_knows_nothing_of_the_past() -> None:
    bustle = Bustle()
    bustle.restore({"left": 2.0, "usual": 3.0, "at_s": NOON_S})
    bustle.pass_time(NOON_S + 60, TAGS, SETTINGS.taken_per_1000_h)
    assert 0.0 <= between(bustle, NOON_S, NOON_S + 60) <= 0.1


def test_what_a_clock_that_is_set_back_has_seen_did_not_happen() -> None:
    bustle = Bustle()
    later = lived(bustle, NOON_S, 5, left_an_hour=60)
    bustle.pass_time(NOON_S + 1_800, TAGS, SETTINGS.taken_per_1000_h)
    middle_s, busy_h = bustle.past()
    assert middle_s.max() <= NOON_S + 1_800 < later
    assert (busy_h >= 0).all()


def lap(away_h: list[float], *, known: int = 5_000, bustle: float = 1.0) -> Absences:
    """A lap through well-heard books, of which some have been away for so long; the day had 14 hours of that bustle."""
    absences = Absences()
    absences.learn(np.array(away_h), known)
    age_h = np.arange(0.125, 14.0, 0.25)
    absences.end_lap(np.full(len(age_h), 0.25 * bustle), age_h, SETTINGS)
    return absences


def test_where_all_books_come_back_few_of_those_taken_are_gone() -> None:
    absences = lap([])
    assert float(absences.still_gone(np.array([8.0]), SETTINGS)[0]) < 0.2 * float(
        gone_still(np.array([8.0]), SETTINGS)[0]
    )


def test_on_a_day_of_thefts_more_are_gone_and_never_more_than_were_taken() -> None:
    usual = float(gone_still(np.array([8.0]), SETTINGS)[0])
    assert float(lap([8.0] * 100).still_gone(np.array([8.0]), SETTINGS)[0]) > 2 * usual
    assert float(lap([8.0] * 5_000).still_gone(np.array([8.0]), SETTINGS)[0]) == 1.0


def test_a_library_that_saw_nothing_yet_goes_by_the_settings() -> None:
    hours = np.array([0.0, 2.0, 9.0, 30.0, 900.0])
    assert Absences().still_gone(hours, SETTINGS).tolist() == gone_still(hours, SETTINGS).tolist()


def test_each_lap_counts_anew_and_what_left_long_ago_is_not_counted() -> None:
    absences = lap([8.0] * 100)
    again = lap([200.0] * 100)
    age_h = np.arange(0.125, 14.0, 0.25)
    absences.end_lap(np.full(len(age_h), 0.25), age_h, SETTINGS)
    assert absences.factor.tolist() == [1.0] * (len(EDGES_H) - 1), "a lap without books says nothing"
    assert again.factor.tolist() == lap([]).factor.tolist()


def test_what_was_learned_survives_a_restart() -> None:
    absences = lap([8.0] * 10)
    absences.learn(np.array([2.0]), 7)
    again = Absences()
    again.restore(msgspec.json.decode(msgspec.json.encode(absences.dump())))
    assert again.dump() == absences.dump()
    again.restore({})
    assert again.dump() == absences.dump(), "an older hub's snapshot has none"


def weak(lasts_h: float) -> Silence:
    """A weak tag that fell silent at ten in the morning."""
    from_s, looks = NOON_S - 7_200, lasts_h * 12
    return Silence(
        speaks=np.ones((1, 1), dtype=bool), margin_db=np.full((1, 1), 4.0), level_db=np.full((1, 1), 11.4),
        variance_db2=np.full((1, 1), 0.8), looks=np.full((1, 1), looks), from_s=np.full((1, 1), from_s),
        to_s=np.full((1, 1), from_s + int(lasts_h * 3_600)),
    )  # fmt: skip


def test_a_weak_tag_that_falls_silent_among_thieves_was_rather_taken() -> None:
    chances = []
    for absences in (lap([]), Absences(), lap([8.0] * 100)):
        one = weak(12.0)
        chances.append(
            float(gone(one, int(one.to_s.max()), People(SETTINGS, HOURS, Bustle(), absences))[0][0])
        )
    assert chances == sorted(chances)
    assert chances[0] < 0.3
    assert chances[-1] > 0.6


def test_the_longer_the_shelf_is_disturbed_the_less_can_shade_be_to_blame() -> None:
    one, days = weak(12.0), weak(96.0)
    people = People(SETTINGS, HOURS)
    assert gone(days, int(days.to_s.max()), people)[0][0] > gone(one, int(one.to_s.max()), people)[0][0]


def open_day(people: People, from_s: int, hours: float, *, left_an_hour: float) -> int:
    """The hub works for so long; books leave while the doors are open. Gives the time after it."""
    every = round(60 / left_an_hour) if left_an_hour else 0
    for minute in range(round(hours * 60)):
        people.pass_time(from_s + minute * 60, TAGS)
        if every and minute % every == 0 and people.hours.opens_in_s(from_s + minute * 60) == 0:
            people.bustle.see(1)
    return from_s + round(hours * 60) * 60


def house() -> People:
    return People(SETTINGS, HOURS)


def busy(people: People, from_s: int, to_s: int) -> float:
    return float(people.busy_h(np.array([from_s]), np.array([to_s]))[0])


def test_a_night_without_the_hub_is_a_night() -> None:
    awake, off = house(), house()
    closing = NOON_S + 10 * 3_600
    open_day(awake, NOON_S, 20.1, left_an_hour=60.0)
    open_day(off, NOON_S, 10, left_an_hour=60.0)
    off.pass_time(closing + 10 * 3_600, TAGS)
    night = closing + 600, closing + 10 * 3_600
    assert busy(awake, *night) < 0.35
    assert busy(off, *night) < 0.35, "as many hours as the night has, by hours alone"


def test_after_a_gap_by_day_the_house_is_as_busy_as_usual() -> None:
    people = house()
    usual = SETTINGS.taken_per_1000_h * TAGS / 1000.0
    noon = open_day(people, NOON_S - 3 * 3_600, 3, left_an_hour=usual)
    people.pass_time(noon + 4 * 3_600, TAGS)
    after = open_day(people, noon + 4 * 3_600, 1, left_an_hour=usual)
    assert 0.4 < busy(people, after - 3_600, after - 1_800) < 0.6
    assert busy(people, noon, noon + 4 * 3_600) == pytest.approx(4.0, abs=0.1)


def test_a_morning_begins_as_a_usual_one() -> None:
    people = house()
    morning = NOON_S + 20 * 3_600
    open_day(people, NOON_S, 24, left_an_hour=SETTINGS.taken_per_1000_h * TAGS / 1000.0)
    for quarter in range(4):
        assert 0.4 < 4 * busy(people, morning + quarter * 900, morning + quarter * 900 + 900) < 1.6, quarter


def test_of_books_that_left_before_the_past_is_known_nothing_is_learned() -> None:
    people = house()
    now_s = open_day(people, NOON_S, 5, left_an_hour=36.0)
    people.see_away(np.array([NOON_S - 8 * 3_600] * 12), 4_000, now_s)
    people.end_lap(now_s)
    assert people.absences.factor.tolist() == pytest.approx(house_after(now_s).absences.factor.tolist()), (
        "as if they had not been there"
    )
    people.see_away(np.array([NOON_S + 3_600] * 12), 4_000, now_s)
    people.end_lap(now_s)
    assert people.absences.factor.max() > 1.0


def house_after(now_s: int) -> People:
    """The same day, and no book is away."""
    people = house()
    open_day(people, NOON_S, 5, left_an_hour=36.0)
    people.see_away(np.zeros(0, dtype=np.int64), 4_000, now_s)
    people.end_lap(now_s)
    return people
