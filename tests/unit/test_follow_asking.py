from __future__ import annotations

import itertools

import pytest

from hub.catalog.follow import asking
from hub.catalog.follow.asking import Asking, Pace, Seen

S = 1_000_000
NOW = 1_780_000_000 * S


def heard(barcode: str, status: str = "on_loan", at_us: int = NOW) -> Seen:
    return Seen(barcode, "heard", status, at_us)


def gone(barcode: str, status: str = "on_shelf", at_us: int = NOW) -> Seen:
    return Seen(barcode, "gone", status, at_us)


def finding(barcode: str, at_us: int = NOW) -> Seen:
    return Seen(barcode, "finding", "on_shelf", at_us)


def test_a_book_heard_though_on_loan_is_asked_about_before_one_that_fell_silent() -> None:
    queue = Asking(again_s=300)
    queue.see([gone("silent"), heard("back again")])
    assert queue.take(2, NOW) == ["back again", "silent"]


def test_among_equals_the_newest_news_goes_first() -> None:
    queue = Asking(again_s=300)
    queue.see([gone("old", at_us=NOW - S), gone("new")])
    assert queue.take(2, NOW) == ["new", "old"]


@pytest.mark.parametrize("seen", [heard("b", "on_shelf"), gone("b", "on_loan"), gone("b", "in_transit")])
def test_news_that_agree_with_the_catalogue_ask_nothing(seen: Seen) -> None:
    queue = Asking(again_s=300)
    queue.see([seen])
    assert not queue


def test_more_news_of_a_waiting_item_ask_once_and_the_more_urgent_counts() -> None:
    queue = Asking(again_s=300)
    queue.see([gone("a", at_us=NOW), gone("b", at_us=NOW + S), heard("a", at_us=NOW)])
    assert queue.take(3, NOW) == ["a", "b"]


def test_an_item_is_not_asked_about_again_within_its_time_and_fresh_news_wait_for_it() -> None:
    queue = Asking(again_s=300)
    queue.answered({"a": False}, NOW)
    queue.see([gone("a", at_us=NOW + 10 * S)])
    assert queue.take(1, NOW + 10 * S) == []
    assert queue.take(1, NOW + 299 * S) == []
    assert queue.take(1, NOW + 300 * S) == ["a"]


def test_a_finding_whose_answer_stays_the_same_is_asked_about_ever_more_rarely() -> None:
    queue = Asking(again_s=300)
    asked, now = [], NOW
    while now < NOW + 24 * 3600 * S:
        queue.see([finding("a", now)])
        if queue.take(1, now):
            asked.append((now - NOW) // S)
            queue.answered({"a": False}, now)
        now += 60 * S
    gaps = [after - before for before, after in itertools.pairwise(asked)]
    assert gaps[:4] == [300, 600, 1200, 2400]
    assert max(gaps) == asking.LONGEST_US // S
    assert len(asked) == 10


def test_a_new_answer_begins_the_waits_anew() -> None:
    queue = Asking(again_s=300)
    for at in (0, 300, 900):
        queue.answered({"a": False}, NOW + at * S)
    queue.answered({"a": True}, NOW + 2100 * S)
    queue.see([finding("a", NOW + 2400 * S)])
    assert queue.take(1, NOW + 2400 * S) == ["a"]


def test_news_beyond_the_bound_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_WAITING", 2)
    queue = Asking(again_s=300)
    queue.see([heard("a"), heard("b"), heard("c")])
    assert (len(queue), queue.dropped) == (2, 1)


def test_the_oldest_answers_are_forgotten_beyond_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_REMEMBERED", 1)
    queue = Asking(again_s=300)
    queue.answered({"a": False, "b": False}, NOW)
    queue.see([finding("a"), finding("b")])
    assert queue.take(2, NOW) == ["a"]


def test_questions_keep_their_pace_and_save_no_more_than_a_second() -> None:
    pace = Pace(2.0)
    assert pace.allow(NOW) == 1
    pace.spent(1)
    sent = 0
    for tick in range(1, 101):
        allowed = pace.allow(NOW + tick * S // 10)
        pace.spent(allowed)
        sent += allowed
    assert sent == 20
    assert pace.allow(NOW + 3600 * S) == 2


def test_a_pace_below_one_a_second_asks_now_and_then() -> None:
    pace = Pace(0.1)
    pace.spent(pace.allow(NOW))
    assert pace.allow(NOW + 9 * S) == 0
    assert pace.allow(NOW + 11 * S) == 1


def test_a_clock_set_back_neither_stops_nor_floods_the_questions() -> None:
    pace = Pace(2.0)
    pace.spent(pace.allow(NOW))
    assert pace.allow(NOW - 3600 * S) == 1


def test_more_open_findings_than_can_be_asked_about_need_no_more_room_every_half_minute() -> None:
    queue = Asking(again_s=300)
    for turn in range(20):
        queue.see(finding(str(number), NOW + turn * S) for number in range(500))
    assert len(queue) == len(queue._heap) == 500


def test_items_that_come_and_go_all_day_take_one_place_each() -> None:
    queue = Asking(again_s=300)
    for turn in range(5_000):
        queue.see([gone("a", at_us=NOW + turn * S)])
    assert len(queue) == 1
    assert len(queue._heap) <= 2 + asking._SPARE
    assert queue.take(2, NOW) == ["a"]


def test_a_finding_waits_behind_fresh_news_of_a_book_that_is_heard() -> None:
    queue = Asking(again_s=300)
    queue.see([finding("a", NOW)])
    queue.see([heard("b", at_us=NOW + S)])
    queue.see([finding("a", NOW + 30 * S)])
    assert queue.take(2, NOW + 30 * S) == ["b", "a"]


def test_a_clock_set_back_by_days_keeps_no_finding_from_being_asked_about() -> None:
    queue = Asking(again_s=300)
    queue.answered({"a": False}, NOW)
    queue.see([finding("a", NOW - 24 * 3600 * S)])
    assert queue.take(1, NOW - 24 * 3600 * S) == ["a"]
