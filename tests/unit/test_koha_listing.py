"""Where a listing of Koha goes on, and from when on it asks for changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.catalog.koha.listing import Cursor, read_cursor, scope_of

BEGAN = datetime(2026, 10, 25, 1, 5, tzinfo=UTC)


def test_a_listing_begins_with_everything_and_goes_on_behind_the_last_item() -> None:
    assert Cursor().query(()) == {"me.item_id": {">": 0}}
    assert Cursor(last_id=7).query(("CPL", "MPL"))["me.home_library_id"] == {"-in": ["CPL", "MPL"]}


def test_the_next_listing_asks_for_changes_since_shortly_before_this_one_began() -> None:
    cursor = Cursor(began=BEGAN, last_id=9, handed=9, offset_min=120).finished()
    assert cursor.query(()) == {"me.item_id": {">": 0}, "me.timestamp": {">=": "2026-10-25 02:50:00"}}


def test_the_hour_that_comes_twice_in_autumn_is_asked_for_twice() -> None:
    cursor = Cursor(began=BEGAN).told(120).told(60).told(None).finished()
    assert cursor.query(())["me.timestamp"] == {">=": "2026-10-25 01:50:00"}


def test_a_server_that_never_told_its_zone_is_asked_from_the_earliest_on() -> None:
    cursor = Cursor(began=BEGAN).finished()
    assert cursor.query(())["me.timestamp"] == {">=": "2026-10-24 12:50:00"}


def test_a_cursor_comes_back_as_it_was_kept() -> None:
    cursor = Cursor(since=BEGAN, began=BEGAN, last_id=2**40, handed=10**8, offset_min=-720)
    assert read_cursor(cursor.text(), 0) == cursor
    assert len(cursor.text()) < 300
    assert read_cursor(None, 5) == Cursor(scope=5)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 2}', '{"since": "2026-01-01T00:00:00"}', '{"what": 1}', "[" * 100_000],
)
def test_a_cursor_that_is_none_is_told(text: str) -> None:
    assert read_cursor(text, 0) is None


def test_the_place_in_a_listing_of_other_libraries_is_no_place_in_this_one() -> None:
    ours = scope_of(("CPL", "MPL"))
    assert ours == scope_of(("MPL", "CPL"))
    assert read_cursor(Cursor(scope=ours).text(), scope_of(("CPL",))) is None
