from __future__ import annotations

from hub.catalog.follow.schedule import Standing, next_listing

MIN = 60_000_000
WEEK = 168 * 60 * MIN
NOW = 1_780_000_000_000_000
NEVER = Standing(cursor=None, listing_full=None, listed_at_us=None, full_at_us=None)
LISTED = Standing(cursor="since", listing_full=None, listed_at_us=NOW, full_at_us=NOW)


def due(at: Standing, now_us: int = NOW) -> tuple[bool, int]:
    return next_listing(at, every_min=15, full_every_h=168, now_us=now_us)


def test_the_first_listing_is_of_everything_and_at_once() -> None:
    assert due(NEVER) == (True, NOW)


def test_changes_are_listed_between_two_listings_of_everything() -> None:
    assert due(LISTED) == (False, NOW + 15 * MIN)
    assert due(LISTED, NOW + 20 * MIN) == (False, NOW + 15 * MIN)
    assert due(LISTED._replace(listed_at_us=NOW + WEEK - MIN), NOW + WEEK) == (True, NOW + WEEK)


def test_everything_is_listed_as_soon_as_its_time_comes_before_that_of_the_changes() -> None:
    at = LISTED._replace(listed_at_us=NOW + WEEK - 5 * MIN)
    assert due(at, NOW + WEEK - 4 * MIN) == (True, NOW + WEEK)


def test_a_listing_that_was_broken_off_goes_on_at_once() -> None:
    assert due(LISTED._replace(listing_full=True), NOW + MIN) == (True, NOW + MIN)
    assert due(LISTED._replace(listing_full=False), NOW + MIN) == (False, NOW + MIN)


def test_without_a_place_to_go_on_from_everything_is_listed() -> None:
    assert due(LISTED._replace(cursor=None), NOW + MIN) == (True, NOW + MIN)


def test_a_clock_set_back_makes_no_listing_wait_for_years() -> None:
    before = NOW - 10_000 * MIN
    assert due(LISTED, before) == (True, before)
    assert due(LISTED._replace(full_at_us=before), before) == (False, before)
