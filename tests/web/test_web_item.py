"""The page of an item: its state in words, how its call number is read, its home, its neighbours, its tags."""

from __future__ import annotations

import re

import pytest
from helpers.webs import World

from hub.catalog.model import Item
from hub.effects import Finding, FindingKind, ItemEvent, PlaceChanged, PutFinding
from hub.store.imports import stage_import
from hub.store.write import StoreWriter
from web.i18n import texts
from web.reasons import reason
from web.words import word

BOOKS = [
    Item(barcode="b1", title="First", call_number="QA76.9 .D3 2001", scheme="LC", tags=("A1B2",)),
    Item(
        barcode="b2",
        title="Second",
        call_number="QA76.9 .D4",
        scheme="LC",
        status="lost",
        source_status="Lost and paid for",
        flags=("requested", "damaged"),
        alternative_ids=("inv-42",),
        tags=("A1B3", "A1B4"),
    ),
    Item(barcode="b3", title="Third", call_number="QA273 .A1", scheme="LC"),
    Item(barcode="other-row", title="Oversized", call_number="FOLIO QA76.9 .D5", scheme="LC"),
    Item(barcode="odd", title="Odd", call_number="??9", scheme="LC"),
    Item(barcode="none", title="None"),
]


@pytest.fixture
def small(bare: World) -> World:
    stage_import(bare.engine, bare.site.id, "i1", BOOKS, (), "test")
    StoreWriter(bare.engine).apply_import(bare.site.id, "i1", {})
    return bare


def page(world: World, barcode: str, language: str = "en") -> str:
    answer = world.client().get(f"/s/demo/item/{barcode}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def test_the_state_is_in_words_with_what_the_library_system_says(small: World) -> None:
    html = page(small, "b2")
    assert "Lost" in html
    assert "The library system says: Lost and paid for" in html
    assert "Requested" in html
    assert "Damaged" in html
    assert "inv-42" in html
    assert "图书馆系统状态：Lost and paid for" in page(small, "b2", "zh")


def test_a_call_number_is_shown_with_its_elements(small: World) -> None:
    html = page(small, "b1")
    assert "Library of Congress" in html
    assert '<span class="call">.D3</span><span class="soft">cutter</span>' in html


def test_a_call_number_that_cannot_be_read_says_why_in_the_language_of_the_reader(small: World) -> None:
    assert "an LC number begins with 1 to 3 class letters" in page(small, "odd")
    assert "LC 索书号以 1 至 3 个分类字母开头" in page(small, "odd", "zh")
    assert "The catalogue has none" in page(small, "none")


def test_neighbours_stand_in_the_order_of_call_numbers_and_of_one_row_only(small: World) -> None:
    html = page(small, "b2")
    at = [html.index(f"<strong>{title}</strong>") for title in ("First", "Second", "Third")]
    assert at == sorted(at)
    assert "Oversized" not in html


def test_a_neighbour_stands_with_the_place_where_it_is_heard(world: World) -> None:
    barcode = "300000001250"
    item = world.library.reader.item(barcode)
    assert item
    before, behind = world.library.reader.neighbours(item.item_id, 2, world.library.shelf_index)
    book = (before + behind)[0]
    found = world.library.reader.item(book.barcode)
    assert found
    other = next(shelf.id for shelf in world.site.shelves if shelf.id not in {book.home_from, found.shelf})
    world.write(
        PlaceChanged(
            item_id=found.item_id, tag_key=found.tag_keys[0], at_us=1, shelf=other, probability=0.97,
            candidates=[], last_heard_at_us=1, last_heard_by="ant-0011", evidence=[],
        )
    )  # fmt: skip
    html = world.client().get(f"/s/demo/item/{barcode}").text
    row = re.search(rf'href="/s/demo/item/{book.barcode}".*?</li>', html, re.DOTALL)
    assert row
    assert other in row[0]
    assert "where it is heard now" in html


def test_an_item_with_several_tags_names_the_part_of_each(small: World) -> None:
    html = page(small, "b2")
    assert "part 1 of 2" in html
    assert "part 2 of 2" in html


def test_a_reason_that_nobody_knows_is_shown_as_it_is() -> None:
    assert reason(texts("zh-Hans"), "a reason of tomorrow") == "a reason of tomorrow"
    assert reason(texts("zh-Hans"), "no LC number: no call number") == "没有索书号"


@pytest.mark.parametrize(
    ("kind", "status", "template", "english", "chinese"),
    [
        ("unexpected", "on_loan", "unexpected_on_loan", "it came back without being booked in", "还书"),
        ("held", "hold_shelf", "held", "somebody waits for it at the hold shelf", "预约架"),
        ("security", "on_shelf", "security_off", "the gate would not ring", "在架"),
    ],
)
def test_a_finding_of_the_loan_state_names_its_reason_and_the_status(  # noqa: PLR0917 (one row of the table)
    world: World, kind: FindingKind, status: str, template: str, english: str, chinese: str
) -> None:
    item = world.library.reader.item("300000000100")
    assert item
    why = {"heard": 6, "dwells": 7, "since_us": world.now_us, "status": status, "template": template}
    finding = Finding(
        id="f1", kind=kind, state="open", opened_at_us=world.now_us, changed_at_us=world.now_us, confidence=0.97,
        item_id=item.item_id, shelf="1F-R01A-B01-S1", why=why,
    )  # fmt: skip
    world.write(PutFinding(finding))
    html = world.client().get(f"/s/demo/findings?kind={kind}").text
    assert english in html
    assert f"kind-{kind}" in html
    html = world.client().get(f"/s/demo/findings?kind={kind}", headers={"Accept-Language": "zh"}).text
    assert f'<span class="tag">{word(texts("zh-Hans"), "status", status)}</span>' in html
    assert chinese in html


def test_a_book_that_was_never_heard_is_weighed_on_no_shelf_and_was_not_lost(small: World) -> None:
    item = small.library.reader.item("b1")
    assert item
    small.write(
        PlaceChanged(
            item_id=item.item_id, tag_key="A1B2", at_us=1, shelf=None, probability=0.9,
            candidates=[("away", 0.9), ("1F-R02A-B01-S5", 0.1)], last_heard_at_us=0, last_heard_by="", evidence=[],
        ),
        ItemEvent(id="e1", item_id=item.item_id, at_us=1, kind="away", shelf=None, probability=0.9, detail={}),
    )  # fmt: skip
    html = page(small, "b1")
    assert "Never heard" in html
    assert "What we weigh" not in html
    assert "No longer heard" not in html
    assert "Not heard yet" in html
    chinese = small.client().get("/s/demo/item/b1", headers={"Accept-Language": "zh"}).text
    assert "不再听到" not in chinese
