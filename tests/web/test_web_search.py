"""The search page says how many, and when there are more than it counts."""

from __future__ import annotations

import re

import pytest
from helpers.webs import World

from hub.catalog.model import Item
from hub.store.imports import stage_import
from hub.store.write import StoreWriter


def found(world: World, words: str, language: str = "en") -> str:
    answer = world.client().get(f"/s/demo/search?q={words}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def test_the_page_says_how_many_items_hold_the_words(world: World) -> None:
    assert re.search(r">[1-9][0-9]* items?<", found(world, "moby"))


@pytest.mark.parametrize(("language", "says"), [("en", "items or more"), ("zh-CN", "册或更多")])
def test_a_count_that_was_cut_is_shown_as_at_least(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str, says: str
) -> None:
    monkeypatch.setattr("web.views.search.MAX_FOUND", 1)
    assert says in found(world, "moby", language)


def test_nothing_but_punctuation_finds_nothing(world: World) -> None:
    assert "Nothing found" in found(world, "...")


@pytest.mark.parametrize("typed", ["c-0017x", "C-0017X", "3034f4a1b2c30000000004e2"])
def test_a_barcode_in_any_case_and_a_tag_open_their_item_at_once(world: World, typed: str) -> None:
    tag, barcode = ("3034F4A1B2C30000000004E2", "300000001250")
    if not typed.startswith("3034"):
        tag, barcode = ("", "C-0017x")
        stage_import(world.engine, "demo", "import-2", [Item(barcode=barcode, title="t")], (), "test")
        StoreWriter(world.engine).apply_import("demo", "import-2", {})
    answer = world.client().get(f"/s/demo/search?q={typed}")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/item/{barcode}")
    assert tag in world.client().get(answer.location).text
