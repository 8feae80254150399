"""Effects → messages for anyone's dashboard. Pure.

A shelf's state and an open finding stay on their topics (retained); a finding that is over is cleared by an empty message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hub.effects import Finding, SendCommand, ShelfChanged, SweepChanged
from hub.views import FindingView
from shelfwire import codec, topics
from shelfwire.messages import FindingNotice, ShelfState, SweepNotice

SHOWN: Final = frozenset({"open", "claimed", "resolved"})
"""States with a message: what is only suspected is nobody's business yet, what is verified or dismissed is over."""


class Notice(NamedTuple):
    """One message to publish."""

    topic: str
    payload: bytes
    retain: bool
    key: str
    expires_at_us: int = 0


def shelf(site: str, changed: ShelfChanged) -> Notice:
    """A shelf as it looks now."""
    message = ShelfState(
        site=site,
        shelf=changed.shelf,
        at_us=changed.at_us,
        state=changed.state,
        looked_at_us=changed.looked_at_us,
        items=changed.items,
        away=changed.away,
        findings=changed.findings,
    )
    topic = topics.shelf_state(site, changed.shelf)
    return Notice(topic, codec.encode(message), retain=True, key=topic)


def finding(site: str, found: Finding | FindingView, barcode: str | None, sentence: str) -> Notice:
    """A finding as it stands now, or the empty message that clears it."""
    topic = topics.finding(site, found.id)
    if found.state not in SHOWN:
        return Notice(topic, b"", retain=True, key=topic)
    message = FindingNotice(
        site=site,
        id=found.id,
        kind=found.kind,
        state=found.state,
        at_us=found.changed_at_us,
        barcode=barcode,
        heard_shelf=found.shelf,
        home_from=found.home_from,
        home_to=found.home_to,
        confidence=found.confidence,
        sentence=sentence,
    )
    return Notice(topic, codec.encode(message), retain=True, key=topic)


def sweep(site: str, changed: SweepChanged) -> Notice:
    """The progress of a sweep."""
    message = SweepNotice(
        site=site,
        id=changed.id,
        state=changed.state,
        at_us=changed.ended_at_us or changed.started_at_us,
        covered_shelves=len(changed.covered),
        shelves=len(changed.shelves),
        expected=changed.expected,
        found=changed.found_in_place + changed.found_elsewhere,
    )
    topic = topics.sweep(site, changed.id)
    return Notice(topic, codec.encode(message), retain=True, key=topic)


def command(site: str, asked: SendCommand) -> Notice:
    """A command to an agent; not retained, so that no agent finds last night's when it comes back."""
    topic = topics.command(site, asked.agent)
    return Notice(
        topic,
        codec.encode(asked.command),
        retain=False,
        key=f"{topic}#{asked.command.id}",
        expires_at_us=asked.command.expires_at_us,
    )


def newest_findings(effects: Sequence[object]) -> list[Finding]:
    """The last word on each finding in a group of effects."""
    from_last: dict[str, Finding] = {}
    for effect in effects:
        if (found := getattr(effect, "finding", None)) is not None:
            from_last[found.id] = found
    return list(from_last.values())
