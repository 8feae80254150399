"""What the catalogue makes of a call number: its scheme, its sort key, and why it has none. Pure.

The scheme is the first that says something: the item's own (852 first indicator, 952 $2 …), the one that the mapping
file declares, the site's (``callnumbers.scheme`` in the site file), and with ``auto`` a guess from the number itself.
A number that is malformed, or of which no scheme can be told, is kept and shown, files behind everything recognised, and
gives its item no home. A scheme that is declared as ``free`` is none of those: such numbers have a natural order.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from shelfwire.callnumbers import FREE, KEY_FORMAT, read, sort_key
from shelfwire.site.callnumbers import CallNumbers

NO_SCHEME: Final = "fits none of the schemes LC, Dewey and 中图法"


class Shelved(NamedTuple):
    """A call number as the store keeps it."""

    scheme: str
    """By which it was read: ``LC``, ``DEWEY``, ``CLC``, ``LOCAL``, ``FREE``, ``AUTO`` (guessed); empty without a number."""
    sort_key: bytes | None
    """None: there is no call number."""
    fault: str
    """Why no home follows from it; empty when all is well."""


NOTHING: Final = Shelved("", None, "no call number")


def shelved(call_number: str, scheme: str, site: CallNumbers) -> Shelved:
    """How `call_number` stands on the shelf; `scheme`: the item's own, or empty. Total.

    About 10 µs; keys hold as long as `hub.catalog.callnumber.KEY_FORMAT` and the site's settings.
    """
    if not call_number:
        return NOTHING
    name = scheme or site.scheme
    key = sort_key(call_number, name, site.rules)
    if not key.startswith(FREE):
        return Shelved(name, key, "")
    found = read(call_number, name, site.rules)
    if found.fault is not None:
        return Shelved(name, key, f"{_NAMES.get(found.scheme, found.scheme)}: {found.fault}")
    return Shelved(name, key, NO_SCHEME if name == "AUTO" else "")


_NAMES: Final = {
    "LC": "no LC number",
    "DEWEY": "no Dewey number",
    "CLC": "no 中图法 number",
    "LOCAL": "not of the local scheme",
}

__all__ = ["KEY_FORMAT", "NOTHING", "NO_SCHEME", "Shelved", "shelved"]
