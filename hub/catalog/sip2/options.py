"""What a library says about its SIP2 server: a part of hub.yaml, checked with all faults at once."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from hub.catalog.http.options import is_loopback, read_secret, trust
from hub.catalog.model import ItemStatus
from hub.catalog.options import words
from hub.catalog.sip2 import codec
from hub.catalog.sip2.words import Server
from shelfwire.config import convert
from shelfwire.errors import InputError

Word = Annotated[str, msgspec.Meta(max_length=200)]

ENDS: Final = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the server is, who we are there, and what its answers mean."""

    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 6001
    tls: bool = False
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    plain_tcp: bool = False
    """Allows another machine without TLS: the password and all answers then travel in the open."""
    user: Word | None = None
    """None: the server wants no login (93)."""
    password_file: str | None = None
    """A file with the password in its first line, relative to hub.yaml."""
    terminal_password_file: str | None = None
    """For servers that want the password of the terminal (AC) with each question."""
    location: Word = ""
    """CP: in fsip2 the id of the service point."""
    institution: Word = ""
    """AO."""
    server: Server = "standard"
    """Whose dialect it speaks."""
    encoding: codec.Encoding = "utf-8"
    line_end: Literal["cr", "lf", "crlf"] = "cr"
    """What we send; of the server's all three are taken."""
    error_detection: Literal["auto", "on", "off"] = "auto"
    """``auto``: questions are numbered and summed, and so must be all answers of a server that does it once; ``on``: of every server;
    ``off``: questions are bare."""
    questions_a_second: Annotated[float, msgspec.Meta(gt=0, le=200)] = 10.0
    """We never ask faster: self-checks and desks share this server."""
    answer_within_s: Annotated[float, msgspec.Meta(gt=0, le=60)] | None = None
    """For a whole answer; None: as the server says (98), at most 15 s."""
    statuses: dict[Word, ItemStatus] = {}
    """The library's own meaning of a code (``"01"``) or of a word behind it (``restricted``); before all defaults."""
    places: tuple[Word, ...] = ()
    """Current locations (AP) that are this site; none given: each item's permanent one (AQ)."""

    def faults(self) -> list[str]:
        """What the types do not say, in words."""
        found = []
        if not (is_loopback(self.host) or self.tls or self.plain_tcp):
            found.append(
                "tls: must be true for another machine (the password would travel in the open); "
                "for a server without TLS use a tunnel, or plain_tcp: true allows it nevertheless"
            )
        if self.ca_file is not None and not self.tls:
            found.append("ca_file: is only for tls: true")
        if (self.user is None) != (self.password_file is None):
            found.append("user and password_file go together")
        for name in ("user", "location", "institution"):
            value = getattr(self, name)
            if value is not None and not codec.sendable(value, self.encoding):
                found.append(
                    f"{name}: cannot be sent: it has a |, a control sign, or a sign that {self.encoding} lacks"
                )
        return found


class Secrets:
    """Passwords, out of sight of every repr."""

    __slots__ = ("password", "terminal")

    def __init__(self, password: str, terminal: str) -> None:
        self.password = password
        self.terminal = terminal


class Settings(msgspec.Struct, frozen=True):
    """All that a connector needs, read and checked."""

    options: Options
    secrets: Secrets
    statuses: dict[str, ItemStatus]
    """`Options.statuses`, as words are compared."""
    trust: ssl.SSLContext | None
    """None: without TLS."""


def settings(data: dict[str, Any], base: Path) -> Settings:
    """Checked. Raises `InputError` with all faults, the files' included."""
    options = convert(data, Options, "sip2")
    faults = [f"sip2: {line}" for line in options.faults()]
    password = _secret(options, "password_file", base, faults)
    terminal = _secret(options, "terminal_password_file", base, faults)
    trusted = None
    if options.tls:
        try:
            trusted = trust(base, options.ca_file)
        except InputError as fault:
            faults.append(f"sip2: {fault}")
    if faults:
        raise InputError(*faults)
    return Settings(options, Secrets(password, terminal), words(options.statuses), trusted)


def _secret(options: Options, name: str, base: Path, faults: list[str]) -> str:
    """The first line of a file; what is wrong with it goes to `faults`, never what stands in it."""
    path: str | None = getattr(options, name)
    if path is None:
        return ""
    try:
        secret = read_secret(base, path, name)
    except InputError as fault:
        faults.append(f"sip2: {fault}")
        return ""
    if not codec.sendable(secret, options.encoding):
        faults.append(f"sip2: {name}: cannot be sent: it has a | or a sign that {options.encoding} lacks")
    return secret
