"""Lists of a shelf are in the order in which the books should stand, which the alphabet gets wrong."""

from __future__ import annotations

from helpers.store import FIRST, NOW_US, SECOND, SITE, book, placed, take

from hub.store.read import StoreReader
from hub.store.write import StoreWriter

IN_ORDER = ["QA9 .B7", "QA76.5 .A1", "QA76.73 .P98", "QA273 .P8", ""]


def test_books_on_a_shelf_and_books_at_home_on_it_are_listed_as_they_should_stand(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    mixed = [4, 2, 0, 3, 1]
    items = [
        book(n, call_number=IN_ORDER[at], home_from=FIRST, home_to=SECOND)
        for n, at in enumerate(mixed, start=1)
    ]
    take(writer, database, items)
    writer.apply(SITE, [placed(n, FIRST) for n in range(1, 6)], 1, NOW_US)
    for listed in (reader.items_on(FIRST), reader.homed_on(FIRST), reader.homed_on(SECOND)):
        assert [view.call_number for view in listed] == IN_ORDER
    writer.close()
    reader.close()
