"""Findings as episodes: about what, open from when to when. Of a run of the engine, or as they really were. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from hub.effects import Finding
from hub.pastviews import PastFinding

NOT_HELD: Final = frozenset({"unknown_tag"})
"""Kinds that history cannot show again: strangers are only counted in it."""
MOVED: Final = "moved_range"
ABSORBED: Final = "absorbed"
"""In place of ``dismissed``: nobody did, it became part of a moved range (`hub.findings.machine.Machine.absorb`)."""
ENDED: Final = frozenset({"verified", "dismissed"})


class About(NamedTuple):
    """What a finding is about; the same in every run."""

    kind: str
    item_id: int
    """-1: no item."""
    name: str
    """Tag key, antenna, shelf, or both ranges of a move."""


class Episode(msgspec.Struct, kw_only=True):
    """One finding from its opening to its end."""

    id: str
    about: About
    opened_at_us: int
    ended_at_us: int | None
    shelf: str | None
    confidence: float
    state: str


def about(finding: Finding | PastFinding, range_of: Mapping[str, str]) -> About:
    """See `About`. `range_of`: the range of each shelf; a moved range grows, so its shelves are no name."""
    if finding.item_id is not None:
        return About(finding.kind, finding.item_id, finding.tag_key or "")
    if finding.kind == MOVED:
        ends = (range_of.get(shelf or "", "") for shelf in (finding.home_from, finding.shelf))
        return About(finding.kind, -1, ">".join(ends))
    return About(finding.kind, -1, finding.antenna or finding.shelf or "")


def really(found: Iterable[PastFinding], range_of: Mapping[str, str]) -> list[Episode]:
    """Rows of the store, oldest first → episodes."""
    return [
        Episode(
            id=one.id,
            about=about(one, range_of),
            opened_at_us=one.opened_at_us,
            ended_at_us=one.changed_at_us if one.state in ENDED else None,
            shelf=one.shelf,
            confidence=one.confidence,
            state=ABSORBED if (one.reason or "").startswith("part of ") else one.state,
        )
        for one in found
        if one.kind not in NOT_HELD
    ]


class Episodes:
    """Of one run, as its findings change."""

    def __init__(self, range_of: Mapping[str, str]) -> None:
        self._range_of = range_of
        self._found: dict[str, Episode] = {}

    def put(self, finding: Finding) -> None:
        """A finding opened or changed."""
        if finding.kind in NOT_HELD:
            return
        one = self._found.get(finding.id)
        if one is None:
            one = self._found[finding.id] = Episode(
                id=finding.id, about=about(finding, self._range_of), opened_at_us=finding.opened_at_us, ended_at_us=None, shelf=finding.shelf,
                confidence=finding.confidence, state=finding.state,
            )  # fmt: skip
        one.state, one.shelf, one.confidence = finding.state, finding.shelf, finding.confidence
        one.ended_at_us = finding.changed_at_us if finding.state in ENDED else None

    def list(self) -> list[Episode]:
        """All, in the order of their opening."""
        return sorted(self._found.values(), key=lambda one: (one.opened_at_us, one.id))
