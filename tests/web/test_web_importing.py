"""Faults of an import are told in the reader's language: all that the merge rules say has its Chinese text."""

from __future__ import annotations

import re

import pytest

from hub.catalog.merge import Merger
from hub.catalog.model import Item, RowFault
from web.i18n import texts
from web.importing import fault, place

FAULTY = [
    Item(barcode="", place=1),
    Item(barcode="b1", call_number="QA76", tags=("3034F4A1B2C3000000000001", "no tag"), place=2),
    Item(barcode="b1", place=3),
    Item(barcode="b2", title="long " * 400, alternative_ids=("x" * 99,), place=4),
    Item(barcode="b3", call_number="TP/@@", scheme="LC", tags=("3034F4A1B2C3000000000001",), place=5),
    Item(barcode="b4", call_number="QA1", home_to="A", place=6),
    Item(barcode="b5", call_number="QA1", home_from="none", place=7),
    Item(barcode="b6", call_number="QA1", home_from="B", home_to="A", place=8),
    Item(barcode="b7", call_number="QA1", tags=("3034F4A1B2C3000000000009",), place=9),
    Item(
        barcode="b8",
        call_number="QA1",
        tags=tuple(f"3034F4A1B2C3000000001{n:03}" for n in range(101)),
        place=10,
    ),
]


def test_everything_that_the_merge_rules_say_is_told_in_chinese() -> None:
    merger = Merger({"A": 1, "B": 2}, ["3034F4A1B2C3000000000009"], unit="line")
    faults = [one for one in merger.merge(FAULTY) if isinstance(one, RowFault)]
    assert len(faults) >= 12
    for one in faults:
        assert re.search("[一-鿿]", fault(texts("zh-Hans"), one.what)), one.what
        assert place(texts("zh-Hans"), one.where).startswith("第 ")


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        ("not in ours2.csv of 2026-11-22", "ours2.csv（2026-11-22）中没有此书"),
        (
            "this barcode stands twice; the first item with it counts (line 4), this one is not taken",
            "此条码重复；以首次出现者为准（第 4 行），本条未采用",
        ),
        ("something of a newer hub", "something of a newer hub"),
    ],
)
def test_a_reason_is_told_in_the_language_of_the_reader(said: str, chinese: str) -> None:
    assert fault(texts("zh-Hans"), said) == chinese
    assert fault(texts("en"), said) == said
