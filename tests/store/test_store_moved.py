"""Homes of a moved range in the store: written once, kept until the catalogue says otherwise, given back when it is undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.store import FIRST, NOW_US, SECOND, SHELVES, SITE, THIRD, book, take

from hub.catalog.filing import Filing
from hub.catalog.model import Item
from hub.effects import HomesMoved, HomesRestored
from hub.store.labels import stage_labels
from hub.store.write import StoreWriter
from shelfwire.callnumbers.labels import Row

LC = Filing("LC")
LISTED = [book(1, home_from=FIRST), book(2, home_from=FIRST), book(3, home_from=SECOND)]
LABELLED = [book(1, call_number="A10 .B1"), book(2, call_number="A20 .C3")]


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    store = StoreWriter(database)
    yield store
    store.close()


def move(*item_ids: int, to: str = THIRD, finding: str = "f1", at_us: int = NOW_US) -> HomesMoved:
    return HomesMoved(finding=finding, at_us=at_us, homes=[(one, to, to) for one in item_ids])


def homes(writer: StoreWriter) -> list[tuple[int, str]]:
    columns = writer.catalog(SITE, SHELVES, LC)
    return list(zip(columns.home_from, columns.home_source, strict=True))


def import_again(writer: StoreWriter, database: str, books: list[Item], import_id: str = "imp-2") -> None:
    take(writer, database, books, import_id)


def test_a_moved_range_has_the_homes_that_a_person_approved(writer: StoreWriter, database: str) -> None:
    take(writer, database, LISTED)
    for _ in range(2):  # a replay writes it again
        writer.apply(SITE, [move(1, 2)], 1, NOW_US)
    assert homes(writer) == [(2, "moved"), (2, "moved"), (1, "list")]


def test_an_undone_approval_gives_the_old_homes_back(writer: StoreWriter, database: str) -> None:
    take(writer, database, LISTED)
    for _ in range(2):
        writer.apply(SITE, [move(1, 2)], 1, NOW_US)
        writer.apply(SITE, [HomesRestored(finding="f1", at_us=NOW_US + 1)], 2, NOW_US)
    assert homes(writer) == [(0, "list"), (0, "list"), (1, "list")]


def test_an_import_that_says_what_it_said_before_does_not_undo_the_move(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, LISTED)
    writer.apply(SITE, [move(1, 2, 3)], 1, NOW_US)
    again = [
        book(1, home_from=FIRST, title="Another title"), book(2, home_from=SECOND), book(3, title="No home at all"),
    ]  # fmt: skip
    import_again(writer, database, again)
    assert homes(writer) == [(2, "moved"), (1, "list"), (2, "moved")]


def test_a_home_that_the_catalogue_brought_since_is_not_undone(writer: StoreWriter, database: str) -> None:
    take(writer, database, LISTED)
    writer.apply(SITE, [move(1, 2)], 1, NOW_US)
    import_again(writer, database, [book(1, home_from=SECOND), *LISTED[1:]])
    writer.apply(SITE, [HomesRestored(finding="f1", at_us=NOW_US + 1)], 2, NOW_US)
    assert homes(writer) == [(1, "list"), (0, "list"), (1, "list")]


def test_a_range_that_is_moved_twice_still_knows_what_the_catalogue_said(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, LISTED)
    writer.apply(SITE, [move(1, to=SECOND)], 1, NOW_US)
    writer.apply(SITE, [move(1, to=THIRD, finding="f2", at_us=NOW_US + 5)], 2, NOW_US)
    import_again(writer, database, [book(1, home_from=FIRST, title="Another title"), *LISTED[1:]])
    assert homes(writer)[0] == (2, "moved")
    writer.apply(SITE, [HomesRestored(finding="f2", at_us=NOW_US + 6)], 3, NOW_US)
    assert homes(writer)[0] == (1, "moved")
    writer.apply(SITE, [HomesRestored(finding="f1", at_us=NOW_US + 7)], 4, NOW_US)
    assert homes(writer)[0] == (0, "list")


def test_labels_that_stay_as_they_were_leave_a_moved_range_and_new_ones_take_it(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, LABELLED)
    label(writer, database, "l-1", [Row(FIRST, "A1"), Row(SECOND, "Q1")])
    assert homes(writer) == [(0, "label"), (0, "label")]
    writer.apply(SITE, [move(1, 2)], 1, NOW_US)
    label(writer, database, "l-2", [Row(FIRST, "A1"), Row(SECOND, "R1")])
    assert homes(writer) == [(2, "moved"), (2, "moved")]
    label(writer, database, "l-3", [Row(FIRST, "A1"), Row(SECOND, "A15")])
    assert homes(writer) == [(2, "moved"), (1, "label")]


def test_labels_do_not_take_a_moved_range_whose_home_a_list_gave(writer: StoreWriter, database: str) -> None:
    take(writer, database, [book(1, home_from=FIRST, call_number="Q10")])
    writer.apply(SITE, [move(1)], 1, NOW_US)
    label(writer, database, "l-1", [Row(FIRST, "A1"), Row(SECOND, "Q1")])
    assert homes(writer) == [(2, "moved")]


def label(writer: StoreWriter, database: str, labels_id: str, rows: list[Row]) -> None:
    stage_labels(database, SITE, labels_id, rows, "label", "labels.csv")
    writer.apply_labels(SITE, labels_id, SHELVES, LC)
