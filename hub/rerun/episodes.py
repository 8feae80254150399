"""Findings as episodes: about what, open from when to when. Of a run of the engine, or as they really were. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from hub.effects import Finding
from hub.store.read.past import PastFinding

NOT_HELD: Final = frozenset({"unknown_tag"})
"""Kinds that history cannot show again: strangers are only counted in it."""
ENDED: Final = frozenset({"verified", "dismissed"})


class About(NamedTuple):
    """What a finding is about; the same in every run."""

    kind: str
    item_id: int
    """-1: no item."""
    name: str
    """Tag key, antenna or shelf."""


class Episode(msgspec.Struct, kw_only=True):
    """One finding from its opening to its end."""

    id: str
    about: About
    opened_at_us: int
    ended_at_us: int | None
    shelf: str | None
    confidence: float
    state: str


def about(
    kind: str, item_id: int | None, tag_key: str | None, antenna: str | None, shelf: str | None
) -> About:
    """See `About`."""
    if item_id is not None:
        return About(kind, item_id, tag_key or "")
    return About(kind, -1, antenna or shelf or "")


def really(found: list[PastFinding]) -> list[Episode]:
    """Rows of the store, oldest first → episodes."""
    return [
        Episode(
            id=one.id,
            about=about(one.kind, one.item_id, one.tag_key, one.antenna, one.shelf),
            opened_at_us=one.opened_at_us,
            ended_at_us=one.changed_at_us if one.state in ENDED else None,
            shelf=one.shelf,
            confidence=one.confidence,
            state=one.state,
        )
        for one in found
        if one.kind not in NOT_HELD
    ]


class Episodes:
    """Of one run, as its findings change."""

    def __init__(self) -> None:
        self._found: dict[str, Episode] = {}

    def put(self, finding: Finding) -> None:
        """A finding opened or changed."""
        if finding.kind in NOT_HELD:
            return
        one = self._found.get(finding.id)
        if one is None:
            about_it = about(finding.kind, finding.item_id, finding.tag_key, finding.antenna, finding.shelf)
            one = self._found[finding.id] = Episode(
                id=finding.id, about=about_it, opened_at_us=finding.opened_at_us, ended_at_us=None, shelf=finding.shelf,
                confidence=finding.confidence, state=finding.state,
            )  # fmt: skip
        one.state, one.shelf, one.confidence = finding.state, finding.shelf, finding.confidence
        one.ended_at_us = finding.changed_at_us if finding.state in ENDED else None

    def list(self) -> list[Episode]:
        """All, in the order of their opening."""
        return sorted(self._found.values(), key=lambda one: (one.opened_at_us, one.id))
