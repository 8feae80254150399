"""Identifier → items: what a tag says of its item, held against barcodes and other identifiers of the catalogue. Pure.

Only 64-bit digests are kept, 12 bytes an identifier. Compared without case and blanks, as people typed them; where these alone tell two
barcodes apart, the exact one counts. Two items with one identifier: none is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.catalog.digest import barcode_key
from hub.catalog.identifiers import digest, identifier_digest
from shelfwire.tags.tag import Tag, usable_id

Digests = NDArray[np.uint64]
Places = NDArray[np.int32]


class Match(NamedTuple):
    """What a tag's identifiers lead to."""

    place: int
    """Of the item in the stock; -1: none, or more than one."""
    ambiguous: bool = False


NOBODY: Final = Match(-1)


class Names:
    """Barcodes and other identifiers of all items, each sorted."""

    _ARRAYS: Final = ("barcode", "barcode_place", "alias", "alias_place")

    def __init__(self) -> None:
        self.barcode: Digests = np.zeros(0, dtype=np.uint64)
        """Without case and blanks."""
        self.barcode_place: Places = np.zeros(0, dtype=np.int32)
        self.alias: Digests = np.zeros(0, dtype=np.uint64)
        self.alias_place: Places = np.zeros(0, dtype=np.int32)

    @classmethod
    def of(cls, barcodes: Digests, aliases: Sequence[int], places: Places) -> Names:
        """Barcodes in the order of the stock; aliases with the places of their items (-1: no item, left out)."""
        names = cls()
        names.barcode, names.barcode_place = _sorted(barcodes, np.arange(len(barcodes), dtype=np.int32))
        known = places >= 0
        names.alias, names.alias_place = _sorted(np.array(aliases, dtype=np.uint64)[known], places[known])
        return names

    def match(self, tag: Tag, exact: Digests) -> Match:
        """The item that a tag names. `exact`: digests of the barcodes with their case, by place."""
        primary, other = usable_id(tag.primary_item_id), usable_id(tag.alternative_item_id)
        ways = [
            (primary, self.by_barcode),
            (primary, self.by_alias),
            (other, self.by_alias),
            (other, self.by_barcode),
        ]
        for text, look in ways:
            found = look(text, exact) if text else []
            if found:
                return Match(found[0]) if len(found) == 1 else Match(-1, ambiguous=True)
        return NOBODY

    def by_barcode(self, text: str, exact: Digests) -> list[int]:
        """Places of the items with that barcode; the one that is written just so, if there is one."""
        found = _look(self.barcode, self.barcode_place, identifier_digest(text))
        # What an older hub left in its snapshot has the case that the catalogue wrote.
        found = found or _look(self.barcode, self.barcode_place, digest(text))
        if len(found) > 1:
            same = [place for place in found if int(exact[place]) == digest(text)]
            return same or found
        return found

    def by_alias(self, text: str, _exact: Digests) -> list[int]:
        """Places of the items with that other identifier."""
        return _look(self.alias, self.alias_place, identifier_digest(text))

    def dump(self) -> dict[str, Any]:
        """The arrays by name."""
        return {name: getattr(self, name).copy() for name in self._ARRAYS}

    @classmethod
    def load(cls, state: dict[str, Any]) -> Names:
        """As `dump` left it."""
        names = cls()
        for name in cls._ARRAYS:
            setattr(names, name, np.array(state[name], dtype=getattr(names, name).dtype))
        return names


def barcode_digests(barcodes: Sequence[str], exact: Digests) -> Digests:
    """Digests without case and blanks; those of barcodes that have none are there already."""
    digests = exact.copy()
    for at, barcode in enumerate(barcodes):
        if barcode != barcode_key(barcode):
            digests[at] = identifier_digest(barcode)
    return digests


def _sorted(digests: Digests, places: Places) -> tuple[Digests, Places]:
    order = np.argsort(digests, kind="stable")
    return digests[order], places[order].astype(np.int32)


def _look(digests: Digests, places: Places, number: int) -> list[int]:
    wanted = np.uint64(number)
    first, end = np.searchsorted(digests, wanted, side="left"), np.searchsorted(digests, wanted, side="right")
    return sorted({int(place) for place in places[first:end]})
