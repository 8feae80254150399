"""Whatever stands in a catalogue file, it becomes items and faults, or wrong input; nothing else happens."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from helpers.marc import book, xml, xml_record
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.catalog import csv_file
from hub.catalog.marc import reader as marc
from hub.catalog.merge import Merger
from hub.catalog.model import Item, RowFault
from shelfwire.callnumbers import sort_key
from shelfwire.errors import InputError

GOOD = (
    book(("952", "$p1$oA 1"))
    + book(("999", "$i2$kLOST$lSTACKS"))
    + book(("852", "$hA$p3"), ("876", "$p4$jlost"))
)
GOOD_XML = xml(xml_record("1"), xml_record("2"))


def rows_of(raw: bytes, kind: str) -> list[Item | RowFault]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "f"
        file.write_bytes(raw)
        read = marc.read if kind == "marc" else csv_file.read
        try:
            return [row for row in Merger({}).merge(read(file, {})) if isinstance(row, Item | RowFault)]
        except InputError:
            return []


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), junk=st.binary(max_size=12), cut=st.integers(0, 6))
def test_marc_with_any_bytes_anywhere_is_read_and_no_good_record_before_it_is_lost(
    at: int, junk: bytes, cut: int
) -> None:
    rows = rows_of(GOOD[:at] + junk + GOOD[at + cut :], "marc")
    whole = GOOD[:at].count(b"\x1d")
    assert [row.barcode for row in rows if isinstance(row, Item)][:whole] == ["1", "2"][:whole]
    assert rows or at == 0  # a sign "<" at the beginning makes it XML without records, which is wrong input


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(GOOD_XML) - 1), junk=st.binary(max_size=12), cut=st.integers(0, 40))
def test_marcxml_with_any_bytes_anywhere_is_read(at: int, junk: bytes, cut: int) -> None:
    rows_of(GOOD_XML[:at] + junk + GOOD_XML[at + cut :], "marc")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(st.sampled_from('ab"",\n\r;\x00é=1'), max_size=20), max_size=8))
def test_csv_with_any_text_is_read_and_a_good_last_row_is_never_lost(lines: list[str]) -> None:
    text = "barcode,title\n" + "\n".join(lines) + '\nLAST,"good"\n'
    rows = rows_of(text.encode(), "csv")
    said = [row.barcode for row in rows if isinstance(row, Item)] + [
        row.where for row in rows if isinstance(row, RowFault)
    ]
    assert said


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_a_key(text: str) -> None:
    assert isinstance(sort_key(text), bytes)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 9999), st.text("0123456789", max_size=5), st.integers(1, 9999))
def test_class_numbers_compare_by_value_and_their_decimals_digit_by_digit(
    one: int, decimals: str, other: int
) -> None:
    with_decimals = f"QA{one}.{decimals} .A1" if decimals else f"QA{one} .A1"
    if one != other:
        assert (sort_key(with_decimals) < sort_key(f"QA{other} .A1")) == (one < other)
