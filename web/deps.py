"""What the app is made of; built by `web.commands` for the real thing and by the tests for theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import msgspec
from flask import current_app, g

from hub.store.users import Users
from shelfwire.clock import Clock
from web.changes import Changes
from web.config import WebConfig
from web.i18n import Texts
from web.library import Library
from web.times import Times


class Deps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside Flask that a request may touch."""

    config: WebConfig
    libraries: Mapping[str, Library]
    """By site id, in the order of the hub's configuration; never empty."""
    users: Users
    secret: bytes
    changes: Changes
    wake: Callable[[str], None]
    """Tell the hub of a site that there are acts."""
    clock: Clock


class Visitor(msgspec.Struct, frozen=True):
    """Who asks."""

    name: str
    role: str
    token: str | None
    """The session token; None while the map is open because no user exists yet."""
    by_header: bool = False
    """The token came as ``Authorization: Bearer``: no form token is needed, because no browser sends it by itself."""


def deps() -> Deps:
    """Of the app that serves this request."""
    return cast("Deps", current_app.extensions["shelfwire"])


def library() -> Library:
    """The site that this request is about."""
    return cast("Library", g.library)


def texts() -> Texts:
    """The reader's language."""
    return cast("Texts", g.texts)


def times() -> Times:
    """The site's clock in the reader's language."""
    return cast("Times", g.times)


def visitor() -> Visitor | None:
    """Who asks; None: not logged in."""
    return cast("Visitor | None", g.visitor)
