from __future__ import annotations

from hub.catalog.follow.schedule import Progress, begun, marked, next_job, through

MIN = 60_000_000
NOW = 1_780_000_000_000_000


def due(at: Progress, now_us: int = NOW) -> tuple[str, int]:
    return next_job(at, every_min=15, full_every_h=168, now_us=now_us)


def test_the_first_listing_is_of_everything_and_at_once() -> None:
    assert due(Progress()) == ("full", NOW)


def test_changes_are_listed_between_two_listings_of_everything() -> None:
    at = through(begun(Progress(), "full", NOW), "since-1", NOW)
    assert due(at) == ("changes", NOW + 15 * MIN)
    at = through(begun(at, "changes", NOW + 15 * MIN), "since-2", NOW + 16 * MIN)
    assert at.cursor == "since-2"
    week = 168 * 60 * MIN
    assert due(at, NOW + week) == ("full", NOW + week)


def test_a_listing_that_was_broken_off_goes_on_where_it_was() -> None:
    at = marked(begun(Progress(), "full", NOW), "page-7")
    assert due(at, NOW + 99 * MIN) == ("full", NOW + 99 * MIN)
    assert at.cursor == "page-7"


def test_a_listing_of_everything_starts_from_the_beginning_and_one_of_changes_where_the_last_ended() -> None:
    at = through(begun(Progress(), "full", NOW), "since-1", NOW)
    assert begun(at, "changes", NOW).cursor == "since-1"
    assert begun(at, "full", NOW).cursor is None


def test_a_clock_set_back_makes_no_listing_wait_for_years() -> None:
    at = through(begun(Progress(), "full", NOW), "since-1", NOW)
    assert due(at, NOW - 10_000 * MIN) == ("full", NOW - 10_000 * MIN)
