"""Why an item is believed where it is, for programs: the numbers and the sentences."""

from __future__ import annotations

import msgspec
from flask import Response, request

from web.api.answers import answer
from web.api.routes import MAX_BARCODE, routes
from web.deps import library, texts, times
from web.explaining import asked_time, explained
from web.i18n import mark
from web.problems import ProblemError


@routes.get("/sites/<site>/items/<path:barcode>/explanation")
def explanation(barcode: str) -> Response:
    """One item's explanation, now or at ``at_us``."""
    of = library()
    found = of.reader.item(barcode) if len(barcode) <= MAX_BARCODE else None
    if found is None:
        raise ProblemError(404, mark("No item has this barcode."))
    at_us = asked_time(request.args.get("at_us", ""), times())
    shown = explained(of, found, at_us, texts(), times())
    return answer(msgspec.structs.asdict(shown.said) | {"told": shown.told, "language": texts().language})
