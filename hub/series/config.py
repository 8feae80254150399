"""The section ``series`` of hub.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

MIB = 1024 * 1024


class SeriesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where time series go. Default: a SQLite file beside the hub's state."""

    kind: Literal["sqlite", "influx1", "influx2", "none"] = "sqlite"
    """``influx1``: InfluxDB 1.x through ``/write``. ``influx2``: 1.8, 2, 3 or VictoriaMetrics through ``/api/v2/write``."""
    url: str = "http://127.0.0.1:8086"
    database: str = "shelfwire"
    """Database of InfluxQL: of `influx1`, and for reading from `influx2` (there a bucket needs a mapping to it)."""
    org: str = "shelfwire"
    bucket: str = "shelfwire"
    token_file: str | None = None
    """A file with the token of `influx2`; for InfluxDB 1.8 ``username:password``."""
    username: str = ""
    password_file: str | None = None
    """A file with the password of `influx1`."""
    spool_max_bytes: Annotated[int, msgspec.Meta(ge=MIB)] = 256 * MIB
    """Disk for points that wait for a server that is away; about two million points. When it is full the oldest go, counted."""
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 400
    """SQLite, and a database of `influx1` that we make; else the server's own retention rules."""
    max_bytes: Annotated[int, msgspec.Meta(ge=MIB)] = 4096 * MIB
    """Size of the SQLite file; when it is reached the oldest points go."""
