"""The lap of lessons: every tag once in ten minutes, however many there are and however often it is asked."""

from itertools import pairwise

import pytest

from hub.belief.lessons import LAP_S, Lessons

START_S = 1_767_600_000


@pytest.mark.parametrize(
    ("rows", "step_s"), [(1, 1), (7, 1), (599, 1), (10_000, 1), (10_000, 30), (10_000, 45)]
)
def test_a_lap_lasts_ten_minutes_and_teaches_each_tag_once(rows: int, step_s: int) -> None:
    lessons, ends, seen = Lessons(), list[int](), list[int]()
    for now_s in range(START_S, START_S + 4 * LAP_S, step_s):
        turn = lessons.turn(rows, now_s)
        seen += turn.tolist()
        if len(turn) and turn[-1] == rows - 1:
            assert sorted(seen) == list(range(rows))
            seen.clear()
            ends.append(now_s)
    assert len(ends) >= 3
    assert all(LAP_S <= later - earlier <= LAP_S + step_s for earlier, later in pairwise(ends))


def test_a_library_without_tags_teaches_nothing() -> None:
    lessons = Lessons()
    assert not len(lessons.turn(0, START_S))
    assert not len(lessons.turn(0, START_S + LAP_S))


def test_a_hub_that_was_away_for_long_goes_through_all_once() -> None:
    lessons = Lessons()
    lessons.turn(1_000, START_S)
    assert len(lessons.turn(1_000, START_S + 40 * LAP_S)) == 1_000
    assert len(lessons.turn(1_000, START_S + 40 * LAP_S + 6)) == 10
