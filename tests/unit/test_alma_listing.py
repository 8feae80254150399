"""The place in a listing of Alma's sets, its members, and its error codes."""

from __future__ import annotations

import json

import pytest
from helpers.alma_server import refusal

from hub.catalog.alma.listing import (
    Cursor,
    after_page,
    code_of,
    count_of,
    member_path,
    read_cursor,
    remaining_calls,
    sets_of,
    write_cursor,
)
from hub.catalog.alma.options import alma_options
from shelfwire.errors import InputError

OPTIONS = {"url": "https://alma.example/almaws/v1", "key_file": "k"}


def test_a_member_is_a_title_or_an_item_and_its_host_does_not_count() -> None:
    base = "https://evil.example/almaws/v1/bibs/991000001"
    assert member_path(base) == ("991000001", None)
    assert member_path(f"{base}/holdings/2211111/items/2311111?x=1") == (
        "991000001",
        "/bibs/991000001/holdings/2211111/items/2311111",
    )


@pytest.mark.parametrize(
    "link",
    [None, "", "/users/4711", "/bibs/99x", "/bibs/991000001/../users", "/bibs/991000001/holdings/ALL", "/bibs/1", "/bibs/991000001\n"],
)  # fmt: skip
def test_anything_else_is_no_member(link: str | None) -> None:
    assert member_path(link) is None


def test_a_page_leads_to_the_next_and_the_last_one_to_the_next_set() -> None:
    at = after_page(Cursor(), 100, 250, 3)
    assert at == Cursor(offset=100, elsewhere=3)
    at = after_page(after_page(at, 100, 250, 0), 50, 250, 1)
    assert at == Cursor(set_number=1, elsewhere=4)
    assert after_page(Cursor(offset=100), 0, 250, 0).set_number == 1


def test_a_listing_of_changes_reads_the_sets_of_changes_if_there_are_any() -> None:
    both = alma_options(OPTIONS | {"sets": ["11111"], "changed_sets": ["22222"]})
    assert sets_of(Cursor(), both) == ("11111",)
    assert sets_of(Cursor(run="changed"), both) == ("22222",)
    assert sets_of(Cursor(run="changed"), alma_options(OPTIONS | {"sets": ["11111"]})) == ("11111",)


def test_without_sets_there_is_no_listing() -> None:
    with pytest.raises(InputError, match="MARC export"):
        sets_of(Cursor(), alma_options(OPTIONS))


def test_a_cursor_comes_back_as_it_went() -> None:
    at = Cursor(run="changed", set_number=2, offset=300, elsewhere=7)
    assert read_cursor(write_cursor(at)) == at


@pytest.mark.parametrize("text", ["", "x", "[]", '{"offset":-1}', '{"run":"none"}', '{"after":"x"}'])
def test_a_cursor_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="begin with a full listing"):
        read_cursor(text)


@pytest.mark.parametrize(
    ("said", "number"), [(7, 7), ("7", 7), (-1, 0), ("many", 0), ("9" * 30, 0), ("٣", 0)]
)
def test_counts_are_read_as_number_or_text(said: int | str, number: int) -> None:
    assert count_of(said) == number


@pytest.mark.parametrize(("said", "number"), [("49999", 49_999), (" 0 ", 0), (None, None), ("", None), ("-1", None), ("9" * 40, None)])  # fmt: skip
def test_the_calls_left_are_read_from_their_header(said: str | None, number: int | None) -> None:
    assert remaining_calls(said) == number


@pytest.mark.parametrize("code", ["401689", "402203", "DAILY_THRESHOLD", "UNAUTHORIZED"])
def test_a_known_code_is_read(code: str) -> None:
    assert code_of(json.dumps(refusal(code)).encode()) == code


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"<html>", b"\xff", b'{"errorList":{"error":[]}}', b'{"errorList":' * 9_999]
)
def test_what_is_no_refusal_of_alma_has_no_code(body: bytes) -> None:
    assert code_of(body) == ""


def test_a_code_that_nobody_knows_may_be_a_person_and_is_not_read() -> None:
    assert code_of(json.dumps(refusal("P-4711-0815")).encode()) == ""
