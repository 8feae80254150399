"""What Koha's codes mean, rule by rule."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from helpers import koha_server

from hub.catalog.koha.fields import KohaItem, offset_min, read_item
from hub.catalog.koha.options import KohaOptions
from hub.catalog.koha.words import Told, item_of, state_of

OPTIONS = KohaOptions(url="https://koha.example", user="u", password_file="f")


def an_item(**changes: Any) -> KohaItem:
    return msgspec.convert(koha_server.item(1, **changes), KohaItem)


def told(hold: str = "", options: KohaOptions = OPTIONS, **changes: Any) -> Told:
    return state_of(an_item(**changes), hold, options)


@pytest.mark.parametrize(
    ("changes", "hold", "status", "source"),
    [
        ({}, "", "on_shelf", ""),
        (
            {"withdrawn": 1, "lost_status": 4, "checked_out_date": "2026-01-01"},
            "",
            "withdrawn",
            "withdrawn=1",
        ),
        ({"lost_status": 4, "checked_out_date": "2026-01-01"}, "", "missing", "lost=4"),
        ({"lost_status": 5}, "", "missing", "lost=5"),
        ({"lost_status": 1}, "W", "lost", "lost=1"),
        ({"lost_status": 3}, "", "lost", "lost=3"),
        ({"checked_out_date": "2026-01-01"}, "W", "on_loan", "due"),
        ({"location": "PROC"}, "W", "hold_shelf", "hold=W"),
        ({}, "T", "in_transit", "hold=T"),
        ({}, "P", "in_processing", "hold=P"),
        ({"location": "PROC", "not_for_loan_status": 1}, "", "in_processing", "location=PROC"),
        ({"not_for_loan_status": -1}, "", "in_processing", "notforloan=-1"),
        ({"not_for_loan_status": 2}, "", "not_for_loan", "notforloan=2"),
        ({"effective_not_for_loan_status": 1}, "", "not_for_loan", "notforloan=1"),
        ({"holding_library_id": "MPL"}, "", "on_shelf", ""),
    ],
)
def test_the_first_rule_that_says_something_decides(
    changes: dict[str, Any], hold: str, status: str, source: str
) -> None:
    said = told(hold, **changes)
    assert (said.status, said.source_status, said.unknown) == (status, source, "")


def test_a_code_that_nobody_knows_is_never_on_the_shelf() -> None:
    said = told(lost_status=9)
    assert (said.status, said.flags, said.unknown) == ("in_processing", ("unclear",), "lost=9")


def test_codes_that_the_account_may_not_see_are_not_taken_for_a_book_on_its_shelf() -> None:
    assert told(lost_status=None).unknown == "withheld"


def test_the_librarys_own_codes_come_before_ours() -> None:
    options = KohaOptions(
        url="https://koha.example",
        statuses={
            "lost=9": "lost",
            "LOCATION=new": "display",
            "due": "in_transit",
            "itemtype=REF": "not_for_loan",
        },
    )
    assert told(options=options, lost_status=9).status == "lost"
    assert told(options=options, location="NEW").source_status == "location=NEW"
    assert told(options=options, location="NEW").status == "display"
    assert told(options=options, checked_out_date="2026-01-01", location="NEW").status == "in_transit"
    assert told(options=options, effective_item_type_id="REF").status == "not_for_loan"


def test_a_book_of_ours_that_stands_in_another_library_is_not_expected_on_its_shelf() -> None:
    options = KohaOptions(url="https://koha.example", libraries=("CPL",))
    assert told(options=options, holding_library_id="MPL").source_status == "elsewhere"
    assert told(options=options, holding_library_id="MPL").status == "in_transit"
    assert told(options=options, holding_library_id="CPL").status == "on_shelf"


def test_what_is_said_beside_the_status_becomes_flags() -> None:
    assert told(location="CART").flags == ("recently_returned",)
    assert told(lost_status=2, checked_out_date="2026-01-01").flags == ("long_overdue",)
    assert told(damaged_status=1, restricted_status=1).flags == ("damaged", "restricted")
    assert told(return_claim={"patron_id": 77}, checked_out_date="2026-01-01").flags == ("claimed_returned",)
    assert told(not_for_loan_status=-3).flags == ("unclear",)


def test_the_words_of_a_code_stand_beside_it() -> None:
    words = {"lost_status": {"str": "Lost   in\nthe flood", "type": "av"}}
    assert told(lost_status=1, _strings=words).source_status == "lost=1 (Lost in the flood)"
    long = {"lost_status": {"str": "x" * 500}}
    assert len(told(lost_status=1, _strings=long).source_status) < 80


def test_words_that_are_none_cost_only_themselves() -> None:
    row = msgspec.json.encode(
        koha_server.item(1, _strings={"lost_status": "Lost"}, lost_status=1, return_claim=5)
    )
    item, wrong = read_item(row)
    assert item is not None
    assert wrong == ""
    assert state_of(item, "", OPTIONS).source_status == "lost=1"


def test_an_item_has_what_stands_on_its_label_and_what_a_tag_may_say() -> None:
    biblio = {
        "title": "War and peace /",
        "part_number": "2.",
        "subtitle": "a novel",
        "author": "Tolstoy, Leo,",
    }
    item = an_item(
        biblio=biblio, serial_issue_number="v.2", inventory_number="INV 7", call_number_source="ddc"
    )
    taken = item_of(item, told(), OPTIONS)
    assert (taken.title, taken.author) == ("War and peace / 2. a novel", "Tolstoy, Leo")
    assert (taken.call_number, taken.scheme) == ("QA76 .B1 v.2", "DEWEY")
    assert taken.alternative_ids == ("INV 7", "1")
    own = KohaOptions(url="https://koha.example", schemes={"OURS": "CLC"})
    assert item_of(an_item(call_number_source="ours"), told(), own).scheme == "CLC"
    assert item_of(an_item(call_number_source="z"), told(), own).scheme == ""


@pytest.mark.parametrize(
    ("time", "minutes"),
    [
        ("2026-03-01T10:00:00+01:00", 60),
        ("2026-03-01 10:00:00.123-0330", -210),
        ("2026-03-01T10:00:00Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_time_tells_how_far_the_server_is_from_utc(time: str | None, minutes: int | None) -> None:
    assert offset_min(time) == minutes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one of the two, whole"),
        ({"client_id": "a", "user": "b"}, "one of the two, whole"),
        ({"client_id": "a", "client_secret_file": "f", "user": "b"}, "one of the two, whole"),
        ({"user": "b", "password_file": "f", "statuses": {"lost": "lost"}}, "'lost' is no code"),
    ],
)
def test_options_that_cannot_work_are_named(options: dict[str, Any], words: str) -> None:
    assert words in "\n".join(KohaOptions(url="https://koha.example", **options).faults())


def test_the_path_of_the_interface_is_added_to_a_bare_host() -> None:
    assert OPTIONS.at_interface().url == "https://koha.example/api/v1"
    kept = KohaOptions(url="https://koha.example/other/v1/")
    assert kept.at_interface().url == "https://koha.example/other/v1/"
