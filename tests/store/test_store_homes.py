"""Labels in the store: homes follow the newest table, a list goes before it, and what cannot be used is told with its line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.store import FIRST, SECOND, SHELVES, SITE, THIRD, book, take

from hub.catalog.filing import Filing
from hub.store import homing
from hub.store.engine import open_engine
from hub.store.labels import LabelKind, label_rows, label_sets, stage_labels
from hub.store.read import StoreReader
from hub.store.write import StoreWriter
from shelfwire.callnumbers import Rules, sort_key
from shelfwire.callnumbers.labels import Row
from shelfwire.errors import InputError

LC = Filing("LC")
BOOKS = [
    book(1, call_number="A10 .B1"),
    book(2, call_number="QA76 .C3"),
    book(3, call_number="Z20 .D4"),
    book(4, call_number="QA77", home_from=THIRD),
    book(5, call_number="???"),
    book(6),
]
TABLE = [Row(FIRST, "A1"), Row(SECOND, "QA1"), Row(THIRD, "Z1")]


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    store = StoreWriter(database)
    yield store
    store.close()


def label(
    writer: StoreWriter, database: str, rows: list[Row], labels_id: str = "l-1", kind: LabelKind = "label"
) -> list[tuple[int, str]]:
    stage_labels(database, SITE, labels_id, rows, kind, "labels.csv")
    columns = writer.apply_labels(SITE, labels_id, SHELVES, LC)
    return list(zip(columns.home_from, columns.home_source, strict=True))


def test_items_without_a_listed_home_follow_the_labels(writer: StoreWriter, database: str) -> None:
    take(writer, database, BOOKS)
    found = label(writer, database, TABLE)
    assert found == [(0, "label"), (1, "label"), (2, "label"), (2, "list"), (-1, "none"), (-1, "none")]
    (one,) = label_sets(database, SITE)
    assert (one.state, one.rows, one.changed, one.kind) == ("applied", 3, 3, "label")


def test_items_that_come_after_the_labels_follow_them_too(writer: StoreWriter, database: str) -> None:
    label(writer, database, TABLE)
    stage = [book(7, call_number="QA80 .X1")]
    take(writer, database, stage)
    columns = writer.catalog(SITE, SHELVES, LC)
    assert (columns.home_from, columns.home_source) == ([1], ["label"])


def test_a_new_table_replaces_the_old_one_and_an_empty_one_takes_it_away(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, BOOKS[:3])
    label(writer, database, TABLE)
    assert label(writer, database, [Row(THIRD, "A1")], "l-2") == [(2, "label")] * 3
    assert label(writer, database, [], "l-3") == [(-1, "none")] * 3
    assert [one.labels_id for one in label_sets(database, SITE)] == ["l-3", "l-2", "l-1"]


def test_learned_borders_give_homes_where_no_label_does(writer: StoreWriter, database: str) -> None:
    take(writer, database, BOOKS[:3])
    label(writer, database, [Row(FIRST, "A1", "Z99")], "learned-1", "learned")
    assert label(writer, database, [Row(THIRD, "QA1", "QA100")], "l-1") == [
        (0, "learned"),
        (2, "label"),
        (0, "learned"),
    ]


def test_a_row_that_cannot_be_used_is_told_with_its_line(writer: StoreWriter, database: str) -> None:
    take(writer, database, BOOKS[:3])
    rows = [Row(FIRST, "A1", line=2), Row("9F-X", "M1", line=3), Row(THIRD, "???", line=4)]
    label(writer, database, rows)
    said = {row.shelf: fault for row, fault in label_rows(database, SITE, "l-1")}
    assert said[FIRST] == ""
    assert "no shelf of the site" in said["9F-X"]
    assert "no call number" in said[THIRD]
    reader = StoreReader(database, SITE)
    assert [fault.where for fault in reader.import_faults("l-1")] == [
        "line 3, shelf 9F-X",
        f"line 4, shelf {THIRD}",
    ]
    assert reader.imports() == [one for one in reader.imports() if one.import_id == "imp-1"], (
        "labels are no import"
    )
    reader.close()


def test_labels_are_taken_once_and_unknown_ones_are_refused(writer: StoreWriter, database: str) -> None:
    take(writer, database, BOOKS)
    first = label(writer, database, TABLE)
    assert label_sets(database, SITE)[0].changed == 3
    columns = writer.apply_labels(SITE, "l-1", SHELVES, LC)
    assert list(zip(columns.home_from, columns.home_source, strict=True)) == first
    with pytest.raises(InputError, match="were taken already"):
        stage_labels(database, SITE, "l-1", TABLE, "label", "x")
    with pytest.raises(InputError, match="no such finished table"):
        writer.apply_labels(SITE, "never", SHELVES, LC)
    with pytest.raises(InputError, match="no such finished import"):
        writer.apply_import(SITE, "l-1", SHELVES)


def test_labels_of_which_a_stop_left_half_are_finished_by_taking_them_again(
    writer: StoreWriter, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(writer, database, BOOKS)
    stage_labels(database, SITE, "l-1", TABLE, "label", "x")
    monkeypatch.setattr(homing, "CHUNK", 1)
    monkeypatch.setattr(homing, "ONE_TRANSACTION", 1)
    real, calls = homing._write, iter(range(99))

    def dies(*args: object) -> None:
        if next(calls) == 2:
            raise RuntimeError("killed")
        real(*args)  # type: ignore[arg-type]  # as they came

    with monkeypatch.context() as patch:
        patch.setattr(homing, "_write", dies)
        with pytest.raises(RuntimeError):
            writer.apply_labels(SITE, "l-1", SHELVES, LC)
    assert label_sets(database, SITE)[0].state == "applying"
    columns = writer.apply_labels(SITE, "l-1", SHELVES, LC)
    assert columns.home_from == [0, 1, 2, 2, -1, -1]
    assert (label_sets(database, SITE)[0].state, label_sets(database, SITE)[0].changed) == ("applied", 3)


def test_keys_and_homes_follow_when_the_site_orders_its_books_otherwise(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, [book(1, call_number="TP312/5"), book(2, call_number="TP312/12")])
    label(writer, database, [Row(FIRST, "TP1")])
    engine = open_engine(database)
    other = Filing("CLC", Rules(clc_book_digits="decimal"))
    assert homing.refresh(engine, SITE, SHELVES, other)
    assert not homing.refresh(engine, SITE, SHELVES, other), "once is enough"
    with engine.connect() as connection:
        keys = [
            bytes(row[0]) for row in connection.exec_driver_sql("SELECT sort_key FROM items ORDER BY item_id")
        ]
    assert keys == [sort_key(text, "CLC", other.rules) for text in ("TP312/5", "TP312/12")]
    assert keys[1] < keys[0]
    fewer = {shelf: index for shelf, index in SHELVES.items() if shelf != FIRST}
    assert writer.catalog(SITE, fewer, other).home_source == ["none", "none"]
    assert writer.catalog(SITE, SHELVES, other).home_source == ["label", "label"]
    engine.dispose()
