"""The page of `sim calibrate --plot` on a phone: what is wide scrolls inside its box, and the page does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from firmware_sim.calibrate import measure, picture, recorded
from firmware_sim.calibrate.ordering import Order
from firmware_sim.calibrate.rows import rows

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(60)]

PHONE = {"width": 390, "height": 844}
MODEL = measure.Model(
    usual=[0.827, 0.932, 0.963, 0.976], bad=[0.573, 0.70, 0.76, 0.789], shops=[recorded.SHOP], reads_a_second=160.0,
    one_tag=130.0, sixteen_tags=140.0, within_channel_db=0.5, between_channels_db=1.3, slope_db=22.0, zone_1_s=0.61,
    zone_10_s=0.78, order=Order(0.82, 0.975, 0.5),
)  # fmt: skip


def test_on_a_phone_drawing_and_table_scroll_inside_their_boxes(tmp_path: Path) -> None:
    found = rows(MODEL, recorded.SHOP)
    path = tmp_path / "calibration.html"
    path.write_text(picture.page(picture.svg(MODEL, found, recorded.SHOP), found), encoding="utf-8")
    program = next(
        at for name in ("chromium", "chromium-browser", "google-chrome") if (at := shutil.which(name))
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]  # width and height
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        boxes = page.evaluate(
            "[...document.querySelectorAll('.box')].map(e => [e.scrollWidth, e.clientWidth])"
        )
        assert len(boxes) == 2
        assert all(inner > outer for inner, outer in boxes), "readable, and reached by scrolling"
        page.set_viewport_size({"width": 1280, "height": 900})
        boxes = page.evaluate(
            "[...document.querySelectorAll('.box')].map(e => [e.scrollWidth, e.clientWidth])"
        )
        assert all(inner == outer for inner, outer in boxes)
        browser.close()
