"""Homes by labels: a bad label makes homes wider or takes them away, never a book misplaced."""

from __future__ import annotations

from hub.catalog.filing import Filing
from hub.catalog.homes import NOWHERE, Home, Homes
from shelfwire.callnumbers import Rules, sort_key
from shelfwire.callnumbers.labels import Row

INDEX = {f"S{number}": number for number in range(1, 7)}


def key(text: str) -> bytes:
    return sort_key(text, "LC")


def homes(*rows: Row) -> Homes:
    made = Homes(INDEX)
    made.add("label", rows, "LC")
    return made


def test_a_book_is_at_home_on_the_board_whose_label_takes_it_in() -> None:
    of = homes(Row("S1", "A1"), Row("S2", "QA1"), Row("S3", "QA100", "QA200")).of
    assert of(key("B5 .C1")) == Home("S1", "S1", "label")
    assert of(key("QA76.9 .D3")) == Home("S2", "S2", "label")
    assert of(key("QB1")) == NOWHERE, "behind the last end"


def test_labels_of_people_go_before_learned_ones_and_these_fill_what_is_left() -> None:
    both = homes(Row("S1", "QA1", "QA50"))
    assert both.add("learned", [Row("S4", "A1", "Z1")], "LC") == []
    assert both.of(key("QA7")) == Home("S1", "S1", "label")
    assert both.of(key("QB7")) == Home("S4", "S4", "learned")
    assert list(both.all_of([key("QA7"), key("QB7")])) == [both.of(key("QA7")), both.of(key("QB7"))]


def test_a_book_between_two_labels_is_at_home_on_both_boards() -> None:
    assert homes(Row("S1", "QA1", "QA5"), Row("S2", "QA9", "QA12")).of(key("QA7")) == Home(
        "S1", "S2", "label"
    )


def test_a_home_takes_in_all_shelves_between_where_the_table_has_another_order() -> None:
    made = homes(Row("S5", "QA1", "QA5"), Row("S2", "QA9", "QA12"))
    assert made.of(key("QA7")) == Home("S2", "S5", "label")


def test_a_label_of_a_shelf_that_the_site_does_not_have_gives_no_home_and_is_told_with_its_line() -> None:
    made = Homes(INDEX)
    faults = made.add(
        "label", [Row("S1", "A1", line=2), Row("gone", "QA1", line=3), Row("S2", "QB1", line=4)], "LC"
    )
    assert [(fault.line, fault.shelf) for fault in faults] == [(3, "gone")]
    assert made.of(key("QA7")) == NOWHERE
    assert made.of(key("A7")) == Home("S1", "S1", "label")


def test_malformed_and_missing_call_numbers_have_no_home_by_labels() -> None:
    made = homes(Row("S1", "A1"), Row("S2", "QA1"))
    assert made.of(None) == NOWHERE
    assert made.of(key("QA7"), "is malformed") == NOWHERE
    assert not Homes(INDEX)
    assert Homes(INDEX).of(key("QA7")) == NOWHERE


def test_an_empty_table_says_nothing() -> None:
    made = Homes(INDEX)
    assert made.add("label", [], "LC") == []
    assert not made


def test_a_call_number_is_filed_by_its_source_then_by_the_site_and_told_when_it_fits_neither() -> None:
    filing = Filing("CLC")
    assert filing.filed("TP312/5", "LC").key == sort_key("TP312/5", "LC")
    assert filing.filed("TP312/5").key == sort_key("TP312/5", "CLC")
    assert filing.filed("") == (None, "")
    assert "scheme" in Filing().filed("PAPERBACK").fault
    assert Filing().filed("PAPERBACK", "FREE").fault == ""
    assert Filing("LC").filed("*?").fault


def test_another_scheme_or_rule_of_the_site_is_another_format() -> None:
    formats = {Filing().format, Filing("LC").format, Filing("LC", Rules(lc_small_x="keep")).format}
    assert len(formats) == 3
    assert Filing("lc").format == Filing("LC").format
    assert min(formats) > 0
