"""The configuration of the map: ``web.yaml``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Final

import msgspec

from shelfwire import config
from shelfwire.errors import InputError
from shelfwire.link import BrokerConfig

LANGUAGE_COOKIE: Final = "shelfwire_language"
THEME_COOKIE: Final = "shelfwire_theme"
THEMES: Final = ("auto", "light", "dark")

LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class WebConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the map listens and what it shows. Paths are relative to the file."""

    hub: str
    """The hub's own configuration: its database, series and sites are read."""
    broker: BrokerConfig = BrokerConfig()
    """With credentials that may only read the live topics and publish the wake-up."""
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8080
    names: list[str] = []
    """Host names under which browsers reach the map, beside addresses and ``localhost``. Any other `Host` header is refused,
    so that a foreign page cannot point its own name at this server."""
    behind_tls: bool = False
    """A proxy on this machine speaks TLS to the tablets: cookies are marked Secure."""
    secret_file: str = "web.secret"  # noqa: S105 (a file name)
    """Made on the first start; signs form tokens."""
    streams: Annotated[int, msgspec.Meta(ge=1, le=400)] = 64
    """Tablets that get changes pushed; those beyond it ask every two seconds. Each costs one sleeping thread."""
    demo: bool = False
    """Shows that the library on the screen is a simulated one."""


class LoadedWeb(msgspec.Struct, frozen=True):
    """A configuration and the folder that its paths are relative to."""

    config: WebConfig
    base: Path

    @property
    def hub_file(self) -> Path:
        """The hub's configuration."""
        return self.base / self.config.hub

    @property
    def secret_path(self) -> Path:
        """The file with the secret."""
        return self.base / self.config.secret_file


def load(path: Path) -> LoadedWeb:
    """Read and check ``web.yaml``. Raises `InputError` with every fault."""
    read = config.read(path, WebConfig)
    faults = [f"{path}: {fault}" for fault in read.broker.faults()]
    faults += [f"{path}: names: {name!r} is no host name" for name in read.names if not _is_host(name)]
    if faults:
        raise InputError(*faults)
    return LoadedWeb(read, path.parent)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_open_without_users(web: WebConfig) -> bool:
    """Whether only a person at this machine can reach the map: then it works before the first user is made."""
    return is_loopback(web.host) and not web.behind_tls and not web.names


def _is_host(name: str) -> bool:
    return bool(name) and len(name) < 254 and all(part.isascii() for part in name) and "/" not in name  # noqa: PLR2004 (RFC 1035)
