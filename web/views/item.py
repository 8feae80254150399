"""An item: where it was heard, when, how sure, why we say so, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from flask import Blueprint, request

from hub.views import HistoryLine, ItemView
from web.deps import library, texts, times
from web.drawing.history import chart
from web.explaining import asked_time, explained, unbroken
from web.i18n import mark
from web.problems import ProblemError
from web.rendering import page
from web.shelfnumber import shelf_number

pages = Blueprint("item", __name__)

HISTORY_LINES = 200
NEIGHBOURS = 2
"""Books shown to each side."""
MAX_BARCODE = 80


@pages.get("/s/<site>/item/<path:barcode>")
def show(barcode: str) -> str:
    """One item, by its barcode."""
    of = library()
    found = of.reader.item(barcode) if len(barcode) <= MAX_BARCODE else None
    if found is None:
        raise ProblemError(404, mark("No item has this barcode."))
    lines = of.reader.history(found.item_id, HISTORY_LINES)
    before, behind = of.reader.neighbours(found.item_id, NEIGHBOURS, of.shelf_index)
    return page(
        "item.html",
        item=found,
        number=shelf_number(found, of.site.callnumbers),
        before=before[::-1],
        behind=behind,
        heard_on=of.reader.heard_on([book.barcode for book in before + behind]),
        links=of.reader.links(found.item_id),
        bay=of.bay_of(found.shelf),
        home_bay=of.bay_of(found.home_from),
        lines=sorted(lines, key=lambda line: -line.at_us),
        first_heard_us=_first_heard_us(found, lines),
        chart=chart(lines, times().now_us),
        why_there=explained(of, found, asked_time(request.args.get("at", ""), times()), texts(), times()),
        unbroken=unbroken,
        as_of_us=of.as_of_us(),
    )


def _first_heard_us(item: ItemView, lines: Sequence[HistoryLine]) -> float:
    """Before it, "no longer heard" would be wrong: nobody had heard the book. Infinity for one that was never heard."""
    placed = [line.at_us for line in lines if line.kind == "placed"]
    if len(lines) >= HISTORY_LINES or (item.last_heard_at_us and not placed):
        return 0.0  # older lines may say more than we see
    return min(placed, default=inf)
