"""The rules by which rows become a catalogue. Pure; ``docs/catalogue.md`` tells them to a librarian.

1. No barcode: not taken (the connectors say so). Barcodes are compared without case and blanks.
2. Two items with one barcode: the first one counts, the second is listed and not taken.
3. One tag on two items: the link goes to the first, the second item is taken without that tag and listed. A tag
   that is fixed to a shelf (a reference tag of the site) belongs to no item.
4. No call number, a malformed one, or one of no scheme: taken, without a home from its call number, and listed with
   the reason.
5. A home that names a shelf that the site does not have: taken without home, and listed. A span written
   backwards is turned round, and listed.
6. A tag that is no EPC: left out and listed; the item is taken.
7. Texts beyond their bounds are cut and listed; a barcode beyond its bound is not taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from hub.catalog.filing import STANDARD, Filing
from hub.catalog.model import FileNote, Item, RowFault, Unsaid
from hub.catalog.tagtext import key_of
from shelfwire.errors import PeerError

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

MAX_IDS: Final = 20
"""Accession number, inventory number, the source's own id; more is a list in the wrong column."""

Other = TypeVar("Other")

_SHELF: Final = -1
_BOUNDS: Final = tuple(MAX_CHARS.items())


class Counts(msgspec.Struct):
    """What came in and what became of it: rows = items + those that are not taken."""

    rows: int = 0
    """Items and rows without one, as the connector gave them."""
    items: int = 0
    not_taken: int = 0
    unread: int = 0
    """Rows that could not be read at all, so that nobody knows which items they held."""
    faults: int = 0
    """Lines in the report; an item may have several."""
    with_home: int = 0
    without_key: int = 0
    """Items whose call number is missing, malformed or of no scheme."""
    tags: int = 0
    statuses: dict[str, int] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)
    """What the connector says of the file as a whole."""


class Merger:
    """Takes the rows of one import in their order; gives items that the store can take, and faults."""

    def __init__(
        self,
        shelf_index: Mapping[str, int],
        reference_tags: Iterable[str] = (),
        *,
        filing: Filing = STANDARD,
        unit: str = "item",
    ) -> None:
        """`shelf_index`: shelf id → its place in walking order; `reference_tags`: EPCs; both, and `filing`, of the site.

        `unit`: what a row of the source is called, ``line`` or ``record``.
        """
        self.counts = Counts()
        self._shelf_index = shelf_index
        self._filing = filing
        self._unit = unit
        self._unsaid: frozenset[str] = frozenset()
        # Hashes instead of texts, and places instead of barcodes: 100 bytes an item, not 300. Two different barcodes
        # have the same hash in one import of a million among 30 million such imports.
        self._seen: dict[int, int] = {}
        self._tags: dict[int, int] = {hash(key_of(epc)): _SHELF for epc in reference_tags}

    def merge(self, rows: Iterable[Item | RowFault | Other]) -> Iterator[Item | RowFault | Other]:
        """The catalogue, row by row, with what was decided. What is neither item nor fault passes as it is, in its place."""
        counts = self.counts
        for row in rows:
            if isinstance(row, Item):
                counts.rows += 1
                faults: list[RowFault] = []
                item = self._item(row, faults)
                if faults:
                    counts.faults += len(faults)
                    yield from faults
                if item is None:
                    counts.not_taken += 1
                else:
                    self._count(item)
                    yield item
            elif isinstance(row, FileNote):
                counts.notes.append(row.what)
            elif isinstance(row, RowFault):
                counts.rows += not row.taken
                counts.not_taken += not row.taken
                counts.unread += row.unread
                counts.faults += 1
                yield row
            else:
                if isinstance(row, Unsaid):
                    self._unsaid = row.fields
                yield row

    def _count(self, item: Item) -> None:
        counts = self.counts
        counts.items += 1
        counts.with_home += bool(item.home_from)
        counts.tags += len(item.tags)
        counts.statuses[item.status] = counts.statuses.get(item.status, 0) + 1

    def _item(self, row: Item, faults: list[RowFault]) -> Item | None:
        barcode = " ".join(row.barcode.split())
        place = row.place or self.counts.rows
        tell = _Tell(faults, self._unit if row.place else "item", place, barcode)
        if not barcode or len(barcode) > MAX_BARCODE:
            tell(f"a barcode has 1 to {MAX_BARCODE} signs, this one {len(barcode)}; not taken", taken=False)
            return None
        first = self._seen.setdefault(
            hash(barcode.replace(" ", "").casefold()), self.counts.rows << 32 | place
        )
        if first >> 32 != self.counts.rows:
            said = f"{tell.unit} {first & 0xFFFFFFFF}"
            what = f"this barcode stands twice; the first item with it counts ({said}), this one is not taken"
            tell(what, taken=False)
            return None
        changed: dict[str, Any] = {"barcode": barcode} if barcode != row.barcode else {}
        for name, bound in _BOUNDS:
            text = getattr(row, name)
            if len(text) > bound:
                changed[name] = text[:bound]
                tell(f"{name} has {len(text)} signs; cut to {bound}")
        if len(row.alternative_ids) > MAX_IDS or any(len(one) > MAX_BARCODE for one in row.alternative_ids):
            kept = tuple(one for one in row.alternative_ids if len(one) <= MAX_BARCODE)[:MAX_IDS]
            changed["alternative_ids"] = kept
            tell(f"{len(row.alternative_ids)} other identifiers; {len(kept)} of them are taken")
        if "call_number" not in self._unsaid:
            self._call_number(changed.get("call_number", row.call_number), row.scheme, tell)
        if row.home_from or row.home_to:
            changed["home_from"], changed["home_to"] = self._home(row, tell)
        if row.tags:
            changed["tags"] = self._own_tags(row, tell)
        return msgspec.structs.replace(row, **changed) if changed else row

    def _call_number(self, number: str, scheme: str, tell: _Tell) -> None:
        filed = self._filing.filed(number, scheme)
        if filed.key is None or filed.fault:
            self.counts.without_key += 1
            said = f"call number {number[:60]!r}: {filed.fault}" if filed.fault else "no call number"
            tell(f"{said}; taken, without a home from its call number")

    def _home(self, row: Item, tell: _Tell) -> tuple[str, str]:
        if not row.home_from:
            tell(f"home_to {row.home_to[:60]} without home_from; taken without home")
            return "", ""
        home_to = row.home_to or row.home_from
        unknown = [
            shelf for shelf in dict.fromkeys((row.home_from, home_to)) if shelf not in self._shelf_index
        ]
        if unknown:
            names = " and ".join(shelf[:60] for shelf in unknown)
            tell(f"home names {names}, no shelf of this site; taken without home")
            return "", ""
        if self._shelf_index[home_to] < self._shelf_index[row.home_from]:
            tell(f"home runs backwards from {row.home_from} to {home_to}; turned round")
            return home_to, row.home_from
        return row.home_from, home_to

    def _own_tags(self, row: Item, tell: _Tell) -> tuple[str, ...]:
        kept: dict[str, str] = {}
        for text in row.tags[:MAX_TAGS]:
            try:
                key = key_of(text)
            except PeerError as fault:
                tell(f"tag {text[:40]!r}: {fault}; left out")
                continue
            if key in kept:
                continue
            mine = self.counts.rows << 32 | tell.place
            owner = self._tags.setdefault(hash(key), mine)
            if owner == mine:
                kept[key] = text.upper()
            else:
                whose = (
                    f"belongs to the one in {tell.unit} {owner & 0xFFFFFFFF} already; its link stays there"
                )
                mark = "is a reference tag of the site, which marks a shelf; left out"
                tell(f"tag {text[:40]} {mark if owner == _SHELF else whose}")
        if len(row.tags) > MAX_TAGS:
            tell(f"{len(row.tags)} tags; only the first {MAX_TAGS} are taken")
        return tuple(kept.values())


class _Tell:
    """What is to say of one item, with its place in the source."""

    __slots__ = ("_barcode", "_faults", "place", "unit")

    def __init__(self, faults: list[RowFault], unit: str, place: int, barcode: str) -> None:
        self._faults = faults
        self._barcode = barcode
        self.unit = unit
        self.place = place

    def __call__(self, what: str, *, taken: bool = True) -> None:
        barcode = self._barcode[:MAX_BARCODE]
        where = f"{self.unit} {self.place}" + (f", barcode {barcode}" if barcode else "")
        self._faults.append(RowFault(where=where, what=what, taken=taken, barcode="" if taken else barcode))
