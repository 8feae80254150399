"""Where the broker is, who we are there, and whom we trust: the part of each configuration file that says so."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from shelfwire.errors import InputError


class BrokerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is and who we are there."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 1883
    username: str | None = None
    password_file: str | None = None
    """A file with the password in its first line; relative to the configuration file."""
    tls: bool = False
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    protocol: Literal["3.1.1", "5"] = "5"
    """The embedded broker of the demo speaks only 3.1.1."""

    def faults(self) -> list[str]:
        """What is wrong, in words."""
        found = []
        if self.host not in {"127.0.0.1", "::1", "localhost"} and not self.tls:
            found.append(
                "broker.tls: must be true for a broker that is not on this machine (passwords would travel in the open)"
            )
        if (self.username is None) != (self.password_file is None):
            found.append("broker: username and password_file go together")
        if self.ca_file is not None and not self.tls:
            found.append("broker.ca_file: is only for tls: true")
        return found


def read_password(config: BrokerConfig, base: Path) -> str | None:
    """The first line of the password file, None without one. Raises `InputError`."""
    if config.password_file is None:
        return None
    path = base / config.password_file
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise InputError(f"{path}: the broker password cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise InputError(f"{path}: the broker password is no UTF-8 text") from fault
    if not lines or not lines[0]:
        raise InputError(f"{path}: holds no password")
    return lines[0]


def tls_context(config: BrokerConfig, base: Path) -> ssl.SSLContext | None:
    """What to trust, None without TLS. Raises `InputError`."""
    if not config.tls:
        return None
    path = str(base / config.ca_file) if config.ca_file else None
    try:
        context = ssl.create_default_context(cafile=path)
    except OSError as fault:
        raise InputError(f"{path}: the certificates cannot be read: {fault}") from fault
    context.sslsocket_class = _TidySocket
    return context


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the other side is not whom we trust; the client library forgets it there."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 (the parent's signature)
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise
