"""Taking an import: never deletes, gives an item its number once, says what it could not take, and can be taken again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from helpers.store import FIRST, NOW_US, SECOND, SHELVES, SITE, THIRD, book, epc, placed, take
from sqlalchemy import select

from hub.catalog.model import Item, RowFault, Unsaid
from hub.events import CatalogColumns
from hub.store import catalog
from hub.store.engine import open_engine
from hub.store.imports import MAX_TAGS_AN_ITEM, MAX_TEXT_CHARS, stage_import
from hub.store.read import StoreReader
from hub.store.tables import links
from hub.store.write import StoreWriter
from shelfwire.errors import InputError


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    store = StoreWriter(database)
    yield store
    store.close()


@pytest.fixture
def reader(database: str) -> Iterator[StoreReader]:
    store = StoreReader(database, SITE)
    yield store
    store.close()


def link_rows(database: str) -> list[tuple[Any, ...]]:
    engine = open_engine(database)
    with engine.connect() as connection:
        wanted = select(
            links.c.tag_key,
            links.c.item_id,
            links.c.part,
            links.c.parts,
            links.c.valid_from_us,
            links.c.valid_to_us,
        )
        found = [tuple(row) for row in connection.execute(wanted.order_by(*wanted.selected_columns))]
    engine.dispose()
    return found


def linked(columns: CatalogColumns) -> set[tuple[str, int]]:
    return set(zip(columns.link_key, columns.link_item, strict=True))


def test_the_columns_say_what_the_catalogue_says(writer: StoreWriter, database: str) -> None:
    columns = take(
        writer,
        database,
        [
            book(1, home_from=FIRST, home_to=SECOND, status="on_loan", tags=(epc(1), epc(2))),
            book(2, home_from=THIRD),
            book(3, tags=()),
        ],
    )
    assert columns.import_id == "imp-1"
    assert columns.item_id == [1, 2, 3]
    assert columns.barcode == ["00000001", "00000002", "00000003"]
    assert columns.status == ["on_loan", "on_shelf", "on_shelf"]
    assert (columns.home_from, columns.home_to) == ([0, 2, -1], [1, 2, -1])
    assert columns.home_source == ["list", "list", "none"]
    assert (columns.link_key, columns.link_item) == ([epc(1), epc(2), epc(2)], [1, 1, 2])


def test_a_home_that_the_site_does_not_know_is_a_fault_and_no_home(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    columns = take(
        writer, database, [book(1, home_from="9F-R99"), book(2, home_from=FIRST, home_to="9F-R99")]
    )
    assert columns.home_from == [-1, -1]
    assert columns.home_source == ["none", "none"]
    faults = reader.import_faults("imp-1")
    assert len(faults) == 2
    assert all("9F-R99 is no shelf of the site" in fault.what and fault.taken for fault in faults)
    item = reader.item(1)
    assert item is not None
    assert item.home_from is None


def test_a_home_that_runs_backwards_is_turned_and_said(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    columns = take(writer, database, [book(1, home_from=THIRD, home_to=FIRST)])
    assert (columns.home_from, columns.home_to) == ([0], [2])
    assert "runs backwards" in reader.import_faults("imp-1")[0].what


def test_an_import_never_deletes_and_counts_what_it_lacks(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, [book(1), book(2, status="on_loan"), book(3)])
    columns = take(writer, database, [book(3, title="Changed"), book(4), book(1)], "imp-2")
    assert columns.item_id == [1, 2, 3, 4]
    assert columns.status[1] == "on_loan"
    view = reader.import_("imp-2")
    assert view is not None
    assert (view.items, view.added, view.changed, view.absent) == (3, 1, 1, 1)
    assert reader.absent("imp-2") == (["00000002"], 1)
    assert [one.import_id for one in reader.imports()] == ["imp-2", "imp-1"]
    assert reader.search("changed")[1] == 1
    assert reader.search("book 3")[1] == 0


def test_a_tag_that_went_to_another_item_leaves_the_old_one(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, [book(1), book(2), book(3)])
    writer.apply(SITE, [placed(1, FIRST), placed(2, FIRST), placed(3, FIRST)], 1, NOW_US)
    columns = take(
        writer, database, [book(1, tags=(epc(2),)), book(2, tags=(epc(9),)), book(4, tags=(epc(3),))], "imp-2"
    )
    assert linked(columns) == {(epc(2), 1), (epc(9), 2), (epc(3), 4)}
    faults = reader.import_faults("imp-2")
    assert [fault.where for fault in faults] == ["barcode 00000003"]
    assert "now on another item" in faults[0].what
    assert reader.items_on(FIRST) == []
    closed = [row for row in link_rows(database) if row[5] is not None]
    assert {(row[0], row[1]) for row in closed} == {(epc(1), 1), (epc(2), 2), (epc(3), 3)}


def test_a_set_that_gets_another_part_keeps_the_places_of_its_parts(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, [book(1)])
    writer.apply(SITE, [placed(1, FIRST)], 1, NOW_US)
    take(writer, database, [book(1, tags=(epc(1), epc(7)))], "imp-2")
    (item,) = reader.items_on(FIRST)
    assert item.tag_keys == [epc(1), epc(7)]


def test_an_item_with_parts_on_two_shelves_is_shown_on_both(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, [book(1, tags=(epc(1), epc(7)))])
    later = placed(1, SECOND, tag_key=epc(7), last_heard_at_us=NOW_US)
    writer.apply(SITE, [placed(1, FIRST), later], 1, NOW_US)
    both = reader.items_in_bay([FIRST, SECOND, THIRD])
    assert [len(both[shelf]) for shelf in SHELVES] == [1, 1, 0]
    item = reader.item(1)
    assert item is not None
    assert item.shelf == SECOND


def test_taking_an_import_again_changes_nothing(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    first = take(writer, database, [book(1, home_from="nowhere"), book(2)])
    before = link_rows(database), reader.imports(), reader.import_faults("imp-1")
    again = writer.apply_import(SITE, "imp-1", SHELVES)
    assert again == first
    assert (link_rows(database), reader.imports(), reader.import_faults("imp-1")) == before


def test_a_replay_of_an_older_import_never_brings_its_rows_back(writer: StoreWriter, database: str) -> None:
    first = take(writer, database, [book(1), book(2)])
    second = take(writer, database, [book(2, status="lost", tags=(epc(1),)), book(3)], "imp-2")
    rows = link_rows(database)
    again = writer.apply_import(SITE, "imp-1", SHELVES)
    assert again.item_id == first.item_id, "items that came later are not in it"
    assert again.status == second.status[:2]
    assert writer.apply_import(SITE, "imp-2", SHELVES) == second
    assert link_rows(database) == rows


def test_an_import_that_was_broken_off_is_never_taken(
    writer: StoreWriter, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def items() -> Iterator[Any]:
        yield book(1)
        raise RuntimeError("the file ended")

    with pytest.raises(RuntimeError):
        stage_import(database, SITE, "imp-1", items(), [], "x")
    with pytest.raises(InputError, match="no such finished import"):
        writer.apply_import(SITE, "imp-1", SHELVES)
    with pytest.raises(InputError, match="no such finished import"):
        writer.apply_import(SITE, "never", SHELVES)
    stage_import(database, SITE, "imp-1", [book(1)], [], "x")
    assert writer.apply_import(SITE, "imp-1", SHELVES).item_id == [1]
    with pytest.raises(InputError, match="was taken already"):
        stage_import(database, SITE, "imp-1", [book(1)], [], "x")


def test_a_taking_that_was_killed_in_the_middle_is_finished_by_the_next(
    writer: StoreWriter, reader: StoreReader, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "CHUNK", 3)
    monkeypatch.setattr(catalog, "ONE_TRANSACTION", 3)
    stage_import(database, SITE, "imp-1", [book(n) for n in range(1, 11)], [], "x")
    real, calls = catalog._take_chunk, iter(range(99))

    def dies(*args: Any, **more: Any) -> None:
        real(*args, **more)
        if next(calls) == 2:
            raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(catalog, "_take_chunk", dies)
        with pytest.raises(RuntimeError):
            writer.apply_import(SITE, "imp-1", SHELVES)
    view = reader.import_("imp-1")
    assert view is not None
    assert (view.state, view.added, view.done, view.staged) == ("applying", 6, 6, 10)
    assert writer.apply_import(SITE, "imp-1", SHELVES).item_id == list(range(1, 11))
    view = reader.import_("imp-1")
    assert view is not None
    assert (view.state, view.added, view.done, view.absent) == ("applied", 10, 10, 0)


def test_what_the_source_got_wrong_is_kept_line_by_line(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    faults = [RowFault(f"line {n}", "no barcode\x00", taken=n % 2 == 0) for n in range(5)]
    take(writer, database, [book(1)], faults=faults)
    kept = reader.import_faults("imp-1")
    assert [fault.where for fault in kept] == [fault.where for fault in faults]
    assert [fault.taken for fault in kept] == [fault.taken for fault in faults]
    assert len(reader.import_faults("imp-1", 2, 1)) == 2


def test_hostile_items_are_cut_or_left_out_with_a_line_each(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    rows = [
        book(1, title="T" * 10_000, author="a\x00b", call_number="Q" * 3_000),
        book(2, barcode=""),
        book(3, barcode="9" * 500),
        book(4, tags=("xyz", "3", "", "F" * 200, epc(4), epc(4).lower())),
        book(5, tags=tuple(epc(n) for n in range(100, 100 + MAX_TAGS_AN_ITEM + 5))),
        book(6, title="'; DROP TABLE items; --", barcode="ü'\""),
    ]
    columns = take(writer, database, rows)
    assert columns.barcode == ["00000001", "00000004", "00000005", "ü'\""]
    assert len([1 for item in columns.link_item if item == 2]) == 1
    assert len(reader.import_faults("imp-1")) == 1 + 2 + 4 + 1
    item = reader.item("00000001")
    assert item is not None
    assert (len(item.title), item.author) == (MAX_TEXT_CHARS, "a\ufffdb")


def test_two_items_with_one_barcode_in_one_chunk_do_not_stop_the_hub(
    writer: StoreWriter, database: str
) -> None:
    columns = take(writer, database, [book(1, title="first"), book(1, title="last"), book(2)])
    assert columns.barcode == ["00000001", "00000002"]
    assert writer.apply_import(SITE, "imp-1", SHELVES) == columns
    reader = StoreReader(database, SITE)
    assert reader.search("first")[1] == 1
    reader.close()


def test_the_catalogue_can_be_asked_for_without_an_import(writer: StoreWriter, database: str) -> None:
    first = take(writer, database, [book(1, home_from=FIRST)])
    now = writer.catalog(SITE, {})
    assert (now.item_id, now.link_key) == (first.item_id, first.link_key)
    assert (now.home_from, now.home_source) == ([-1], ["none"])
    assert writer.catalog("elsewhere", SHELVES).item_id == []


def told(database: str, writer: StoreWriter, name: str, rows: list[Any], unsaid: set[str]) -> None:
    """An import of a source that says nothing of `unsaid`."""
    stage_import(database, SITE, name, [Unsaid(frozenset(unsaid)), *rows], [], "partial")
    writer.apply_import(SITE, name, SHELVES)


def test_what_a_source_does_not_say_stays_as_another_source_said_it(
    database: str, writer: StoreWriter, reader: StoreReader
) -> None:
    whole = book(
        1, author="Woolf", call_number="PR6045 .O72", status="on_loan", source_status="due", home_from=SECOND,
        alternative_ids=("acc-1",), flags=("requested",),
    )  # fmt: skip
    take(writer, database, [whole])
    everything = {"title", "author", "call_number", "status", "alternative_ids", "home", "tags"}
    bare = Item(barcode=whole.barcode)
    before = reader.item(1)
    told(database, writer, "nothing", [bare], everything)
    assert reader.item(1) == before

    told(database, writer, "titles", [Item(barcode=whole.barcode, title="Orlando")], everything - {"title"})
    now = reader.item(1)
    assert now is not None
    assert before is not None
    assert (now.title, now.author, now.status, now.home_from, now.tag_keys) == (
        "Orlando", "Woolf", "on_loan", SECOND, before.tag_keys,
    )  # fmt: skip


def test_what_a_source_says_is_empty_is_empty(
    database: str, writer: StoreWriter, reader: StoreReader
) -> None:
    take(writer, database, [book(1, author="Woolf", home_from=SECOND)])
    told(database, writer, "again", [Item(barcode=book(1).barcode)], {"title"})
    now = reader.item(1)
    assert now is not None
    assert (now.title, now.author, now.home_from, now.tag_keys) == ("Book 1", "", None, [])


def test_a_table_of_tags_alone_links_them_and_changes_nothing_else(
    database: str, writer: StoreWriter, reader: StoreReader
) -> None:
    take(writer, database, [book(1, tags=(), call_number="PR6045 .O72")])
    told(
        database, writer, "tags", [Item(barcode=book(1).barcode, tags=(epc(77),))],
        {"title", "author", "call_number", "status", "alternative_ids", "home"},
    )  # fmt: skip
    now = reader.item(1)
    assert now is not None
    assert (now.title, now.call_number, now.tag_keys) == ("Book 1", "PR6045 .O72", [epc(77)])


def test_a_dropped_item_that_comes_back_is_on_its_shelf_though_its_source_says_no_states(
    database: str, writer: StoreWriter, reader: StoreReader
) -> None:
    take(writer, database, [book(number) for number in range(1, 41)])
    stage_import(
        database, SITE, "less", [book(number) for number in range(1, 40)], [], "whole", complete=True
    )
    writer.apply_import(SITE, "less", SHELVES)
    gone = reader.item(40)
    assert gone is not None
    assert gone.status == "withdrawn"
    told(database, writer, "back", [book(40)], {"status", "tags", "home"})
    back = reader.item(40)
    assert back is not None
    assert (back.status, back.tag_keys) == ("on_shelf", [epc(40)])
