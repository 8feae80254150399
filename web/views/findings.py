"""The findings: what a person should look at, as cards."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request

from hub.views import FindingView
from web.deps import library
from web.grouping import StaleGroup, grouped
from web.library import MAX_SORTED, TO_DO_STATES, Library
from web.problems import ProblemError
from web.rendering import page, shared_page
from web.views.paging import Paging, page_number
from web.words import KINDS

pages = Blueprint("findings", __name__)

PAGE_SIZE = 20
STATES = {
    "todo": TO_DO_STATES,
    "open": ("open",),
    "claimed": ("claimed",),
    "suspected": ("suspected",),
    "done": ("resolved", "verified"),
    "dismissed": ("dismissed",),
}
SORTS = ("walk", "sure", "new")


@pages.get("/s/<site>/findings")
def index() -> str:
    """All findings of a kind and state, in walking order, or the surest or newest first."""
    of = library()
    kind = _choice("kind", ("", *KINDS), "")
    state = _choice("state", tuple(STATES), "todo")
    sort = _choice("sort", SORTS, "walk")
    found, total = of.findings(STATES[state], (kind,) if kind else None)
    ordered = in_order(of, found, sort)
    cards: Sequence[FindingView | StaleGroup] = ordered
    if not kind:  # who asks for stale shelves alone gets each of them
        cards = grouped(ordered, of.bay_of_shelf, of.face_of_bay)
    paging = Paging(page_number(), PAGE_SIZE, len(cards))
    return shared_page(
        "findings.html",
        rows=cards[(paging.number - 1) * PAGE_SIZE : paging.number * PAGE_SIZE],
        paging=paging,
        sorted_here=len(found),
        total=total,
        beyond=total > MAX_SORTED,
        kind=kind,
        state=state,
        sort=sort,
        kinds=tuple(KINDS),
        states=tuple(STATES),
        by_kind=_by_kind(of, state),
        as_of_us=of.as_of_us(),
    )


@pages.get("/s/<site>/finding/<finding>")
def show(finding: str) -> str:
    """One finding with its evidence."""
    found = library().reader.finding(finding)
    if found is None:
        raise ProblemError(404)
    return page("finding.html", finding=found, as_of_us=library().as_of_us())


def in_order(of: Library, found: list[FindingView], sort: str) -> list[FindingView]:
    """`found` sorted as the person wants it."""
    if sort == "sure":
        return sorted(found, key=lambda each: (-each.confidence, each.id))
    if sort == "new":
        return sorted(found, key=lambda each: (-each.opened_at_us, each.id))
    return sorted(found, key=of.walking_key)


def _by_kind(of: Library, state: str) -> dict[str, int]:
    everything, _ = of.findings(STATES[state], None)
    counts: dict[str, int] = {}
    for each in everything:
        counts[each.kind] = counts.get(each.kind, 0) + 1
    return counts


def _choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    given = request.args.get(name, default)
    if given not in allowed:
        raise ProblemError(400)
    return given
