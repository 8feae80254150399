"""A table of shelf labels as a file: what is read, what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.catalog.labels.file import MAX_BYTES, decode, read_labels
from shelfwire.callnumbers.labels import Row
from shelfwire.errors import InputError


def test_rows_keep_their_order_and_their_line() -> None:
    rows, faults = read_labels("Shelf,Start,End,note\nA,QA1,QA75,x\n\nB, QA76 ,,y\n", "f")
    assert rows == [Row("A", "QA1", "QA75", 2), Row("B", "QA76", "", 4)]
    assert faults == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheet_of_any_country_is_read(delimiter: str) -> None:
    rows, _ = read_labels(
        delimiter.join(("scheme", "start", "shelf")) + f"\nclc{delimiter}K20{delimiter}A\n", "f"
    )
    assert rows == [Row("A", "K20", "", 2, "CLC")]


def test_an_unknown_scheme_is_told_and_the_row_is_read_as_the_site_is_set() -> None:
    rows, faults = read_labels("shelf,start,scheme\nA,QA1,klingon\n", "f")
    assert rows == [Row("A", "QA1", "", 2, "")]
    assert "KLINGON" in faults[0].what
    assert faults[0].taken


def test_a_row_without_shelf_refuses_the_file_because_its_neighbour_would_take_its_books() -> None:
    with pytest.raises(InputError, match="line 3: names no shelf"):
        read_labels("shelf,start\nA,QA1\n,QA5\nC,QA9\n", "f")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no column shelf and no column start"),
        ("shelf,from\nA,QA1\n", "no column start"),
        ("shelf,start\n", "no row below its head"),
        ("shelf,start\n" + "x" * 201 + ",QA1\n", "more than 200 characters"),
        ('shelf,start\nA,"QA1\n', "a quote is opened"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_labels(text, "f")


def test_bytes_are_utf_8_or_say_that_they_are_utf_16() -> None:
    assert decode("\ufeffshelf".encode(), "f") == "shelf"
    assert decode("架".encode("utf-16"), "f") == "架"
    with pytest.raises(InputError, match="line 2: is not UTF-8"):
        decode("shelf\nRéf".encode("latin-1"), "f")
    with pytest.raises(InputError, match="larger than"):
        decode(b"x" * (MAX_BYTES + 1), "f")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with suppress(InputError):
        read_labels(decode(b"shelf,start\n" + data, "f"), "f")


def test_a_table_from_a_chinese_spreadsheet_is_read_and_one_in_another_alphabet_refused() -> None:
    text = "shelf,start,note\nA,I247.57/鲁,二楼东区第一排\nB,K20,三楼历史类\n"
    assert decode(text.encode("gb18030"), "f") == text
    with pytest.raises(InputError, match="line 2: is not UTF-8"):
        decode("shelf,start\nRéf,QA1\n".encode("latin-1"), "f")
