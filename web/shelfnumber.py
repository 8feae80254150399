"""An item's call number as it was read: the scheme and the elements, for the page of the item. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from hub.views import ItemView
from shelfwire.callnumbers import read
from shelfwire.site.callnumbers import CallNumbers
from web.i18n import mark

PARTS: Final = {
    "prefix": mark("prefix"),
    "class": mark("class"),
    "cutter": mark("cutter"),
    "book number": mark("book number"),
    "extra": mark("more"),
    "date or number": mark("date or number"),
    "ordinal": mark("ordinal"),
    "volume": mark("volume"),
    "month": mark("month"),
    "word": mark("word"),
    "copy": mark("copy"),
    "text": mark("text"),
}
"""Names of elements (`shelfwire.callnumbers.model.Part`); those of a local scheme are the library's own words."""
SCHEMES: Final = {
    "LC": mark("Library of Congress"),
    "DEWEY": mark("Dewey"),
    "CLC": mark("Chinese Library Classification"),
    "LOCAL": mark("the library's own scheme"),
    "FREE": mark("free text"),
}


class ShelfNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A call number with its elements."""

    scheme: str
    guessed: bool
    """Neither the source nor the site says the scheme."""
    parts: list[tuple[str, str]]
    """(name, spelling); empty when it cannot be read."""


def shelf_number(item: ItemView, site: CallNumbers) -> ShelfNumber | None:
    """How the call number was read; None without one."""
    if not item.call_number:
        return None
    wanted = item.scheme or site.scheme
    number = read(item.call_number, wanted, site.rules)
    return ShelfNumber(
        scheme=number.scheme,
        guessed=wanted.upper() == "AUTO",
        parts=[]
        if number.fault or item.callnumber_fault
        else [(part.name, part.text) for part in number.parts],
    )
