"""The agent's configuration file, typed. Numbers that a person may tune stand here with unit, reason and bounds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from shelfwire import config
from shelfwire.errors import InputError
from shelfwire.ids import AgentId, ReaderId, SiteId
from shelfwire.link import BrokerConfig
from shelfwire.messages import MAX_DWELLS_A_REPORT, Port

MIB = 1024 * 1024


class ReaderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reader and its usual cycle."""

    id: ReaderId
    kind: str = "llrp"
    """A driver's name in the entry-point group ``shelfwire.readers``."""
    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 5084
    antennas: Annotated[list[Port], msgspec.Meta(min_length=1, max_length=1024)] | None = None
    """The ports to drive, in this order; None: all that the reader has."""
    dwell_ms: Annotated[int, msgspec.Meta(ge=50, le=60_000)] = 1_000
    """How long each antenna listens in its turn."""
    power_dbm: Annotated[float, msgspec.Meta(ge=0, le=36)] = 30.0
    session: Annotated[int, msgspec.Meta(ge=0, le=3)] = 1
    target: Literal["A", "AB"] = "AB"
    """``AB``: tags answer again and again, so that silence proves something."""
    search: Literal["reader", "single", "dual", "suppress"] = "reader"
    """``reader``: as the reader does by itself."""
    population: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 256
    """Tags expected in front of one antenna; the reader chooses its slots by it."""
    mode: Annotated[int, msgspec.Meta(ge=0, le=65_535)] | None = None
    """The reader's RF mode index; None: its own choice."""
    options: dict[str, Any] = {}
    """What a driver of another maker wants besides; the driver itself checks it."""


class OutboxConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the outbox may hold at the most. Beyond it the oldest reports are given up, and booked as lost."""

    max_bytes: Annotated[int, msgspec.Meta(ge=MIB, le=1024 * 1024 * MIB)] = 256 * MIB
    """256 MiB: a reader with 32 antennas and 40 tags in front of each makes about 2 kB a second, so that one holds a day and a
    half without a hub, and four a long night; it fits any flash card. Less loses shelves to a network fault overnight."""
    max_age_h: Annotated[float, msgspec.Meta(gt=0, le=24 * 365)] = 72.0
    """72 hours: a long weekend without the hub. What is older than 24 hours counts only for history and coverage, so older reports
    would cost the hub time and tell nobody where a book is."""


class EdgeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agent: who it is, where its broker is, which readers it drives."""

    site: SiteId
    agent: AgentId
    state_dir: str
    """The outbox lives here; relative to the configuration file."""
    broker: BrokerConfig = BrokerConfig()
    readers: Annotated[list[ReaderConfig], msgspec.Meta(max_length=256)] = []
    outbox: OutboxConfig = OutboxConfig()
    report_interval_ms: Annotated[int, msgspec.Meta(ge=10, le=10_000)] = 250
    """A dwell waits no longer than this for others before it is reported."""
    report_observations: Annotated[int, msgspec.Meta(ge=1, le=8_000)] = 500
    """Tags in one report before it is closed: about 25 kB of JSON, where headers no longer weigh."""
    wire: Literal["json", "msgpack"] = "json"

    def faults(self) -> list[str]:
        """What is wrong, in words, all at once."""
        found = self.broker.faults()
        for name, times in Counter(reader.id for reader in self.readers).items():
            if times > 1:
                found.append(f"readers: id {name!r} stands {times} times; give each reader its own")
        for (host, port), times in Counter((reader.host, reader.port) for reader in self.readers).items():
            if times > 1:
                found.append(f"readers: {host}:{port} stands {times} times; a reader serves one client only")
        for reader in self.readers:
            if reader.antennas and len(set(reader.antennas)) < len(reader.antennas):
                found.append(f"readers: {reader.id}: an antenna stands twice in {reader.antennas}")
        return found


MAX_EMPTY_DWELLS = MAX_DWELLS_A_REPORT // 2
"""A report of empty dwells closes here, well below what the wire refuses."""


def read(path: Path) -> EdgeConfig:
    """The configuration in `path`. Raises `InputError` with every fault."""
    found = config.read(path, EdgeConfig)
    if faults := found.faults():
        raise InputError(*(f"{path}: {fault}" for fault in faults))
    return found
