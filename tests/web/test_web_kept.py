"""A tablet without a network keeps what was said at the shelf, and hands it in once when the network is back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest
from helpers.webs import World, served
from playwright.sync_api import Browser, expect, sync_playwright

from hub.store.write import StoreWriter

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


def test_what_was_seen_without_a_network_is_handed_in_once_when_it_is_back(
    browser: Browser, world: World
) -> None:
    world.changes.link(up=True)
    writer = StoreWriter(world.engine)
    with served(world) as address:
        context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
        page = context.new_page()
        page.goto(f"{address}/s/demo/findings?kind=misplaced")
        context.set_offline(True)
        page.get_by_role("button", name="It stood in its place").first.tap()
        expect(page.locator("#toast")).to_contain_text("Kept on this tablet", timeout=15_000)
        assert writer.pending_acts("demo") == []
        context.set_offline(False)
        expect(page.locator("#toast")).to_contain_text("Handed in what was kept: 1.", timeout=30_000)
        until = time.monotonic() + 5
        while not (acts := writer.pending_acts("demo")) and time.monotonic() < until:
            time.sleep(0.1)
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(500)
        context.close()
        world.changes.close()
    assert [(act.kind, act.body) for act in acts] == [("finding.dismiss", {"told": "in_place"})]
    assert len(writer.pending_acts("demo")) == 1
    writer.close()
