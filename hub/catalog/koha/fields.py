"""The fields of Koha's answers that are looked at, and no others: what is not named here never becomes an object. Pure.

Names of the interface: OpenAPI definitions ``item``, ``biblio`` and ``hold`` of Koha 23.05 to 25.11.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

import msgspec

from hub.catalog.http.answer import decoded

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?([+-])(\d\d):?(\d\d)")

T = TypeVar("T")


class Words(msgspec.Struct, frozen=True):
    """What a code means to the library's people."""

    text: str | None = msgspec.field(default=None, name="str")


class Strings(msgspec.Struct, frozen=True):
    """Words of the codes of an item."""

    withdrawn: Words | None = None
    lost_status: Words | None = None
    not_for_loan_status: Words | None = None
    location: Words | None = None


class Title(msgspec.Struct, frozen=True):
    """Of the bibliographic record."""

    title: str | None = None
    subtitle: str | None = None
    part_number: str | None = None
    part_name: str | None = None
    author: str | None = None


class Claim(msgspec.Struct, frozen=True):
    """That somebody says he brought it back; nothing of who."""


class _Plain(msgspec.Struct, frozen=True):
    """An item without what only adorns it."""

    item_id: int
    external_id: str | None = None
    """Barcode."""
    callnumber: str | None = None
    call_number_source: str | None = None
    serial_issue_number: str | None = None
    inventory_number: str | None = None
    home_library_id: str | None = None
    holding_library_id: str | None = None
    location: str | None = None
    collection_code: str | None = None
    effective_item_type_id: str | None = None
    withdrawn: int | None = 0
    lost_status: int | None = 0
    not_for_loan_status: int | None = 0
    effective_not_for_loan_status: int | msgspec.UnsetType | None = msgspec.UNSET
    damaged_status: int | None = 0
    restricted_status: int | None = 0
    checked_out_date: str | None = None
    """Only whether it is set is looked at."""
    timestamp: str | None = None
    biblio: Title | None = None


class KohaItem(_Plain, frozen=True):
    """One item. A number that is null is one that the account may not see."""

    return_claim: Claim | None = None
    strings: Strings | None = msgspec.field(default=None, name="_strings")


class KohaHold(msgspec.Struct, frozen=True):
    """One hold: for which item, and how far it is. For whom is not looked at."""

    hold_id: int
    item_id: int | None = None
    status: str | None = None


class Token(msgspec.Struct, frozen=True):
    """What an account is given for its secret."""

    access_token: str
    expires_in: float = 3600.0
    """Seconds."""


class Key(msgspec.Struct, frozen=True):
    """As much of a row as can be told when the rest is wrong."""

    item_id: int


def read_row(raw: bytes | msgspec.Raw, kind: type[T]) -> tuple[T | None, str]:
    """(the row, why it is none)."""
    return decoded(bytes(raw), kind)


def read_item(raw: bytes | msgspec.Raw) -> tuple[KohaItem | None, str]:
    """(the item, why it is none). Words of codes that are no words cost only themselves."""
    item, wrong = read_row(raw, KohaItem)
    if item is not None:
        return item, ""
    plain, _ = read_row(raw, _Plain)
    return (None, wrong) if plain is None else (KohaItem(**msgspec.structs.asdict(plain)), "")


def row_id(raw: bytes | msgspec.Raw) -> int | None:
    """The item id of a row that is otherwise wrong."""
    key, _ = decoded(bytes(raw), Key)
    return None if key is None else key.item_id


def offset_min(timestamp: str | None) -> int | None:
    """Minutes that the server's local time is ahead of UTC, as one of its times says; None: it does not."""
    found = _TIME.fullmatch(timestamp or "")
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    return -minutes if found[1] == "-" else minutes
