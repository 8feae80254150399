"""Lists that libraries teach, real shelves, and what other programs agree on: every pair in order."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shelfwire.callnumbers import DEFAULT, FREE, Rules, read, sort_key
from shelfwire.callnumbers.clc import book_key
from shelfwire.callnumbers.dewey import class_of
from shelfwire.callnumbers.ranges import ranges_of
from shelfwire.errors import InputError

OWN = Path(__file__).resolve().parents[1] / "data" / "callnumbers"
SHARED = (
    Path(os.environ.get("SHELFWIRE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    / "data" / "callnumbers"
)  # fmt: skip
beside = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared call-number lists are not beside this checkout"
)


def vectors(scheme: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((OWN / f"{scheme}.json").read_text(encoding="utf-8"))
    return found


def key_of(text: str, scheme: str, row: dict[str, Any]) -> bytes:
    """Some lists are of book numbers alone."""
    return book_key(text, DEFAULT) if "restline" in row["id"] else sort_key(text, scheme)


def out_of_order(row: dict[str, Any], scheme: str) -> list[tuple[str, str]]:
    """Pairs that stand wrong. Keys are bytes, so where all neighbours are right every pair is."""
    keyed = [[(key_of(text, scheme, row), text) for text in group] for group in row["groups"]]
    return [
        (max(group)[1], min(after)[1]) for group, after in pairwise(keyed) if max(group)[0] >= min(after)[0]
    ]


LISTS = [
    pytest.param(row, scheme, id=row["id"])
    for scheme in ("lc", "dewey", "clc")
    for row in vectors(scheme)["lists"]
]


@pytest.mark.parametrize(("row", "scheme"), LISTS)
def test_every_pair_of_a_list_stands_in_its_order(row: dict[str, Any], scheme: str) -> None:
    assert out_of_order(row, scheme) == []
    assert [text for group in row["groups"] for text in group if read(text, scheme).fault] == []


@beside
@pytest.mark.parametrize("scheme", ["lc", "dewey", "clc"])
def test_every_pair_of_the_shared_lists_stands_in_its_order(scheme: str) -> None:
    rows = json.loads((SHARED / f"{scheme}_ordered.json").read_text(encoding="utf-8"))["lists"]
    assert {
        row["id"]: wrong for row in rows if not row["doubtful"] and (wrong := out_of_order(row, scheme))
    } == {}


@pytest.mark.parametrize("scheme", ["lc", "dewey"])
def test_pairs_that_other_programs_agree_on(scheme: str) -> None:
    pairs = [pair for row in vectors(scheme)["pairs"] for pair in row["less_greater"]]
    assert pairs
    assert [pair for pair in pairs if sort_key(pair[0], scheme) >= sort_key(pair[1], scheme)] == []


@pytest.mark.parametrize("scheme", ["lc", "dewey"])
def test_spellings_of_one_number_have_one_key_and_one_normal_form(scheme: str) -> None:
    for row in vectors(scheme)["equivalent"]:
        for same in row["sets"]:
            assert len({sort_key(text, scheme) for text in same}) == 1, same
            assert len({read(text, scheme).normal for text in same}) == 1, same


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        (text, scheme)
        for scheme in ("lc", "dewey")
        for row in vectors(scheme)[f"not_{scheme}"]
        for text in row["values"]
    ],
)
def test_what_is_no_number_of_the_scheme_says_why_and_files_last(text: str, scheme: str) -> None:
    found = read(text, scheme)
    assert found.fault
    assert found.key.startswith(FREE)


def test_classes_of_marc_082_are_found_behind_marks_and_notes() -> None:
    rows = [row for part in vectors("dewey")["normalise_class"] for row in part["rows"]]
    assert len(rows) == 25
    assert [(found, class_of(found), meant) for found, meant, _ in rows if class_of(found) != meant] == []


@pytest.mark.parametrize(
    "row", [tuple(row) for part in vectors("clc")["range_membership"] for row in part["rows"]]
)
def test_membership_in_ranges_is_that_of_the_rule(row: tuple[str, str, str]) -> None:
    number, written, expected = row
    if expected == "error":
        with pytest.raises(InputError):
            ranges_of(written, "clc")
    else:
        (made,) = ranges_of(written, "clc")
        assert (sort_key(number, "clc") in made) == (expected == "in")


@pytest.mark.parametrize(
    "row", [tuple(row) for part in vectors("clc")["range_overlap"] for row in part["rows"]]
)
def test_ranges_overlap_as_the_rule_says(row: tuple[str, str, bool]) -> None:
    (one,), (other,) = ranges_of(row[0], "clc"), ranges_of(row[1], "clc")
    assert one.overlaps(other) == other.overlaps(one) == row[2]


@beside
def test_of_real_exports_no_row_is_lost_and_nearly_all_are_recognised() -> None:
    rows = (SHARED / "real_callnumbers_mixed.txt").read_text(encoding="utf-8").splitlines()
    faults = [text for text in rows if read(text, "lc").fault]
    assert len(rows) == 6892
    assert len(faults) < 100
    recognised = [text for text in faults if read(text, "dewey").fault is None]
    assert len(recognised) > len(faults) / 3


@beside
def test_doubtful_lists_that_a_setting_can_follow_are_followed_by_it() -> None:
    rows = {
        row["id"]: row
        for row in json.loads((SHARED / "clc_ordered.json").read_text(encoding="utf-8"))["lists"]
    }
    for name, rules in (
        ("clc-dp2-classline-07", Rules(clc_letters_by_length=True)),
        ("clc-dp2-07", Rules(clc_book_hyphen="after")),
    ):
        keys = [sort_key(group[0], "clc", rules) for group in rows[name]["groups"]]
        assert keys == sorted(set(keys)), name
