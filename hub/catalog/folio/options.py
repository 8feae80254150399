"""What a library says about its FOLIO in hub.yaml. Pure."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from hub.catalog.http.options import HttpOptions
from hub.catalog.model import ItemStatus
from hub.catalog.schemes import Declared
from shelfwire.config import convert
from shelfwire.errors import InputError

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"

Uuid = Annotated[str, msgspec.Meta(pattern=UUID)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class FolioOptions(HttpOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask, as whom, and which items."""

    tenant: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,63}\Z")]
    """Sent as ``X-Okapi-Tenant``."""
    user: Name | None = None
    """Account of a program, never of a person; with `password_file`."""
    password_file: Name | None = None
    token_file: Name | None = None
    """A token that does not end, for releases that still give one; instead of `user`."""
    locations: tuple[Uuid, ...] = ()
    """Ids of effective locations whose items are listed; empty: all."""
    not_for_loan: tuple[Name, ...] = ()
    """Names of loan types whose items stay in the house; FOLIO has no status for that."""
    statuses: dict[str, ItemStatus] = msgspec.field(default_factory=dict)
    """FOLIO's words → ours; before all defaults."""
    schemes: dict[Uuid, Declared] = msgspec.field(default_factory=dict)
    """Ids of call-number types, the library's own too → lc, dewey, clc, local, free or auto (as the site is set)."""
    page_size: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 200
    """Items an answer. Larger: fewer requests, and each takes FOLIO longer (it joins item, holdings and instance)."""


def folio_options(data: dict[str, Any]) -> FolioOptions:
    """Checked. Raises `InputError` with all faults."""
    options = convert(data, FolioOptions, "options")
    faults = [f"options: {fault}" for fault in options.faults()]
    if (options.token_file is None) == (options.user is None):
        faults.append("options: say who asks: either user and password_file, or token_file")
    if (options.user is None) != (options.password_file is None):
        faults.append("options: user and password_file belong together")
    if faults:
        raise InputError(*faults)
    return options
