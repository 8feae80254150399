"""Search by title, author, call number or barcode."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from hub.catalog.digest import barcode_key
from hub.store.search import MAX_FOUND
from hub.views import ItemView
from web.deps import library
from web.i18n import mark
from web.problems import ProblemError
from web.rendering import here, page
from web.views.paging import Paging, page_number

pages = Blueprint("search", __name__)

PAGE_SIZE = 25
MAX_CHARS = 200


@pages.get("/s/<site>/search")
def index() -> str | Response:
    """Results; a barcode that is one goes to its item at once, as a scanner expects."""
    of = library()
    text = " ".join(request.args.get("q", "").split())
    if len(text) > MAX_CHARS:
        raise ProblemError(400, mark("That is too long to search for. Two or three words are best."))
    if text and (scanned := _scanned(text)) is not None:
        return redirect(here("item.show", barcode=scanned.barcode), code=303)
    number = page_number()
    rows, total = of.reader.search(text, PAGE_SIZE, (number - 1) * PAGE_SIZE) if text else ([], 0)
    return page(
        "search.html",
        text=text,
        rows=rows,
        paging=Paging(number, PAGE_SIZE, total),
        or_more=total >= MAX_FOUND,
        as_of_us=of.as_of_us(),
    )


def _scanned(text: str) -> ItemView | None:
    """The item with this barcode, in whatever case it was typed, or with this tag."""
    if " " in text or not any(sign.isdecimal() for sign in text):
        return None
    reader = library().reader
    item = reader.item(text)
    if item is not None and barcode_key(item.barcode) == barcode_key(text):
        return item
    return reader.item_of_tag(text)
