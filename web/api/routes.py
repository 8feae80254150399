"""The routes that read. Shapes are those of `hub.views`, as they stand; the contract is ``docs/openapi.yaml``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
from flask import Blueprint, Response, request

from hub.views import FindingView
from shelfwire.errors import AwayError, InputError
from shelfwire.site.draw import floor_layout
from web.api.answers import answer, listing, window
from web.deps import deps, library, texts
from web.drawing.plan import bay_state
from web.i18n import mark
from web.problems import ProblemError
from web.rendering import why
from web.views.health import hub_health
from web.views.paging import number_arg
from web.views.promises import LONG_S, kept_of
from web.views.search import MAX_CHARS
from web.words import FINDING_STATES, KINDS

routes = Blueprint("api", __name__, url_prefix="/api/v1")

CONTRACT = Path(__file__).with_name("openapi.json")
MAX_BARCODE = 80
SERIES = {
    "antenna": ("dwells", "reads", "reference_share"),
    "shelf": ("items", "away"),
    "findings": ("open",),
    "hub": ("dwells", "reads", "late", "tags"),
}
_TAG_OF = {"antenna": "antenna", "shelf": "shelf", "findings": "kind"}
_TAG = re.compile(r"^[A-Za-z0-9._-]{1,60}\Z")


@routes.get("/openapi.json")
def contract() -> Response:
    """The contract."""
    return Response(CONTRACT.read_bytes(), mimetype="application/json")


@routes.get("/sites")
def sites() -> Response:
    """All sites of this hub."""
    return answer(
        {
            "rows": [
                {"id": key, "name": each.site.name, "timezone": each.site.timezone}
                for key, each in deps().libraries.items()
            ]
        }
    )


@routes.get("/sites/<site>")
def site() -> Response:
    """One site with its counts."""
    of = library()
    return answer(
        {
            "id": of.site.id,
            "name": of.site.name,
            "timezone": of.site.timezone,
            "as_of_us": of.as_of_us(),
            "counts": of.counts(),
            "floors": [{"id": floor.id, "name": floor.name} for floor in of.site.floors],
        }
    )


@routes.get("/sites/<site>/floors")
def floors() -> Response:
    """The storeys, lowest first as the site gives them."""
    of = library()
    return answer(
        {
            "rows": [
                {"id": each.id, "name": each.name, "width_m": each.width_m, "depth_m": each.depth_m}
                for each in of.site.floors
            ]
        }
    )


@routes.get("/sites/<site>/floors/<floor>")
def floor(floor: str) -> Response:
    """One floor: outlines in metres and the state of each bay."""
    of = library()
    if floor not in of.floor_by_id:
        raise ProblemError(404)
    states = of.shelf_states()
    layout = floor_layout(of.site, floor)
    bays = [
        {"id": bay.id, "label": bay.label, "face": bay.face, "outline": bay.outline, "shelves": bay.shelves}
        | msgspec.structs.asdict(bay_state(of.site.bay_by_id[bay.id], states))
        for bay in layout.bays
    ]
    ranges = [{"id": rng.id, "name": rng.name, "outline": rng.outline} for rng in layout.ranges]
    plain = {"id": floor, "name": layout.name, "width_m": layout.width_m, "depth_m": layout.depth_m}
    return answer(plain | {"as_of_us": of.as_of_us(), "ranges": ranges, "bays": bays})


@routes.get("/sites/<site>/bays/<bay>")
def bay(bay: str) -> Response:
    """One bay with its shelves and their items."""
    of = library()
    found = of.site.bay_by_id.get(bay)
    if found is None:
        raise ProblemError(404)
    states = of.shelf_states()
    items = of.reader.items_in_bay([shelf.id for shelf in found.shelves])
    shelves = [
        {"id": shelf.id, "state": states.get(shelf.id), "items": items.get(shelf.id, [])}
        for shelf in found.shelves
    ]
    return answer({"id": found.id, "label": found.label, "shelves": shelves})


@routes.get("/sites/<site>/shelves")
def shelves() -> Response:
    """The state of every shelf of which the hub has said something, in walking order."""
    of = library()
    limit, offset = window()
    place = of.site.shelf_by_id
    rows = sorted(
        (row for row in of.shelf_states().values() if row.shelf in place),
        key=lambda row: place[row.shelf].index,
    )
    return listing(rows[offset : offset + limit], len(rows), limit, offset)


@routes.get("/sites/<site>/shelves/<shelf>")
def shelf(shelf: str) -> Response:
    """One shelf with its items."""
    of = library()
    found = of.site.shelf_by_id.get(shelf)
    if found is None:
        raise ProblemError(404)
    body = {"id": found.id, "bay": found.bay, "floor": found.floor, "height_m": found.height_m}
    return answer(body | {"state": of.shelf_states().get(shelf), "items": of.reader.items_on(shelf)})


@routes.get("/sites/<site>/items")
def items() -> Response:
    """Search; ``q`` is needed."""
    text = " ".join(request.args.get("q", "").split())
    if not text or len(text) > MAX_CHARS:
        raise ProblemError(
            400, mark("Give q: 1 to 200 characters of a title, author, call number or barcode.")
        )
    limit, offset = window()
    rows, total = library().reader.search(text, limit, offset)
    return listing(rows, total, limit, offset)


@routes.get("/sites/<site>/items/<path:barcode>/history")
def history(barcode: str) -> Response:
    """What happened to an item, newest first."""
    of = library()
    found = of.reader.item(barcode) if len(barcode) <= MAX_BARCODE else None
    if found is None:
        raise ProblemError(404, mark("No item has this barcode."))
    limit, _ = window()
    return answer({"rows": of.reader.history(found.item_id, limit)})


@routes.get("/sites/<site>/items/<path:barcode>")
def item(barcode: str) -> Response:
    """One item: where it is believed to be, and why."""
    found = library().reader.item(barcode) if len(barcode) <= MAX_BARCODE else None
    if found is None:
        raise ProblemError(404, mark("No item has this barcode."))
    return answer(found)


@routes.get("/sites/<site>/findings")
def findings() -> Response:
    """Findings, newest change first; ``state`` and ``kind`` may stand more than once."""
    states, kinds = request.args.getlist("state"), request.args.getlist("kind")
    if not set(states) <= set(FINDING_STATES) or not set(kinds) <= set(KINDS):
        raise ProblemError(
            400,
            mark("There is no such state or kind of finding. States: %(states)s. Kinds: %(kinds)s."),
            words={"states": ", ".join(FINDING_STATES), "kinds": ", ".join(KINDS)},
        )
    limit, offset = window()
    rows, total = library().reader.findings(states or ("open", "claimed"), kinds or None, limit, offset)
    return listing([_told(row) for row in rows], total, limit, offset)


@routes.get("/sites/<site>/findings/<finding>")
def finding(finding: str) -> Response:
    """One finding with its evidence and its sentence."""
    found = library().reader.finding(finding)
    if found is None:
        raise ProblemError(404)
    return answer(_told(found))


@routes.get("/sites/<site>/sweeps")
def sweeps() -> Response:
    """Sweeps, newest first."""
    limit, offset = window()
    rows = library().reader.sweeps(limit + 1, offset)
    total = offset + len(rows)
    return listing(rows[:limit], total, limit, offset)


@routes.get("/sites/<site>/sweeps/<sweep>")
def sweep(sweep: str) -> Response:
    """One sweep."""
    found = library().reader.sweep(sweep)
    if found is None:
        raise ProblemError(404)
    return answer(found)


@routes.get("/sites/<site>/sweeps/<sweep>/rows")
def sweep_rows(sweep: str) -> Response:
    """The report's rows."""
    found = library().reader.sweep(sweep)
    if found is None:
        raise ProblemError(404)
    limit, offset = window()
    rows = library().reader.sweep_rows(sweep, None, limit + 1, offset)
    return listing(rows[:limit], offset + len(rows), limit, offset)


@routes.get("/sites/<site>/promises")
def promises() -> Response:
    """How right the findings were."""
    found = kept_of(library(), LONG_S)
    if found is None:
        raise AwayError("the answers are still being counted")
    return answer(found)


@routes.get("/sites/<site>/health")
def health() -> Response:
    """Agents, readers, antennas, and the hub itself (null when it runs elsewhere)."""
    of = library()
    return answer(
        {
            "as_of_us": of.as_of_us(),
            "hub": hub_health(of),
            "agents": of.shared("agents", of.reader.agents),
            "antennas": of.shared("antennas", of.reader.antennas),
        }
    )


@routes.get("/sites/<site>/series")
def series() -> Response:
    """Aggregates over time: ``measurement``, ``field``, ``of`` (an antenna, shelf or kind), ``from_us``, ``to_us``, ``bucket_s``."""
    measurement, field = request.args.get("measurement", ""), request.args.get("field", "")
    if field not in SERIES.get(measurement, ()):
        raise ProblemError(400, mark("There is no such measurement or field."))
    tags: dict[str, str] = {}
    if name := request.args.get("of"):
        if measurement not in _TAG_OF or _TAG.match(name) is None:
            raise ProblemError(400)
        tags[_TAG_OF[measurement]] = name
    now_us = deps().clock.wall_us()
    to_us, from_us = _time_arg("to_us", now_us), _time_arg("from_us", now_us - 6 * 3_600_000_000)
    bucket_s = number_arg("bucket_s", 300, 1, 31 * 86_400)
    try:
        points = library().charts.query(measurement, tags, field, from_us, to_us, bucket_s)
    except InputError as fault:
        raise ProblemError(400, mark("That span has too many buckets; ask for longer ones.")) from fault
    return answer({"measurement": measurement, "field": field, "tags": tags, "points": points})


def _told(found: FindingView) -> dict[str, Any]:
    return msgspec.structs.asdict(found) | {"sentence": why(found), "language": texts().language}


def _time_arg(name: str, default: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return default
    if not given.isascii() or not given.isdecimal() or len(given) > 16:  # noqa: PLR2004 (the year 2286)
        raise ProblemError(400, mark("A number in the address line is not a number."))
    return int(given)
