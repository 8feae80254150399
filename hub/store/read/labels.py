"""Tables of labels, homes by them, and what a border can be learned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Select, and_, func, select

from hub.catalog.homes import HomeSource
from hub.catalog.labels.check import FiledItem
from hub.store.engine import reading
from hub.store.homes import in_force
from hub.store.labels import LabelSet, label_rows, label_sets
from hub.store.read.base import Reader
from hub.store.tables import items, places
from shelfwire.callnumbers.labels import Row
from shelfwire.callnumbers.learned import HeardBook

_PART: Final = 10_000
"""Rows that are fetched at once; a whole catalogue passes through without being held."""


class LabelReader(Reader):
    """Labels of one site."""

    def label_sets(self) -> list[LabelSet]:
        """Tables of labels: those that wait first, then as they were taken, newest first."""
        return label_sets(self._engine, self._site)

    def label_rows(self, labels_id: str) -> list[tuple[Row, str]]:
        """The rows of a table, each with its fault; empty: used as it stands."""
        return label_rows(self._engine, self._site, labels_id)

    def labels_in_force(self, kind: HomeSource) -> list[Row]:
        """The rows of the table of a kind that holds now; none: there is no such table."""
        with reading(self._engine, "read labels") as connection:
            labels_id = in_force(connection, self._site, kind)
        return [row for row, _ in self.label_rows(labels_id)] if labels_id is not None else []

    def filed_items(self) -> Iterator[FiledItem]:
        """Every item as it is filed now, in no order. A million take some seconds."""
        wanted = select(
            items.c.barcode, items.c.call_number, items.c.sort_key, items.c.callnumber_fault, items.c.home_from,
            items.c.home_to, items.c.home_source,
        ).where(items.c.site == self._site)  # fmt: skip
        for row in self._stream(wanted):
            yield FiledItem(*row)

    def heard_books(self, shelf_index: Mapping[str, int], surer_than: float) -> Iterator[HeardBook]:
        """Books with a call number that are believed on a board with at least this probability."""
        here = and_(items.c.site == places.c.site, items.c.item_id == places.c.item_id)
        wanted = (
            select(items.c.call_number, items.c.sort_key, places.c.shelf)
            .select_from(places.join(items, here))
            .where(
                places.c.site == self._site,
                places.c.shelf.is_not(None),
                places.c.probability >= surer_than,
                items.c.sort_key.is_not(None),
                items.c.callnumber_fault == "",
            )
        )
        for call_number, key, shelf in self._stream(wanted):
            place = shelf_index.get(shelf)
            if place is not None:
                yield HeardBook(call_number, bytes(key), place)

    def some_keys(self, number: int = 5_000) -> list[bytes]:
        """Sort keys of some items, to see how this library's numbers are built."""
        wanted = select(items.c.sort_key).where(
            items.c.site == self._site, items.c.sort_key.is_not(None), items.c.callnumber_fault == ""
        )
        return [bytes(row[0]) for row in self._all(wanted.limit(number))]

    def home_sources(self) -> dict[str, int]:
        """How many items have their home from what: ``list``, ``label``, ``learned``, ``none``."""
        wanted = select(items.c.home_source, func.count()).where(items.c.site == self._site)
        return {row[0]: row[1] for row in self._all(wanted.group_by(items.c.home_source))}

    def _stream(self, wanted: Select[Any]) -> Iterator[Any]:
        with reading(self._engine, "read the whole catalogue") as connection:
            found = connection.execution_options(yield_per=_PART).execute(wanted)
            for some in found.partitions():
                yield from some
