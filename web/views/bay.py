"""A bay: its shelves as boards from the top down, and what stands on them."""

from __future__ import annotations

import msgspec
from flask import Blueprint

from hub.views import FindingView, ItemView, ShelfView
from shelfwire.site.model import Bay, Shelf
from web.deps import library
from web.library import TO_DO_STATES, Library
from web.problems import ProblemError
from web.rendering import shared_page

pages = Blueprint("bay", __name__)

SHOWN_AT_ONCE = 8
"""Items of a shelf before "show all": a board of forty would push the next one off the screen."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """One shelf as it is drawn."""

    shelf: Shelf
    now: ShelfView | None
    wrong: list[tuple[ItemView, FindingView]]
    """Items with a finding, with the one that matters most."""
    right: list[ItemView]
    away: list[ItemView]
    other: list[FindingView]
    """Findings without an item: a silent antenna, a shelf not looked at, an unknown tag."""


@pages.get("/s/<site>/bay/<bay>")
def show(bay: str) -> str:
    """One bay."""
    of = library()
    found = of.site.bay_by_id.get(bay)
    if found is None:
        raise ProblemError(404)
    boards = _boards(of, found)
    before, after = _neighbours(of, found)
    return shared_page(
        "bay.html",
        bay=found,
        face=_face_label(of, found),
        floor=of.floor_by_id[of.floor_of_bay[found.id]],
        boards=boards,
        shown_at_once=SHOWN_AT_ONCE,
        before=before,
        after=after,
        as_of_us=of.as_of_us(),
    )


def _boards(of: Library, bay: Bay) -> list[Board]:
    ids = [shelf.id for shelf in bay.shelves]
    states = of.shelf_states()
    items = of.reader.items_in_bay(ids)
    findings, _ = of.findings(TO_DO_STATES, None)
    boards = []
    for shelf in bay.shelves:
        here = items.get(shelf.id, [])
        of_item = [(item, _worst(item)) for item in here]
        known = {finding.id for item in here for finding in item.findings}
        boards.append(
            Board(
                shelf=shelf,
                now=states.get(shelf.id),
                wrong=[
                    (item, worst) for item, worst in of_item if worst is not None and item.shelf == shelf.id
                ],
                right=[item for item, worst in of_item if worst is None and item.shelf == shelf.id],
                away=[item for item in of.reader.homed_on(shelf.id) if item.shelf is None],
                other=[each for each in findings if each.shelf == shelf.id and each.id not in known],
            )
        )
    return boards


def _worst(item: ItemView) -> FindingView | None:
    open_ones = [finding for finding in item.findings if finding.state in TO_DO_STATES]
    return max(open_ones, key=lambda finding: finding.confidence, default=None)


def _neighbours(of: Library, bay: Bay) -> tuple[str | None, str | None]:
    ids = list(of.site.bay_by_id)
    at = ids.index(bay.id)
    floor = of.floor_of_bay
    before = ids[at - 1] if at > 0 and floor[ids[at - 1]] == floor[bay.id] else None
    after = ids[at + 1] if at + 1 < len(ids) and floor[ids[at + 1]] == floor[bay.id] else None
    return before, after


def _face_label(of: Library, bay: Bay) -> str:
    for floor in of.site.floors:
        for rng in floor.ranges:
            for face in rng.faces:
                if bay in face.bays:
                    return face.label
    return ""
