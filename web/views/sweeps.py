"""Sweeps: start one, follow it, read and take away its report."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import msgspec
from flask import Blueprint, Response, request

from hub.views import SweepRowView, SweepView
from web.deps import library, texts
from web.export import csv_parts
from web.i18n import in_language, mark
from web.library import Library
from web.problems import ProblemError
from web.rendering import page
from web.views.paging import Paging, page_number
from web.words import word

pages = Blueprint("sweeps", __name__)

PAGE_SIZE = 50
PRINT_ROWS = 2_000
"""About 60 sheets of paper; a browser stands still over much more, and the files hold every row."""
READ_ROWS = 5_000
"""Rows that are read at once for a file: about 2 MB. The store gives 10,000 at the most."""
ROW_OUTCOMES = ("missing", "found_elsewhere", "unexpected", "unknown", "not_covered", "found_in_place")
"""As a person reads them: what needs work first."""
NUMBERS = ("expected", "found_in_place", "found_elsewhere", "missing", "unexpected", "unknown", "not_covered")
WHOLE = mark("The whole library")
_HEADER = {
    "outcome": mark("Result"),
    "barcode": mark("Barcode"),
    "title": mark("Title"),
    "call_number": mark("Call number"),
    "home": mark("Home"),
    "heard": mark("Heard at"),
    "confidence": mark("How sure"),
}
_COLUMNS = ("outcome", "barcode", "title", "call_number", "home", "heard", "confidence")


class Scope(msgspec.Struct, frozen=True):
    """A choice in the start form."""

    id: str
    label: str
    depth: int


@pages.get("/s/<site>/sweeps")
def index() -> str:
    """All sweeps, newest first."""
    of = library()
    rows = sorted(of.shared("sweeps", of.reader.sweeps), key=lambda row: -row.started_at_us)
    paging = Paging(page_number(), PAGE_SIZE, len(rows))
    shown = rows[(paging.number - 1) * PAGE_SIZE : paging.number * PAGE_SIZE]
    return page("sweeps.html", rows=shown, paging=paging, scopes=_scopes(of), as_of_us=of.as_of_us())


@pages.get("/s/<site>/sweep/<sweep>")
def show(sweep: str) -> str:
    """One sweep: its progress, then its report."""
    found = _sweep(sweep)
    of = library()
    wanted = request.args.get("outcome", "")
    if wanted not in {"", *ROW_OUTCOMES}:
        raise ProblemError(400)
    numbers = {name: int(getattr(found, name)) for name in ROW_OUTCOMES}
    whole = request.args.get("print") == "1"
    paging = Paging(page_number(), PAGE_SIZE, numbers[wanted] if wanted else sum(numbers.values()))
    chosen = {wanted: numbers[wanted]} if wanted else numbers
    rows = _window(
        of, found, chosen, *((0, PRINT_ROWS) if whole else ((paging.number - 1) * PAGE_SIZE, PAGE_SIZE))
    )
    return page(
        "sweep.html",
        sweep=found,
        numbers=NUMBERS,
        outcomes=list(numbers.items()),
        outcome=wanted,
        rows=rows,
        paging=paging,
        whole=whole,
        as_of_us=of.as_of_us(),
    )


@pages.get("/s/<site>/sweep/<sweep>/report.csv")
def as_csv(sweep: str) -> Response:
    """The report for a spreadsheet."""
    found = _sweep(sweep)
    said = texts()
    rows = (
        (
            word(said, "outcome", row.outcome),
            *(getattr(row, name) for name in _COLUMNS[1:-1]),
            round(row.confidence, 3),
        )
        for row in _all_rows(library(), found)
    )
    header = [said.gettext(_HEADER[name]) for name in _COLUMNS]
    body = (part.encode() for part in csv_parts(header, rows))
    return _download(body, "text/csv; charset=utf-8", f"sweep-{found.id}.csv")


@pages.get("/s/<site>/sweep/<sweep>/report.json")
def as_json(sweep: str) -> Response:
    """The report for a program."""
    found = _sweep(sweep)
    return _download(_json(found, _all_rows(library(), found)), "application/json", f"sweep-{found.id}.json")


def _json(found: SweepView, rows: Iterator[SweepRowView]) -> Iterator[bytes]:
    yield b'{"sweep":' + msgspec.json.encode(found) + b',"rows":['
    before = b""
    while some := list(islice(rows, READ_ROWS)):
        yield before + b",".join(msgspec.json.encode(row) for row in some)
        before = b","
    yield b"]}"


def _sweep(sweep_id: str) -> SweepView:
    found = library().reader.sweep(sweep_id)
    if found is None:
        raise ProblemError(404)
    return found


def _window(
    of: Library, found: SweepView, numbers: dict[str, int], skip: int, left: int
) -> list[SweepRowView]:
    """`left` rows after the first `skip`, of the chosen outcomes in their order. Only what is shown is read."""
    rows: list[SweepRowView] = []
    for outcome, number in numbers.items():
        while skip < number and left > 0 and (got := of.reader.sweep_rows(found.id, (outcome,), left, skip)):
            rows += got
            left -= len(got)
            skip += len(got)
        skip = max(0, skip - number)
    return rows


def _all_rows(of: Library, found: SweepView) -> Iterator[SweepRowView]:
    """Every row, what needs work first. Read a part at a time: the report of a large library has millions."""
    for outcome in ROW_OUTCOMES:
        offset = 0
        while some := of.reader.sweep_rows(found.id, (outcome,), READ_ROWS, offset):
            yield from some
            offset += len(some)


def _scopes(of: Library) -> list[Scope]:
    said = texts()
    scopes = [Scope("all", said.gettext(WHOLE), 0)]
    for floor in of.site.floors:
        scopes.append(Scope(floor.id, in_language(floor.name, said.language), 1))
        scopes += [
            Scope(face.id, f"{face.id} · {face.label}" if face.label else face.id, 2)
            for rng in floor.ranges
            for face in rng.faces
        ]
    return scopes


def _download(parts: Iterator[bytes], kind: str, name: str) -> Response:
    first = next(parts, b"")  # before the answer begins: a store that is away is still said in words
    response = Response(chain([first], parts), content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
