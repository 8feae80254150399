"""What the read side hands to web, API and command line: plain rows, joined and worded. Made by `hub.store.read`."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.effects import Evidence


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    """An item with where it is believed to be."""

    item_id: int
    barcode: str
    title: str
    author: str
    call_number: str
    status: str
    source_status: str
    home_from: str | None
    home_to: str | None
    home_source: str
    flags: list[str]
    """What the source says beside the status: `hub.catalog.model.FLAGS`."""
    scheme: str
    """How the source says that the call number is built; empty: as the site is set."""
    callnumber_fault: str
    """Why the call number cannot be read; empty when it can."""
    alternative_ids: list[str]
    shelf: str | None
    """Believed place; None: away or never heard."""
    probability: float | None
    candidates: list[tuple[str, float]]
    last_heard_at_us: int | None
    last_heard_by: str | None
    evidence: list[Evidence]
    findings: list[FindingView]
    tag_keys: list[str]


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """One tag of an item."""

    tag_key: str
    part: int
    """From 1; 0: the tag stands for all parts."""
    parts: int
    valid_from_us: int
    import_id: str
    """Which import brought it; empty: the tag itself said whose it is."""


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with the names that a card shows."""

    id: str
    kind: str
    state: str
    opened_at_us: int
    changed_at_us: int
    confidence: float
    item_id: int | None
    barcode: str | None
    title: str | None
    author: str | None
    call_number: str | None
    antenna: str | None
    shelf: str | None
    home_from: str | None
    home_to: str | None
    why: dict[str, Any]
    evidence: list[Evidence]
    claimed_by: str | None
    reason: str | None


class ShelfView(msgspec.Struct, frozen=True, kw_only=True):
    """One shelf's state row; `state` as in `shelfwire.messages.ShelfState`."""

    shelf: str
    at_us: int
    state: str
    looked_at_us: int | None
    items: int
    away: int
    findings: int


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an item's history."""

    at_us: int
    kind: str
    shelf: str | None
    probability: float | None
    detail: dict[str, Any]


class SweepView(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep's row."""

    id: str
    scope: str
    state: str
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


class SweepRowView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a sweep's report."""

    outcome: str
    item_id: int | None
    barcode: str | None
    title: str | None
    call_number: str | None
    home: str | None
    heard: str | None
    confidence: float
