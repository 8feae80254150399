"""What a library declares about its CSV, and files that are in another encoding than they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.catalog.csv_file import ALL_WRONG, read
from hub.catalog.merge import Merger
from hub.catalog.model import FileNote, Item, Reached, RowFault, file_note
from hub.catalog.tagtext import key_of
from shelfwire.errors import InputError, PeerError
from shelfwire.tags.key import tag_key

Import = Callable[..., tuple[list[Item], list[RowFault]]]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def run(text: str | bytes, **options: Any) -> tuple[list[Item], list[RowFault]]:
        file = tmp_path / "items.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        rows = list(read(file, options))
        items = [row for row in rows if isinstance(row, Item)]
        return items, [row for row in rows if isinstance(row, RowFault) and not isinstance(row, FileNote)]

    return run


def test_a_call_number_in_several_columns_is_joined(imported: Import) -> None:
    items, faults = imported(
        "Nr,Ort,Signatur,Band\n1,Lesesaal,QA76 .K5,\n2,,QA76 .K5,2\n",
        columns={"barcode": "Nr", "call_number": ["Ort", "Signatur", "Band"]},
    )
    assert faults == []
    assert [item.call_number for item in items] == ["Lesesaal QA76 .K5", "QA76 .K5 2"]


def test_scheme_flags_and_other_identifiers_are_read_and_unknown_words_told(imported: Import) -> None:
    items, faults = imported(
        "barcode,status,scheme,flags,alternative_ids,inv\n"
        "1,paged,ddc,damaged; Restricted,A-1;A-2,I-9\n"
        "2,lost,zt,weiß nicht,2,\n"
        "3,verliehen an Frau,nie gehört,,,\n",
        schemes={"ZT": "clc"},
        scheme="lc",
        columns={"alternative_ids": ["alternative_ids", "inv"]},
    )
    assert [(item.scheme, item.flags, item.alternative_ids) for item in items] == [
        ("DEWEY", ("damaged", "requested", "restricted"), ("A-1", "A-2", "I-9")),
        ("CLC", (), ()),
        ("LC", (), ()),
    ]
    assert [fault.where for fault in faults] == [
        "line 3, barcode 2",
        "line 4, barcode 3",
        "line 4, barcode 3",
    ]
    assert all(fault.taken for fault in faults)


def test_a_word_that_only_says_a_flag_leaves_the_book_on_its_shelf(imported: Import) -> None:
    items, faults = imported("barcode,status\n1,Wagen\n", flags={"wagen": "recently_returned"})
    assert (items[0].status, items[0].flags) == ("on_shelf", ("recently_returned",))
    assert faults == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_is_told_by_the_mark_at_the_start(imported: Import, encoding: str) -> None:
    assert imported("barcode,title\n1,资本论\n".encode(encoding))[0][0].title == "资本论"


@pytest.mark.parametrize(("encoding", "title"), [("gb18030", "中国古代文学史"), ("latin-1", "Études")])
def test_a_file_that_is_wholly_in_another_encoding_is_refused_with_the_right_one(
    imported: Import, encoding: str, title: str
) -> None:
    text = "barcode,title\n" + "".join(f"{n},{title}\n" for n in range(ALL_WRONG + 20))
    with pytest.raises(InputError, match=f"encoding: {encoding}"):
        imported(text.encode(encoding), encoding="utf-8")


def test_a_chinese_file_in_gb18030_is_read_without_a_mapping_for_its_encoding(imported: Import) -> None:
    text = "条码,题名,状态\n1,资本论,在架\n2,論語,在架\n"
    columns = {"barcode": "条码", "title": "题名", "status": "状态"}
    items, faults = imported(text.encode("gb18030"), columns=columns)
    assert [(item.title, item.status) for item in items] == [("资本论", "on_shelf"), ("論語", "on_shelf")]
    assert faults == []


@pytest.mark.parametrize(
    ("heading", "right"), [("条码,题名".encode("gb18030"), "gb18030"), ("barcode,Türe".encode("latin-1"), "latin-1")]
)  # fmt: skip
def test_names_of_columns_in_another_encoding_are_told_once(
    imported: Import, heading: bytes, right: str
) -> None:
    columns = {"barcode": "条码", "title": "题名", "author": "著者"}
    with pytest.raises(InputError) as caught:
        imported(heading + b"\n1,x\n", encoding="utf-8", columns=columns)
    (said,) = caught.value.faults
    assert f"not in utf-8; declare `encoding: {right}`" in said
    assert said.isprintable()


def test_a_few_rows_in_another_encoding_cost_only_themselves_and_name_their_item(imported: Import) -> None:
    rows = [f"{n},Étude {n}\n".encode("latin-1" if n % 3 == 0 else "utf-8") for n in range(1, 400)]
    items, faults = imported(b"barcode,title\n" + b"".join(rows))
    assert len(items) == 266
    assert {(fault.barcode, fault.taken, fault.unread) for fault in faults[:1]} == {("3", False, False)}


def test_a_utf_16_file_that_is_cut_off_is_refused_with_its_line(imported: Import) -> None:
    with pytest.raises(InputError, match=r"items.csv:\d+: is not in utf-16"):
        imported("barcode,title\n1,资本论\n".encode("utf-16")[:-1])


def test_a_long_file_says_how_far_it_is(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("barcode\n" + "".join(f"{n}\n" for n in range(12_000)), encoding="utf-8")
    far = [row.at_bytes for row in read(file, {}) if isinstance(row, Reached)]
    assert len(far) == 2
    assert 0 < far[0] < far[1] <= file.stat().st_size


def test_a_tag_with_its_pc_word_has_the_key_that_the_antenna_hears() -> None:
    lent = "80" + "48" + "0000" + "0541424344450000" + "0000"
    assert key_of(f"3100:{lent}") == tag_key(lent, 0x3100)
    assert key_of(lent) == tag_key(lent, None)
    for wrong in ("310:AA00", "31000:AA00", "xyz1:AA00", ":AA00", "3000:"):
        with pytest.raises(PeerError):
            key_of(wrong)


def test_a_pc_word_that_is_none_is_told_and_a_right_one_kept() -> None:
    item = Item(barcode="1", call_number="QA76 .K5", tags=("3000:E280116060000001", "zz:E2"), place=7)
    rows = list(Merger({}, unit="line").merge([item]))
    faults = [row for row in rows if isinstance(row, RowFault)]
    taken = [row for row in rows if isinstance(row, Item)]
    assert taken[0].tags == ("3000:E280116060000001",)
    assert (faults[0].where, "PC word" in faults[0].what) == ("line 7, barcode 1", True)


@pytest.mark.parametrize(
    ("number", "scheme", "said"),
    [
        ("Regal 7", "", "of no scheme"),
        ("no number", "LC", "call number 'no number':"),
        ("", "", "no call number"),
    ],
)
def test_a_call_number_that_cannot_be_read_is_told_with_the_reason(
    number: str, scheme: Any, said: str
) -> None:
    merger = Merger({})
    rows = list(merger.merge([Item(barcode="1", call_number=number, scheme=scheme)]))
    assert isinstance(rows[0], RowFault)
    assert said in rows[0].what
    assert "without a home from its call number" in rows[0].what
    assert (merger.counts.without_key, merger.counts.items) == (1, 1)


def test_other_identifiers_without_end_are_cut_and_told() -> None:
    item = Item(barcode="1", call_number="QA76 .K5", alternative_ids=("x" * 200, *map(str, range(50))))
    fault, kept = Merger({}).merge([item])
    assert isinstance(fault, RowFault)
    assert isinstance(kept, Item)
    assert kept.alternative_ids == tuple(map(str, range(20)))


@pytest.mark.parametrize(
    ("heading", "right"), [("barcode;title", '";"'), ("Strichcode\tTitel", r'"\t"'), ("barcode|title", '"|"')]
)
def test_a_file_with_another_delimiter_is_told_once_which(imported: Import, heading: str, right: str) -> None:
    with pytest.raises(InputError) as caught:
        imported(f"{heading}\n1;x\n", columns={"title": "Titel"})
    (said,) = caught.value.faults
    assert f"declare `delimiter: {right}`" in said


def test_capitals_in_names_of_columns_do_not_count_and_columns_of_nobody_are_named(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("Barcode,TITLE,Status,shelfmark,,note\n1,x,lost,A 1,,y\n", encoding="utf-8")
    rows = list(read(file, {}))
    assert [row.title for row in rows if isinstance(row, Item)] == ["x"]
    assert file_note("columns that are not read: shelfmark, note") in rows
