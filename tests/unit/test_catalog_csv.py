"""A catalogue as CSV: every row is an item, a fault, or both; odd rows cost only themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.catalog.csv_file import read, safe_cell
from hub.catalog.model import Item, RowFault, Unsaid, file_note
from shelfwire import data
from shelfwire.errors import InputError

Import = Callable[..., tuple[list[Item], list[RowFault]]]
HEAD = "barcode,title,author,call_number,status,home_from,home_to,tags\n"


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def run(text: str | bytes, **options: Any) -> tuple[list[Item], list[RowFault]]:
        file = tmp_path / "items.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        rows = list(read(file, options))
        return [row for row in rows if isinstance(row, Item)], [
            row for row in rows if isinstance(row, RowFault)
        ]

    return run


def test_a_row_becomes_an_item_and_barcodes_stay_text(imported: Import) -> None:
    items, faults = imported(
        HEAD + "000123,Orlando,Woolf,PR6045 .O72,available,1F-R01A-B01-S1,1F-R01A-B01-S2,AA00 BB00;CC00\n"
    )
    assert faults == []
    assert items == [
        Item(
            barcode="000123", title="Orlando", author="Woolf", call_number="PR6045 .O72", status="on_shelf", source_status="available",
            home_from="1F-R01A-B01-S1", home_to="1F-R01A-B01-S2", tags=("AA00", "BB00", "CC00"), place=2,
        )
    ]  # fmt: skip


def test_columns_and_statuses_can_be_declared(imported: Import) -> None:
    text = "Strichcode;Titel;Zustand\n1;Faust;entliehen\n2;Woyzeck;Da\n"
    items, faults = imported(
        text,
        delimiter=";",
        columns={"barcode": "Strichcode", "title": "Titel", "status": "Zustand"},
        statuses={"Entliehen": "on_loan", "da": "on_shelf"},
    )
    assert faults == []
    assert [(item.title, item.status) for item in items] == [("Faust", "on_loan"), ("Woyzeck", "on_shelf")]


def test_a_missing_column_is_named_with_those_that_are_there(imported: Import) -> None:
    with pytest.raises(InputError) as caught:
        imported("id,name\n1,x\n", columns={"title": "Titel"})
    assert len(caught.value.faults) == 2
    assert "has no column 'barcode' for the barcode; it has: id, name" in caught.value.faults[0]
    assert "no column 'Titel' for the title" in caught.value.faults[1]


def test_a_column_that_stands_twice_is_wrong_input(imported: Import) -> None:
    with pytest.raises(InputError, match="stands twice"):
        imported("barcode,title,title\n")


def test_a_file_without_status_says_that_all_is_taken_as_on_shelf(imported: Import) -> None:
    items, faults = imported("barcode\n1\n")
    assert items[0].status == "on_shelf"
    assert faults == [file_note("no status column: items that are new here are taken as on_shelf")]


def test_an_unknown_status_is_kept_in_processing_and_told(imported: Import) -> None:
    items, faults = imported(HEAD + "1,,,,gone fishing,,,\n")
    assert (items[0].status, items[0].source_status) == ("in_processing", "gone fishing")
    assert "'gone fishing' is unknown" in faults[0].what
    assert faults[0].taken


def test_a_row_without_barcode_is_listed_with_its_line(imported: Import) -> None:
    items, faults = imported(HEAD + "1,a\n,b\n\n3,c\n")
    assert [item.barcode for item in items] == ["1", "3"]
    assert [(fault.where, fault.taken) for fault in faults] == [("line 3", False)]


def test_quotes_commas_and_line_breaks_inside_a_cell_are_read(imported: Import) -> None:
    items, faults = imported(HEAD + '1,"The ""New"" World,\nand after",x\r\n2,12" records,y\n')
    assert faults == []
    assert [item.title for item in items] == ['The "New" World, and after', '12" records']


def test_a_quote_that_nobody_closes_costs_one_row(imported: Import) -> None:
    rows = "".join(f"{n},title {n}\n" for n in range(3, 103))
    items, faults = imported(HEAD + '1,ok\n2,"never closed\n' + rows)
    assert len(items) == 101
    assert [(fault.where, fault.taken) for fault in faults] == [("line 3", False)]
    assert "never closed" in faults[0].what


def test_a_quote_that_nobody_closes_at_the_end_of_the_file_costs_one_row(imported: Import) -> None:
    items, faults = imported(HEAD + '1,ok\n2,"never closed\n3,ok\n')
    assert [item.barcode for item in items] == ["1", "3"]
    assert len(faults) == 1


def test_nul_bytes_and_control_characters_are_left_out_and_told(imported: Import) -> None:
    items, faults = imported(HEAD + "1,a\x00b\x07c\n")
    assert items[0].title == "abc"
    assert faults[0].taken


def test_a_row_of_wrong_bytes_costs_only_itself(imported: Import) -> None:
    items, faults = imported(HEAD.encode() + b"1,ok\n2,caf\xe9\n3,ok\n")
    assert [item.barcode for item in items] == ["1", "3"]
    assert "not in the declared encoding" in faults[0].what


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_declared_encodings_are_read(imported: Import, encoding: str) -> None:
    items, faults = imported((HEAD + "1,资本论,马克思,A123/1,在架\n").encode(encoding), encoding=encoding)
    assert faults == []
    assert (items[0].title, items[0].status) == ("资本论", "on_shelf")


def test_the_mark_that_spreadsheets_write_is_no_part_of_the_first_column(imported: Import) -> None:
    assert imported(HEAD.encode("utf-8-sig") + b"1,x\n")[0][0].barcode == "1"


def test_more_cells_than_columns_are_told_and_the_item_taken(imported: Import) -> None:
    items, faults = imported("barcode,title,status\n1,a,lost,oh,no\n2,b,lost,,\n")
    assert len(items) == 2
    assert [fault.what for fault in faults] == ["5 cells under 3 columns; what is beyond is left out"]


def test_a_row_without_end_is_left_out_and_the_next_one_read(imported: Import) -> None:
    items, faults = imported(HEAD + "1," + "x" * 300_000 + "\n2,b\n")
    assert [item.barcode for item in items] == ["2"]
    assert "longer than" in faults[0].what


@pytest.mark.parametrize("cell", ["=1+1", "+F20313804", "-x", "@x", "\tx"])
def test_what_looks_like_a_formula_is_written_as_text_and_read_back(imported: Import, cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"
    assert imported(HEAD + f"{safe_cell(cell.strip())}\n")[0][0].barcode == cell.strip()


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_file_is_wrong_input(imported: Import, text: str) -> None:
    with pytest.raises(InputError):
        imported(text)


def test_a_file_that_is_not_there_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(read(tmp_path / "none.csv", {}))


def test_the_demo_catalogue_is_whole_and_in_shelving_order() -> None:
    from shelfwire.callnumbers import sort_key  # noqa: PLC0415 (only here)

    rows = list(read(data.config_file("catalogs/demo.csv"), {}))
    items = [row for row in rows if isinstance(row, Item)]
    assert len(items) == len(rows) - 1 == 1533, "nothing but items, behind what the file has no columns for"
    keys = [sort_key(item.call_number) for item in items]
    assert keys == sorted(keys)
    assert len({item.barcode for item in items}) == len(items)
    assert not any(item.home_from or item.tags for item in items)


def test_a_file_says_nothing_of_what_it_has_no_column_for(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("barcode,tags,home_from\nb1,300000000000000000000001,1F-1\n")
    first = next(iter(read(path, {})))
    assert first == Unsaid(frozenset({"title", "author", "call_number", "status", "alternative_ids"}))
