"""How right we are: what the findings promised, held against what people saw on the spot."""

from __future__ import annotations

from flask import Blueprint

from hub.findings.kept import ENOUGH, SURE, Kept, kept
from web.deps import library, times
from web.drawing.promised import SIZE, picture
from web.library import Library
from web.rendering import page

pages = Blueprint("promises", __name__)

SPAN_US = 365 * 86_400 * 1_000_000
"""The page speaks of a year: older shelves, tags and settings were others."""


@pages.get("/s/<site>/promises")
def index() -> str:
    """Shares with intervals, a picture, and tables by promise, kind and month."""
    of = library()
    found = kept_of(of)
    return page(
        "promises.html",
        kept=found,
        picture=picture(found.parts),
        size=SIZE,
        enough=ENOUGH,
        sure_from=round(SURE * 100),
        as_of_us=of.as_of_us(),
    )


def kept_of(of: Library) -> Kept:
    """What was promised and what was true within the year."""
    from_us = times().now_us - SPAN_US
    return of.shared("promises", lambda: kept(of.reader.promises(from_us)))
