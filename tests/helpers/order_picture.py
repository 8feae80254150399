"""The picture of a checked shelf: ``cd tests && python -m helpers.order_picture`` writes docs/pictures/order.png."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from helpers.webs import make_world, served
from playwright.sync_api import sync_playwright

CHECKOUT: Final = Path(__file__).resolve().parents[2]
PICTURE: Final = CHECKOUT / "docs/pictures/order.png"
SHELF: Final = "1F-R02A-B02-S2"


def write(picture: Path) -> None:
    """Scan a shelf on which two books stand wrong, one belongs elsewhere, and one is not known."""
    program = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        books = world.library.reader.believed_on(SHELF, world.library.shelf_index)
        barcodes = [book.barcode for book in books]
        barcodes[3], barcodes[9] = barcodes[9], barcodes[3]
        barcodes[5:5] = ["999000111", "300000000001"]
        with served(world) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1180, "height": 820})
            page.goto(f"{address}/s/demo/shelf/{SHELF}/order")
            for barcode in barcodes:
                page.keyboard.type(barcode)
                page.keyboard.press("Enter")
            page.wait_for_selector(f".scans li:nth-child({len(barcodes)})")
            page.screenshot(path=picture)
            browser.close()
        world.engine.dispose()


if __name__ == "__main__":
    write(PICTURE)
