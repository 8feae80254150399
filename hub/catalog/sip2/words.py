"""From SIP2's circulation status to ours, by what each server means by it. Pure.

Sources: 3M SIP 2.00; the item modules of Koha, Evergreen and edge-sip2; the field lists of fsip2. SIP2 has no code for
an item that is withdrawn, not for loan or on display: see `UNSAID`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from hub.catalog.folio.status import STATUSES
from hub.catalog.model import Flag, Gone, ItemState, ItemStatus, RowFault
from hub.catalog.sip2.codec import ItemInfo, plain

Server = Literal["standard", "koha", "evergreen", "edge-sip2", "fsip2"]

UNSAID: Final[frozenset[ItemStatus]] = frozenset({"withdrawn", "not_for_loan", "display"})
"""What SIP2 cannot say: most servers answer 03 “available” for such items, so an ``on_shelf`` from here refutes none of these."""


class Meaning(msgspec.Struct, frozen=True):
    """What a code stands for."""

    words: str
    """Of the standard, in English; shown behind the code."""
    status: ItemStatus
    flags: tuple[Flag, ...] = ()


STANDARD: Final[dict[str, Meaning]] = {
    "01": Meaning("other", "in_processing", ("unclear",)),
    "02": Meaning("on order", "in_processing"),
    "03": Meaning("available", "on_shelf"),
    "04": Meaning("charged", "on_loan"),
    "05": Meaning("charged, not to be recalled yet", "on_loan"),
    "06": Meaning("in process", "in_processing"),
    "07": Meaning("recalled", "on_loan"),
    "08": Meaning("waiting on hold shelf", "hold_shelf"),
    "09": Meaning("waiting to be reshelved", "on_shelf", ("recently_returned",)),
    "10": Meaning("in transit", "in_transit"),
    "11": Meaning("claimed returned", "on_loan", ("claimed_returned",)),
    "12": Meaning("lost", "lost"),
    "13": Meaning("missing", "missing"),
}

SERVERS: Final[dict[Server, dict[str, Meaning]]] = {
    "standard": STANDARD,
    # Koha asks for loan, hold and cart first, so its 01 is an item that would be available but is damaged
    "koha": STANDARD | {"01": Meaning("damaged", "on_shelf", ("damaged",))},
    # its 01 is anything from bindery to weeded
    "evergreen": STANDARD,
    # its 07 is “Paged”: still on its shelf, someone will fetch it; its 01 says more in the notice, see `FOLIO`
    "edge-sip2": STANDARD | {"07": Meaning("paged", "on_shelf", ("requested",))},
    # its 08 is “Awaiting pickup” or “Paged”, its 01 even “Long missing”: no answer tells which
    "fsip2": STANDARD
    | {"08": Meaning("waiting on hold shelf, or paged", "hold_shelf", ("requested", "unclear"))},
}

FOLIO: Final[dict[str, Meaning]] = {
    word: Meaning(word.capitalize(), status, flags) for word, (status, flags) in STATUSES.items()
}
"""The status words of FOLIO, which edge-sip2 writes into the notice (AF) of each item: they say more than its code."""

NOT_THERE: Final[frozenset[str]] = frozenset({"item does not exist", "item not found"})
"""Notices that come with 01 for an item that the system does not have."""


def expected(server: Server) -> frozenset[str]:
    """The notices worth knowing from this server."""
    return NOT_THERE | (FOLIO.keys() if server == "edge-sip2" else frozenset())


def state(
    info: ItemInfo, barcode: str, where: str, server: Server, statuses: Mapping[str, ItemStatus]
) -> ItemState | Gone | RowFault:
    """What an answer says of `barcode`; `statuses` are the library's own meanings and come first.

    A code that nobody knows is a fault and no state: it never becomes ``on_shelf``.
    """
    code = info.circulation
    if _absent(info):
        return Gone(barcode=barcode, source_status=f"{code} not found")
    meaning = SERVERS[server].get(code)
    if info.said in FOLIO and server == "edge-sip2":
        meaning = FOLIO[info.said]
    own = _own(statuses, code, meaning)
    if own is not None:
        return ItemState(barcode=barcode, status=own, source_status=_source(code, meaning))
    if meaning is None:
        what = f"circulation status {code} is none that we know; its state stays as it was. Map it under `statuses`"
        return RowFault(where=where, what=what, taken=False)
    flags = meaning.flags
    if info.elsewhere and meaning.status == "on_shelf" and "unclear" not in flags:
        flags = (*flags, "unclear")
    return ItemState(
        barcode=barcode, status=meaning.status, source_status=_source(code, meaning), flags=flags
    )


def _absent(info: ItemInfo) -> bool:
    """The standard has no code for it: 01 with nothing known of the item, or with the words for it."""
    return info.circulation == "01" and (info.said in NOT_THERE or not (info.titled or info.placed))


def _own(statuses: Mapping[str, ItemStatus], code: str, meaning: Meaning | None) -> ItemStatus | None:
    """By the words of the meaning first (``Restricted``), since they say more than the code."""
    words = plain(meaning.words) if meaning else ""
    return statuses.get(words) or statuses.get(code)


def _source(code: str, meaning: Meaning | None) -> str:
    return f"{code} {meaning.words}" if meaning else code
