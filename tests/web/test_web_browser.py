"""The map in a real browser: taps, changes that appear by themselves, sizes, and what a screen reader needs."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers.webs import World, add_user, make_world, served, with_books_in_order
from playwright.sync_api import Browser, Page, expect, sync_playwright

from hub.catalog.model import Item, RowFault
from hub.effects import ShelfChanged
from hub.store.imports import stage_import
from hub.store.write import StoreWriter

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

TABLET = {"width": 1180, "height": 820}
PHONE = {"width": 390, "height": 844}
BOARDS = ("1F-R02A-B01-S5", "1F-R02A-B01-S4", "1F-R02A-B01-S3")
CHECKOUT = Path(__file__).resolve().parents[2]
AXE = Path(os.environ.get("SHELFWIRE_AXE", CHECKOUT / ".shelfwire/node_modules/axe-core/axe.min.js"))
PATHS = [
    "/s/demo/map/1F",
    "/s/demo/bay/1F-R02A-B02",
    "/s/demo/shelf/1F-R02A-B02-S2/order",
    "/s/demo/findings",
    "/s/demo/search?q=moby",
    "/s/demo/item/300000001250",
    "/s/demo/health",
    "/s/demo/promises",
    "/s/demo/sweeps",
    "/s/demo/sweep/night-1",
    "/s/demo/catalogue",
    "/s/demo/catalogue/import/import-1",
    "/s/demo/labels",
    "/s/demo/labels/learned",
    "/no/such/page",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    world.changes.link(up=True)
    with served(world) as at:
        yield at
        world.changes.close()


@contextmanager
def tablet(
    browser: Browser,
    address: str,
    size: dict[str, int] = TABLET,
    *,
    language: str = "en",
    theme: str = "light",
) -> Iterator[Page]:
    """A page whose every console error fails the test."""
    errors: list[str] = []
    context = browser.new_context(viewport=size, has_touch=True, bypass_csp=False)  # type: ignore[arg-type]
    context.add_cookies(
        [
            {"name": "shelfwire_language", "value": language, "url": address},
            {"name": "shelfwire_theme", "value": theme, "url": address},
        ]
    )
    page = context.new_page()
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    page.on(
        "console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None
    )
    try:
        yield page
        assert errors == []
    finally:
        context.close()


def shelf(world: World, name: str, state: Any, findings: int) -> ShelfChanged:
    return ShelfChanged(
        shelf=name, at_us=world.now_us, state=state, looked_at_us=world.now_us, items=9, away=0, findings=findings
    )  # fmt: skip


@contextmanager
def hub_that_answers(world: World, detail: str) -> Iterator[None]:
    """Answers every act, as the hub does."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.02):
            for act in StoreWriter(world.engine).pending_acts(world.site.id):
                world.answer(act.id, detail=detail)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_tap_on_a_bay_opens_it_and_a_tap_on_a_row_opens_the_item(browser: Browser, address: str) -> None:
    with tablet(browser, address) as page:
        page.goto(f"{address}/")
        page.tap("#bay-1F-R02A-B02 .bay-shape")
        expect(page.locator("h1")).to_have_text("1F-R02A-B02")
        page.locator(".shelf a.row").first.tap()
        expect(page.get_by_role("heading", name="Where it is")).to_be_visible()


def test_a_change_appears_on_the_open_map_by_itself_within_a_second(
    browser: Browser, address: str, world: World
) -> None:
    with tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/map/1F")
        expect(page.locator("#live-text")).to_have_text("Live")
        for number in range(3):
            name = f"1F-R01A-B0{number + 1}-S2"
            bay = page.locator(f"#bay-{name[:-3]}")
            world.write(shelf(world, name, "attention", 7))
            start = time.perf_counter()
            world.say_changed("shelf", name)
            expect(bay).to_have_class("bay is-attention", timeout=3000)
            assert time.perf_counter() - start < 1.0
            expect(bay).to_have_attribute("aria-label", f"{name[:-3]}: Attention, 7 findings")


def test_the_list_beside_an_open_reason_waits_until_the_person_is_done(
    browser: Browser, address: str, world: World
) -> None:
    with tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/findings")
        first = page.locator(".finding").first
        first.locator("summary").tap()
        first.locator('input[name="reason"]').fill("seen on the trolley")
        world.say_changed("finding", "x")
        page.wait_for_timeout(600)
        assert first.locator('input[name="reason"]').input_value() == "seen on the trolley"


def test_a_finding_is_claimed_with_one_tap_and_the_answer_is_shown(
    browser: Browser, address: str, world: World
) -> None:
    with hub_that_answers(world, "It is yours now."), tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/findings")
        page.get_by_role("button", name="I take it").first.tap()
        expect(page.locator("#toast")).to_contain_text("It is yours now.", timeout=15_000)
        assert page.url.endswith("/s/demo/findings")
    assert world.woken == ["demo"]


def test_a_sweep_is_started_from_the_form(browser: Browser, address: str, world: World) -> None:
    with hub_that_answers(world, "The sweep has begun."), tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/sweeps")
        page.select_option("#scope", "1F-R02A")
        page.get_by_role("button", name="Start a sweep").tap()
        expect(page.locator("#toast")).to_contain_text("The sweep has begun.", timeout=15_000)


def test_without_a_broker_the_page_says_that_it_is_paused_and_asks_by_itself(
    browser: Browser, address: str, world: World
) -> None:
    with tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/map/1F")
        expect(page.locator("#live-text")).to_have_text("Live")
        world.changes.link(up=False)
        expect(page.locator("#live-text")).to_have_text("Live updates paused")
        world.write(shelf(world, "1F-R01A-B01-S2", "attention", 4))
        expect(page.locator("#bay-1F-R01A-B01")).to_have_class("bay is-attention", timeout=6000)


def test_a_person_logs_in_chooses_chinese_and_dark_and_logs_out(
    browser: Browser, address: str, world: World
) -> None:
    add_user(world)
    with tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/findings")
        page.fill("#name", "pat")
        page.fill("#password", "three small words")
        page.get_by_role("button", name="Log in").tap()
        expect(page.locator("h1")).to_have_text("Findings")
        page.locator("#menu summary").tap()
        page.get_by_role("button", name="简体中文").tap()
        expect(page.locator("h1")).to_have_text("待查")
        page.locator("#menu summary").tap()
        page.get_by_role("button", name="深色").tap()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.locator("#menu summary").tap()
        page.get_by_role("button", name="退出登录").tap()
        expect(page.locator("h1")).to_have_text("登录")


def test_a_shelf_is_checked_with_a_scanner_that_types_and_ends_with_enter(
    browser: Browser, address: str, world: World
) -> None:
    shelf = "1F-R02A-B02-S2"
    right = [book.barcode for book in world.library.reader.believed_on(shelf, world.library.shelf_index)]
    with tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/shelf/{shelf}/order")
        for barcode in [right[2], *right[:2], "999"]:
            page.keyboard.type(barcode)
            page.keyboard.press("Enter")
        expect(page.locator("#scan-said")).to_contain_text("4 books scanned.", timeout=10_000)
        expect(page.locator(".instruction")).to_have_count(1)
        page.reload()
        expect(page.locator(".instruction")).to_have_count(1)
        page.get_by_role("button", name="Take scan 1 off the list").tap()
        expect(page.locator(".instruction")).to_have_count(0)
        page.get_by_text("Begin anew").tap()
        expect(page.locator(".scans")).to_have_count(0)


def test_the_map_can_be_walked_and_opened_with_the_keyboard_alone(browser: Browser, address: str) -> None:
    with tablet(browser, address) as page:
        page.goto(f"{address}/s/demo/map/1F")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.locator("#bay-1F-R01A-B01").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("1F-R01A-B02")


def test_on_a_large_floor_the_first_tap_goes_nearer(browser: Browser, tmp_path: Path) -> None:
    world = make_world(tmp_path, site="sites/medium.yaml", filled=False)
    with served(world) as address:
        with tablet(browser, address, PHONE) as page:
            page.goto(f"{address}/")
            bay = page.locator(".bay .bay-shape").first
            before = page.locator("#plan").bounding_box()
            bay.tap(force=True)
            after = page.locator("#plan").bounding_box()
            assert before
            assert after
            assert after["width"] > before["width"]
            assert "/map/" in page.url
            bay.tap(force=True)
            page.wait_for_url("**/bay/**")
        world.changes.close()
    world.engine.dispose()


def test_nothing_that_is_tapped_is_smaller_than_a_finger(browser: Browser, address: str) -> None:
    script = """() => [...document.querySelectorAll('a, button, summary, select, input')].filter(each => {
      const box = each.getBoundingClientRect();
      const inText = each.type === 'hidden' || each.closest(
        'table, dd, .candidates, .skip, svg, .big-place, .title, .timeline');
      return box.width > 0 && !inText && Math.min(box.height, box.width) < 44;
    }).map(each => each.outerHTML.slice(0, 120))"""
    small: dict[str, Any] = {}
    for size in (TABLET, PHONE):
        with tablet(browser, address, size) as page:
            for path in PATHS:
                page.goto(address + path)
                small |= {path: found} if (found := page.evaluate(script)) else {}
    assert small == {}


def test_no_page_is_wider_than_its_screen(browser: Browser, address: str) -> None:
    wide: dict[str, int] = {}
    for size in (PHONE, {"width": 820, "height": 1180}, TABLET):
        with tablet(browser, address, size, language="zh-Hans") as page:
            for path in PATHS:
                page.goto(address + path)
                width = page.evaluate("document.documentElement.scrollWidth")
                wide |= {path: width} if width > size["width"] else {}
    assert wide == {}


@pytest.mark.needs("axe")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_against_wcag_aa(browser: Browser, address: str, world: World, theme: str) -> None:
    finding = world.library.reader.findings(["open"], None, 1)[0][0].id
    program = AXE.read_text(encoding="utf-8")
    wanted = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
    faults: dict[str, Any] = {}
    with tablet(browser, address, theme=theme) as page:
        for path in [*PATHS, f"/s/demo/finding/{finding}"]:
            page.goto(address + path)
            page.evaluate(program)
            for each in page.evaluate(f"axe.run({{runOnly: {wanted}}})")["violations"]:
                faults[f"{path} {each['id']}"] = [node["html"][:200] for node in each["nodes"][:3]]
    assert faults == {}


@pytest.mark.needs("axe")
def test_axe_finds_nothing_on_the_page_to_log_in(browser: Browser, address: str, world: World) -> None:
    add_user(world)
    with tablet(browser, address, language="zh-Hans") as page:
        page.goto(f"{address}/login")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate("axe.run()")["violations"] == []


@pytest.mark.parametrize(
    "path", ["/s/demo/labels/learned", "/s/demo/search?q=moby", "/s/demo/catalogue/import/import-2"]
)
def test_no_button_and_no_table_is_wider_than_a_phone(
    browser: Browser, world: World, address: str, path: str
) -> None:
    faults = [
        RowFault(where=f"line {n}, barcode 30000{n:07}", what="long words " * 12, taken=True)
        for n in range(9)
    ]
    stage_import(world.engine, "demo", "import-2", [Item(barcode="new")], faults, "ours.csv")
    with_books_in_order(world, BOARDS)
    wide = (
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.hidden, thead, svg')"
        " && e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 90))"
    )
    with tablet(browser, address, PHONE) as page:
        page.goto(address + path)
        page.wait_for_selector("table, .rows")
        assert page.evaluate(wide) == []


def test_no_learned_border_is_ticked_before_a_person_ticks_it(
    browser: Browser, world: World, address: str
) -> None:
    with_books_in_order(world, BOARDS)
    with tablet(browser, address) as page:
        page.goto(address + "/s/demo/labels/learned")
        expect(page.locator("input[type=checkbox]").first).to_be_attached()
        expect(page.locator("input[type=checkbox]:checked")).to_have_count(0)
