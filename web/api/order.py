"""The order of a shelf for programs: what is scanned goes in, instructions come out. Nothing is kept."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Response

from hub.ordercheck import MAX_SCANNED, Check
from web.api.answers import answer
from web.api.doing import body_as
from web.api.routes import routes
from web.deps import library
from web.problems import ProblemError
from web.views.order import MAX_BARCODE, checked


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """Barcodes of a shelf as they stand, from the left to the right."""

    barcodes: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_BARCODE)]],
        msgspec.Meta(max_length=MAX_SCANNED),
    ]


@routes.post("/sites/<site>/shelves/<shelf>/order")
def order(shelf: str) -> Response:
    """What to move so that the shelf stands in order."""
    of = library()
    found = of.site.shelf_by_id.get(shelf)
    if found is None:
        raise ProblemError(404)
    check, _ = checked(of, found, [barcode.strip() for barcode in body_as(Row).barcodes])
    return answer({"shelf": shelf} | _told(check))


def _told(check: Check) -> dict[str, Any]:
    return {
        "right": check.right,
        "moved": check.moved,
        "instructions": [
            {"take": one.take, "after": one.after, "before": one.before} for one in check.instructions
        ],
        "scanned": [
            {
                "position": one.position,
                "barcode": one.barcode,
                "verdict": one.verdict,
                "title": one.book.title if one.book else None,
                "call_number": one.book.call_number if one.book else None,
                "fault": one.book.fault if one.book else None,
                "status": one.book.status if one.book else None,
                "home_from": one.book.home_from if one.book else None,
                "home_to": one.book.home_to if one.book else None,
            }
            for one in check.scanned
        ],
        "unscanned": check.unscanned,
    }
