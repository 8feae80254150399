"""Items and their tags as arrays: what the catalogue says, as far as deciding needs it. Pure.

Titles, barcodes and call numbers stay in the store; of a barcode a 64-bit digest is kept, so that an act can name it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.catalog.model import EXPECTED_ON_SHELF, STATUSES
from hub.events import CatalogColumns

Ints = NDArray[np.int64]

EXPECTED: Final = np.array([status in EXPECTED_ON_SHELF for status in STATUSES])
"""By status code: the catalogue expects the item on its shelf."""
ELSEWHERE: Final = np.array(
    [s in ("on_loan", "in_transit", "lost", "missing", "withdrawn") for s in STATUSES]
)
"""By status code: the catalogue says that it is not in the stacks; heard there it is *unexpected*."""
STATUS_CODE: Final = {status: code for code, status in enumerate(STATUSES)}


def digest(barcode: str) -> int:
    """64 bits of a barcode; two of a million share one with probability 3e-8."""
    return int.from_bytes(hashlib.blake2s(barcode.encode(), digest_size=8).digest(), "big")


class Stock:
    """Items sorted by id; tag rows in the order of the catalogue's links. -1: none."""

    _ARRAYS: Final = (
        "item_id", "status", "home_from", "home_to", "barcode", "first_row", "item_of_row", "part_of_row",
    )  # fmt: skip

    def __init__(self) -> None:
        self.import_id = ""
        self.keys: list[str] = []
        self.item_id = np.zeros(0, dtype=np.int64)
        self.status = np.zeros(0, dtype=np.uint8)
        self.home_from = np.zeros(0, dtype=np.int32)
        self.home_to = np.zeros(0, dtype=np.int32)
        self.barcode = np.zeros(0, dtype=np.uint64)
        self.first_row = np.zeros(0, dtype=np.int32)
        """The row of the item's first tag."""
        self.item_of_row = np.zeros(0, dtype=np.int32)
        """The first item that a tag is linked to; the others stand in `more`."""
        self.part_of_row = np.zeros(0, dtype=np.uint8)
        """Which part of its item a tag is, from 1; 0: the only one."""
        self.more: dict[int, list[int]] = {}

    @classmethod
    def of(cls, columns: CatalogColumns) -> Stock:
        """A catalogue as arrays."""
        stock = cls()
        stock.import_id = columns.import_id
        order = np.argsort(np.array(columns.item_id, dtype=np.int64), kind="stable")
        pick = order.tolist()
        stock.item_id = np.array(columns.item_id, dtype=np.int64)[order]
        stock.status = np.array([STATUS_CODE.get(columns.status[i], 0) for i in pick], dtype=np.uint8)
        stock.home_from = np.array(columns.home_from, dtype=np.int32)[order]
        stock.home_to = np.array(columns.home_to, dtype=np.int32)[order]
        stock.home_to = np.where(stock.home_from >= 0, np.maximum(stock.home_to, stock.home_from), -1)
        stock.barcode = np.array([digest(columns.barcode[i]) for i in pick], dtype=np.uint64)
        stock._link(columns.link_key, columns.link_item)
        return stock

    def _link(self, keys: Sequence[str], items: Sequence[int]) -> None:
        rows: dict[str, int] = {}
        item_of_row: list[int] = []
        part_of_row: list[int] = []
        self.first_row = np.full(len(self.item_id), -1, dtype=np.int32)
        places = self.places(np.array(items, dtype=np.int64)).tolist()
        parts: dict[int, int] = {}
        for key, place in zip(keys, places, strict=True):
            if place < 0:
                continue
            row = rows.setdefault(key, len(rows))
            if row < len(item_of_row):
                self.more.setdefault(row, []).append(place)
                continue
            item_of_row.append(place)
            part_of_row.append(0)
            first = int(self.first_row[place])
            if first < 0:
                self.first_row[place] = row
            else:
                parts[place] = parts.get(place, 1) + 1
                part_of_row[first] = 1
                part_of_row[row] = min(parts[place], 255)
        self.keys = list(rows)
        self.item_of_row = np.array(item_of_row, dtype=np.int32)
        self.part_of_row = np.array(part_of_row, dtype=np.uint8)

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

    def find(self, subject: str) -> int | None:
        """The item that an act names by barcode or, failing that, by item id."""
        hits = np.flatnonzero(self.barcode == np.uint64(digest(subject)))
        if len(hits):
            return int(hits[0])
        if subject.isdecimal() and len(subject) < 19:  # noqa: PLR2004 (63 bits)
            place = int(self.places(np.array([int(subject)]))[0])
            return place if place >= 0 else None
        return None

    def items_of(self, row: int) -> list[int]:
        """Places of all items that a tag is linked to."""
        return [int(self.item_of_row[row]), *self.more.get(row, ())]

    def dump(self) -> dict[str, Any]:
        """Everything, plain."""
        state: dict[str, Any] = {name: getattr(self, name).copy() for name in self._ARRAYS}
        state.update(import_id=self.import_id, keys=list(self.keys))
        state["more"] = [[row, list(places)] for row, places in self.more.items()]
        return state

    @classmethod
    def load(cls, state: dict[str, Any]) -> Stock:
        """As `dump` left it."""
        stock = cls()
        for name in cls._ARRAYS:
            setattr(stock, name, np.array(state[name], dtype=getattr(stock, name).dtype))
        stock.import_id, stock.keys = state["import_id"], list(state["keys"])
        stock.more = {int(row): [int(p) for p in places] for row, places in state["more"]}
        return stock
