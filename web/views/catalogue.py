"""The catalogue: what came in last, what waits for a person, and how the followed library systems are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from hub.catalog.model import RowFault
from hub.store.read import ImportView
from web import importing
from web.auth.guard import require
from web.deps import library, texts
from web.dropping import needs_typing
from web.export import csv_parts
from web.i18n import mark
from web.library import Library
from web.problems import ProblemError
from web.rendering import here, page

pages = Blueprint("catalogue", __name__)

SHOWN: Final = 20
"""Imports; older ones are kept and not shown."""
SHOWN_FAULTS: Final = 50
SHOWN_ABSENT: Final = 50
READ_FAULTS: Final = 5_000
_HEADER: Final = (mark("Where"), mark("What is wrong, and how it was decided"), mark("Taken"))


@pages.get("/s/<site>/catalogue")
def index() -> str:
    """Systems and imports."""
    of = library()
    imports = _imports(of)
    waits = waiting(imports)
    return page(
        "catalogue.html",
        systems=of.shared("systems", of.systems),
        waiting=waits,
        outdated=[one for one in imports if one.state == "staged" and one not in waits],
        running=[one for one in imports if one.state in {"applying", "staging"}],
        imports=imports[:SHOWN],
        counts=of.counts(),
        as_of_us=of.as_of_us(),
    )


@pages.get("/s/<site>/catalogue/import/<import_id>")
def show(import_id: str) -> str:
    """One import: its difference, its faults, what it would drop."""
    of, one = library(), _known(import_id)
    absent, _ = of.reader.absent(import_id, SHOWN_ABSENT)
    waits = one in waiting(_imports(of))
    return page(
        "import.html",
        one=one,
        waits=waits,
        outdated=one.state == "staged" and not waits,
        typed=needs_typing(one),
        faults=of.reader.import_faults(import_id, SHOWN_FAULTS),
        absent=absent,
        shown=SHOWN_FAULTS,
    )


@pages.get("/s/<site>/catalogue/import/<import_id>/faults.csv")
def faults(import_id: str) -> Response:
    """Every fault of an import, for a spreadsheet."""
    _known(import_id)
    said = texts()
    rows = (
        (importing.place(said, each.where), importing.fault(said, each.what), "yes" if each.taken else "no")
        for each in _faults(import_id)
    )
    parts = (part.encode() for part in csv_parts([said.gettext(name) for name in _HEADER], rows))
    response = Response(chain([next(parts)], parts), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{import_id}-faults.csv"'
    return response


@pages.post("/s/<site>/catalogue/import/<import_id>/discard")
def discard(import_id: str) -> AnyResponse:
    """Throw an import away that waits or was refused."""
    require("catalog.import")
    _known(import_id)
    library().drop_import(import_id)
    return redirect(here("catalogue.index"), code=303)


def waiting(imports: list[ImportView]) -> list[ImportView]:
    """What was put aside and not taken: the hub is away, or a person has to accept what it drops.

    One that is older than an import that was taken would be refused, so it does not wait any more.
    """
    newest = max((one.staged_at_us for one in imports if one.state == "applied"), default=0)
    return [one for one in imports if one.state == "staged" and one.staged_at_us > newest]


def _faults(import_id: str) -> Iterator[RowFault]:
    reader, offset = library().reader, 0
    while some := reader.import_faults(import_id, READ_FAULTS, offset):
        yield from some
        offset += len(some)


def _imports(of: Library) -> list[ImportView]:
    return of.shared("imports", of.reader.imports)


def _known(import_id: str) -> ImportView:
    found = library().reader.import_(import_id)
    if found is None:
        raise ProblemError(404)
    return found
