"""From Koha's codes to our statuses. Pure; the first rule that says something decides, the library's own table before it.

Koha keeps a status in five places at once. Codes are authorised values, so that every library can add some; a code that
nobody has told us about is never taken for “on its shelf”.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from hub.catalog.koha.fields import KohaItem, Strings, Words
from hub.catalog.koha.options import KohaOptions
from hub.catalog.model import Flag, Item, ItemState, ItemStatus, Scheme
from hub.catalog.statuses import UNKNOWN

WITHHELD: Final = "withheld"
"""Not a code of Koha: the account may not see the codes of this item."""

_LOST: Final[dict[int, ItemStatus]] = {1: "lost", 2: "lost", 3: "lost", 4: "missing", 5: "missing"}
_LONG_OVERDUE: Final = 2
_ORDERED: Final = -1
_HOLDS: Final[dict[str, ItemStatus]] = {"W": "hold_shelf", "T": "in_transit", "P": "in_processing"}
"""Waiting, in transit to where it is wanted, to be looked at by staff."""

HOLD_LETTERS: Final = tuple(_HOLDS)

_SCHEMES: Final[dict[str, Scheme]] = {
    "lcc": "LC", "ddc": "DEWEY", "clc": "CLC", "udc": "FREE", "sudocs": "FREE", "anscr": "FREE",
}  # fmt: skip
"""Koha's own classification sources; ``z`` (other) says nothing, so the site's setting holds."""

MAX_WORDS: Final = 60


_Rule = tuple[str, ItemStatus | None, Words | None]
"""A code, our default for it or None, and its words."""


class Told(msgspec.Struct, frozen=True):
    """What an item's codes say."""

    status: ItemStatus
    source_status: str
    flags: tuple[Flag, ...]
    unknown: str = ""
    """The code that nobody knows, if one decided."""


def state_of(item: KohaItem, hold: str, options: KohaOptions) -> Told:
    """The loan state; `hold` is the letter of a hold on it, or empty."""
    own = {code.casefold(): status for code, status in options.statuses.items()}
    for code, default, words in _rules(item, hold, options, own):
        status = own.get(code.casefold()) or default
        shown = f"{code} ({_short(words.text)})" if words is not None and words.text else code
        flags = tuple(_flags(item, unclear=status is None))
        return Told(status or UNKNOWN, shown, flags, code if status is None else "")
    return Told("on_shelf", "", tuple(_flags(item, unclear=False)))


def _rules(item: KohaItem, hold: str, options: KohaOptions, own: Mapping[str, ItemStatus]) -> Iterator[_Rule]:
    """Each rule that says something, the strongest first."""
    if item.withdrawn is None or item.lost_status is None or item.not_for_loan_status is None:
        yield WITHHELD, None, None
        return
    yield from _gone(item, item.lost_status, item.withdrawn, item.strings or Strings())
    if hold in _HOLDS:
        yield f"hold={hold}", _HOLDS[hold], None
    if options.libraries and item.holding_library_id and item.holding_library_id not in options.libraries:
        yield "elsewhere", "in_transit", None
    yield from _kept(item, item.strings or Strings(), own)


def _gone(item: KohaItem, lost: int, withdrawn: int, strings: Strings) -> Iterator[_Rule]:
    if withdrawn:
        yield f"withdrawn={withdrawn}", "withdrawn", strings.withdrawn
    if lost:
        yield f"lost={lost}", _LOST.get(lost), strings.lost_status
    if item.checked_out_date is not None:
        yield "due", "on_loan", None


def _kept(item: KohaItem, strings: Strings, own: Mapping[str, ItemStatus]) -> Iterator[_Rule]:
    """Of an item that is in the house."""
    for code in _own_codes(item):
        if code.casefold() in own:
            yield code, None, strings.location if code.startswith("location=") else None
    if (item.location or "").upper() == "PROC":
        yield "location=PROC", "in_processing", strings.location
    loan = _not_for_loan(item)
    if loan:
        yield (
            f"notforloan={loan}",
            "not_for_loan" if loan > 0 else "in_processing",
            strings.not_for_loan_status,
        )


def _own_codes(item: KohaItem) -> Iterator[str]:
    """Codes that say nothing of a loan state unless the library says so."""
    for name, value in (
        ("location", item.location),
        ("collection", item.collection_code),
        ("itemtype", item.effective_item_type_id),
        ("damaged", item.damaged_status),
        ("restricted", item.restricted_status),
    ):
        if value:
            yield f"{name}={value}"


def _not_for_loan(item: KohaItem) -> int:
    """The item's own code, else that of its type where Koha works it out."""
    effective = item.effective_not_for_loan_status
    return item.not_for_loan_status or (effective if isinstance(effective, int) else 0)


def _flags(item: KohaItem, *, unclear: bool) -> Iterator[Flag]:
    if (item.location or "").upper() == "CART":
        yield "recently_returned"
    if item.return_claim is not None:
        yield "claimed_returned"
    if item.lost_status == _LONG_OVERDUE and item.checked_out_date is not None:
        yield "long_overdue"
    if item.damaged_status:
        yield "damaged"
    if item.restricted_status:
        yield "restricted"
    loan = item.not_for_loan_status or 0
    if unclear or loan < _ORDERED:
        yield "unclear"


def _short(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if len(plain) <= MAX_WORDS else f"{plain[:MAX_WORDS]}…"


def item_of(item: KohaItem, told: Told, options: KohaOptions) -> Item:
    """As our model has it. `item.external_id` is set."""
    assert item.external_id is not None
    biblio = item.biblio
    parts = (biblio.title, biblio.part_number, biblio.part_name, biblio.subtitle) if biblio else ()
    source = (item.call_number_source or "").casefold()
    own = {name.casefold(): scheme for name, scheme in options.schemes.items()}
    return Item(
        barcode=item.external_id,
        title=_text(*parts).rstrip(" /:;,"),
        author=_text(biblio.author if biblio else None).rstrip(" ,"),
        call_number=_text(item.callnumber, item.serial_issue_number),
        status=told.status,
        source_status=told.source_status,
        flags=told.flags,
        scheme=own.get(source) or _SCHEMES.get(source, ""),
        alternative_ids=tuple(filter(None, (_text(item.inventory_number), str(item.item_id)))),
    )


def item_state(barcode: str, told: Told) -> ItemState:
    """Only the loan state, under the barcode that was asked for."""
    return ItemState(barcode=barcode, status=told.status, source_status=told.source_status, flags=told.flags)


def _text(*parts: str | None) -> str:
    return " ".join(" ".join(part.split()) for part in parts if part)
