"""The agent's configuration file, typed. Numbers that a person may tune stand here with unit, reason and bounds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final, Literal

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
    host: str = ""
    """Its address; a reader that speaks through a broker may leave it out."""
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
    broker: BrokerConfig | None = None
    """Readers with MQTT of their own: the broker at which they publish, with an account that may read there."""
    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=512)] | None = None
    """The topic of their reads; no wildcard."""
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
            if times > 1 and host:
                found.append(f"readers: {host}:{port} stands {times} times; a reader serves one client only")
        for reader in self.readers:
            if reader.antennas and len(set(reader.antennas)) < len(reader.antennas):
                found.append(f"readers: {reader.id}: an antenna stands twice in {reader.antennas}")
            found += _faults_of_way(reader)
        for topic, times in Counter(
            (reader.broker, reader.topic)
            for reader in self.readers
            if reader.broker is not None and reader.topic
        ).items():
            if times > 1:
                found.append(f"readers: topic {topic[1]} stands {times} times; give each reader its own")
        return found


_FILES: Final = ("password_file", "ca_file")


def _faults_of_way(reader: ReaderConfig) -> list[str]:
    """What is wrong with how a reader is reached."""
    where = f"readers: {reader.id}"
    found = []
    if not reader.host and reader.broker is None:
        found.append(f"{where}: has neither host nor broker; name one")
    elif not reader.host and reader.kind == "llrp":
        found.append(
            f"{where}: host is missing: an LLRP reader is called at its address, not through a broker"
        )
    if reader.broker is not None:
        found += [f"{where}: {fault}" for fault in reader.broker.faults()]
    if reader.topic is not None and set(reader.topic) & set("+#\0"):
        found.append(f"{where}: topic {reader.topic!r} holds a wildcard; each reader has its own topic")
    return found


def _absolute(reader: ReaderConfig, base: Path) -> ReaderConfig:
    """`reader` with the files of its broker and options beside the configuration: a driver does not know where that is."""
    options = reader.options | {
        name: str((base / path).resolve())
        for name in _FILES
        if isinstance(path := reader.options.get(name), str)
    }
    broker = reader.broker
    if broker is not None:
        files = {
            name: str((base / path).resolve())
            for name in _FILES
            if (path := getattr(broker, name)) is not None
        }
        broker = msgspec.structs.replace(broker, **files)
    return msgspec.structs.replace(reader, broker=broker, options=options)


MAX_EMPTY_DWELLS = MAX_DWELLS_A_REPORT // 2
"""A report of empty dwells closes here, well below what the wire refuses."""


def read(path: Path) -> EdgeConfig:
    """The configuration in `path`. Raises `InputError` with every fault."""
    found = config.read(path, EdgeConfig)
    if faults := found.faults():
        raise InputError(*(f"{path}: {fault}" for fault in faults))
    return msgspec.structs.replace(
        found, readers=[_absolute(reader, path.parent) for reader in found.readers]
    )
