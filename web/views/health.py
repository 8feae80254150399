"""Health: agents, readers, antennas, and the hub itself."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, request

from hub.effects import AntennaChanged
from hub.health import Ailing, HubHealth, is_fresh
from shelfwire.errors import AwayError, ShelfwireError
from web.deps import library, times
from web.drawing.spark import Spark, spark
from web.library import Library
from web.problems import ProblemError
from web.rendering import page
from web.views.paging import Paging, page_number
from web.views.promises import kept_of

pages = Blueprint("health", __name__)

PAGE_SIZE = 50
SPAN_S = 6 * 3600
BUCKET_S = 300
_ORDER = {"silent": 0, "unheard": 1, "doubtful": 2, "good": 3}


class ToldAntenna(msgspec.Struct, frozen=True):
    """An antenna with its shelves and its line."""

    now: AntennaChanged
    reader: str
    port: int | None
    shelves: tuple[str, ...]
    line: Spark | None
    ailing: Ailing | None
    """What ails it now, as the hub says."""


@pages.get("/s/<site>/health")
def index() -> str:
    """Everything that must work so that silence means something."""
    of = library()
    state = request.args.get("antennas", "")
    if state not in {"", *_ORDER}:
        raise ProblemError(400)
    antennas = of.shared("antennas", of.reader.antennas)
    counts: dict[str, int] = dict.fromkeys(_ORDER, 0)
    for each in antennas:
        counts[each.state] = counts.get(each.state, 0) + 1
    wanted = sorted(
        (each for each in antennas if state in {"", each.state}),
        key=lambda each: (_ORDER.get(each.state, 9), each.antenna),
    )
    paging = Paging(page_number(), PAGE_SIZE, len(wanted))
    shown = wanted[(paging.number - 1) * PAGE_SIZE : paging.number * PAGE_SIZE]
    return page(
        "health.html",
        agents=of.shared("agents", of.reader.agents),
        antennas=_told(of, shown),
        antenna_counts=counts,
        antenna_state=state,
        paging=paging,
        hub=hub_health(of),
        position=of.hub_state().get("position"),
        hub_is_fresh=is_fresh,
        counts=of.counts(),
        kept=kept_of(of),
        as_of_us=of.as_of_us(),
    )


def hub_health(of: Library) -> HubHealth | None:
    """What the hub says about itself; None: it never ran here, or runs on another machine."""
    try:
        return of.hub_health()
    except AwayError:
        return None


def _told(of: Library, rows: list[AntennaChanged]) -> list[ToldAntenna]:
    places: dict[str, Any] = {antenna.id: antenna for antenna in of.site.antennas}
    said = hub_health(of)
    ailing = {one.antenna: one for one in said.ailing if one.site == of.site.id} if said else {}
    lines = of.shared(("lines", tuple(row.antenna for row in rows)), lambda: _lines(of, rows))
    told = []
    for row in rows:
        place = places.get(row.antenna)
        told.append(
            ToldAntenna(
                row,
                place.reader if place else "",
                place.port if place else None,
                place.hears if place else (),
                lines.get(row.antenna),
                ailing.get(row.antenna),
            )
        )
    return told


def _lines(of: Library, rows: list[AntennaChanged]) -> dict[str, Spark | None]:
    """Reads over the last hours. A series that is away costs its lines, not the page."""
    to_us = times().now_us
    from_us = to_us - SPAN_S * 1_000_000
    found: dict[str, Spark | None] = {}
    for row in rows:
        try:
            points = of.charts.query(
                "antenna", {"antenna": row.antenna}, "reads", from_us, to_us, BUCKET_S, "sum"
            )
        except ShelfwireError:
            return found
        found[row.antenna] = spark(points, from_us, to_us, BUCKET_S)
    return found
