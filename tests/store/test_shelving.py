"""Books by their order on the shelf, tags of an item, and labels, read from both kinds of database."""

from __future__ import annotations

from helpers.store import FIRST, NOW_US, SECOND, SHELVES, SITE, THIRD, book, placed, take

from hub.store.labels import drop_labels, stage_labels
from hub.store.read import StoreReader
from hub.store.write import StoreWriter
from shelfwire.callnumbers.labels import Row

NUMBERS = ["QA9 .B7", "QA76.5 .A1", "QA76.5 .A1", "QA273 .P8", "REF QA10 .A1", "??"]


def test_neighbours_and_books_of_a_shelf_stand_in_order(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(n, call_number=text, scheme="LC", home_from=SECOND) for n, text in enumerate(NUMBERS, 1)])  # fmt: skip
    writer.apply(SITE, [placed(n, FIRST) for n in (4, 2, 1)], 1, NOW_US)
    before, behind = reader.neighbours(2, 2, SHELVES)
    assert [one.barcode for one in before] == ["00000001"]
    assert [one.barcode for one in behind] == ["00000003", "00000004"]
    assert reader.neighbours(5, 2, SHELVES) == ([], [])
    assert reader.neighbours(6, 2, SHELVES) == ([], [])
    assert reader.neighbours(99, 2, SHELVES) == ([], [])
    assert [one.barcode[-1] for one in reader.believed_on(FIRST, SHELVES)] == ["1", "2", "4"]
    assert len(reader.at_home_on(SECOND, [FIRST, SECOND], SHELVES)) == len(NUMBERS)
    assert reader.at_home_on(THIRD, [FIRST, SECOND, THIRD], SHELVES) == []
    known = reader.books(["00000001", "none\x00", "00000006"], SHELVES)
    assert set(known) == {"00000001", "00000006"}
    assert known["00000001"].home == (1, 1)
    assert known["00000006"].fault
    assert [(link.part, link.import_id) for link in reader.links(1)] == [(1, "imp-1")]
    writer.close()
    reader.close()


def test_labels_are_read_as_they_hold_and_the_whole_catalogue_as_it_is_filed(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(n, call_number=text, scheme="LC") for n, text in enumerate(NUMBERS, 1)])
    writer.apply(SITE, [placed(n, FIRST, probability=0.95) for n in range(1, 7)], 1, NOW_US)
    rows = [Row(FIRST, "QA1", scheme="LC"), Row(SECOND, "QA100", scheme="LC")]
    for labels_id in ("holds", "waits"):
        stage_labels(database, SITE, labels_id, rows, "label", "test")
    writer.apply_labels(SITE, "holds", SHELVES)
    assert [row.start for row in reader.labels_in_force("label")] == ["QA1", "QA100"]
    assert reader.labels_in_force("learned") == []
    assert drop_labels(database, SITE, "waits")
    assert not drop_labels(database, SITE, "holds")
    assert [one.labels_id for one in reader.label_sets()] == ["holds"]
    filed = {item.barcode[-1]: (item.home_from, item.source) for item in reader.filed_items()}
    assert filed["1"] == (FIRST, "label")
    assert filed["4"] == (SECOND, "label")
    assert filed["6"] == (None, "none")
    assert reader.home_sources() == {"label": 4, "none": 2}
    heard = sorted((one.call_number, one.place) for one in reader.heard_books(SHELVES, 0.9))
    assert heard == sorted((text, 0) for text in NUMBERS[:-1])
    assert len(reader.some_keys()) == len(NUMBERS) - 1
    writer.close()
    reader.close()
