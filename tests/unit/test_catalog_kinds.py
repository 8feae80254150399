"""Many faults become a few kinds, and each line has its place and barcode apart."""

from __future__ import annotations

import pytest

from hub.catalog.kinds import kind_of, kinds, place_of
from hub.catalog.model import RowFault


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("this barcode stands twice; the first item with it counts (line 3), this one is not taken",
         "this barcode stands twice; the first item with it counts (line 88), this one is not taken"),
        ("tag 'GG1': is no hex; left out", "tag 'GG2 x': is no hex; left out"),
        ("call number 'MICFILM 1': is of no scheme", "call number \"MICFILM o'1\": is of no scheme"),
        ("title has 1200 signs; cut to 1000", "title has 3000 signs; cut to 1000"),
    ],
)  # fmt: skip
def test_what_is_of_one_row_alone_makes_no_kind(one: str, other: str) -> None:
    assert kind_of(one) == kind_of(other)


def test_words_that_are_corrected_one_by_one_are_kinds_of_their_own() -> None:
    assert kind_of("status 'a' is unknown") != kind_of("status 'b' is unknown")
    assert kind_of("home names 9F-X, no shelf") != kind_of("home names 9F-Y, no shelf")


def test_what_was_not_taken_comes_first_and_then_the_most_frequent() -> None:
    made = [("odd", True), ("odd", True), ("rare", True), ("no barcode", False)]
    faults = [RowFault(f"line {n}", what, taken) for n, (what, taken) in enumerate(made)]
    assert kinds(faults) == [(1, "no barcode", False), (2, "odd", True), (1, "rare", True)]


@pytest.mark.parametrize(
    ("where", "barcode", "place"),
    [
        ("line 12, barcode 0001", "", ("12", "0001")),
        ("line 12", "", ("12", "")),
        ("line 12, barcode 0001", "0001 whole", ("12", "0001 whole")),
        ("record 3, control number b1, barcode 7", "", ("record 3, control number b1", "7")),
        ("file", "", ("file", "")),
    ],
)
def test_a_line_has_its_place_and_its_barcode_apart(where: str, barcode: str, place: tuple[str, str]) -> None:
    assert place_of(RowFault(where, "x", taken=False, barcode=barcode)) == place
