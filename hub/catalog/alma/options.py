"""What a library says about its Alma in hub.yaml. Pure."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from hub.catalog.http.options import HttpOptions
from hub.catalog.model import ItemStatus
from hub.catalog.schemes import Declared
from shelfwire.config import convert
from shelfwire.errors import InputError

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
SetId = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5,30}\Z")]


class AlmaOptions(HttpOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask, with which key, and which items."""

    key_file: Annotated[str, msgspec.Meta(min_length=1)]
    """An API key with read-only rights for Bibs and, for listings, Configuration."""
    sets: tuple[SetId, ...] = ()
    """Ids of sets of titles or physical items; together they are the catalogue. Empty: Alma only answers about items."""
    changed_sets: tuple[SetId, ...] = ()
    """Ids of logical sets that hold what changed of late; listed between two full listings. Empty: `sets` each time."""
    libraries: dict[Code, tuple[Code, ...]] = msgspec.field(default_factory=dict)
    """Library code → location codes whose items are taken, none: all of that library. Empty: every library."""
    not_for_loan: tuple[Code, ...] = ()
    """Codes of item policies that keep an item in the house; Alma has no status for that."""
    statuses: dict[str, ItemStatus] = msgspec.field(default_factory=dict)
    """Alma's process types → ours; before all defaults."""
    schemes: dict[Annotated[str, msgspec.Meta(pattern=r"^[0-8 ]?\Z")], Declared] = msgspec.field(
        default_factory=dict
    )
    """Call-number types (first indicator of 852) → lc, dewey, clc, local, free or auto (as the site is set), where Alma's
    own word does not fit, as for 8 (other)."""
    keep_calls: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 5_000
    """A listing rests until the next day when the day's calls left are fewer: for questions about single items, and for
    the library's other programs. Lower: a listing may take the calls of the self-service machines."""


def alma_options(data: dict[str, Any]) -> AlmaOptions:
    """Checked. Raises `InputError` with all faults."""
    options = convert(data, AlmaOptions, "options")
    faults = [f"options: {fault}" for fault in options.faults()]
    if options.changed_sets and not options.sets:
        faults.append("options: changed_sets need sets, which a full listing reads")
    if faults:
        raise InputError(*faults)
    return options
