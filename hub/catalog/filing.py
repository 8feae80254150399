"""A call number as the site files it: its sort key, or why it has none. Pure.

The keys stand in the store, so each row says by which format and settings its key was made (`Filing.format`); rows of another
one are made anew. What is decided here:

- The scheme that the source names goes before the site's; ``AUTO`` guesses it number by number.
- A number that does not fit its scheme, or where none was named and none fits, keeps a key by which it files behind
  everything recognised, and a reason; labels give it no home.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple
from zlib import crc32

from shelfwire.callnumbers import DEFAULT, FREE, KEY_FORMAT, NONE, Rules, read, sort_key
from shelfwire.site.callnumbers import CallNumbers

AUTO: Final = "AUTO"


class Filed(NamedTuple):
    """Where a call number stands."""

    key: bytes | None
    """None: there is no call number."""
    fault: str
    """Why it is malformed; empty when all is well."""


@dataclass(frozen=True)
class Filing:
    """How a site orders its books."""

    scheme: str = AUTO
    """For call numbers whose source names none: ``LC``, ``DEWEY``, ``CLC``, ``LOCAL``, ``FREE`` or ``AUTO``."""
    rules: Rules = field(default=DEFAULT)

    @classmethod
    def of(cls, settings: CallNumbers) -> Filing:
        """As the section ``callnumbers:`` of the site says."""
        return cls(settings.scheme, settings.rules)

    @cached_property
    def format(self) -> int:
        """A number above 0 that another key format, scheme or set of rules does not have (31 bits of a checksum)."""
        return crc32(repr((KEY_FORMAT, self.scheme.upper(), self.rules)).encode()) & 0x7FFF_FFFF or 1

    def filed(self, call_number: str, scheme: str = "") -> Filed:
        """The key of a call number; `scheme`: as the source says, empty when it does not."""
        if not call_number:
            return Filed(None, "")
        wanted = scheme or self.scheme
        key = sort_key(call_number, wanted, self.rules)
        if not key.startswith(FREE):
            return Filed(key, "")
        number = read(call_number, wanted, self.rules)
        if number.key == NONE:
            return Filed(None, "")
        if number.fault:
            return Filed(number.key, number.fault)
        if number.scheme == "FREE" and wanted.upper() == AUTO:
            return Filed(number.key, "is of no scheme that we know")
        return Filed(number.key, "")


STANDARD: Final = Filing()


def filing_of(section: CallNumbers) -> Filing:
    """As the section ``callnumbers:`` of a site file says (`shelfwire.site.model.Site.callnumbers`)."""
    return Filing(section.scheme, section.rules)
