"""A watched library for tests, and the picture of it: ``cd tests && python -m helpers.watching`` writes docs/pictures/watch.png."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.direct import small_run
from helpers.waitress import running

from firmware_sim import scenario
from firmware_sim.direct.plan import build
from firmware_sim.watch.serve import make_server
from firmware_sim.watch.session import Session
from firmware_sim.watch.worker import Worker
from shelfwire.data import config_file
from shelfwire.site.model import Bay

CHECKOUT = Path(__file__).resolve().parents[2]
PICTURE = CHECKOUT / "docs/pictures/watch.png"
GOOD_AIR = {
    "own_read": 0.999, "cross_read": 0.01, "tag_spread_db": 1, "place_spread_db": 1, "shade_spread_db": 0.5,
    "pass_spread_db": 0.5, "glossy_db": 0.5, "disc_db": 0.5, "board_edge_db": 0.5, "reads_a_second": 1200,
}  # fmt: skip
TAGS = {"fore_edge": 0, "near_metal": 0, "weak": 0, "dead": 0, "thickness_mm": [10, 18]}
QUICK = {
    "longest_use_h": 0.2, "missing_looks": 3, "unknown_stays_h": 0.1, "stale_after_s": 180, "unheard_s": 150,
    "unexpected_after_s": 60, "unexpected_looks": 2, "disturbed_per_1000_h": 10,
}  # fmt: skip


def small_session(items: int = 900, **more: Any) -> Session:
    """Eighteen boards in good air, where nobody comes but who is told to."""
    plain: dict[str, Any] = {
        "polling": {"dwell_ms": 500, "every_s": 30},
        "radio": GOOD_AIR,
        "stocking": TAGS,
        "engine": QUICK,
    }
    found = Session(small_run(items, **(plain | more)))
    found.warm()
    return found


def bay_of(session: Session, at: int = 0) -> Bay:
    """One of its bays."""
    return session.bays[at]


@contextmanager
def served(worker: Worker, about: dict[str, str] | None = None) -> Iterator[str]:
    """The page at a free port, as the command serves it."""
    worker.start()
    server = make_server(worker, about or {"en": "A small library.", "zh": "一座小图书馆。"}, 0)
    try:
        with running(server) as at:
            yield at
    finally:
        worker.stop()


def take_picture(to: Path) -> None:
    """The shipped scenario a while after a stranger was left and an antenna unplugged."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (the unit ring needs no browser)

    path = config_file("scenarios/watch.yaml")
    found = scenario.load(path)
    session = Session(build(found, path, 1))
    session.warm()
    bay = session.sim.site.bay_by_id["1F-R03A-B03"]
    deed = session.presses.let("bring_here", bay, None)
    session.presses.let("take", bay, None)
    session.presses.let("stranger", bay, None)
    session.step(3000)
    session.presses.break_("reader_dead", session.sim.site.bay_by_id["1F-R04A-B01"])
    session.step(600)
    program = next(
        p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))
    )
    with served(Worker(session, playing=False), found.about) as at, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1010})
        page.goto(f"{at}/?bay={bay.id}")
        page.locator(f'[data-tag="{deed.names["tag"]}"]').first.wait_for()
        page.locator(".pair").nth(0).wait_for()
        page.evaluate("document.querySelector('.banner').remove()")
        spine = page.locator(f'.side-true [data-tag="{deed.names["tag"]}"] .spine').first.bounding_box()
        assert spine is not None
        page.mouse.click(spine["x"] + spine["width"] / 2, spine["y"] + spine["height"] / 2)
        page.locator(".book-title").wait_for()
        page.mouse.move(5, 5)
        page.wait_for_timeout(1200)
        page.screenshot(path=str(to))
        browser.close()


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
