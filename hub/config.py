"""The hub's configuration file, ``hub.yaml``, as typed structs, with every path in it resolved.

Bounds stand here with their reasons: each of them keeps a disk from filling or a restart from taking long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec

from hub.catalog.follow.config import CatalogSource
from hub.series.config import SeriesConfig
from hub.settings import EngineSettings, SweepSettings
from hub.store.config import StoreConfig
from shelfwire import config
from shelfwire.errors import InputError
from shelfwire.link import BrokerConfig

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB

_RELATIVE_SQLITE: Final = re.compile(r"^(sqlite(?:\+\w+)?):///(?!/|:memory:|file:)(.+)$")

Bytes = Annotated[int, msgspec.Meta(ge=1)]


class JournalConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The journal: what an acknowledgement means."""

    max_bytes: Annotated[int, msgspec.Meta(ge=4 * MIB)] = 8 * GIB
    """The most that may stand on disk. In use are the two youngest snapshots' worth, about ten minutes: 100 MB in a
    building of 2,000 readings a second, 7 GB at 417,000. Beyond it the hub stops taking and says so; the agents keep."""
    segment_bytes: Annotated[int, msgspec.Meta(ge=64 * 1024)] = 64 * MIB
    """A file is closed at this size. Smaller: more files; larger: space is given back later."""
    snapshot_every_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 300.0
    """The time of the journal that a restart replays at the most (twice it, if the youngest snapshot is damaged)."""
    min_free_bytes: Annotated[int, msgspec.Meta(ge=0)] = 256 * MIB
    """Left free on the disk, so that database and snapshots can still be written when the hub stops taking."""


class RawLogConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Closed journal segments as Parquet, so that a better model can run again over last month."""

    keep_days: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    """0: keep none."""
    max_bytes: Annotated[int, msgspec.Meta(ge=0)] = 20 * GIB
    """The oldest files go first. A month of 2,000 readings a second takes about 10 GB."""


class HubConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``hub.yaml``. Paths in it are relative to the file."""

    sites: Annotated[list[str], msgspec.Meta(min_length=1, max_length=1_000)]
    state_dir: str
    database: str | None = None
    """SQLAlchemy URL; None: ``sqlite:///<state_dir>/hub.db``. A password for PostgreSQL stands better in libpq's own
    password file (``PGPASSFILE``) than here."""
    broker: BrokerConfig = BrokerConfig()
    store: StoreConfig = StoreConfig()
    series: SeriesConfig = SeriesConfig()
    journal: JournalConfig = JournalConfig()
    raw_log: RawLogConfig = RawLogConfig()
    engine: EngineSettings = EngineSettings()
    """How the hub decides; ``engine.sweeps`` stands under `sweeps` instead."""
    sweeps: SweepSettings = SweepSettings()
    catalogs: Annotated[list[CatalogSource], msgspec.Meta(max_length=100)] = []
    """Library systems that `shelfwire catalog run` follows."""


@dataclass(frozen=True, kw_only=True)
class HubFiles:
    """The configuration with the places that it names."""

    path: Path
    config: HubConfig

    @property
    def base(self) -> Path:
        """What paths in the file are relative to."""
        return self.path.parent

    @property
    def state_dir(self) -> Path:
        """Where journal, snapshots, spool and (by default) the database live."""
        return self.base / self.config.state_dir

    @property
    def site_files(self) -> list[Path]:
        """The YAML files of the sites."""
        return [self.base / name for name in self.config.sites]

    @property
    def database_url(self) -> str:
        """The database; a relative SQLite path is taken from the file's folder."""
        url = self.config.database
        if url is None:
            return f"sqlite:///{self.state_dir / 'hub.db'}"
        if match := _RELATIVE_SQLITE.match(url):
            return f"{match[1]}:///{self.base / match[2]}"
        return url

    @property
    def engine_settings(self) -> EngineSettings:
        """The engine's settings with those of the sweeps."""
        return msgspec.structs.replace(self.config.engine, sweeps=self.config.sweeps)

    @property
    def journal_dir(self) -> Path:
        """Segments of the journal."""
        return self.state_dir / "journal"

    @property
    def snapshot_dir(self) -> Path:
        """The last two snapshots."""
        return self.state_dir / "snapshots"

    @property
    def imports_dir(self) -> Path:
        """Catalogues as the engine got them, as long as the journal may replay them."""
        return self.state_dir / "imports"

    @property
    def raw_log_dir(self) -> Path:
        """Parquet files."""
        return self.state_dir / "raw_log"

    @property
    def health_file(self) -> Path:
        """What the running hub says about itself (`hub.health.read`)."""
        return self.state_dir / "health.json"


def read_hub(path: Path) -> HubFiles:
    """Read and check ``hub.yaml``. Raises `InputError` with every fault that can be seen without the sites."""
    path = path.resolve()
    loaded = config.read(path, HubConfig)
    faults = [f"{path}: {fault}" for fault in loaded.broker.faults()]
    if loaded.journal.segment_bytes * 2 > loaded.journal.max_bytes:
        faults.append(f"{path}: journal.max_bytes must hold at least two segments of journal.segment_bytes")
    if loaded.engine.sweeps != SweepSettings():
        faults.append(f"{path}: engine.sweeps: stands under `sweeps` in hub.yaml, not under `engine`")
    if len(set(loaded.sites)) != len(loaded.sites):
        faults.append(f"{path}: sites: the same file stands twice")
    if faults:
        raise InputError(*faults)
    return HubFiles(path=path, config=loaded)
