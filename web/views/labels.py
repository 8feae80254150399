"""Shelf labels: the tables in force, a new one as a file, borders learned from where the books stand; a person approves."""

from __future__ import annotations

from itertools import chain
from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from hub.catalog.labels.file import HEADER, as_csv, decode, read_labels
from hub.catalog.labels.learning import Learning
from hub.catalog.labels.work import learned_table, whole_rows
from hub.store.labels import LabelSet
from shelfwire.errors import InputError
from web.auth.guard import require
from web.deps import deps, library
from web.export import csv_parts
from web.labelling import (
    WAITING,
    examined,
    home_sources,
    homes_changed,
    in_force,
    label_set,
    proposals,
    stage,
)
from web.problems import ProblemError
from web.rendering import here, page
from web.views.paging import Paging, page_number

pages = Blueprint("labels", __name__)

PAGE_SIZE: Final = 100
ACT: Final = "catalog.labels"
SHOWN_FAULTS: Final = 50
MAX_NAME: Final = 80
MAX_CHOSEN: Final = 50_000


@pages.get("/s/<site>/labels")
def index() -> str:
    """What holds, what waits, and how a new table is brought in."""
    return _index()


@pages.post("/s/<site>/labels")
def upload() -> AnyResponse | str | tuple[str, int]:
    """A table as a CSV file: checked, and put aside for approval. Nothing changes yet."""
    require(ACT)
    given = request.files.get("file")
    if given is None or not given.filename:
        return _index(faults=[]), 400
    name = given.filename.replace("\\", "/").rpartition("/")[2][:MAX_NAME]
    try:
        with given.stream as stream:
            rows, faults = read_labels(decode(stream.read(), name), name)
    except InputError as fault:
        return _index(faults=list(fault.faults)), 400
    of = library()
    whole = whole_rows(of.reader, of.site, rows)
    return redirect(here("labels.show", labels=stage(of, whole, "label", name, faults)), code=303)


@pages.get("/s/<site>/labels/set/<labels>")
def show(labels: str) -> str:
    """One table: what is wrong with it, what it would change, and its rows."""
    of, one = library(), _known(labels)
    rows = of.reader.label_rows(labels)
    waits = one.state in WAITING
    found = examined(of, one, [row for row, _ in rows]) if waits else None
    wrong = found.worst if found else {}
    told = [(row, fault or wrong.get(row.line, "")) for row, fault in rows]
    only = request.args.get("only") == "faults"
    chosen = [each for each in told if each[1]] if only else told
    paging = Paging(page_number(), PAGE_SIZE, len(chosen))
    return page(
        "labels_set.html",
        one=one,
        waits=waits,
        holds=in_force(of.reader.label_sets()).get(one.kind) == one,
        found=found,
        notes=of.reader.import_faults(labels, SHOWN_FAULTS),
        faulty=sum(1 for _, fault in told if fault),
        only=only,
        rows=chosen[(paging.number - 1) * PAGE_SIZE : paging.number * PAGE_SIZE],
        paging=paging,
    )


@pages.post("/s/<site>/labels/set/<labels>/discard")
def discard(labels: str) -> AnyResponse:
    """Throw a table away that waits."""
    require(ACT)
    _known(labels)
    library().drop_labels(labels)
    return redirect(here("labels.index"), code=303)


@pages.get("/s/<site>/labels/set/<labels>/labels.csv")
def as_file(labels: str) -> Response:
    """The table as a file, to be corrected and brought in again."""
    one = _known(labels)
    parts = (part.encode() for part in csv_parts(HEADER, as_csv(library().reader.label_rows(labels))))
    response = Response(chain([next(parts)], parts), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{one.labels_id}.csv"'
    return response


@pages.get("/s/<site>/labels/learned")
def learned() -> str:
    """Borders as the books stand."""
    return _learned()


@pages.post("/s/<site>/labels/learned")
def choose() -> AnyResponse | tuple[str, int]:
    """Put the chosen borders aside for approval."""
    require(ACT)
    of = library()
    learning = proposals(of, deps().clock.wall_us()) or Learning()
    wanted = set(request.form.getlist("name")[:MAX_CHOSEN])
    chosen = [
        one for one in learning.proposals if (one.good if request.form.get("all") else one.name in wanted)
    ]
    if not chosen:
        return _learned(nothing=True), 400
    rows, source = learned_table(of.reader, of.site, learning, chosen), "learned"
    return redirect(here("labels.show", labels=stage(of, rows, "learned", source, ())), code=303)


def _learned(*, nothing: bool = False) -> str:
    of, now_us = library(), deps().clock.wall_us()
    made = proposals(of, now_us)
    found = made.proposals if made else []
    differing = [one for one in found if one.against != "same"]
    shown = found if request.args.get("all") == "1" else differing
    paging = Paging(page_number(), PAGE_SIZE, len(shown))
    return page(
        "labels_learned.html",
        rows=shown[(paging.number - 1) * PAGE_SIZE : paging.number * PAGE_SIZE],
        paging=paging,
        total=len(found),
        differing=len(differing),
        labelled=any(one.now for one in found),
        good=sum(1 for one in found if one.good),
        every=shown is found,
        homes=homes_changed(of, made, now_us) if made else None,
        nothing=nothing,
        ready=made is not None,
    )


def _index(faults: list[str] | None = None) -> str:
    of = library()
    sets = of.reader.label_sets()
    holding = in_force(sets)
    return page(
        "labels.html",
        holding=[holding.get(kind) for kind in ("label", "learned")],
        waiting=[one for one in sets if one.state in WAITING],
        taking=[one for one in sets if one.state == "applying"],
        sources=home_sources(of),
        faults=faults,
        as_of_us=of.as_of_us(),
    )


def _known(labels_id: str) -> LabelSet:
    found = label_set(library(), labels_id)
    if found is None:
        raise ProblemError(404)
    return found
