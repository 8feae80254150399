"""Books by their order on the shelf: those of some barcodes, those of one shelf, and the neighbours of one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import LargeBinary, Select, and_, literal, select, tuple_

from hub.ordercheck import Book
from hub.store.engine import reading
from hub.store.read.base import Reader, plain_row, rows_of
from hub.store.rows import chunks
from hub.store.tables import items, links, places
from hub.views import LinkView
from shelfwire.callnumbers import sequence

MAX_BOOKS: Final = 2_000
"""Of one shelf; more is a fault of the site."""
_A_QUESTION: Final = 500

_BOOK: Final = (
    items.c.barcode,
    items.c.title,
    items.c.call_number,
    items.c.status,
    items.c.home_from,
    items.c.home_to,
    items.c.sort_key,
    items.c.callnumber_fault,
)


class ShelvingReader(Reader):
    """Books of one site."""

    def books(self, barcodes: Collection[str], shelf_index: Mapping[str, int]) -> dict[str, Book]:
        """What is known of the books with these barcodes; unknown ones are not in the answer."""
        found: dict[str, Book] = {}
        with reading(self._engine, "look up barcodes") as connection:
            for some in chunks(sorted({barcode.replace("\x00", "") for barcode in barcodes}), _A_QUESTION):
                wanted = select(*_BOOK).where(items.c.site == self._site, items.c.barcode.in_(some))
                found |= {row.barcode: _book(row, shelf_index) for row in rows_of(connection, wanted)}
        return found

    def heard_on(self, barcodes: Collection[str]) -> dict[str, str]:
        """The shelves on which the antennas hear these books; one that is nowhere heard is not in the answer."""
        here = and_(places.c.site == items.c.site, places.c.item_id == items.c.item_id)
        wanted = select(items.c.barcode, places.c.shelf).select_from(items.join(places, here))
        mine = (items.c.site == self._site, items.c.barcode.in_(barcodes), places.c.shelf.is_not(None))
        return {row.barcode: row.shelf for row in self._all(wanted.where(*mine))}

    def believed_on(self, shelf: str, shelf_index: Mapping[str, int]) -> list[Book]:
        """Books that the antennas hear on a shelf, as they should stand from the left to the right."""
        here = select(places.c.item_id).where(places.c.site == self._site, places.c.shelf == shelf)
        return self._ordered(select(*_BOOK).where(items.c.item_id.in_(here)), shelf_index)

    def at_home_on(self, shelf: str, first: Sequence[str], shelf_index: Mapping[str, int]) -> list[Book]:
        """Books whose home takes in a shelf, as they should stand. `first`: the shelves on which such a home may begin."""
        place = shelf_index[shelf]
        found = self._ordered(select(*_BOOK).where(items.c.home_from.in_(list(first))), shelf_index)
        return [book for book in found if book.home is not None and book.home[0] <= place <= book.home[1]]

    def neighbours(
        self, item_id: int, each_side: int, shelf_index: Mapping[str, int]
    ) -> tuple[list[Book], list[Book]]:
        """The books that stand before and behind an item, nearest first, in one row of call numbers with it.

        None for an item whose call number cannot be read.
        """
        one = select(items.c.sort_key, items.c.callnumber_fault).where(
            items.c.site == self._site, items.c.item_id == item_id
        )
        with reading(self._engine, "look for the neighbours of an item") as connection:
            row = connection.execute(one).one_or_none()
            if row is None or not row.sort_key or row.callnumber_fault:
                return [], []
            place = tuple_(items.c.sort_key, items.c.item_id)
            own = tuple_(literal(row.sort_key, LargeBinary), literal(item_id))
            wanted = select(*_BOOK).where(items.c.site == self._site).limit(each_side)
            before = wanted.where(place < own).order_by(items.c.sort_key.desc(), items.c.item_id.desc())
            behind = wanted.where(place > own).order_by(items.c.sort_key, items.c.item_id)
            found = [rows_of(connection, side) for side in (before, behind)]
        row_of = sequence(bytes(row.sort_key))
        left, right = (
            [_book(each, shelf_index) for each in side if bytes(each.sort_key).startswith(row_of)]
            for side in found
        )
        return left, right

    def links(self, item_id: int) -> list[LinkView]:
        """The tags of an item that are in force, by part."""
        wanted = select(
            links.c.tag_key, links.c.part, links.c.parts, links.c.valid_from_us, links.c.import_id
        ).where(links.c.site == self._site, links.c.item_id == item_id, links.c.valid_to_us.is_(None))
        rows = self._all(wanted.order_by(links.c.part, links.c.tag_key))
        return [LinkView(**plain_row(row)) for row in rows]

    def _ordered(self, wanted: Select[Any], shelf_index: Mapping[str, int]) -> list[Book]:
        rows = self._all(wanted.where(items.c.site == self._site).limit(MAX_BOOKS))
        return sorted((_book(row, shelf_index) for row in rows), key=lambda book: (book.key, book.barcode))


def _book(row: Any, shelf_index: Mapping[str, int]) -> Book:
    first, last = shelf_index.get(row.home_from), shelf_index.get(row.home_to or row.home_from)
    return Book(
        barcode=row.barcode,
        title=row.title,
        call_number=row.call_number,
        status=row.status,
        key=bytes(row.sort_key or b""),
        fault=row.callnumber_fault or None,
        home=None if first is None or last is None else (first, last),
        home_from=row.home_from,
        home_to=row.home_to,
    )
