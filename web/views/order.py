"""Check the order of a shelf: its books are scanned from the left to the right, and the page says what to move."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request

from hub.ordercheck import MAX_SCANNED, Book, Check, barcodes_of, check
from shelfwire.site.model import Shelf
from web.deps import library
from web.drawing.order import draw
from web.i18n import mark
from web.library import Library
from web.problems import ProblemError
from web.rendering import page

pages = Blueprint("order", __name__)

MAX_BARCODE: Final = 80
WIDEST_HOME: Final = 12
"""Shelves before this one on which a home that takes it in may begin; labels make homes of one to three boards."""
TOO_MANY: Final = mark("That is more than one shelf: 500 barcodes at the most.")
TOO_LONG: Final = mark("A barcode has 80 characters at the most; the scanner may have lost a line end.")


@pages.get("/s/<site>/shelf/<shelf>/order")
def show(shelf: str) -> str:
    """Nothing scanned yet."""
    return _page(_shelf(shelf), [])


@pages.post("/s/<site>/shelf/<shelf>/order")
def scan(shelf: str) -> str:
    """What was scanned so far, one barcode a line, and the newest one; nothing is kept on the server."""
    found = _shelf(shelf)
    barcodes = barcodes_of(request.form.get("barcodes", "")) + barcodes_of(request.form.get("scan", ""))
    without = request.form.get("without", "")
    if without.isascii() and without.isdecimal() and len(without) < 4 and 0 < int(without) <= len(barcodes):  # noqa: PLR2004 (500 at the most)
        del barcodes[int(without) - 1]
    return _page(found, barcodes)


def checked(of: Library, shelf: Shelf, barcodes: list[str]) -> tuple[Check, list[Book]]:
    """What to do, and the books that are believed on the shelf. Raises `ProblemError` for a row that is no shelf."""
    if len(barcodes) > MAX_SCANNED:
        raise ProblemError(400, TOO_MANY)
    if any(len(barcode) > MAX_BARCODE for barcode in barcodes):
        raise ProblemError(400, TOO_LONG)
    believed = of.reader.believed_on(shelf.id, of.shelf_index)
    known = of.reader.books(barcodes, of.shelf_index) if barcodes else {}
    found = check(
        barcodes,
        known,
        place=shelf.index,
        tolerance=of.tolerance_shelves,
        believed=[book.barcode for book in believed],
    )
    return found, believed


def _page(shelf: Shelf, barcodes: list[str]) -> str:
    of = library()
    found, believed = checked(of, shelf, barcodes)
    expected = believed or _at_home(of, shelf)
    books: dict[str, Any] = {one.barcode: one.book for one in found.scanned if one.book is not None}
    return page(
        "order.html",
        shelf=shelf,
        check=found,
        books=books,
        position={one.barcode: one.position for one in reversed(found.scanned)},
        drawn=draw(found),
        expected=expected,
        heard=bool(believed),
        missed=set(found.unscanned),
        text="\n".join(barcodes),
        most=MAX_SCANNED,
    )


def _at_home(of: Library, shelf: Shelf) -> list[Book]:
    """For a shelf on which no antenna hears anything: the books that have their home there."""
    first = [each.id for each in of.site.shelves[max(0, shelf.index - WIDEST_HOME) : shelf.index + 1]]
    found = of.reader.at_home_on(shelf.id, first, of.shelf_index)
    return [book for book in found if book.status in {"on_shelf", "not_for_loan", "display"}]


def _shelf(shelf_id: str) -> Shelf:
    found = library().site.shelf_by_id.get(shelf_id)
    if found is None:
        raise ProblemError(404)
    return found
