"""The rules by which rows become a catalogue. Pure; ``docs/catalogue.md`` tells them to a librarian.

1. No barcode: not taken (the connectors say so). Barcodes are compared without case and blanks.
2. Two items with one barcode: the first one counts, the second is listed and not taken.
3. One tag on two items: the link goes to the first, the second item is taken without that tag and listed. A tag
   that is fixed to a shelf (a reference tag of the site) belongs to no item.
4. No call number: taken, without a home from its call number, and listed.
5. A home that names a shelf that the site does not have: taken without home, and listed. A span written
   backwards is turned round, and listed.
6. A tag that is no EPC: left out and listed; the item is taken.
7. Texts beyond their bounds are cut and listed; a barcode beyond its bound is not taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

import msgspec

from hub.catalog.model import FileNote, Item, RowFault
from shelfwire.errors import PeerError
from shelfwire.tags.key import tag_key

MAX_BARCODE: Final = 80
"""The longest in use that we know has 20 signs; a URL in a QR code has 60."""

MAX_CHARS: Final = {
    "title": 1_000,
    "author": 300,
    "call_number": 160,
    "source_status": 120,
    "home_from": 60,
    "home_to": 60,
}
"""What a screen can show and a search should index; a title of 4,000 signs is a note in the wrong field."""

MAX_TAGS: Final = 100
"""A boxed set has one a part."""


class _Tell(Protocol):
    def __call__(self, what: str, *, taken: bool = True) -> None: ...


class Counts(msgspec.Struct):
    """What came in and what became of it: rows = items + those that are not taken."""

    rows: int = 0
    """Items and rows without one, as the connector gave them."""
    items: int = 0
    not_taken: int = 0
    faults: int = 0
    """Lines in the report; an item may have several."""
    with_home: int = 0
    tags: int = 0
    statuses: dict[str, int] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)
    """What the connector says of the file as a whole."""


class Merger:
    """Takes the rows of one import in their order; gives items that the store can take, and faults."""

    def __init__(self, shelf_index: Mapping[str, int], reference_tags: Iterable[str] = ()) -> None:
        """`shelf_index`: shelf id → its place in walking order; `reference_tags`: EPCs; both of the catalogue's site."""
        self.counts = Counts()
        self._shelf_index = shelf_index
        self._seen: set[str] = set()
        self._tags: dict[str, str] = {tag_key(epc, None): "the shelf" for epc in reference_tags}

    def merge(self, rows: Iterable[Item | RowFault]) -> Iterator[Item | RowFault]:
        """The catalogue, row by row, with what was decided."""
        for row in rows:
            if isinstance(row, FileNote):
                self.counts.notes.append(row.what)
                continue
            if isinstance(row, RowFault):
                self.counts.rows += not row.taken
                self.counts.not_taken += not row.taken
                self.counts.faults += 1
                yield row
                continue
            self.counts.rows += 1
            faults: list[RowFault] = []
            item = self._item(row, faults)
            self.counts.faults += len(faults)
            yield from faults
            if item is None:
                self.counts.not_taken += 1
            else:
                self._count(item)
                yield item

    def _count(self, item: Item) -> None:
        counts = self.counts
        counts.items += 1
        counts.with_home += bool(item.home_from)
        counts.tags += len(item.tags)
        counts.statuses[item.status] = counts.statuses.get(item.status, 0) + 1

    def _item(self, row: Item, faults: list[RowFault]) -> Item | None:
        barcode = " ".join(row.barcode.split())
        where = f"item {self.counts.rows}, barcode {barcode[:MAX_BARCODE]}"

        def tell(what: str, *, taken: bool = True) -> None:
            faults.append(RowFault(where=where, what=what, taken=taken))

        if not barcode or len(barcode) > MAX_BARCODE:
            tell(f"a barcode has 1 to {MAX_BARCODE} signs, this one {len(barcode)}; not taken", taken=False)
            return None
        plain = barcode.replace(" ", "").casefold()
        if plain in self._seen:
            tell(
                "this barcode stands twice; the first item with it counts, this one is not taken", taken=False
            )
            return None
        self._seen.add(plain)
        if not row.call_number:
            tell("no call number; taken, without a home from its call number")
        changed: dict[str, str] = {}
        for name, bound in MAX_CHARS.items():
            text = getattr(row, name)
            if len(text) > bound:
                changed[name] = text[:bound]
                tell(f"{name} has {len(text)} signs; cut to {bound}")
        row = msgspec.structs.replace(row, barcode=barcode, **changed)
        home_from, home_to = self._home(row, tell)
        return msgspec.structs.replace(
            row, home_from=home_from, home_to=home_to, tags=self._own_tags(row, tell)
        )

    def _home(self, row: Item, tell: _Tell) -> tuple[str, str]:
        if not row.home_from:
            if row.home_to:
                tell(f"home_to {row.home_to} without home_from; taken without home")
            return "", ""
        home_to = row.home_to or row.home_from
        unknown = [
            shelf for shelf in dict.fromkeys((row.home_from, home_to)) if shelf not in self._shelf_index
        ]
        if unknown:
            tell(f"home names {' and '.join(unknown)}, no shelf of this site; taken without home")
            return "", ""
        if self._shelf_index[home_to] < self._shelf_index[row.home_from]:
            tell(f"home runs backwards from {row.home_from} to {home_to}; turned round")
            return home_to, row.home_from
        return row.home_from, home_to

    def _own_tags(self, row: Item, tell: _Tell) -> tuple[str, ...]:
        kept: list[str] = []
        for epc in row.tags[:MAX_TAGS]:
            try:
                key = tag_key(epc.upper(), None)
            except PeerError as fault:
                tell(f"tag {epc[:40]!r}: {fault}; left out")
                continue
            owner = self._tags.setdefault(key, row.barcode)
            if owner == row.barcode:
                kept.append(epc.upper())
            else:
                tell(f"tag {epc[:40]} belongs to {owner} already; its link stays there")
        if len(row.tags) > MAX_TAGS:
            tell(f"{len(row.tags)} tags; only the first {MAX_TAGS} are taken")
        return tuple(dict.fromkeys(kept))
