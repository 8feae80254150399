"""MARC fields that a library declares, schemes and flags as systems write them, and records that are wrong in real ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.marc import book, record, xml, xml_record

from hub.catalog.marc.reader import NOTES_LISTED, read
from hub.catalog.model import FileNote, Item, Reached, RowFault
from hub.catalog.options import marc_options
from shelfwire import config
from shelfwire.errors import InputError

Import = Callable[..., tuple[list[Item], list[RowFault]]]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def run(raw: bytes, **options: Any) -> tuple[list[Item], list[RowFault]]:
        file = tmp_path / "records"
        file.write_bytes(raw)
        rows = [row for row in read(file, options) if not isinstance(row, Reached)]
        return [row for row in rows if isinstance(row, Item)], [
            row for row in rows if isinstance(row, RowFault)
        ]

    return run


def test_a_field_of_the_library_s_own_is_read_as_declared(imported: Import) -> None:
    fields = {
        "items": "978", "barcode": "b", "call_number": ["h", "i"], "scheme": "2", "status": "s", "due": "d",
        "flags": {"damaged": "x"}, "alternative_ids": ["n", "035$a"], "home_from": "f", "home_to": "g", "tags": "t",
        "title": "246$a", "author": "c",
    }  # fmt: skip
    raw = book(
        ("978", "$b007$hI247.5$i12$2zt$sda$nA-1$fS1$gS2$tAA00;BB00$cLu Xun$x1$zlent to J. Doe"),
        ("978", "$b008$hQA76$i.K5$d2026-01-01$sda$x0"),
        ("978", "$b009$snoch nie gesehen"),
        ("246", "$aOther title"),
        ("035", "$aocm1"),
    )
    items, faults = imported(
        raw, fields=fields, statuses={"Da": "on_shelf"}, schemes={"zt": "clc"}, scheme="lc"
    )
    assert items[0] == Item(
        barcode="007", title="Other title", author="Lu Xun", call_number="I247.5 12", scheme="CLC", status="on_shelf",
        source_status="da", flags=("damaged",), alternative_ids=("A-1", "ocm1"), home_from="S1", home_to="S2",
        tags=("AA00", "BB00"), place=1,
    )  # fmt: skip
    assert (items[1].status, items[1].scheme, items[1].flags) == ("on_loan", "LC", ())
    assert (items[2].status, items[2].call_number) == ("in_processing", "")
    assert [fault.taken for fault in faults if not isinstance(fault, FileNote)] == [True]
    assert not any("Doe" in str(row) for row in (*items, *faults))


@pytest.mark.parametrize("code", ["", "ab", "999", "245$", "99$a", "\x1f"])
def test_a_subfield_that_cannot_be_one_is_told(imported: Import, code: str) -> None:
    with pytest.raises(InputError, match="mapping"):
        imported(b"", fields={"items": "978", "barcode": code})
    with pytest.raises(InputError, match="mapping"):
        imported(b"", fields={"items": "978", "barcode": "b", "call_number": ["h", code]})


@pytest.mark.parametrize(
    ("field", "scheme"),
    [
        (("952", "$p1$oX$2ddc"), "DEWEY"),
        (("952", "$p1$oX$2lcc"), "LC"),
        (("952", "$p1$oX$2z"), ""),
        (("999", "$i1$aX$wLCPER"), "LC"),
        (("999", "$i1$aX$wALPHANUM"), "FREE"),
        (("949", "$i1$aX$wDEWEY"), "DEWEY"),
    ],
)
def test_the_scheme_of_an_item_is_what_its_field_says(
    imported: Import, field: tuple[str, str], scheme: str
) -> None:
    assert imported(book(field))[0][0].scheme == scheme


@pytest.mark.parametrize(
    ("indicator", "source", "scheme"),
    [(b"0", "", "LC"), (b"1", "", "DEWEY"), (b"7", "$2clc", "CLC"), (b"8", "", "FREE"), (b" ", "", "")],
)
def test_the_scheme_of_a_holding_is_its_first_indicator(
    imported: Import, indicator: bytes, source: str, scheme: str
) -> None:
    raw = book(("852", f"$p1$hX{source}")).replace(b"  \x1fp1", indicator + b" \x1fp1")
    assert imported(raw)[0][0].scheme == scheme


def test_the_number_of_the_record_brings_its_own_scheme(imported: Import) -> None:
    assert imported(book(("949", "$i1"), ("092", "$a823.9$bWOO")))[0][0].scheme == "DEWEY"
    assert imported(book(("949", "$i1"), ("084", "$aI247$2clc")))[0][0].call_number == "I247"
    assert imported(book(("949", "$i1"), ("084", "$aXX$2unknown")))[0][0].call_number == ""
    assert imported(book(("949", "$i1"), ("099", "$aB 12")), scheme="local")[0][0].scheme == "LOCAL"


@pytest.mark.parametrize(
    ("codes", "flags"),
    [
        ("$41", ("damaged",)),
        ("$51$41", ("damaged", "restricted")),
        ("$cCART", ("recently_returned",)),
        ("$12$q2026-01-01", ("long_overdue",)),
        ("$40$50", ()),
    ],
)
def test_koha_s_flags_stand_beside_the_status(imported: Import, codes: str, flags: tuple[str, ...]) -> None:
    assert imported(book(("952", f"$p1{codes}")))[0][0].flags == flags


def test_inventory_and_item_numbers_are_other_identifiers(imported: Import) -> None:
    items, _ = imported(book(("952", "$p1$iINV-7$94711")) + book(("952", "$p2$i2")))
    assert [item.alternative_ids for item in items] == [("INV-7", "4711"), ()]


@pytest.mark.parametrize(
    ("code", "status"),
    [("-", "on_shelf"), ("", "on_shelf"), ("m", "missing"), ("!", "hold_shelf"), ("q", "in_processing")],
)
def test_a_sierra_item_is_read_from_945(imported: Import, code: str, status: str) -> None:
    items, faults = imported(book(("945", f"$aQA76$b.K5$i300{'$s' if code else ''}{code}$y.i1000002x")))
    assert (items[0].status, items[0].call_number) == (status, "QA76 .K5")
    assert items[0].alternative_ids == (".i1000002x",)
    assert len(faults) == 1 + (code == "q")


def test_every_accession_number_of_a_905_is_an_item(imported: Import) -> None:
    raw = record(("200", "$a呐喊"), ("690", "$aI210.6"), ("905", "$b1001$b1002$dI210.6$e3"))
    items, _ = imported(raw)
    assert [(item.barcode, item.call_number, item.scheme) for item in items] == [
        ("1001", "I210.6/3", "CLC"),
        ("1002", "I210.6/3", "CLC"),
    ]


def test_a_chinese_record_in_gb18030_is_told_apart_from_marc_8(imported: Import) -> None:
    raw = record(("200", "$a鲁迅全集第一卷$f鲁迅著"), ("905", "$b1$dI210$e1"), utf8=False, encoding="gb18030")
    items, faults = imported(raw)
    assert (items[0].title, items[0].author) == ("鲁迅全集第一卷", "鲁迅著")
    assert "GB18030" in faults[0].what


def test_marc_8_with_its_signs_before_the_letters_is_read_as_pymarc_reads_it(imported: Import) -> None:
    raw = (
        record(("245", "$aand@o, T. F@elix"), ("999", "$i1"), utf8=False)
        .replace(b"@o", b"\xe5o")
        .replace(b"@e", b"\xe2e")
    )
    assert imported(raw)[0][0].title == "andō, T. Félix"


def test_a_record_of_more_than_its_lengths_can_say_is_read_in_the_order_of_its_fields(
    imported: Import,
) -> None:
    fields = [f"  \x1faQA76 .K{n}\x1fi{n:06d}\x1fm{'x' * 80}\x1e".encode() for n in range(1_000)]
    directory, at = "", 0
    for field in fields:
        directory += f"999{len(field):04d}{at % 100_000:05d}"
        at += len(field)
    leader = f"99999nam a22{24 + len(directory) + 1:05d} a 4500"
    items, faults = imported(leader.encode() + directory.encode() + b"\x1e" + b"".join(fields) + b"\x1d")
    assert at > 100_000
    assert [item.barcode for item in items] == [f"{n:06d}" for n in range(1_000)]
    assert len(faults) == 3


def test_a_record_of_90_kb_with_a_wrong_leader_is_read_and_told(imported: Import) -> None:
    raw = book(*[("999", f"$aQA76 .K{n}$i{n:06d}$m{'x' * 80}") for n in range(800)])
    items, faults = imported(
        b"00024" + raw[5:12] + b"00000" + raw[17:] + book(("999", "$iLAST"), number="b2")
    )
    assert len(items) == 801
    assert {fault.where for fault in faults if not isinstance(fault, FileNote)} == {
        "record 1, control number b1"
    }
    assert len(faults) == 3


def test_lengths_counted_in_characters_are_put_right_by_the_terminators(imported: Import) -> None:
    good = book(("245", "$aÉtude"), ("999", "$i1"))
    directory = good[24 : good.index(b"\x1e")]
    lies = good.replace(directory, directory[:-7] + b"0000900")
    items, faults = imported(lies)
    assert [item.barcode for item in items] == ["1"]
    assert "taken in their order" in faults[0].what


def test_what_is_odd_in_all_records_is_listed_a_few_times_and_counted(imported: Import) -> None:
    raw = b"".join(b"99999" + book(("999", f"$i{n}"))[5:] for n in range(100))
    items, faults = imported(raw)
    assert len(items) == 100
    assert sum(not isinstance(fault, FileNote) for fault in faults) == NOTES_LISTED
    assert any("100 records: its leader says another length" in fault.what for fault in faults)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-16", ""),
        ("gb18030", "gb18030"),
        ("gb18030", "GBK"),
        ("iso-8859-1", "ISO-8859-1"),
        ("utf-8", "nonsense"),
        ("utf-8", "rot13"),
        ("utf-8", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", ""),
        ("utf-8", "hex"),
    ],
)
def test_xml_in_other_encodings_is_read_by_its_mark_or_first_line(
    imported: Import, encoding: str, declared: str
) -> None:
    title = "Élan" if encoding == "iso-8859-1" else "资本论"
    text = xml(xml_record("1").replace("Title", title)).decode()
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    items, _ = imported((head + text.partition("?>")[2]).encode(encoding))
    assert items[0].title == f"{title} & more"


def test_xml_that_lies_about_its_encoding_costs_the_record_and_says_what_to_do(imported: Import) -> None:
    wrong = xml(xml_record("1"), xml_record("2").replace("Title", "T\x00tre"), xml_record("3")).replace(
        b"\x00", b"\xee"
    )
    items, faults = imported(wrong)
    assert [item.barcode for item in items] == ["1", "3"]
    assert "0xee that is no UTF-8; declare `encoding`" in faults[0].what
    assert faults[0].unread
    assert imported(wrong, encoding="latin-1")[0][1].title == "Tître & more"


def test_notes_and_staff_never_come_out_of_any_item_field(imported: Import) -> None:
    """Every field and subfield that is not asked for holds a person; nothing of it is in what comes out."""
    person = "Jane Q. Patron 555-0100 jane@example.org"
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    asked = {"952": "012457abchioptq9", "995": "123bcefhjkno9v", "999": "aiklvwm", "949": "aiklvwm", "945": "abcilsy",
             "876": "apjlt8", "852": "abchijkmp28z", "905": "abde"}  # fmt: skip
    for tag, codes in asked.items():
        stuffed = "".join(f"${letter}{person}" for letter in letters if letter not in codes)
        head = record(
            ("001", "b1"), ("200" if tag == "905" else "245", "$aT"), (tag, f"${codes[0]}" + stuffed)
        )
        items, faults = imported(head + book((tag, "$p7$i7$f7$b7" + stuffed), (tag, stuffed), number="b9"))
        assert not any("Jane" in str(row) or "0100" in str(row) for row in (*items, *faults)), tag


def test_the_mapping_of_the_page_is_without_fault(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "catalogs" / "marc.md"
    block = re.search(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    file = tmp_path / "mapping.yaml"
    file.write_text(block[1], encoding="utf-8")
    fields = marc_options(config.read_data(file)).fields
    assert fields is not None
    assert fields.items == "978"
