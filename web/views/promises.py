"""How right we are: what the findings promised, held against what people saw on the spot."""

from __future__ import annotations

from flask import Blueprint

from hub.findings.kept import ENOUGH, SURE, Kept, kept
from shelfwire.errors import AwayError
from web.deps import library, times
from web.drawing.promised import SIZE, picture
from web.library import Library
from web.rendering import page

pages = Blueprint("promises", __name__)

LONG_S = 20.0
"""How long the page itself waits to be counted; then it says that it is away, and the browser may ask again."""
COUNTED_US = 60_000_000
"""Two that end in one moment may be written one after the other: counted anew each minute, too."""

SPAN_US = 365 * 86_400 * 1_000_000
"""The page speaks of a year: older shelves, tags and settings were others."""


@pages.get("/s/<site>/promises")
def index() -> str:
    """Shares with intervals, a picture, and tables by promise, kind and month."""
    of = library()
    found = kept_of(of, LONG_S)
    if found is None:
        raise AwayError("the answers are still being counted")
    return page(
        "promises.html",
        kept=found,
        picture=picture(found.parts),
        size=SIZE,
        enough=ENOUGH,
        sure_from=round(SURE * 100),
        as_of_us=of.as_of_us(),
    )


def kept_of(of: Library, wait_s: float = 1.0) -> Kept | None:
    """What was promised and what was true within the year; None: it is still being counted.

    A large library ends hundreds of findings a day, and a year of them takes a second to count: they are counted anew when
    another has ended, once for everybody.
    """
    now_us = times().now_us
    key = ("promises", of.reader.newest_promise_us(), now_us // COUNTED_US)
    return of.slow.get(key, lambda: kept(of.reader.promises(now_us - SPAN_US)), wait_s)
