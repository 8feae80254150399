"""From Alma's process type to ours. Pure; the library's own table overrides every default.

Alma has no status "withdrawn": such items are deleted, and no answer names them any more.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from hub.catalog.model import Flag, ItemStatus
from hub.catalog.statuses import UNKNOWN, Words

IN_PLACE: Final = "1"

_PROCESSES: Final[dict[str, tuple[ItemStatus, tuple[Flag, ...]]]] = {
    "LOAN": ("on_loan", ()),
    "ILL": ("on_loan", ()),
    "HOLDSHELF": ("hold_shelf", ()),
    "REQUESTED": ("on_shelf", ("requested",)),
    "TRANSIT": ("in_transit", ()),
    "TRANSIT_TO_REMOTE_STORAGE": ("in_transit", ()),
    "MISSING": ("missing", ()),
    "LOST_LOAN": ("lost", ()),
    "LOST_LOAN_AND_PAID": ("lost", ()),
    "LOST_ILL": ("lost", ()),
    "CLAIM_RETURNED_LOAN": ("on_loan", ("claimed_returned",)),
    "CLAIMED_RETURNED_LOAN": ("on_loan", ("claimed_returned",)),
    "WORK_ORDER_DEPARTMENT": ("in_processing", ()),
    "TECHNICAL": ("in_processing", ()),
    "ACQ": ("in_processing", ()),
    "BINDERY": ("in_processing", ()),
}

_CODE: Final = re.compile(r"[A-Z][A-Z_]{1,39}")
"""As Alma writes a process type. Anything else may be a text about a person and is not repeated."""


class Status(NamedTuple):
    """What a process type came to."""

    status: ItemStatus
    source_status: str
    flags: tuple[Flag, ...]
    known: bool
    """False: nobody knows the code; it is kept as in_processing and reported."""


def read_status(process: str, base: str, words: Words) -> Status:
    """Our status for Alma's process type and base status (1 in place, 0 not)."""
    own = words.get(process.casefold()) if process else None
    found = _PROCESSES.get(process)
    if own is not None:
        return Status(own, process, found[1] if found else (), known=True)
    if process == "REQUESTED" and base != IN_PLACE:
        return Status("in_transit", process, ("requested",), known=True)
    if found is not None:
        return Status(found[0], process, found[1], known=True)
    if process:
        return Status(UNKNOWN, process if _CODE.fullmatch(process) else "", ("unclear",), known=False)
    if base == IN_PLACE:
        return Status("on_shelf", "", (), known=True)
    return Status("in_processing", "not in place", ("unclear",), known=True)
