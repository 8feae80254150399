"""What the engine wants done. All of them are idempotent: done twice after a replay, the result is the same. Pure.

Rows go to the store with the whole new value, keyed by id; messages go to the broker; points go to the series.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from shelfwire.messages import Command

FindingKind = Literal[
    "misplaced",
    "out_of_order",
    "missing",
    "unexpected",
    "unknown_tag",
    "security",
    "held",
    "silent_antenna",
    "stale_shelf",
    "moved_range",
]
FindingState = Literal["suspected", "open", "claimed", "resolved", "verified", "dismissed"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of what made a finding: what one antenna heard, or did not, over some dwells."""

    antenna: str
    shelf: str
    """The shelf that this speaks for (the antenna's own)."""
    first_at_us: int
    last_at_us: int
    dwells: int
    """Trusted dwells of this antenna in that time."""
    heard: int
    """In how many of them the tag was heard."""
    rssi_dbm: float | None = None
    """Mean of the loudest answers."""
    says: Literal["heard", "silent"]
    weight: float | None = None
    """Natural logarithm of how many times more probable this makes the believed answer than `against`; negative: it speaks
    against it. The weights of all antennas together are what they say together. None: there was nothing to compare with."""
    against: str | None = None
    """The other answer: a shelf, or ``away``. None: nothing, or not kept."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a person should look at; the whole row."""

    id: str
    kind: FindingKind
    state: FindingState
    opened_at_us: int
    changed_at_us: int
    confidence: float
    item_id: int | None = None
    tag_key: str | None = None
    """Only for known items; the key of an unknown tag that stays is hashed."""
    part: int | None = None
    antenna: str | None = None
    shelf: str | None = None
    """Where it was heard, or the shelf that is stale; None: nowhere (missing)."""
    home_from: str | None = None
    home_to: str | None = None
    why: dict[str, Any] = {}
    """Numbers and names that the sentence is made of (`hub.findings.sentences`)."""
    evidence: list[Evidence] = []
    claimed_by: str | None = None
    reason: str | None = None
    """Why it was dismissed."""


class PutFinding(msgspec.Struct, frozen=True):
    """Store and publish a finding."""

    finding: Finding


class PlaceChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An item is now believed somewhere else, or nowhere; the store keeps the latest, the item's history keeps all."""

    item_id: int
    tag_key: str
    at_us: int
    shelf: str | None
    """None: away."""
    probability: float
    candidates: list[tuple[str, float]]
    """Shelf ids (``away`` too) with probabilities, best first."""
    last_heard_at_us: int
    last_heard_by: str
    evidence: list[Evidence]


class ShelfChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A shelf looks different on the map."""

    shelf: str
    at_us: int
    state: Literal["quiet", "attention", "stale", "unwatched"]
    looked_at_us: int | None
    items: int
    away: int
    findings: int


class AgentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as the health page shows it."""

    agent: str
    online: bool
    boot: str
    log: str
    at_us: int
    software: str
    trouble: str
    clock_offset_us: int | None
    reports: int
    doubled: int
    missing: int
    lost: int
    faults: dict[str, int]
    """Counts of `PeerMisbehaved.fault`."""
    last_fault: str
    readers: list[dict[str, Any]]
    """`ReaderState` as plain data."""
    outbox_reports: int
    known: bool
    """False: no agent of the site."""


class AntennaChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna as the health page shows it."""

    antenna: str
    at_us: int
    state: Literal["good", "doubtful", "silent", "unheard"]
    """``unheard``: no dwell for long. ``silent``: dwells, but not even its reference tags."""
    last_dwell_at_us: int | None
    trusted_at_us: int | None
    dwells: int
    reads_a_dwell: float
    reference_share: float | None
    """Of its reference tags, lately heard."""


class ItemEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an item's history."""

    id: str
    item_id: int
    at_us: int
    kind: str
    """``placed``, ``away``, ``finding``, ``act``, ``status``, ``home``."""
    shelf: str | None
    probability: float | None
    detail: dict[str, Any]


class SweepChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep's row; the report when it is done."""

    id: str
    scope: str
    state: Literal["planned", "running", "done", "failed", "cancelled"]
    asked_by: str
    started_at_us: int
    ended_at_us: int | None
    shelves: list[str]
    covered: list[str]
    expected: int
    found_in_place: int
    found_elsewhere: int
    missing: int
    unexpected: int
    unknown: int
    not_covered: int
    detail: str
    """In words: what went wrong, which readers did not answer."""


class SweepRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a finished sweep's report."""

    sweep: str
    rows: list[tuple[int | None, str, str | None, str | None, float]]
    """(item_id, outcome, home shelf, heard shelf, confidence); outcome as the counters of `SweepChanged`."""


class SendCommand(msgspec.Struct, frozen=True):
    """Publish a command to an agent."""

    agent: str
    command: Command


class Point(msgspec.Struct, frozen=True):
    """One numeric point of a series; tags are antennas, shelves, kinds: never an item."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float]
    at_us: int


class ActAnswered(msgspec.Struct, frozen=True):
    """An act was applied, or refused in words."""

    id: str
    ok: bool
    detail: str
    at_us: int


class ItemStatusChanged(msgspec.Struct, frozen=True):
    """An item's catalogue status changed by an act (for example a loan at the desk), or its source said it anew."""

    item_id: int
    status: str
    at_us: int
    source_status: str = ""
    """The source's own word; empty: it was not the source that said so."""
    flags: tuple[str, ...] | None = None
    """`hub.catalog.model.Flag` values; None: as they were."""


class HomesMoved(msgspec.Struct, frozen=True, kw_only=True):
    """A person approved a moved range: these items belong where they stand now, until the catalogue says otherwise."""

    finding: str
    at_us: int
    homes: list[tuple[int, str, str]]
    """(item_id, first shelf, last shelf)."""


class HomesRestored(msgspec.Struct, frozen=True, kw_only=True):
    """An approval was undone: its items have the homes again that they had before."""

    finding: str
    at_us: int


class TagLinked(msgspec.Struct, frozen=True, kw_only=True):
    """A tag says itself which item it is on: a link that no catalogue gave, kept like one until the catalogue says otherwise."""

    tag_key: str
    item_id: int
    part: int
    """From 1; 0: this tag stands for the whole set."""
    parts: int
    at_us: int


Effect = (
    PutFinding
    | PlaceChanged
    | ShelfChanged
    | AgentChanged
    | AntennaChanged
    | ItemEvent
    | SweepChanged
    | SweepRows
    | SendCommand
    | Point
    | ActAnswered
    | ItemStatusChanged
    | TagLinked
    | HomesMoved
    | HomesRestored
)
