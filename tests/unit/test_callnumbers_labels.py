"""Labels of shelves → where books are at home. A bad label must never make a book look misplaced."""

from __future__ import annotations

import pytest

from shelfwire.callnumbers import NONE, Rules, sort_key
from shelfwire.callnumbers.labels import Labels, Row, Span, standing, table
from shelfwire.callnumbers.learned import HeardBook, as_rows, changed_homes, learn
from shelfwire.callnumbers.ranges import range_between, ranges_of
from shelfwire.errors import InputError


def starts(*labels: str, scheme: str = "CLC") -> Labels:
    return table([Row(f"s{at}", label) for at, label in enumerate(labels)], scheme)


def home(labels: Labels, number: str, scheme: str = "CLC") -> tuple[int, int] | None:
    span = labels.home(sort_key(number, scheme))
    return None if span is None else (span.first, span.last)


def test_a_board_goes_on_to_the_next_start() -> None:
    labels = starts("A1/1", "A1/19", "A1/38")
    assert labels.faults == ()
    assert [home(labels, number) for number in ("A1/1", "A1/18", "A1/19", "A1/37", "A1/52", "Z9")] == [
        (0, 0), (0, 0), (1, 1), (1, 1), (2, 2), (2, 2),
    ]  # fmt: skip


def test_before_the_first_start_labels_know_no_home() -> None:
    assert home(starts("B1", "C1"), "A1/5") is None


def test_boards_with_one_start_are_one_home() -> None:
    labels = starts("A1", "I247.57", "I247.57", "I247.57", "K1")
    assert home(labels, "I247.57/3") == (1, 3)
    assert labels.faults == ()


def test_a_number_of_another_scheme_or_prefix_or_none_has_no_home() -> None:
    labels = table([Row("a", "QA1"), Row("b", "QA76"), Row("c", "Ref QA1")], "LC")
    assert home(labels, "QA200 .A1", "LC") == (1, 1)
    assert home(labels, "Ref QA200 .A1", "LC") == (2, 2)
    assert home(labels, "Oversize QA200 .A1", "LC") is None
    assert home(labels, "641.5 A1", "DEWEY") is None
    assert labels.home(NONE) is None


def test_the_last_label_of_free_texts_takes_in_no_book_without_a_number() -> None:
    labels = table([Row("a", "DVD A"), Row("b", "DVD M")], "free")
    assert home(labels, "DVD Z", "free") == (1, 1)
    assert labels.home(NONE) is None


def test_a_book_in_a_gap_between_two_labels_belongs_on_either() -> None:
    labels = table([Row("a", "A1", "A3"), Row("b", "B1", "B5")], "CLC")
    span = labels.home(sort_key("A8/2", "CLC"))
    assert span == Span(0, 1, between=True)
    assert home(labels, "A3/9") == (0, 0)  # the end is a beginning
    assert home(labels, "B6") is None


def test_books_of_overlapping_labels_are_at_home_on_both_and_the_overlap_is_told() -> None:
    labels = table([Row("a", "A1", "A5", line=7), Row("b", "A4", "A9", line=8)], "CLC")
    assert home(labels, "A4/1") == (0, 1)
    assert home(labels, "A2/1") == (0, 0)
    assert [str(fault) for fault in labels.faults] == [
        "line 8: shelf b: A4 already lies on a (line 7); such books are at home on both"
    ]


def test_a_start_that_stands_out_of_order_widens_its_neighbours_and_is_told() -> None:
    labels = starts("I206", "I207.7/72", "I207.22/78", "I207.42/38", "I210")
    assert len(labels.faults) == 1
    assert "out of order" in labels.faults[0].what
    assert home(labels, "I207.3") in {(1, 2), (1, 3), (2, 3), (0, 2)}
    assert home(labels, "I207.5") == (3, 3)
    wide = labels.home(sort_key("I207.7/80", "CLC"))
    assert wide is not None
    assert wide.first <= 3 <= wide.last


@pytest.mark.parametrize(
    "bad", [Row("b", "what is this"), Row("b", ""), Row("b", "B9", "B1"), Row("b", "B1", "`")]
)
def test_a_row_that_cannot_be_used_is_told_with_its_line_and_costs_no_book_its_home(bad: Row) -> None:
    labels = table([Row("a", "A1"), bad, Row("c", "C1"), Row("d", "D1")], "CLC")
    assert [(fault.line, fault.shelf) for fault in labels.faults] == [(2, "b")]
    assert home(labels, "A5") == (0, 1)
    assert home(labels, "C5") == (1, 2)
    assert home(labels, "D5") == (3, 3)


def test_a_shelf_that_is_named_twice_is_told() -> None:
    labels = table([Row("a", "A1"), Row("a", "B1")], "CLC")
    assert [fault.line for fault in labels.faults] == [2]


def test_a_table_of_nothing_knows_nothing() -> None:
    assert home(table([], "CLC"), "A1") is None
    assert home(table([Row("a", "?")], "CLC"), "A1") is None


def test_asking_for_many_gives_what_asking_for_each_gives() -> None:
    labels = table([Row("a", "A1", "A3"), Row("b", "B1"), Row("c", "B5"), Row("d", "D1", "D4")], "CLC")
    keys = sorted(sort_key(f"{letter}{number}/2", "CLC") for letter in "ABCDEZ" for number in range(9))
    each = [labels.home(key) for key in keys]
    assert list(labels.homes(keys)) == each
    assert [span for start, to, span in labels.keys_between(keys) for _ in range(start, to)] == each


def test_a_drift_of_one_board_is_no_fault_and_the_wrong_bay_is_worse_than_the_wrong_board() -> None:
    span, bays = Span(3, 4), [0, 0, 0, 1, 1, 1, 1, 2]
    assert [standing(span, place, bays=bays) for place in range(8)] == [
        "wrong_bay", "wrong_bay", "drifted", "home", "home", "drifted", "wrong_board", "wrong_bay",
    ]  # fmt: skip


def test_the_end_of_a_label_is_a_beginning_unless_the_library_says_otherwise() -> None:
    wide = range_between("QA1", "QA76", "LC")
    assert all(sort_key(number, "LC") in wide for number in ("QA76 .A2", "QA76.9 .D3", "QA9"))
    assert all(sort_key(number, "LC") not in wide for number in ("QA77", "QA760", "QB1"))
    assert sort_key("QA76 .A25", "LC") in range_between("QA1", "QA76 .A2", "LC")
    point = Rules(range_end="point")
    assert sort_key("TP312/5", "CLC") not in range_between("TP311", "TP312", "CLC", point)
    assert sort_key("TP312", "CLC") in range_between("TP311", "TP312", "CLC", point)
    assert sort_key("TP3", "CLC") in range_between("S", "T", "CLC")


def test_all_that_is_wrong_with_a_label_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        ranges_of("A5~A1;;B1;;C1~?!", "CLC", where="line 4")
    assert len(caught.value.faults) == 3
    assert all(fault.startswith("line 4: ") for fault in caught.value.faults)
    assert len(ranges_of("A1~A2,B1~B2", "CLC")) == 2


def test_borders_of_two_schemes_are_no_range() -> None:
    with pytest.raises(InputError, match="different"):
        range_between("QA1", "Ref QA5", "LC")


def books(*shelves: list[str]) -> list[HeardBook]:
    return [HeardBook(n, sort_key(n, "LC"), place) for place, numbers in enumerate(shelves) for n in numbers]


def test_borders_are_learned_from_where_books_stand_though_some_stand_wrong() -> None:
    row = [[f"QA{number} .A{n}" for n in range(10, 30)] for number in range(1, 7)]
    row[1].append("QA6 .A99")
    row[4].append("QA1 .A05")
    learned = learn(books(*row))
    assert [(one.place, one.start) for one in learned] == [(at, f"QA{at + 1} .A10") for at in range(6)]
    assert learned[0].agreement == 1.0
    assert learned[1].agreement == pytest.approx(20 / 21)
    labels = table(as_rows(learned, [f"s{at}" for at in range(6)]), "LC")
    assert home(labels, "QA3 .A15", "LC") == (2, 2)


def test_one_stray_book_draws_no_border() -> None:
    learned = learn(books(["QA1 .A1", "QA1 .A2", "QA1 .A3"], ["QA2 .A1"], ["QA3 .A1", "QA3 .A2", "QA3 .A3"]))
    assert [one.place for one in learned] == [0, 2]


def test_a_person_sees_how_many_homes_would_change_before_approving() -> None:
    keys = [sort_key(f"QA{number}", "LC") for number in range(1, 9)]
    now = table([Row("a", "QA1"), Row("b", "QA5")], "LC")
    assert changed_homes(now, now, keys) == 0
    assert changed_homes(now, table([Row("a", "QA1"), Row("b", "QA4")], "LC"), keys) == 1
