"""What FOLIO is asked in CQL, and the place in a listing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.catalog.folio.listing import (
    FIRST,
    MAX_QUERY_SIGNS,
    Cursor,
    barcode_query,
    batches,
    page_query,
    read_cursor,
    stamp,
    write_cursor,
)
from hub.catalog.folio.login import LIFE_S, access_token, life_s
from shelfwire.errors import InputError

NOW = datetime(2026, 11, 22, 18, 0, 0, 123_456, tzinfo=UTC)


def test_the_first_page_asks_for_everything_in_the_order_of_ids() -> None:
    assert page_query(read_cursor(None), ()) == f'id > "{FIRST}" sortby id'


def test_changes_are_asked_for_from_a_little_before_the_last_listing_began() -> None:
    query = page_query(Cursor(since=stamp(NOW)), ["53cf956f-c1df-410b-8bea-27f712cca7c0"])
    assert 'metadata.updatedDate >= "2026-11-22T17:55:00.123"' in query
    assert 'effectiveLocationId==("53cf956f-c1df-410b-8bea-27f712cca7c0")' in query


def test_no_sign_of_a_barcode_is_a_mask_or_ends_the_question() -> None:
    assert barcode_query(['a"b', "c*d?", "e\\f^"]) == r'barcode==("a\"b" or "c\*d\?" or "e\\f\^")'


def test_questions_fit_an_address() -> None:
    barcodes = [f"3120000000{number:04d}" for number in range(500)]
    lists = list(batches(barcodes))
    assert [one for batch in lists for one in batch] == barcodes
    assert all(len(barcode_query(batch)) <= MAX_QUERY_SIGNS + 20 for batch in lists)
    assert list(batches(["x" * 5_000])) == [["x" * 5_000]]
    assert list(batches([])) == []


def test_a_cursor_comes_back_as_it_went() -> None:
    at = Cursor(after="53cf956f-c1df-410b-8bea-27f712cca7c0", since=stamp(NOW), began=stamp(NOW), seen=7)
    assert read_cursor(write_cursor(at)) == at
    assert len(write_cursor(at)) < 4_000


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", '{"after":"1\\" or id > \\"0"}', '{"since":"yesterday"}', '{"seen":-1}', '{"page":2}'],
)
def test_a_cursor_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="begin with a full listing"):
        read_cursor(text)


def test_the_token_is_found_among_the_cookies() -> None:
    cookies = ("folioRefreshToken=r; Path=/authn", "folioAccessToken=a.b.c; Path=/; Secure")
    assert access_token(cookies) == "a.b.c"


@pytest.mark.parametrize(
    "cookie",
    ["", "folioAccessToken=", "folioAccessToken", "x=folioAccessToken=a", "folioAccessToken=ä", f"folioAccessToken={'x' * 9000}"],
)  # fmt: skip
def test_what_could_not_be_sent_is_no_token(cookie: str) -> None:
    assert access_token((cookie,)) is None


@pytest.mark.parametrize(
    ("ends", "seconds"),
    [
        ("2026-11-22T18:10:00.123456Z", 600.0),
        ("2026-11-22T19:00:00.123456+01:00", 0.0),
        ("2026-11-22T18:10:00", LIFE_S),
        ("soon", LIFE_S),
        (None, LIFE_S),
    ],
)
def test_the_end_of_a_token_is_read_by_the_servers_own_clock(ends: str | None, seconds: float) -> None:
    assert life_s(ends, NOW) == seconds
    assert life_s(ends, None) == LIFE_S
