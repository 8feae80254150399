"""What comes into the engine. Every event that changes state stands in the journal, in this form. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from shelfwire.messages import AgentStatus, Lost, Reply, Report


class ReportTaken(msgspec.Struct, frozen=True, tag="report"):
    """A report or lost record of an agent that intake took: new, whole, once. Times on the agent's boot clock."""

    message: Report | Lost
    arrived_at_us: int


class StatusHeard(msgspec.Struct, frozen=True, tag="status"):
    """A birth, change or death of an agent."""

    status: AgentStatus
    arrived_at_us: int


class ReplyHeard(msgspec.Struct, frozen=True, tag="reply"):
    """An agent answered a command."""

    agent: str
    reply: Reply


class PeerMisbehaved(msgspec.Struct, frozen=True, tag="peer"):
    """Something came that is no message of ours; counted, shown on the health page, nothing else."""

    agent: str
    """As the topic says; may be nobody that the site knows."""
    fault: str
    """``unreadable``, ``future_version``, ``too_large``, ``unknown_agent``, ``cloned_log``, ``two_logs``, ``topic_mismatch``."""
    detail: str


class ActAsked(msgspec.Struct, frozen=True, tag="act"):
    """A person or program asked for something; the id was made by the client."""

    id: str
    role: str
    asked_at_us: int
    kind: str
    subject: str
    body: dict[str, Any]


class CatalogColumns(msgspec.Struct, frozen=True, tag="catalog"):
    """The whole catalogue as the engine needs it: columns of equal length, one row an item. Text stays in the store."""

    import_id: str
    item_id: list[int]
    barcode: list[str]
    """Used for sentences and ids only while the event is applied."""
    status: list[str]
    """`hub.catalog.model.ItemStatus` values."""
    home_from: list[int]
    """Index of the first shelf of the home span; -1: no home."""
    home_to: list[int]
    home_source: list[str]
    link_key: list[str]
    """Tag keys; links are columns of their own, many to many."""
    link_item: list[int]
    """item_id of each link."""
    alias_digest: list[int] = []
    """Other identifiers of the items, as `hub.catalog.identifiers.identifier_digest` says them (unsigned, 64 bits); many to
    many. Barcodes are none: the engine makes their digests itself."""
    alias_item: list[int] = []
    """item_id of each alias."""
    flag_bits: list[int] = []
    """A row an item, or empty: no item has flags. Bit n stands for `hub.catalog.model.FLAGS[n]`."""
    link_part: list[int] = []
    """A row a link, or empty: as they come. From 1; 0: the tag stands for the whole set."""


class Ticked(msgspec.Struct, frozen=True, tag="tick"):
    """Time has passed; the hub sends one a second, whatever else comes."""


Event = ReportTaken | StatusHeard | ReplyHeard | PeerMisbehaved | ActAsked | CatalogColumns | Ticked
