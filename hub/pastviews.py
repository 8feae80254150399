"""What the read side hands out of a site's past (`hub.store.read.past`). Pure."""

from __future__ import annotations

import msgspec


class PastItem(msgspec.Struct, frozen=True, gc=False):
    """An item as the catalogue has it now, and since when."""

    item_id: int
    barcode: str
    status: str
    home_from: int
    """Index of the shelf; -1: none."""
    home_to: int
    home_source: str
    flag_bits: int
    aliases: tuple[int, ...]
    since_us: int


class PastLink(msgspec.Struct, frozen=True, gc=False):
    """A link of the catalogue with its times."""

    tag_key: str
    item_id: int
    part: int
    valid_from_us: int
    valid_to_us: int | None


class PastStatus(msgspec.Struct, frozen=True, gc=False):
    """A change of an item's status."""

    at_us: int
    item_id: int
    before: str | None
    """None: nobody noted it."""
    after: str


class PastHome(msgspec.Struct, frozen=True, gc=False):
    """A change of an item's home by a person; shelves by index, -1: none."""

    at_us: int
    item_id: int
    before: tuple[int, int]
    after: tuple[int, int]


class PastFinding(msgspec.Struct, frozen=True):
    """A finding that really was, as it stands in the store now."""

    id: str
    kind: str
    state: str
    opened_at_us: int
    changed_at_us: int
    confidence: float
    item_id: int | None
    tag_key: str | None
    antenna: str | None
    shelf: str | None
    home_from: str | None
    reason: str | None
