"""What every connector over HTTP is told in hub.yaml: the address, whom to trust, how fast to ask, and where secrets lie."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from shelfwire.errors import InputError

MAX_SECRET_BYTES: Final = 4096
"""Keys and tokens have a few hundred; a larger file is another file."""


class HttpOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part that all share; a connector's own options inherit from it."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    """Where the interface begins, ``https://host[:port][/path]``; no account, question mark or ``#`` in it."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's; relative to the configuration."""
    plain_http: bool = False
    """Allows ``http://`` to another machine: account and answers then travel in the open."""
    requests_a_second: Annotated[float, msgspec.Meta(gt=0, le=100)] = 5.0
    """We never ask faster, so that the library's own work is not slowed down."""
    answer_within_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0
    """For a whole answer, its last byte included."""
    tries: Annotated[int, msgspec.Meta(ge=1, le=20)] = 6
    """How often one request is sent before the system counts as away."""

    def faults(self) -> list[str]:
        """What is wrong with the address, in words that say what to write."""
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return ["url: is no address; write https://host or https://host:port/path"]
        found = []
        if (
            parts.scheme not in {"http", "https"}
            or not host
            or not self.url.isascii()
            or not self.url.isprintable()
        ):
            found.append("url: is no address; write https://host or https://host:port/path")
        if parts.username is not None or parts.password is not None:
            found.append("url: holds an account; take it out, secrets stand in a file of their own")
        if parts.query or parts.fragment or " " in self.url:
            found.append("url: ends with the path; take out what follows ? or #")
        if parts.scheme == "http" and host and not is_loopback(host) and not self.plain_http:
            found.append(
                "url: must begin with https:// for another machine (secrets would travel in the open);"
                " plain_http: true allows it nevertheless"
            )
        if self.ca_file is not None and parts.scheme != "https":
            found.append("ca_file: is only for https://")
        return found


def is_loopback(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_secret(base: Path, name: str, option: str) -> str:
    """The first line of the secret file that `option` names. Raises `InputError`, which never shows what stands in it."""
    path = base / name
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as fault:
        raise InputError(f"{option}: {path} cannot be read: {fault.strerror}") from fault
    lines = content.splitlines()
    secret = lines[0].strip() if lines else b""
    if len(content) > MAX_SECRET_BYTES or not secret:
        raise InputError(f"{option}: {path} does not hold a secret in its first line")
    try:
        text = secret.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text:
        raise InputError(f"{option}: {path} does not hold plain text in its first line")
    return text


def trust(base: Path, ca_file: str | None) -> ssl.SSLContext:
    """Whose certificates to believe. Raises `InputError`."""
    path = str(base / ca_file) if ca_file else None
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as fault:
        raise InputError(f"ca_file: {path}: the certificates cannot be read: {fault}") from fault
