"""The rules by which rows become a catalogue."""

from __future__ import annotations

import pytest

from hub.catalog.merge import MAX_BARCODE, MAX_TAGS, Merger
from hub.catalog.model import Item, RowFault, file_note

SHELVES = {f"1F-R01A-B01-S{n}": 5 - n for n in range(1, 6)}
TAG, OTHER = "E280116060000001", "E280116060000002"


def item(barcode: str = "1", **more: object) -> Item:
    return Item(**({"barcode": barcode, "title": "T", "call_number": "QA76 .K5"} | more))  # type: ignore[arg-type]  # checked by msgspec's own types in use


def merged(
    *rows: Item | RowFault, reference_tags: tuple[str, ...] = ()
) -> tuple[list[Item], list[RowFault], Merger]:
    merger = Merger(SHELVES, reference_tags)
    out = list(merger.merge(rows))
    return (
        [row for row in out if isinstance(row, Item)],
        [row for row in out if isinstance(row, RowFault)],
        merger,
    )


@pytest.mark.parametrize("second", ["x 1", "X1", " x1 "])
def test_of_two_items_with_one_barcode_the_first_counts_and_the_second_is_listed(second: str) -> None:
    items, faults, merger = merged(item("X1", title="first"), item(second, title="second"))
    assert [one.title for one in items] == ["first"]
    assert [(fault.taken, "stands twice" in fault.what) for fault in faults] == [(False, True)]
    assert (merger.counts.rows, merger.counts.items, merger.counts.not_taken) == (2, 1, 1)


def test_a_tag_on_two_items_stays_with_the_first_and_both_are_taken() -> None:
    items, faults, _ = merged(item("1", tags=(TAG,)), item("2", tags=(TAG.lower(), OTHER)))
    assert [one.tags for one in items] == [(TAG,), (OTHER,)]
    assert [(fault.taken, "belongs to the one in item 1 already" in fault.what) for fault in faults] == [
        (True, True)
    ]


def test_a_tag_that_stands_twice_on_one_item_is_one_tag() -> None:
    items, faults, _ = merged(item(tags=(TAG, TAG.lower())))
    assert items[0].tags == (TAG,)
    assert faults == []


def test_a_reference_tag_belongs_to_no_item() -> None:
    items, faults, _ = merged(item(tags=(TAG,)), reference_tags=(TAG,))
    assert items[0].tags == ()
    assert "is a reference tag of the site" in faults[0].what


@pytest.mark.parametrize("tag", ["xyz", "E", "0x12", "AB" * 70])
def test_a_tag_that_is_no_epc_is_left_out_and_the_item_taken(tag: str) -> None:
    items, faults, _ = merged(item(tags=(tag, OTHER)))
    assert items[0].tags == (OTHER,)
    assert faults[0].taken


def test_an_item_without_call_number_is_taken_and_listed() -> None:
    items, faults, _ = merged(item(call_number=""))
    assert len(items) == 1
    assert "without a home from its call number" in faults[0].what


@pytest.mark.parametrize(
    ("written", "taken", "told"),
    [
        (("1F-R01A-B01-S3", ""), ("1F-R01A-B01-S3", "1F-R01A-B01-S3"), ""),
        (("1F-R01A-B01-S4", "1F-R01A-B01-S2"), ("1F-R01A-B01-S4", "1F-R01A-B01-S2"), ""),
        (("1F-R01A-B01-S2", "1F-R01A-B01-S4"), ("1F-R01A-B01-S4", "1F-R01A-B01-S2"), "turned round"),
        (("9F-R01A-B01-S2", ""), ("", ""), "home names 9F-R01A-B01-S2, no shelf of this site"),
        (("1F-R01A-B01-S2", "nowhere"), ("", ""), "home names nowhere"),
        (("", "1F-R01A-B01-S2"), ("", ""), "without home_from"),
        (("", ""), ("", ""), ""),
    ],
)
def test_a_home_is_a_span_of_shelves_of_the_site_or_none(
    written: tuple[str, str], taken: tuple[str, str], told: str
) -> None:
    items, faults, _ = merged(item(home_from=written[0], home_to=written[1]))
    assert (items[0].home_from, items[0].home_to) == taken
    assert len(faults) == bool(told)
    assert all(told in fault.what and fault.taken for fault in faults)


def test_texts_beyond_their_bounds_are_cut_and_told() -> None:
    items, faults, _ = merged(item(title="x" * 5_000, author="y" * 5_000))
    assert (len(items[0].title), len(items[0].author)) == (1_000, 300)
    assert len(faults) == 2


def test_a_barcode_beyond_its_bound_is_not_taken() -> None:
    items, faults, _ = merged(item("9" * (MAX_BARCODE + 1)), item(" "))
    assert items == []
    assert [fault.taken for fault in faults] == [False, False]


def test_a_list_of_tags_without_end_is_cut() -> None:
    items, faults, _ = merged(item(tags=tuple(f"{n:08X}" for n in range(1, 400))))
    assert len(items[0].tags) == MAX_TAGS
    assert len(faults) == 1


def test_every_row_is_an_item_or_not_taken() -> None:
    lost = RowFault(where="line 9", what="no barcode", taken=False)
    note = RowFault(where="line 1", what="odd", taken=True)
    _, faults, merger = merged(item("1", status="lost"), lost, note, item("1"), item("2"), file_note("x"))
    counts = merger.counts
    assert counts.rows == counts.items + counts.not_taken == 4
    assert counts.faults == len(faults) == 3
    assert counts.notes == ["x"]
    assert counts.statuses == {"lost": 1, "on_shelf": 1}
