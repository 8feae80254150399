"""From the source's word for a loan state to ours. Pure; a mapping of the library overrides every default here.

A word that we do not know is reported and never turned into ``on_shelf``: the item is kept as ``in_processing``, which
nobody expects on a shelf, so that it can make no false alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.catalog.model import FLAGS, STATUSES, Flag, ItemStatus

UNKNOWN: Final[ItemStatus] = "in_processing"

Words = Mapping[str, ItemStatus]

WORDS: Final[dict[str, ItemStatus]] = {
    # our own words stand for themselves
    "on_shelf": "on_shelf", "on_loan": "on_loan", "hold_shelf": "hold_shelf", "on_hold_shelf": "hold_shelf",
    "in_transit": "in_transit", "in_processing": "in_processing", "lost": "lost", "missing": "missing",
    "withdrawn": "withdrawn", "not_for_loan": "not_for_loan", "display": "display",
    # plain English, as exports of many systems have it
    "available": "on_shelf", "on shelf": "on_shelf", "in library": "on_shelf", "reshelving": "on_shelf", "paged": "on_shelf",
    "recently returned": "on_shelf", "in place": "on_shelf",
    "checked out": "on_loan", "on loan": "on_loan", "loaned": "on_loan", "claimed returned": "on_loan", "ill": "on_loan",
    "awaiting pickup": "hold_shelf", "on holds shelf": "hold_shelf", "on hold shelf": "hold_shelf",
    "on reservation shelf": "hold_shelf", "at desk": "hold_shelf",
    "in transit": "in_transit", "awaiting delivery": "in_transit",
    "in process": "in_processing", "in processing": "in_processing", "on order": "in_processing", "bindery": "in_processing",
    "cataloging": "in_processing", "cataloguing": "in_processing", "damaged": "in_processing", "repair": "in_processing",
    "order closed": "in_processing", "unavailable": "in_processing", "unknown": "in_processing",
    "declared lost": "lost", "aged to lost": "lost", "lost and paid": "lost", "long overdue": "lost",
    "long missing": "missing",
    "discard/weed": "withdrawn", "discarded": "withdrawn",
    "reserves": "not_for_loan", "reference": "not_for_loan", "not for loan": "not_for_loan", "restricted": "not_for_loan",
    "on display": "display",
    # Chinese
    "在架": "on_shelf", "可借": "on_shelf", "在馆": "on_shelf", "借出": "on_loan", "已借出": "on_loan", "外借": "on_loan",
    "预约": "hold_shelf", "在途": "in_transit", "加工中": "in_processing", "编目中": "in_processing", "订购": "in_processing",
    "丢失": "lost", "遗失": "lost", "注销": "withdrawn", "剔除": "withdrawn", "阅览": "not_for_loan", "展览": "display",
    # Alma process types
    "loan": "on_loan", "holdshelf": "hold_shelf", "transit": "in_transit", "transit_to_remote_storage": "in_transit",
    "lost_loan": "lost", "lost_loan_and_paid": "lost", "lost_ill": "lost", "requested": "on_shelf",
    "claim_returned_loan": "on_loan", "claimed_returned_loan": "on_loan", "work_order_department": "in_processing",
    "technical": "in_processing", "acq": "in_processing",
    # Evergreen, rero-ils and NCIP, where they differ
    "canceled transit": "in_transit", "at_desk": "hold_shelf", "excluded": "not_for_loan",
    "available on shelf": "on_shelf", "available for pickup": "hold_shelf", "recalled": "on_loan",
    "claimed returned or never borrowed": "on_loan", "in transit between library locations": "in_transit",
    "claimed_returned": "on_loan", "long_overdue": "lost", "unclear": "in_processing", "awaiting reshelving": "on_shelf",
    "awaiting_reshelving": "on_shelf", "recently_returned": "on_shelf",
    "pending transfer": "on_shelf", "waiting to be reshelved": "on_shelf", "not available": "not_for_loan",
}  # fmt: skip

FLAG_WORDS: Final[dict[str, Flag]] = {
    "paged": "requested", "requested": "requested", "pending transfer": "requested",
    "reshelving": "recently_returned", "recently returned": "recently_returned",
    "waiting to be reshelved": "recently_returned", "awaiting reshelving": "recently_returned",
    "awaiting_reshelving": "recently_returned", "recently_returned": "recently_returned",
    "claimed returned": "claimed_returned", "claim_returned_loan": "claimed_returned",
    "claimed_returned_loan": "claimed_returned", "claimed_returned": "claimed_returned",
    "claimed returned or never borrowed": "claimed_returned",
    "long overdue": "long_overdue", "long_overdue": "long_overdue", "damaged": "damaged", "restricted": "restricted",
    "unavailable": "unclear", "unknown": "unclear", "canceled transit": "unclear", "unclear": "unclear",
}  # fmt: skip
"""What a word says beside the status, or instead of one."""

BESIDE_ON_SHELF: Final[frozenset[Flag]] = frozenset(
    {"requested", "recently_returned", "damaged", "restricted"}
)
"""Flags of books that stand where they belong: a word of the library that says only this is ``on_shelf``."""

SIERRA: Final[dict[str, ItemStatus]] = {
    "-": "on_shelf", "!": "hold_shelf", "t": "in_transit", "m": "missing", "n": "lost", "$": "lost", "z": "on_loan",
    "o": "not_for_loan", "p": "not_for_loan", "w": "withdrawn",
}  # fmt: skip
"""Codes that mean the same in most Sierra libraries; every other one is set by the library and must be mapped."""

SIRSI: Final[dict[str, ItemStatus]] = {
    "CHECKEDOUT": "on_loan", "HOLDS": "hold_shelf", "INTRANSIT": "in_transit", "MISSING": "missing",
    "LOST": "lost", "LOST-ASSUM": "lost", "LOST-PAID": "lost", "LOST-NRO": "lost", "LOSTCLOSED": "lost",
    "DISCARD": "withdrawn", "WITHDRAWN": "withdrawn", "ORD-CANCLD": "withdrawn",
    "INPROCESS": "in_processing", "CATALOGING": "in_processing", "BINDERY": "in_processing", "ON-ORDER": "in_processing",
    "RESERVES": "not_for_loan", "PHYS-RESV": "not_for_loan", "CLEM-RESV": "not_for_loan", "REFERENCE": "not_for_loan",
    "BARRED": "not_for_loan",
}  # fmt: skip
"""Sirsi says the status as a location."""

_KOHA_LOST: Final[dict[str, ItemStatus]] = {
    "1": "lost", "2": "lost", "3": "lost", "4": "missing", "5": "missing",
}  # fmt: skip

assert set(WORDS.values()) | set(SIRSI.values()) | set(SIERRA.values()) <= set(STATUSES)
assert set(FLAG_WORDS.values()) <= set(FLAGS)


def of_word(word: str, words: Words) -> ItemStatus | None:
    """Our status for the source's `word`, by the library's own table, then by ours; None: we do not know it."""
    plain = " ".join(word.split()).casefold()
    return words.get(plain) or WORDS.get(plain)


def flag_of(word: str, flags: Mapping[str, Flag]) -> Flag | None:
    """What the word says beside the status, by the library's own table, then by ours; None: nothing."""
    plain = " ".join(word.split()).casefold()
    return flags.get(plain) or FLAG_WORDS.get(plain)


def of_word_and_flag(
    word: str, words: Words, flags: Mapping[str, Flag]
) -> tuple[ItemStatus | None, tuple[Flag, ...]]:
    """As `of_word`, with what the word says beside it."""
    flag = flag_of(word, flags)
    status = of_word(word, words) or ("on_shelf" if flag in BESIDE_ON_SHELF else None)
    return status, (flag,) if flag is not None else ()


def of_sierra(code: str, due: str, words: Words) -> ItemStatus | None:
    """A code of one sign; ``-`` with a due date is on loan."""
    status = words.get(code.casefold()) or SIERRA.get(code)
    return "on_loan" if status == "on_shelf" and due else status


def of_sirsi(current: str, home: str, words: Words) -> tuple[ItemStatus | None, str]:
    """(status or None, the raw word) of a Sirsi item: the current location if it has one, else the home location.

    A home location that is no status word is a place to stand in. A current location that is none is somewhere
    else than home, and we do not know what that means.
    """
    word = current or home
    status = words.get(word.casefold()) or SIRSI.get(word.upper())
    if status is not None:
        return status, word
    return ("on_shelf", "") if not current or current == home else (None, current)


def of_koha(
    *, withdrawn: str, lost: str, due: str, not_for_loan: str, location: str, words: Words
) -> tuple[ItemStatus | None, str]:
    """(status or None, the raw codes) of a Koha item; the first that says something decides."""
    raw: str
    status: ItemStatus | None
    if _says(withdrawn):
        raw, status = f"withdrawn={withdrawn}", "withdrawn"
    elif _says(lost):
        raw, status = f"lost={lost}", _KOHA_LOST.get(lost)
    elif due:
        raw, status = "due", "on_loan"
    elif _says(not_for_loan):
        raw, status = f"notforloan={not_for_loan}", _koha_not_for_loan(not_for_loan)
    elif location.upper() == "PROC":
        raw, status = "location=PROC", "in_processing"
    else:
        raw, status = "", "on_shelf"
    return words.get(raw.casefold()) or status, raw


def _koha_not_for_loan(code: str) -> ItemStatus | None:
    """Positive codes are kept in the house; negative ones (-1: ordered) are not there yet."""
    try:
        return "not_for_loan" if int(code) > 0 else "in_processing"
    except ValueError:
        return None


def _says(code: str) -> bool:
    return code not in {"", "0"}


def unknown(word: str) -> str:
    """The text of a fault about a word that nobody knows, the same for all connectors."""
    return (
        f"status {word[:60]!r} is unknown: kept as {UNKNOWN}, so that nobody expects it on the shelf; "
        "map it under `statuses:`"
    )
