"""The section ``callnumbers:`` of a site file, and what it means for the keys of its catalogue."""

from __future__ import annotations

from hub.catalog.filing import Filing, filing_of
from shelfwire.callnumbers import FREE, sort_key
from shelfwire.site.callnumbers import CallNumbersForm, call_numbers


def filing(**form: object) -> tuple[Filing, list[str]]:
    faults: list[str] = []
    return filing_of(call_numbers(CallNumbersForm(**form), faults)), faults  # type: ignore[arg-type]  # as a person might write it


def test_the_section_is_checked_with_all_its_faults() -> None:
    faults = filing(scheme="local", rules={"range_end": "nowhere", "colour": 1})[1]
    assert len(faults) == 3
    assert all(fault.startswith("callnumbers.") for fault in faults)


def test_the_scheme_of_the_site_reads_the_numbers_whose_source_names_none() -> None:
    made, faults = filing(scheme="dewey", rules={"clc_book_digits": "decimal"})
    assert faults == []
    assert made.rules.clc_book_digits == "decimal"
    assert made.filed("823.912 WOO").key == sort_key("823.912 WOO", "DEWEY")
    assert made.filed("QA76.9 .D3", "LC").key == sort_key("QA76.9 .D3", "LC")
    assert made.filed("QA76.9 .D3").fault


def test_without_a_section_the_scheme_is_guessed_number_by_number() -> None:
    made, _ = filing()
    assert made.filed("QA76.9 .D3").key == sort_key("QA76.9 .D3", "LC")
    assert made.filed("823.912 WOO").key == sort_key("823.912 WOO", "DEWEY")


def test_a_malformed_number_keeps_a_key_behind_everything_and_a_number_of_no_scheme_too() -> None:
    for number, scheme in (("not a number", "LC"), ("Regal 7", "")):
        filed = filing()[0].filed(number, scheme)
        assert filed.fault
        assert filed.key is not None
        assert filed.key.startswith(FREE)
    assert filing()[0].filed("Regal 7", "FREE").fault == ""
