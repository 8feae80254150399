"""One card for what one cause made. Pure.

When a reader dies, thirty shelves are not looked at, and the books that need a person would stand between thirty cards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hub.views import FindingView

LEAST: Final = 3
"""Two are as quickly read as one card about them."""


class StaleGroup(msgspec.Struct, frozen=True):
    """Shelves of one face that were not looked at."""

    face: str
    label: str
    state: str
    findings: list[FindingView]
    """In the order of the list."""
    bays: int
    since_us: int | None
    """No shelf of the group was looked at since; None: never."""


def grouped(
    found: Sequence[FindingView], bay_of_shelf: Mapping[str, str], face_of_bay: Mapping[str, tuple[str, str]]
) -> list[FindingView | StaleGroup]:
    """`found` in its order, with the stale shelves of one face and state as one, where the first of them stood.

    `face_of_bay`: bay id → id and label of its face. A shelf that is no longer in the site keeps its own card.
    """
    members: dict[tuple[str, str], list[FindingView]] = {}
    for each in found:
        if (key := _key(each, bay_of_shelf, face_of_bay)) is not None:
            members.setdefault(key, []).append(each)
    cards: list[FindingView | StaleGroup] = []
    for each in found:
        key = _key(each, bay_of_shelf, face_of_bay)
        together = members[key] if key is not None else []
        if len(together) < LEAST:
            cards.append(each)
        elif together[0] is each:
            cards.append(_group(together, bay_of_shelf, face_of_bay))
    return cards


def _key(
    finding: FindingView, bay_of_shelf: Mapping[str, str], face_of_bay: Mapping[str, tuple[str, str]]
) -> tuple[str, str] | None:
    face = face_of_bay.get(bay_of_shelf.get(finding.shelf or "", ""))
    return None if finding.kind != "stale_shelf" or face is None else (face[0], finding.state)


def _group(
    together: list[FindingView], bay_of_shelf: Mapping[str, str], face_of_bay: Mapping[str, tuple[str, str]]
) -> StaleGroup:
    bays = {bay_of_shelf[each.shelf or ""] for each in together}
    face, label = face_of_bay[next(iter(bays))]
    # The latest of them is true of all.
    since = [
        int(each.why["since_us"])
        for each in together
        if "since_us" in each.why and each.why.get("template") != "never_looked"
    ]
    return StaleGroup(face, label, together[0].state, together, len(bays), max(since, default=None))
