"""Every text has a Chinese one with the same places for words; times and numbers read as people write them."""

from __future__ import annotations

import re

import pytest
from helpers.msgids import msgids

from web.i18n import FOLDER, LANGUAGES, choose, in_language, texts
from web.times import Times
from web.words import TABLES, sureness, word

US = 1_000_000
NOON = 1_767_268_800 * US  # 2026-01-01 12:00 UTC


def places(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", text))


def test_every_text_is_translated() -> None:
    chinese = texts("zh-Hans")
    missing = [msgid for msgid in msgids() if chinese._catalog.get(msgid) is None]
    assert missing == []


def test_no_translation_has_lost_its_text() -> None:
    assert set(texts("zh-Hans")._catalog) - set(msgids()) == set()


def test_a_translation_has_the_same_places_for_words() -> None:
    for msgid, plural in msgids().items():
        for translated in texts("zh-Hans")._catalog[msgid]:
            assert places(translated) == places(plural or msgid), msgid


def test_every_code_has_a_word() -> None:
    for name, table in TABLES.items():
        for code in table:
            assert word(texts("zh-Hans"), name, str(code)) != code
    assert word(texts("en"), "kind", "a_kind_of_tomorrow") == "a_kind_of_tomorrow"


def test_each_language_has_its_file() -> None:
    assert {path.stem.replace("_", "-") for path in FOLDER.glob("*.po")} == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize(
    ("wanted", "accepted", "chosen"),
    [
        (None, ["zh-CN", "en"], "zh-Hans"),
        (None, ["de", "en-GB"], "en"),
        (None, [], "en"),
        ("zh-Hans", ["en"], "zh-Hans"),
        ("xx", ["zh"], "zh-Hans"),
    ],
)
def test_the_language_is_what_the_person_chose_else_what_the_browser_asks(
    wanted: str | None, accepted: list[str], chosen: str
) -> None:
    assert choose(wanted, accepted) == chosen


def test_a_floor_is_named_in_the_language_of_the_reader() -> None:
    names = {"en": "Ground floor", "zh": "一层"}
    assert in_language(names, "zh-Hans") == "一层"
    assert in_language(names, "en") == "Ground floor"
    assert in_language({"en": "Ground floor"}, "zh-Hans") == "Ground floor"


def test_times_are_those_of_the_site_and_as_short_as_is_clear() -> None:
    times = Times("Asia/Shanghai", texts("en"), NOON)
    assert times.short(NOON - 3600 * US) == "19:00"
    assert times.short(NOON - 86_400 * US) == "31 Dec 2025 20:00"
    assert times.full(NOON) == "1 Jan 2026 20:00:00"
    assert Times("Asia/Shanghai", texts("zh-Hans"), NOON).full(NOON) == "2026年1月1日 20:00:00"
    assert times.short(None) == "never"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "just now"), (59, "59 s ago"), (61, "1 min ago"), (7_300, "2 h ago"), (200_000, "2 d ago")],
)
def test_ages_are_rounded_down(seconds: int, said: str) -> None:
    assert Times("UTC", texts("en"), NOON).ago(NOON - seconds * US) == said


def test_a_clock_ahead_of_ours_is_not_in_the_future() -> None:
    assert Times("UTC", texts("en"), NOON).ago(NOON + 90 * US) == "just now"


def test_nothing_is_ever_quite_sure() -> None:
    assert [sureness(share) for share in (None, 0.0, 0.5, 0.899, 0.999, 1.0, 1.5)] == [
        "–", "<1 %", "50 %", "90 %", ">99 %", ">99 %", ">99 %",
    ]  # fmt: skip
