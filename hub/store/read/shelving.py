"""Books by their order on the shelf: those of some barcodes, those of one shelf, and the neighbours of one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, select

from hub.ordercheck import Book
from hub.store.engine import reading
from hub.store.read.base import Reader, rows_of
from hub.store.rows import chunks
from hub.store.tables import items, places
from shelfwire.callnumbers import read

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

    def believed_on(self, shelf: str, shelf_index: Mapping[str, int]) -> list[Book]:
        """Books that the antennas hear on a shelf, as they should stand from the left to the right."""
        here = select(places.c.item_id).where(places.c.site == self._site, places.c.shelf == shelf)
        return self._ordered(select(*_BOOK).where(items.c.item_id.in_(here)), shelf_index)

    def at_home_on(self, shelf: str, first: Sequence[str], shelf_index: Mapping[str, int]) -> list[Book]:
        """Books whose home takes in a shelf, as they should stand. `first`: the shelves on which such a home may begin."""
        place = shelf_index[shelf]
        found = self._ordered(select(*_BOOK).where(items.c.home_from.in_(list(first))), shelf_index)
        return [book for book in found if book.home is not None and book.home[0] <= place <= book.home[1]]

    def _ordered(self, wanted: Select[Any], shelf_index: Mapping[str, int]) -> list[Book]:
        rows = self._all(wanted.where(items.c.site == self._site).limit(MAX_BOOKS))
        return sorted((_book(row, shelf_index) for row in rows), key=lambda book: (book.key, book.barcode))


def _book(row: Any, shelf_index: Mapping[str, int]) -> Book:
    number = read(row.call_number, "AUTO")
    first, last = shelf_index.get(row.home_from), shelf_index.get(row.home_to or row.home_from)
    return Book(
        barcode=row.barcode,
        title=row.title,
        call_number=row.call_number,
        status=row.status,
        key=number.key,
        fault=number.fault,
        home=None if first is None or last is None else (first, last),
        home_from=row.home_from,
        home_to=row.home_to,
    )
