"""The page and the API say why an item is believed where it is, now and then, in the reader's language."""

from __future__ import annotations

import re
from importlib import resources
from urllib.parse import quote

import pytest
from helpers.explained import BARCODE, FAR, HOME, HOUR, lived
from helpers.webs import World
from jsonschema import Draft202012Validator

from hub.store.write import StoreWriter
from web.api.routes import CONTRACT
from web.explaining import unbroken
from web.i18n import texts
from web.times import Times

API = f"/api/v1/sites/demo/items/{BARCODE}/explanation"


@pytest.fixture
def past(world: World) -> World:
    lived(StoreWriter(world.engine), world.library.reader, "demo", world.now_us)
    return world


def page(world: World, at: str = "", language: str = "en") -> str:
    answer = world.client().get(f"/s/demo/item/{BARCODE}{at}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return re.sub(r'<span class="whole">([^<]*)</span>', r"\1", answer.text)


def test_the_page_says_what_weighs_most_and_what_would_change_our_mind(past: World) -> None:
    html = page(past)
    assert (
        f"Antenna ant-0042 at {FAR} heard it in 31 of 32 looks, loud (−54 dBm): 400 times more likely there than at home."
        in html
    )
    assert html.index("400 times") < html.index("30 times") < html.index("2.5 times")
    assert "What is missing, and what would change our mind" in html
    assert "It hangs on one antenna" in html
    assert re.search(rf'{HOME}</a> <span class="soft whole">Home</span>', html)
    assert '<td class="num">×400</td>' in html
    assert '<td class="num">÷2.5</td>' in html
    assert re.search(r"98 % sure, as weighed at \d.*:\d\d:\d\d\.", html)


def test_in_numbers_has_a_sign_that_it_opens(past: World) -> None:
    assert '<details class="in-numbers"' in page(past)
    style = (resources.files("web") / "static/app.css").read_text("utf-8")
    assert '.in-numbers summary::before { content: "▸"' in style


def test_a_hub_that_stands_still_says_so_on_the_page(past: World) -> None:
    assert "The hub last wrote at" not in page(past)
    old_us = past.now_us - HOUR
    StoreWriter(past.engine).apply("demo", [], past.library.reader.hub_state()["position"] + 1, old_us)
    assert "The hub last wrote at" in page(past)
    assert "中枢最后一次写入于" in page(past, language="zh-CN")


def test_the_page_says_it_in_chinese(past: World) -> None:
    html = page(past, language="zh-CN")
    assert "在那里的可能性是在应在位置的 400 倍。" in html
    assert "最有分量的依据" in html
    assert " times more likely" not in html


def test_the_past_is_shown_on_the_clock_of_the_site(past: World) -> None:
    times = Times(past.site.timezone, texts("en"), past.now_us)
    html = page(past, f"?at={times.field(past.now_us - 5 * HOUR)}")
    assert "Why we said so then" in html
    assert f"we believed that it stood at home on {HOME}" in html
    assert "heard it in 2 of 2 looks" in html
    assert "Back to now" in html
    assert "What is missing" in html


def test_a_line_of_the_history_leads_to_its_reasons(past: World) -> None:
    moved_us = past.now_us - 3 * HOUR
    assert f"/s/demo/item/{BARCODE}?at={moved_us}#why" in page(past)
    assert "At " in page(past, f"?at={moved_us}")
    assert "did not hear it in its last 6 looks" in page(past, f"?at={moved_us}")


@pytest.mark.parametrize(
    "at", ["yesterday", "9" * 40, "2999-01-01T00:00", "-5", "0001-01-01T00:00", "%00", "2026-13-40"]
)
def test_a_time_that_is_none_is_refused_in_words(past: World, at: str) -> None:
    assert past.client().get(f"/s/demo/item/{BARCODE}?at={at}").status_code == 400
    assert past.client().get(f"{API}?at_us={at}").status_code == 400


def test_the_api_answers_as_the_contract_says(past: World) -> None:
    import json  # noqa: PLC0415 (one test)

    contract = json.loads(CONTRACT.read_bytes())
    schema = {"$ref": "#/components/schemas/ToldExplanation", "components": contract["components"]}
    for query in ("", f"?at_us={past.now_us - 5 * HOUR}", "?at_us=1"):
        answer = past.client().get(API + query)
        assert answer.status_code == 200, answer.text
        Draft202012Validator(schema).validate(answer.json)
    now = past.client().get(API).get_json()
    assert now["answer"] == FAR
    assert [len(now["evidence"]), len(now["told"]["evidence"])] == [3, 3]
    assert now["told"]["doubts"][0].startswith("It hangs on one antenna")
    assert past.client().get(f"{API}?at_us=1").get_json()["basis"] == "unknown"


def test_ids_and_numbers_are_not_broken_at_the_end_of_a_line_and_nothing_is_markup() -> None:
    said = str(unbroken("Antenna ant-0042 at <b> 2F-R03A-B05-S3: 98 % sure, (\u221254 dBm)"))
    assert said == (
        'Antenna <span class="whole">ant-0042</span> at &lt;b&gt; <span class="whole">2F-R03A-B05-S3</span>: '
        '<span class="whole">98 %</span> sure, (<span class="whole">\u221254 dBm</span>)'
    )


def test_an_unknown_barcode_is_not_found(past: World) -> None:
    for barcode in ("none", "x" * 100, quote("../", safe="")):
        assert past.client().get(f"/api/v1/sites/demo/items/{barcode}/explanation").status_code == 404
