"""What the catalogue makes of a call number."""

from __future__ import annotations

import pytest

from hub.catalog.callnumber import NO_SCHEME, NOTHING, shelved
from shelfwire.callnumbers import FREE, sort_key
from shelfwire.site.callnumbers import CallNumbers, CallNumbersForm, call_numbers

AUTO = CallNumbers()


@pytest.mark.parametrize(
    ("number", "own", "site", "scheme"),
    [
        ("QA76.9 .D3", "LC", "DEWEY", "LC"),
        ("QA76.9 .D3", "", "LC", "LC"),
        ("QA76.9 .D3", "", "AUTO", "AUTO"),
        ("823.912 WOO", "", "AUTO", "AUTO"),
        ("I247.5/1234", "CLC", "AUTO", "CLC"),
    ],
)
def test_the_item_s_own_scheme_comes_before_the_site_s(number: str, own: str, site: str, scheme: str) -> None:
    found = shelved(number, own, CallNumbers(scheme=site))
    assert (found.scheme, found.fault) == (scheme, "")
    assert found.sort_key == sort_key(number, scheme)


def test_a_malformed_number_is_kept_with_the_reason_and_files_behind_everything() -> None:
    found = shelved("not a number", "LC", AUTO)
    assert found.fault.startswith("no LC number: ")
    assert found.sort_key is not None
    assert found.sort_key.startswith(FREE)


def test_a_number_of_no_scheme_is_told_unless_free_is_declared() -> None:
    assert shelved("Regal 7", "", AUTO).fault == NO_SCHEME
    assert shelved("Regal 7", "FREE", AUTO).fault == ""


def test_without_a_number_there_is_no_key() -> None:
    assert shelved("", "LC", AUTO) == NOTHING
    assert shelved(" ", "", AUTO).fault


def test_the_site_s_section_is_checked_with_all_its_faults() -> None:
    faults: list[str] = []
    call_numbers(CallNumbersForm(scheme="local", rules={"range_end": "nowhere", "colour": 1}), faults)
    assert len(faults) == 3
    assert all(fault.startswith("callnumbers.") for fault in faults)


def test_the_site_s_rules_are_taken() -> None:
    faults: list[str] = []
    form = CallNumbersForm(scheme="lc", rules={"clc_book_digits": "decimal"})
    assert call_numbers(form, faults).rules.clc_book_digits == "decimal"
    assert faults == []
