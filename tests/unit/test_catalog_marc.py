"""MARC21 and MARCXML: every record ends as items, as a line that says why not, or as both."""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.marc import book, record, xml, xml_record

from hub.catalog.marc.reader import read
from hub.catalog.model import FileNote, Item, Reached, RowFault
from shelfwire.errors import InputError

HERE = Path(__file__).resolve()
EXCERPT = HERE.parent.parent / "data" / "marc" / "uva_excerpt.mrc"
SHARED = (
    Path(os.environ.get("SHELFWIRE_SHARED") or HERE.parents[2].parent / "shared")
    / "data"
    / "catalog"
    / "marc"
)

Import = Callable[..., tuple[list[Item], list[RowFault]]]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def run(raw: bytes, **options: Any) -> tuple[list[Item], list[RowFault]]:
        file = tmp_path / "records"
        file.write_bytes(raw)
        return split(file, **options)

    return run


def split(file: Path, **options: Any) -> tuple[list[Item], list[RowFault]]:
    rows = [row for row in read(file, options) if not isinstance(row, Reached)]
    faults = [row for row in rows if isinstance(row, RowFault) and not isinstance(row, FileNote)]
    return [row for row in rows if isinstance(row, Item)], faults


def test_a_koha_item_has_barcode_call_number_and_volume(imported: Import) -> None:
    items, faults = imported(book(("952", "$p0001234$oPR6045 .O72 O7$hv.2$bCPL")))
    assert faults == []
    assert items == [
        Item(
            barcode="0001234",
            title="Orlando : a biography",
            author="Woolf, Virginia",
            call_number="PR6045 .O72 O7 v.2",
            place=1,
        )
    ]


@pytest.mark.parametrize(
    ("codes", "status", "raw"),
    [
        ("$01$q2026-01-01", "withdrawn", "withdrawn=1"),
        ("$14", "missing", "lost=4"),
        ("$11$q2026-01-01", "lost", "lost=1"),
        ("$q2026-01-01$71", "on_loan", "due"),
        ("$71", "not_for_loan", "notforloan=1"),
        ("$7-1", "in_processing", "notforloan=-1"),
        ("$cPROC", "in_processing", "location=PROC"),
        ("$cCART", "on_shelf", ""),
        ("$00$10$40$70", "on_shelf", ""),
    ],
)
def test_the_first_koha_code_that_says_something_decides(
    imported: Import, codes: str, status: str, raw: str
) -> None:
    items, faults = imported(book(("952", f"$p1{codes}")))
    assert faults == []
    assert (items[0].status, items[0].source_status) == (status, raw)


def test_an_unknown_status_is_reported_and_never_becomes_on_shelf(imported: Import) -> None:
    items, faults = imported(book(("952", "$p1$19"), ("999", "$iX$kNOWHERE$lSTACKS")))
    assert items[0].status == "in_processing"
    assert items[0].source_status == "lost=9"
    assert [fault.taken for fault in faults] == [True]
    assert "'lost=9' is unknown" in faults[0].what


def test_the_library_s_own_words_come_before_all_defaults(imported: Import) -> None:
    items, faults = imported(
        book(("999", "$iX1$kNOWHERE$lSTACKS"), ("999", "$iX2$lREFERENCE")),
        statuses={"Nowhere": "in_transit", "reference": "on_shelf"},
    )
    assert [item.status for item in items] == ["in_transit", "on_shelf"]
    assert faults == []


def test_a_sirsi_item_has_its_status_as_a_location(imported: Import) -> None:
    items, _ = imported(
        book(
            ("999", "$aA 1$i1$kCHECKEDOUT$lSTACKS$oJD"),
            ("999", "$aA 1$i2$lSTACKS"),
            ("999", "$aA 1$i3$lLOST"),
        )
    )
    assert [item.status for item in items] == ["on_loan", "on_shelf", "lost"]
    assert not any("JD" in str(item) for item in items)


def test_a_unimarc_item_and_title_are_read(imported: Import) -> None:
    raw = record(
        ("001", "u"),
        ("200", "$aLes mots$fJean-Paul Sartre"),
        ("700", "$aSartre$bJean-Paul"),
        ("995", "$f42$kPQ 2637$vt.1$o0"),
    )
    items, faults = imported(raw)
    assert faults == []
    assert items == [
        Item(barcode="42", title="Les mots", author="Sartre Jean-Paul", call_number="PQ 2637 t.1", place=1)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_cnmarc_item_has_an_accession_number_and_a_call_number_in_two_halves(
    imported: Import, encoding: str
) -> None:
    fields = (("001", "c"), ("200", "$a呐喊$f鲁迅著"), ("905", "$aNLC$b1001234$dI210.6$e3"))
    raw = record(*fields, utf8=False, encoding=encoding)
    items, _ = imported(raw, encoding=encoding)
    assert items == [Item(barcode="1001234", title="呐喊", author="鲁迅著", call_number="I210.6/3", place=1)]


def test_a_905_of_marc_21_is_no_item_unless_declared(imported: Import) -> None:
    assert imported(book(("905", "$b1")))[0] == []
    assert len(imported(book(("905", "$b1")), items="905")[0]) == 1


def test_an_876_takes_the_label_of_the_852_that_it_is_linked_to(imported: Import) -> None:
    items, _ = imported(
        book(
            ("852", "$81$hQA76$i.K5"), ("852", "$82$kFolio$hQA77$i.L6"),
            ("876", "$82.1$p77$jAvailable"), ("876", "$81.1$p76$jon loan"), ("876", "$81.2$p75$jgone fishing"),
        )
    )  # fmt: skip
    assert [(item.barcode, item.call_number, item.status) for item in items] == [
        ("77", "Folio QA77 .L6", "on_shelf"),
        ("76", "QA76 .K5", "on_loan"),
        ("75", "QA76 .K5", "in_processing"),
    ]


def test_an_item_without_its_own_call_number_has_that_of_the_record(imported: Import) -> None:
    items, _ = imported(
        book(("050", "$aPR6045$aPR9$b.O72"), ("082", "$a823/.912"), ("852", "$p1$zAvailable$xstaff"))
    )
    assert (items[0].call_number, items[0].status, items[0].source_status) == (
        "PR6045 .O72",
        "on_shelf",
        "Available",
    )


def test_a_record_without_items_is_listed_with_the_reason(imported: Import) -> None:
    items, faults = imported(book() + book(("949", "$aONLINE$wASIS"), number="b2"))
    assert items == []
    assert [fault.taken for fault in faults] == [False, False]
    assert faults[0].where == "record 1, control number b1"
    assert "no 952, 995, 999, 949, 945, 876, 852 or 905" in faults[0].what
    assert "949 without a barcode in $i: ONLINE" in faults[1].what


def test_a_line_about_a_field_that_says_nothing_ends_in_words(imported: Import) -> None:
    _, faults = imported(book(("949", "$zx")))
    assert any(fault.what.startswith("has no item (949 without a barcode in $i);") for fault in faults)


def test_an_item_without_barcode_is_listed_and_its_neighbour_taken(imported: Import) -> None:
    items, faults = imported(book(("952", "$oA 1"), ("952", "$p9$oA 1")))
    assert [item.barcode for item in items] == ["9"]
    assert faults[0].what == "an item without barcode in 952 (A 1); not taken"
    assert not faults[0].taken


def test_the_place_of_the_items_can_be_declared(imported: Import) -> None:
    raw = book(("952", "$p1"), ("949", "$i2"))
    assert [item.barcode for item in imported(raw)[0]] == ["1"]
    assert [item.barcode for item in imported(raw, items="949")[0]] == ["2"]


@pytest.mark.parametrize(("utf8", "noted"), [(True, 0), (False, 1)])
def test_bytes_that_are_utf_8_are_read_as_utf_8_whatever_the_leader_says(
    imported: Import, *, utf8: bool, noted: int
) -> None:
    items, faults = imported(record(("245", "$aКапитал 资本论"), ("999", "$i1"), utf8=utf8))
    assert items[0].title == "Капитал 资本论"
    assert [("MARC-8" in fault.what, fault.taken) for fault in faults] == [(True, True)] * noted


def test_marc_8_is_read_and_a_leader_that_says_utf_8_over_it_is_noted(imported: Import) -> None:
    items, faults = imported(record(("245", "$aF\xe2elix"), ("999", "$i1"), utf8=True, encoding="latin-1"))
    assert items[0].title == "Félix"
    assert "its bytes are not" in faults[0].what


@pytest.mark.parametrize(
    "broken",
    [
        b"garbage\x1d",
        book(("999", "$i7"))[:60] + b"\x1d",
        book(("999", "$i7")).replace(b"999", b"9\x929", 1),
        book(("999", "$i7")).replace(b"999000600067", b"999900069067", 1).replace(b"\x1e\x1d", b"\x1e\x1e\x1ex\x1e\x1d"),
        b"00000" + b"\xff" * 90 + b"\x1d",
    ],
)  # fmt: skip
def test_a_broken_record_costs_only_itself(imported: Import, broken: bytes) -> None:
    items, faults = imported(book(("999", "$i1")) + broken + b"\r\n" + book(("999", "$i3")))
    assert [item.barcode for item in items] == ["1", "3"]
    assert len(faults) == 1
    assert faults[0].where == "record 2"
    assert "cannot be read" in faults[0].what
    assert not faults[0].taken


def test_a_length_that_lies_is_noted_and_the_record_read(imported: Import) -> None:
    items, faults = imported(b"00010" + book(("999", "$i1"))[5:] + book(("999", "$i2")))
    assert [item.barcode for item in items] == ["1", "2"]
    assert "its leader says another length" in faults[0].what
    assert faults[0].taken


def test_a_file_that_is_cut_off_says_so(imported: Import) -> None:
    items, faults = imported(book(("999", "$i1")) + book(("999", "$i2"))[:-20])
    assert [item.barcode for item in items] == ["1"]
    assert "the file is cut off" in faults[0].what


def test_a_record_that_never_ends_is_left_out_and_the_next_one_read(imported: Import) -> None:
    items, faults = imported(b"x" * 1_500_000 + b"\x1d" + book(("999", "$i1")))
    assert [item.barcode for item in items] == ["1"]
    assert "longer than" in faults[0].what


@pytest.mark.parametrize("prefix", ["", "marc"])
def test_marcxml_is_read_with_and_without_prefix(imported: Import, prefix: str) -> None:
    items, faults = imported(xml(xml_record("1", prefix), xml_record("2", prefix)))
    assert faults == []
    assert [(item.barcode, item.title) for item in items] == [("1", "Title & more"), ("2", "Title & more")]


def test_a_broken_xml_record_costs_only_itself(imported: Import) -> None:
    broken = xml_record("2").replace("</datafield>", "", 1)
    items, faults = imported(xml(xml_record("1"), broken, xml_record("3")))
    assert [item.barcode for item in items] == ["1", "3"]
    assert "no well-formed XML" in faults[0].what


def test_a_bomb_of_entities_is_never_unfolded(imported: Import) -> None:
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    items, faults = imported(head + xml(xml_record("1"), xml_record("&b;"))[55:])
    assert [item.barcode for item in items] == ["1"]
    assert not faults[0].taken


def test_a_harvest_around_the_records_is_no_record(imported: Import) -> None:
    wrapped = f"<record><header/><metadata>{xml_record('5')}</metadata></record>"
    items, faults = imported(xml(wrapped))
    assert [item.barcode for item in items] == ["5"]
    assert faults == []


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"<collection></collection>"])
def test_a_file_without_records_is_wrong_input(imported: Import, raw: bytes) -> None:
    with pytest.raises(InputError, match="has no record"):
        imported(raw)


def test_a_wrong_mapping_is_told_with_all_its_faults(imported: Import) -> None:
    with pytest.raises(InputError) as caught:
        imported(b"", items="123", statuses={"x": "somewhere"}, colour=1)
    assert len(caught.value.faults) == 3


def test_nothing_is_written_to_the_log_of_another_library(
    imported: Import, caplog: pytest.LogCaptureFixture
) -> None:
    odd = book(("999", "$i1")).replace(b"  \x1faOrlando", b"\x1faOrlando  ")
    with caplog.at_level(logging.DEBUG):
        items, faults = imported(odd)
    assert len(items) == 1
    assert "indicators" in faults[0].what
    assert caplog.records == []


def test_the_excerpt_of_real_records_gives_all_its_items() -> None:
    items, faults = split(EXCERPT)
    assert faults == []
    assert Counter(item.status for item in items) == {
        "on_shelf": 18, "withdrawn": 6, "lost": 3, "on_loan": 2, "missing": 2, "not_for_loan": 1
    }  # fmt: skip
    assert all(item.title and item.barcode for item in items)
    assert {"Andō, Tadao", "Gontaut-Biron, Élie"} <= {item.author for item in items}


REAL = {
    # items, lines in the report, what is said of the records
    "concerto.xml": (120, 239, "344 records: 105 with items, 239 without items, 0 broken"),
    "hebrew.marc": (0, 20, "20 records: 0 with items, 20 without items, 0 broken"),
    "jazz_part.mrc": (315, 1, "250 records: 249 with items, 1 without items, 0 broken"),
    "koha_demo_part.mrc": (0, 393, "393 records: 0 with items, 393 without items, 0 broken"),
    "loc_books_1899.mrc": (0, 100, "100 records: 0 with items, 100 without items, 0 broken"),
    "lul_fre_500.mrc": (756, 0, "500 records: 500 with items, 0 without items, 0 broken"),
    "nepali.marc": (0, 96, "96 records: 0 with items, 96 without items, 0 broken"),
    "oss.marc": (5, 38, "42 records: 4 with items, 38 without items, 0 broken"),
    "uva_part.mrc": (1725, 0, "1197 records: 1197 with items, 0 without items, 0 broken"),
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared MARC files are not beside this checkout")
@pytest.mark.parametrize("name", REAL)
def test_of_the_real_files_no_record_vanishes(name: str) -> None:
    items, faults = split(SHARED / name)
    notes = [row.what for row in read(SHARED / name, {}) if isinstance(row, FileNote)]
    assert (len(items), len(faults), notes) == (*REAL[name][:2], [REAL[name][2]])
    records, with_items = (int(word) for word in re.findall(r"\d+", notes[0])[:2])
    listed = {fault.where.split(",")[0] for fault in faults if not fault.taken}
    assert len(listed) == records - with_items
    assert with_items == _records_with_items(SHARED / name)


def _records_with_items(file: Path) -> int:
    """Counted another way: by what the bytes hold, not by our reader."""
    raw = file.read_bytes()
    if raw.startswith(b"<"):
        item = re.compile(rb'tag="(?:999|949|852)"(?:(?!</datafield>).)*code="[ip]"', re.DOTALL)
        return sum(item.search(piece) is not None for piece in raw.split(b"</record>"))
    # In these files only item fields have both $l (location) and $i (barcode), or $h and $i.
    fields = (piece.split(b"\x1e")[1:] for piece in raw.split(b"\x1d"))
    return sum(any(b"\x1fi" in f and (b"\x1fl" in f or b"\x1fh" in f) for f in record) for record in fields)


@pytest.mark.parametrize(
    ("place", "codes"),
    [
        ("999", "$aA 1$lSTACKS$oseen by JD$xJD$zask at the desk"),
        ("952", "$oA 1$xseen by JD$zask at the desk"),
        ("876", "$lSTACKS$xseen by JD$zask at the desk$jJD"),
        ("852", "$hA 1$xseen by JD$zask at the desk"),
    ],
)
def test_a_line_about_an_item_without_barcode_repeats_no_note(
    imported: Import, place: str, codes: str
) -> None:
    raw = book((place, codes)) + book((place, codes), (place, "$i1$p1"), number="b2")
    _, faults = imported(raw)
    said = " ".join(fault.what for fault in faults)
    assert "A 1" in said or "STACKS" in said
    assert "JD" not in said
    assert "desk" not in said
