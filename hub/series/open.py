"""Configuration → series. The only place that knows all kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hub.series.config import SeriesConfig
from hub.series.port import NoSeries, Series, SeriesReader, Sink
from hub.series.spool import Spool
from hub.series.spooled import SpooledSeries
from hub.series.sqlite import SqliteReader, SqliteSink
from shelfwire.errors import InputError

FILE: Final = "series.db"
SPOOL: Final = "series-spool"


def open_series(config: SeriesConfig, base: Path, secrets: Path | None = None) -> Series:
    """The hub's series, kept or spooled in the folder `base` (its state); one process at a time.

    `secrets`: the folder where relative `token_file` and `password_file` begin (the configuration's); default `base`. Does not
    wait for a server. Raises `InputError` for a configuration that cannot work.
    """
    if config.kind == "none":
        return NoSeries()
    sink: Sink
    if config.kind == "sqlite":
        base.mkdir(parents=True, exist_ok=True)
        sink = SqliteSink(base / FILE, config.keep_days, config.max_bytes)
    else:
        sink = _influx_sink(config, _secret(config, secrets or base))
    reader = open_reader(config, base, secrets)
    return SpooledSeries(config.kind, Spool(base / SPOOL, config.spool_max_bytes), sink, reader)


def open_reader(config: SeriesConfig, base: Path, secrets: Path | None = None) -> SeriesReader:
    """The reading side alone, for web: touches no spool, and any number of processes may have one."""
    if config.kind == "none":
        return NoSeries()
    if config.kind == "sqlite":
        return SqliteReader(base / FILE)
    from hub.series import influx  # noqa: PLC0415 (half a second of import that a hub on SQLite does not need)

    return influx.reader_for(_checked(config), _secret(config, secrets or base))


def _influx_sink(config: SeriesConfig, secret: str) -> Sink:
    from hub.series import influx  # noqa: PLC0415 (as above)

    kind = influx.Influx1Sink if config.kind == "influx1" else influx.Influx2Sink
    return kind(_checked(config), secret)


def _checked(config: SeriesConfig) -> SeriesConfig:
    parts = urlsplit(config.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(
            f"series.url: {config.url!r} is no address; write http://host:port or https://host:port"
        )
    return config


def _secret(config: SeriesConfig, folder: Path) -> str:
    name = config.password_file if config.kind == "influx1" else config.token_file
    if name is None:
        return ""
    path = folder / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"series: {path} cannot be read: {fault}") from fault
