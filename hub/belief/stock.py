"""Items and their tags as arrays: what the catalogue says, as far as deciding needs it. Pure.

Titles, barcodes and call numbers stay in the store; of a barcode a 64-bit digest is kept, so that an act can name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.belief.interface import Homes
from hub.belief.names import Names, barcode_digests
from hub.catalog.identifiers import digest
from hub.catalog.model import EXPECTED_ON_SHELF, STATUSES
from hub.events import CatalogColumns

__all__ = ["ELSEWHERE", "EXPECTED", "STATUS_CODE", "Stock", "Told", "digest"]

Ints = NDArray[np.int64]

EXPECTED: Final = np.array([status in EXPECTED_ON_SHELF for status in STATUSES])
"""By status code: the catalogue expects the item on its shelf."""
ELSEWHERE: Final = np.array(
    [s in ("on_loan", "in_transit", "lost", "missing", "withdrawn") for s in STATUSES]
)
"""By status code: the catalogue says that it is not in the stacks; heard there it is *unexpected*."""
STATUS_CODE: Final = {status: code for code, status in enumerate(STATUSES)}


class Told(NamedTuple):
    """A link that the tag itself told."""

    key: str
    item_id: int
    part: int
    """From 1; 0: it stands for the whole set."""
    parts: int


class Stock:
    """Items sorted by id; tag rows in the order of the catalogue's links, behind them those that tags told. -1: none."""

    _ARRAYS: Final = (
        "item_id", "status", "home_from", "home_to", "barcode", "first_row", "item_of_row", "part_of_row",
    )  # fmt: skip
    _LATER: Final = ("flags", "parts_of_row", "since_s")
    """Arrays that snapshots of older hubs do not have."""

    def __init__(self) -> None:
        self.import_id = ""
        self.keys: list[str] = []
        self.item_id = np.zeros(0, dtype=np.int64)
        self.status = np.zeros(0, dtype=np.uint8)
        self.since_s = np.zeros(0, dtype=np.uint32)
        """By item: when the catalogue came to expect it on its shelf, or ceased to; 0: as long as it is known."""
        self.home_from = np.zeros(0, dtype=np.int32)
        self.home_to = np.zeros(0, dtype=np.int32)
        self.barcode = np.zeros(0, dtype=np.uint64)
        self.first_row = np.zeros(0, dtype=np.int32)
        """The row of the item's first tag."""
        self.item_of_row = np.zeros(0, dtype=np.int32)
        """The first item that a tag is linked to; the others stand in `more`."""
        self.part_of_row = np.zeros(0, dtype=np.uint8)
        """Which part of its item a tag is, from 1; 0: the only one, or for the whole set."""
        self.parts_of_row = np.zeros(0, dtype=np.uint8)
        """Of how many parts, as the tag says itself; 0: the catalogue gave this link."""
        self.flags = np.zeros(0, dtype=np.uint16)
        """By item: bit n for `hub.catalog.model.FLAGS[n]`."""
        self.more: dict[int, list[int]] = {}
        self.names = Names()
        self.doubles: dict[int, list[int]] = {}
        """Tag rows that say the same part of the same item (a tag that was replaced, or put in twice) → the other rows."""

    @classmethod
    def of(cls, columns: CatalogColumns) -> Stock:
        """A catalogue as arrays."""
        stock = cls()
        stock.import_id = columns.import_id
        order = np.argsort(np.array(columns.item_id, dtype=np.int64), kind="stable")
        pick = order.tolist()
        stock.item_id = np.array(columns.item_id, dtype=np.int64)[order]
        stock.status = np.array([STATUS_CODE.get(columns.status[i], 0) for i in pick], dtype=np.uint8)
        stock.since_s = np.zeros(len(order), dtype=np.uint32)
        stock.home_from = np.array(columns.home_from, dtype=np.int32)[order]
        stock.home_to = np.array(columns.home_to, dtype=np.int32)[order]
        stock.home_to = np.where(stock.home_from >= 0, np.maximum(stock.home_to, stock.home_from), -1)
        flags = columns.flag_bits or [0] * len(columns.item_id)
        stock.flags = np.array(flags, dtype=np.uint16)[order]
        barcodes = [columns.barcode[i] for i in pick]
        stock.barcode = np.array([digest(barcode) for barcode in barcodes], dtype=np.uint64)
        aliased = stock.places(np.array(columns.alias_item, dtype=np.int64)).astype(np.int32)
        stock.names = Names.of(barcode_digests(barcodes, stock.barcode), columns.alias_digest, aliased)
        stock._link(columns.link_key, columns.link_item, columns.link_part)
        return stock

    def _link(self, keys: Sequence[str], items: Sequence[int], parts: Sequence[int]) -> None:
        """Rows of the catalogue's links. Without `parts` the tags of one item are its parts, in their order."""
        rows: dict[str, int] = {}
        item_of_row: list[int] = []
        self.first_row = np.full(len(self.item_id), -1, dtype=np.int32)
        places = self.places(np.array(items, dtype=np.int64)).tolist()
        said: dict[int, list[tuple[int, int]]] = {}
        for at, (key, place) in enumerate(zip(keys, places, strict=True)):
            if place < 0:
                continue
            row = rows.setdefault(key, len(rows))
            if row < len(item_of_row):
                self.more.setdefault(row, []).append(place)
                continue
            item_of_row.append(place)
            part = parts[at] if parts else 0
            first = int(self.first_row[place])
            if first < 0:
                self.first_row[place] = row
                if parts and part != 1:
                    said[place] = [(row, part)]
                continue
            known = said.setdefault(place, [(first, 1)])
            known.append((row, part if parts else len(known) + 1))
        self.keys = list(rows)
        self.item_of_row = np.array(item_of_row, dtype=np.int32)
        self.part_of_row = np.zeros(len(self.keys), dtype=np.uint8)
        self.parts_of_row = np.zeros(len(self.keys), dtype=np.uint8)
        for tags in said.values():
            if len({part for _, part in tags}) > 1:
                for row, part in tags:
                    self.part_of_row[row] = min(part, 255)
        self._pair([row for tags in said.values() for row, _ in tags])

    def follow(self, old: Stock, now_s: int) -> None:
        """It takes the place of `old`: since when each item is expected, or is not, is taken over or begins now."""
        before = old.places(self.item_id)
        known = before >= 0
        turned = known & (EXPECTED[self.status] != np.append(EXPECTED[old.status], True)[before])
        self.since_s = np.where(known, np.append(old.since_s, 0)[before], 0).astype(np.uint32)
        self.since_s[turned] = now_s

    def say(self, place: int, code: int, now_s: int) -> bool:
        """The catalogue says this status of an item; whether it is another one than before."""
        before = int(self.status[place])
        if EXPECTED[code] != EXPECTED[before]:
            self.since_s[place] = now_s
        self.status[place] = code
        return before != code

    def step_back(self, now_s: int) -> None:
        """The hub's clock was set back to `now_s`: nothing was said later."""
        np.minimum(self.since_s, np.uint32(now_s), out=self.since_s)

    def renumber(self, moved: Ints) -> None:
        """Shelf i has the number `moved[i]` now; -1: it is gone.

        A home reaches from the first to the last of its shelves that are left, with whatever was put between them; where none is left, or these stand in
        another order now, there is none.
        """
        there = np.flatnonzero(moved >= 0)
        first = np.searchsorted(there, self.home_from)
        last = np.searchsorted(there, self.home_to, side="right") - 1
        left = (self.home_from >= 0) & (first <= last)
        number = np.append(moved[there], -1)
        first, last = number[np.where(left, first, -1)], number[np.where(left, last, -1)]
        self.home_from = np.where(first <= last, first, -1).astype(np.int32)
        self.home_to = np.where(first <= last, last, -1).astype(np.int32)

    def homes(self, rows: Ints) -> Homes:
        """What the catalogue says of each tag's first item."""
        item = self.item_of_row[rows]
        return Homes(
            first=self.home_from[item].astype(np.int64),
            last=self.home_to[item].astype(np.int64),
            expected=EXPECTED[self.status[item]],
            since_s=self.since_s[item].astype(np.int64),
        )

    def grow(self, told: Sequence[Told]) -> list[Told]:
        """New rows for links that tags told, of keys that have none; those of unknown items are left out. Returns what was taken."""
        places = self.places(np.array([one.item_id for one in told], dtype=np.int64)).tolist()
        taken = [(one, place) for one, place in zip(told, places, strict=True) if place >= 0]
        if not taken:
            return []
        before = self.rows
        self.keys += [one.key for one, _ in taken]
        new = np.array([place for _, place in taken], dtype=np.int32)
        self.item_of_row = np.concatenate([self.item_of_row, new])
        parts = [min(one.part, 255) if one.parts > 1 else 0 for one, _ in taken]
        self.part_of_row = np.concatenate([self.part_of_row, np.array(parts, dtype=np.uint8)])
        whole = np.array([min(max(one.parts, 1), 255) for one, _ in taken], dtype=np.uint8)
        self.parts_of_row = np.concatenate([self.parts_of_row, whole])
        tagged = self.first_row[new] >= 0
        # The first of several new tags of one item wins: written last.
        self.first_row[new[~tagged][::-1]] = (before + np.flatnonzero(~tagged)[::-1]).astype(np.int32)
        again = np.zeros(len(self.item_id), dtype=bool)
        again[new[tagged]] = True
        twice, count = np.unique(new, return_counts=True)
        again[twice[count > 1]] = True
        if again.any():
            self._pair(np.flatnonzero(again[self.item_of_row]).tolist())
        return [one for one, _ in taken]

    def told(self) -> list[Told]:
        """The links that tags told, as they would be told again."""
        return [
            Told(
                self.keys[row],
                int(self.item_id[self.item_of_row[row]]),
                self._part(row),
                int(self.parts_of_row[row]),
            )
            for row in np.flatnonzero(self.parts_of_row).tolist()
        ]

    def _part(self, row: int) -> int:
        return int(self.part_of_row[row]) if self.parts_of_row[row] > 1 else 1

    def _pair(self, rows: Sequence[int]) -> None:
        """Note which of `rows` (all rows of their items) say the same part of the same item."""
        same: dict[tuple[int, int], list[int]] = {}
        for row in rows:
            same.setdefault((int(self.item_of_row[row]), int(self.part_of_row[row])), []).append(row)
        for group in same.values():
            if len(group) > 1:
                self.doubles.update({row: [other for other in group if other != row] for row in group})

    @property
    def rows(self) -> int:
        """Known tags."""
        return len(self.keys)

    def places(self, item_ids: Ints) -> Ints:
        """Where items stand in the arrays; -1: no such item."""
        if not len(self.item_id):
            return np.full(len(item_ids), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.item_id, item_ids), len(self.item_id) - 1)
        return np.where(self.item_id[at] == item_ids, at, -1)

    def find_barcode(self, barcode: str) -> int | None:
        """The one item with that barcode; where case alone tells two apart and neither is written just so, none."""
        hits = self.names.by_barcode(barcode, self.barcode)
        return hits[0] if len(hits) == 1 else None

    def find(self, subject: str) -> int | None:
        """The item that an act names by barcode or, failing that, by item id."""
        found = self.find_barcode(subject)
        if found is not None:
            return found
        if subject.isdecimal() and len(subject) < 19:  # noqa: PLR2004 (63 bits)
            place = int(self.places(np.array([int(subject)]))[0])
            return place if place >= 0 else None
        return None

    def items_of(self, row: int) -> list[int]:
        """Places of all items that a tag is linked to."""
        return [int(self.item_of_row[row]), *self.more.get(row, ())]

    def dump(self) -> dict[str, Any]:
        """Everything, plain."""
        state: dict[str, Any] = {name: getattr(self, name).copy() for name in (*self._ARRAYS, *self._LATER)}
        state.update(import_id=self.import_id, keys=list(self.keys), names=self.names.dump())
        state["more"] = [[row, list(places)] for row, places in self.more.items()]
        state["doubles"] = [[row, list(others)] for row, others in self.doubles.items()]
        return state

    @classmethod
    def load(cls, state: dict[str, Any]) -> Stock:
        """As `dump` left it; an older hub knew no flags, no other identifiers, no links that tags told, and not since when a book is expected."""
        stock = cls()
        for name in (*cls._ARRAYS, *(name for name in cls._LATER if name in state)):
            setattr(stock, name, np.array(state[name], dtype=getattr(stock, name).dtype))
        if "flags" in state:
            stock.names = Names.load(state["names"])
            stock.doubles = {int(row): [int(one) for one in others] for row, others in state["doubles"]}
        else:
            stock.flags = np.zeros(len(stock.item_id), dtype=np.uint16)
            stock.parts_of_row = np.zeros(len(state["keys"]), dtype=np.uint8)
            stock.names = Names.of(stock.barcode, [], np.zeros(0, dtype=np.int32))
        if "since_s" not in state:
            stock.since_s = np.zeros(len(stock.item_id), dtype=np.uint32)
        stock.import_id, stock.keys = state["import_id"], list(state["keys"])
        stock.more = {int(row): [int(p) for p in places] for row, places in state["more"]}
        return stock
