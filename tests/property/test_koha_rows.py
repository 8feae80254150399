"""Whatever a Koha or a web server before it says becomes a row, a reason, or a wait; never another exception."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from helpers import koha_server
from hypothesis import given
from hypothesis import strategies as st

from hub.catalog.http.answer import decoded
from hub.catalog.http.retry import LONGEST_WAIT_S, http_date, retry_after_s, wait_s
from hub.catalog.koha.fields import KohaItem, read_item
from hub.catalog.koha.listing import Cursor, read_cursor
from hub.catalog.koha.options import KohaOptions
from hub.catalog.koha.words import item_of, state_of
from hub.catalog.model import STATUSES

OPTIONS = KohaOptions(url="https://koha.example", libraries=("CPL",))
FIELDS = sorted(koha_server.item(1))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6), st.sampled_from(["", "W", "T", "P", "x"]))
def test_any_row_is_an_item_or_has_a_reason(changes: dict[str, Any], hold: str) -> None:
    item, wrong = read_item(msgspec.json.encode(koha_server.item(1) | changes))
    if item is None:
        assert wrong
        return
    told = state_of(item, hold, OPTIONS)
    assert told.status in STATUSES
    assert not told.unknown or told.status == "in_processing"
    if item.external_id is not None:
        assert item_of(item, told, OPTIONS).barcode == item.external_id


@given(st.integers(0, 4), st.integers(-9, 9), st.integers(-9, 9), st.sampled_from(["", "W", "T", "P"]))
def test_only_an_item_of_which_nothing_is_said_is_on_its_shelf(
    withdrawn: int, lost: int, loan: int, hold: str
) -> None:
    changes = {"withdrawn": withdrawn, "lost_status": lost, "not_for_loan_status": loan}
    told = state_of(msgspec.convert(koha_server.item(1, **changes), KohaItem), hold, OPTIONS)
    assert (told.status == "on_shelf") == (not (withdrawn or lost or loan or hold))


@given(st.binary(max_size=200))
def test_any_body_is_json_or_not(body: bytes) -> None:
    found, wrong = decoded(body, dict[str, Any])
    assert (found is None) == bool(wrong)


@given(st.text(max_size=60))
def test_any_header_is_a_time_or_not(text: str) -> None:
    at = http_date(text)
    assert at is None or at.tzinfo is UTC
    asked = retry_after_s(text, datetime(2026, 1, 1, tzinfo=UTC))
    assert asked is None or asked >= 0


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e12), st.floats(0, 1))
def test_no_wait_is_shorter_than_asked_or_longer_than_the_longest(
    failures: int, asked: float | None, dice: float
) -> None:
    wait = wait_s(failures, asked, dice)
    assert wait is None or (asked or 0) <= wait <= LONGEST_WAIT_S


@given(st.text(max_size=100))
def test_any_text_is_a_cursor_or_not(text: str) -> None:
    cursor = read_cursor(text, 0)
    assert cursor is None or isinstance(cursor, Cursor)
