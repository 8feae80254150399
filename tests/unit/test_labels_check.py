"""What a table of labels would change, and what borders can be learned."""

from __future__ import annotations

from collections.abc import Sequence

from hub.catalog.labels.check import EXAMPLES, FiledItem, examine, usual_scheme, with_schemes
from hub.catalog.labels.learning import propose, table_of
from shelfwire.callnumbers import DEFAULT, read
from shelfwire.callnumbers.labels import Row
from shelfwire.callnumbers.learned import HeardBook

SHELVES = ["S1", "S2", "S3", "S4"]
INDEX = {shelf: at for at, shelf in enumerate(SHELVES)}
LABELS = [Row("S1", "QA1"), Row("S2", "QA100"), Row("S3", "QA200")]


def item(barcode: str, call_number: str, home: str | None = None, source: str = "label") -> FiledItem:
    number = read(call_number, "LC") if call_number else None
    key, fault = (number.key, number.fault or "") if number else (None, "")
    return FiledItem(barcode, call_number, key, fault, home, home, source if home else "none")


def test_each_item_counts_once() -> None:
    items = [
        item("same", "QA50", "S1"),
        item("other", "QA150", "S1"),
        item("gained", "QA160"),
        item("lost", "A1", "S3"),
        item("listed", "QA50", "S4", "list"),
        item("odd", "??"),
        item("none", ""),
    ]
    found = examine({"label": LABELS}, "label", items, INDEX, "LC").difference
    assert (found.same, found.other, found.gained, found.lost, found.listed) == (1, 1, 1, 1, 1)
    assert found.without == 2, "an item without home keeps none"
    assert found.unread == 2
    assert found.changed == 3
    assert found.items == len(items)


def test_faults_are_those_of_the_table_that_is_looked_at() -> None:
    tables = {
        "label": [Row("S1", "QA1"), Row("S2", "??", line=3)],
        "learned": [Row("nowhere", "QA1", line=9)],
    }
    assert [fault.line for fault in examine(tables, "label", [], INDEX, "LC").faults] == [3]  # type: ignore[arg-type]  # literals
    assert [fault.shelf for fault in examine(tables, "learned", [], INDEX, "LC").faults] == ["nowhere"]  # type: ignore[arg-type]  # literals


def test_labels_go_before_learned_borders() -> None:
    tables = {"label": LABELS, "learned": [Row("S4", "QA1")]}
    found = examine(tables, "learned", [item("b", "QA50", "S1")], INDEX, "LC")  # type: ignore[arg-type]  # literals
    assert found.difference.same == 1


def test_examples_are_bounded() -> None:
    items = [item(str(number), f"QA{number + 1}") for number in range(99)]
    found = examine({"label": LABELS}, "label", items, INDEX, "LC").difference
    assert found.gained == 99
    assert len(found.examples) == EXAMPLES
    assert (found.examples[0].before_from, found.examples[0].after_from) == (None, "S1")


def test_a_label_that_could_be_of_three_schemes_is_read_as_the_rest_of_its_table() -> None:
    rows = [Row("S1", "QA76"), Row("S2", "QA76.9 .D3"), Row("S3", "QA80", scheme="CLC")]
    assert [row.scheme for row in with_schemes(rows, "AUTO", "")] == ["LC", "LC", "CLC"]
    assert [row.scheme for row in with_schemes(rows[:1], "AUTO", "CLC")] == ["CLC"]
    assert with_schemes(rows, "LC", "CLC") == rows


def test_the_usual_scheme_is_that_of_most_numbers() -> None:
    keys = [
        read(text, scheme).key
        for text, scheme in (("QA1", "LC"), ("QA2", "LC"), ("005", "DEWEY"), ("x", "FREE"))
    ]
    assert usual_scheme(keys) == "LC"
    assert usual_scheme([]) == ""


def test_a_label_of_no_scheme_widens_its_neighbours_also_where_schemes_are_guessed() -> None:
    rows = [Row("S1", "QA1 .A1"), Row("S2", "QA76"), Row("S3", "QA200 .A1")]
    found = examine({"label": rows}, "label", [item("b", "QA50", "S1")], INDEX, "AUTO")
    assert "no scheme that we know" in found.faults[0].what
    assert [(each.after_from, each.after_to) for each in found.difference.examples] == [("S1", "S2")]


def heard(*rows: Sequence[int]) -> list[HeardBook]:
    """Class numbers by board."""
    return [
        HeardBook(f"QA{number}", read(f"QA{number}", "LC").key, place)
        for place, numbers in enumerate(rows)
        for number in numbers
    ]


def test_a_proposal_stands_beside_the_label_in_force() -> None:
    found = propose(
        heard([1, 2, 3], [102, 103, 150], [180, 202, 203]), SHELVES, LABELS, "LC", DEFAULT
    ).proposals
    assert [(one.shelf, one.start, one.now, one.against, one.between) for one in found] == [
        ("S1", "QA1", "QA1", "same", 0),
        ("S2", "QA102", "QA100", "same", 0),  # no book stands between the two
        ("S3", "QA180", "QA200", "other", 1),
    ]
    assert all(one.scheme == "LC" and one.good for one in found)


def test_a_board_of_which_half_the_books_stand_elsewhere_is_not_good() -> None:
    found = propose(
        heard([1, 2, 3], [10, 11, 12, 500, 501], [20, 21, 22, 23, 24, 25]), SHELVES, [], "LC", DEFAULT
    )
    (second,) = [one for one in found.proposals if one.shelf == "S2"]
    assert second.agreement < 0.9
    assert not second.good
    assert second.against == "new"


def test_only_what_is_chosen_is_taken_and_other_boards_keep_what_they_had() -> None:
    found = propose(heard([1, 2, 3], [50, 51, 52]), SHELVES, [], "LC", DEFAULT)
    before = [Row("S2", "QA40", scheme="LC"), Row("S4", "QA90", scheme="LC")]
    assert table_of(found, found.proposals[:1], before, INDEX) == [
        Row("S1", "QA1", "", 1, "LC"),
        Row("S2", "QA40", "", 2, "LC"),
        Row("S4", "QA90", "", 3, "LC"),
    ]


def test_a_board_that_was_not_chosen_calls_none_of_its_books_misplaced() -> None:
    found = propose(heard([1, 2, 3], [50, 51, 52], [70, 71], [90, 91, 92]), SHELVES, [], "LC", DEFAULT)
    assert found.unproven == ["S3"]
    table = table_of(found, [one for one in found.proposals if one.shelf != "S2"], [], INDEX)
    assert [(row.shelf, row.start) for row in table] == [
        ("S1", "QA1"),
        ("S2", ""),
        ("S3", ""),
        ("S4", "QA90"),
    ]
    books = [item("on two", "QA51"), item("on three", "QA70")]
    homes = examine({"learned": table}, "learned", books, INDEX, "LC").difference.examples
    assert [(each.after_from, each.after_to) for each in homes] == [("S1", "S3"), ("S1", "S3")]


def test_boards_that_a_table_leaves_out_are_named() -> None:
    found = examine({"label": [Row("S1", "QA1"), Row("S4", "QA9")]}, "label", [], INDEX, "LC")
    assert (found.left_out, found.left_out_first) == (2, ["S2", "S3"])
    assert examine({"label": LABELS}, "label", [], INDEX, "LC").left_out == 0
    assert examine({"label": [Row("none", "QA1")]}, "label", [], INDEX, "LC").left_out == 0


def test_a_board_that_the_site_does_not_have_is_told_before_where_it_stands_in_the_table() -> None:
    rows = [Row("S1", "QA100", line=2), Row("S2", "QA200", line=3), Row("nowhere", "QA1", line=4)]
    found = examine({"label": rows}, "label", [], INDEX, "LC")
    assert [fault.line for fault in found.faults] == [4, 4]
    assert found.worst[4].startswith("is no shelf of the site")
