"""The watch page in a real browser: it plays, breaks, mends, and can be used with keys, on a phone and with a screen reader."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.watching import served, small_session
from playwright.sync_api import Browser, Page, expect, sync_playwright

from firmware_sim.watch.worker import Worker

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

SIZES = {"phone": (390, 844), "tablet": (768, 1024), "desktop": (1440, 1000)}
CHECKOUT = Path(__file__).resolve().parents[2]
AXE = Path(os.environ.get("SHELFWIRE_AXE", CHECKOUT / ".shelfwire/node_modules/axe-core/axe.min.js"))
WANTED = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(Worker(small_session(), playing=False)) as at:
        yield at


@contextmanager
def opened(
    browser: Browser, address: str, size: str = "desktop", *, language: str = "en", theme: str = "light"
) -> Iterator[Page]:
    """The page, drawn; an error in it fails the test."""
    errors: list[str] = []
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=size != "desktop", reduced_motion="reduce"
    )
    context.add_cookies(
        [
            {"name": "shelfwire_language", "value": language, "url": address},
            {"name": "shelfwire_theme", "value": theme, "url": address},
        ]
    )
    page = context.new_page()
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    try:
        page.goto(address)
        page.locator(".pair .book").first.wait_for()
        yield page
        assert errors == []
    finally:
        context.close()


def test_a_visitor_breaks_a_bay_sees_it_and_takes_it_back(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.locator('[data-fault="antenna_unplugged"]').click()
        expect(page.locator(".said")).to_contain_text("Unplugged")
        expect(page.locator('[data-fault="antenna_unplugged"]')).to_have_attribute("aria-pressed", "true")
        for _ in range(8):
            page.keyboard.press("Escape")
            page.locator("#step").click()
        expect(page.locator(".side-note.is-stale").first).to_be_visible()
        page.locator("#done .button").first.click()
        expect(page.locator('[data-fault="antenna_unplugged"]')).to_have_attribute("aria-pressed", "false")
        expect(page.locator(".side-note.is-deaf")).to_have_count(0)


def test_a_touched_book_is_lit_on_both_sides_and_told_from_both(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        books = page.locator(".side-true svg.books").first
        box = books.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.8)
        expect(page.locator(".side-true .lit")).to_have_count(1)
        expect(page.locator(".side-believed .lit")).to_have_count(1)
        expect(page.locator("#book-body h3")).to_have_text(["Truth", "Belief"])


def test_keys_play_and_walk_through_the_books(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.keyboard.press("Space")
        expect(page.locator("#play")).to_have_attribute("data-playing", "true")
        page.keyboard.press("Space")
        expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".side-true .lit")).to_have_count(1)
        bay = page.locator("#bay-name").inner_text()
        page.keyboard.press("]")
        expect(page.locator("#bay-name")).not_to_have_text(bay)
        page.keyboard.press("[")
        expect(page.locator("#bay-name")).to_have_text(bay)


def test_a_deed_chooses_its_book_and_the_action_is_followed(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.locator('[data-deed="carry_away"]').click()
        expect(page.locator("#book-body .book-title")).to_be_visible()
        page.locator("#step").click()
        expect(page.locator("#ticker .tick")).not_to_have_count(0)
        page.locator("#follow").click()
        expect(page.locator(".look-wrong.lit").first).to_be_visible(timeout=10_000)


@pytest.mark.parametrize(
    ("size", "language"), [("phone", "en"), ("phone", "zh-Hans"), ("tablet", "zh-Hans"), ("desktop", "en")]
)
def test_nothing_is_wider_than_the_screen_nor_smaller_than_a_finger(
    browser: Browser, address: str, size: str, language: str
) -> None:
    with opened(browser, address, size, language=language) as page:
        page.keyboard.press("ArrowRight")
        page.locator(".book-title").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        small = page.evaluate(
            "[...document.querySelectorAll('button, select, summary')].filter(e => e.checkVisibility())"
            ".map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])"
            ".filter(([, box]) => box.width < 44 || box.height < 44).map(([name]) => name)"
        )
        assert small == []


@pytest.mark.parametrize(
    ("language", "above", "side"), [("en", "Above: truth", "right"), ("zh-Hans", "上：事实", "右")]
)
def test_the_hint_says_above_and_below_where_truth_stands_above_belief(
    browser: Browser, address: str, language: str, above: str, side: str
) -> None:
    with opened(browser, address, "phone", language=language) as page:
        expect(page.locator(".above-below")).to_be_visible()
        expect(page.locator(".above-below")).to_contain_text(above)
        pair = page.locator(".pair").first
        true, believed = (
            pair.locator(".side-true").bounding_box(),
            pair.locator(".side-believed").bounding_box(),
        )
        assert true
        assert believed
        assert true["y"] + true["height"] <= believed["y"]
        page.locator('[data-fault="link_cut"]').click()
        expect(page.locator(".said .see")).to_be_visible()
        assert side not in page.locator(".said .see").inner_text()
        page.locator("#done .button").first.click()
        expect(page.locator('[data-fault="link_cut"]')).to_have_attribute("aria-pressed", "false")
    with opened(browser, address, "desktop", language=language) as page:
        expect(page.locator(".above-below")).to_be_hidden()
        expect(page.locator(".sides")).to_be_visible()


@pytest.mark.needs("axe")
@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_axe_finds_nothing_against_wcag_aa(browser: Browser, address: str, size: str, theme: str) -> None:
    with opened(browser, address, size, theme=theme) as page:
        page.keyboard.press("ArrowRight")
        page.locator(".book-title").wait_for()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        faults = {}
        for night in (False, True):
            page.evaluate(f"document.body.classList.toggle('is-night', {str(night).lower()})")
            for each in page.evaluate(f"axe.run({{runOnly: {WANTED}}})")["violations"]:
                faults[each["id"]] = [node["html"][:200] for node in each["nodes"][:3]]
        assert faults == {}
