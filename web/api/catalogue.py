"""The catalogue and the labels for programs: what came in, what waits, what is in force, what could be learned."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from flask import Response

from hub.store.labels import LabelSet
from web.api.answers import answer, listing, window
from web.api.routes import routes
from web.deps import deps, library
from web.i18n import mark
from web.labelling import WAITING, examined, home_sources, label_set, proposals
from web.problems import RETRY_S, ProblemError

T = TypeVar("T")

API_WAIT_S: Final = 20.0
"""A program waits as long as this for what is made of the whole catalogue; then it is told to ask again."""


@routes.get("/sites/<site>/catalogue")
def catalogue() -> Response:
    """Followed systems and imports, newest first."""
    of = library()
    imports = [
        msgspec.structs.asdict(one) | {"drop_share": one.drop_share}
        for one in of.shared("imports", of.reader.imports)
    ]
    systems = of.shared("systems", of.systems)
    return answer({"as_of_us": of.as_of_us(), "systems": systems, "imports": imports})


@routes.get("/sites/<site>/imports/<import_id>/faults")
def import_faults(import_id: str) -> Response:
    """What was wrong with the rows of an import: first what its source had, then what the hub found."""
    of = library()
    found = of.reader.import_(import_id)
    if found is None:
        raise ProblemError(404)
    limit, offset = window()
    return listing(of.reader.import_faults(import_id, limit, offset), found.faults, limit, offset)


@routes.get("/sites/<site>/labels")
def labels() -> Response:
    """Tables of labels: those that wait first, then as they were taken, newest first; and where homes come from."""
    of = library()
    sources = {"list": 0, "label": 0, "learned": 0, "none": 0} | _made(home_sources(of, API_WAIT_S))
    return answer({"rows": of.reader.label_sets(), "homes": sources})


@routes.get("/sites/<site>/labels/<labels>")
def label_table(labels: str) -> Response:
    """The rows of one table, each with its fault."""
    _known(labels)
    limit, offset = window()
    every = library().reader.label_rows(labels)
    rows: list[dict[str, Any]] = [
        {
            "line": row.line,
            "shelf": row.shelf,
            "start": row.start,
            "end": row.end,
            "scheme": row.scheme,
            "fault": fault,
        }
        for row, fault in every[offset : offset + limit]
    ]
    return listing(rows, len(every), limit, offset)


@routes.get("/sites/<site>/labels/<labels>/difference")
def label_difference(labels: str) -> Response:
    """What a table that waits would change; 409 for one that does not wait."""
    one = _known(labels)
    if one.state not in WAITING:
        raise ProblemError(409, mark("This table does not wait any more."))
    of = library()
    rows = [row for row, _ in of.reader.label_rows(labels)]
    return answer(_made(examined(of, one, rows, API_WAIT_S)))


@routes.get("/sites/<site>/learned")
def learned() -> Response:
    """Starts of boards proposed from where their books stand, in walking order."""
    limit, offset = window()
    found = _made(proposals(library(), deps().clock.wall_us(), API_WAIT_S))
    rows = [msgspec.structs.asdict(one) | {"agreement": one.agreement} for one in found.proposals]
    return listing(rows[offset : offset + limit], len(rows), limit, offset)


def _made(found: T | None) -> T:
    """An answer that is there, or 503: ask again."""
    if found is None:
        raise ProblemError(503, mark("The whole catalogue is being read for this; ask again."), RETRY_S)
    return found


def _known(labels_id: str) -> LabelSet:
    found = label_set(library(), labels_id)
    if found is None:
        raise ProblemError(404)
    return found
