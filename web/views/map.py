"""The map: floors, bays, their states."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from hub.views import ShelfView
from shelfwire.site.model import Bay, Floor
from web.deps import library, texts, times
from web.drawing.plan import BayState, DrawnFloor, bay_state, draw
from web.library import Library
from web.problems import ProblemError
from web.rendering import here, page
from web.words import word

pages = Blueprint("map", __name__)

LISTED_BAYS = 40
"""Bays beside the plan; the plan itself shows all."""


class Told(msgspec.Struct, frozen=True):
    """One bay in the list beside the plan."""

    bay: Bay
    face: str
    now: BayState


@pages.get("/s/<site>/")
def site() -> AnyResponse:
    """Who shortens the address, or types it, comes to the map."""
    return redirect(here("map.start"), code=303)


@pages.get("/s/<site>/map")
def start() -> AnyResponse:
    """To the first floor that needs somebody."""
    of = library()
    if not of.site.floors:
        raise ProblemError(404)
    shelves = of.shelf_states()
    busiest = max(of.site.floors, key=lambda floor: (_findings(floor, shelves) > 0, 0))
    return redirect(here("map.floor", floor=busiest.id), code=303)


@pages.get("/s/<site>/map/<floor>")
def floor(floor: str) -> str:
    """The plan of one floor; ``?shelf=`` marks the bay in which a shelf is."""
    of, found = library(), _floor(floor)
    marked = of.bay_of(request.args.get("shelf"))
    shelves = of.shelf_states()
    return page(
        "map.html",
        floor=found,
        tabs=[(each, _findings(each, shelves)) for each in of.site.floors],
        plan=plan(of, found),
        marked=marked.id if marked else None,
        marked_shelf=request.args.get("shelf") if marked else None,
        **side(of, found),
        words_for=words_for,
    )


@pages.get("/s/<site>/map/<floor>/now.json")
def now(floor: str) -> Response:
    """What a map that is open needs after a change: the state of each bay, and the column beside the plan."""
    of, found = library(), _floor(floor)
    key = ("now", found.id, texts().language)
    body, tag = of.shared(key, lambda: _now(of, found))
    response = Response(body, mimetype="application/json")
    response.set_etag(tag)
    return response.make_conditional(request)  # type: ignore[return-value]  # the same object


def plan(of: Library, found: Floor) -> DrawnFloor:
    """The drawn floor, kept as long as the site stands."""
    drawn: dict[str, DrawnFloor] = of.__dict__.setdefault("_plans", {})
    if found.id not in drawn:
        drawn[found.id] = draw(of.site, found.id)
    return drawn[found.id]


def side(of: Library, found: Floor) -> dict[str, Any]:
    """States of the bays of a floor, counts, and the bays that need somebody in walking order."""
    shelves = of.shelf_states()
    told = [
        Told(bay, face.label, bay_state(bay, shelves))
        for rng in found.ranges
        for face in rng.faces
        for bay in face.bays
    ]
    counts = dict.fromkeys(("attention", "stale", "quiet", "unwatched"), 0)
    for each in told:
        counts[each.now.state] += 1
    wanting = [each for each in told if each.now.findings or each.now.state == "attention"]
    return {
        "bays": {each.bay.id: each.now for each in told},
        "bay_counts": counts,
        "wanting": wanting[:LISTED_BAYS],
        "wanting_total": len(wanting),
        "items_here": sum(each.now.items for each in told),
        "away_here": sum(each.now.away for each in told),
        "as_of_us": of.as_of_us(),
    }


def words_for(bay: str, now: BayState) -> str:
    """What a screen reader says of a bay."""
    said = texts()
    state = word(said, "shelf", now.state)
    if now.findings:
        found = said.counted("%(num)s finding", "%(num)s findings", now.findings)
        return f"{bay}: {state}, {found}"
    if now.state == "stale":
        since = said.text("not looked at since %(time)s", time=times().short(now.looked_at_us))
        return f"{bay}: {since}"
    return f"{bay}: {state}"


def _now(of: Library, found: Floor) -> tuple[bytes, str]:
    values = side(of, found)
    bays = {key: [now.state, now.findings, words_for(key, now)] for key, now in values["bays"].items()}
    shelves = of.shelf_states()
    body = msgspec.json.encode(
        {
            "bays": bays,
            "tabs": {each.id: _findings(each, shelves) for each in of.site.floors},
            "side": page("map_side.html", floor=found, **values),
        }
    )
    return body, str(hash(body))


def _floor(floor_id: str) -> Floor:
    found = library().floor_by_id.get(floor_id)
    if found is None:
        raise ProblemError(404)
    return found


def _findings(found: Floor, shelves: dict[str, ShelfView]) -> int:
    return sum(
        shelves[shelf.id].findings
        for rng in found.ranges
        for face in rng.faces
        for bay in face.bays
        for shelf in bay.shelves
        if shelf.id in shelves
    )
