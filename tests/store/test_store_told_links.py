"""Links that tags told themselves, beside those of the catalogue."""

from __future__ import annotations

from helpers.shelves import Library
from helpers.store import NOW_US, SITE, book, epc, take

from hub.effects import TagLinked
from hub.store.write import StoreWriter

LATER_US = 9_000_000_000_000_000
"""After the staging of any import of the test."""


def told(tag: int, item_id: int, *, part: int = 1, parts: int = 1, at_us: int = NOW_US) -> TagLinked:
    return TagLinked(tag_key=epc(tag), item_id=item_id, part=part, parts=parts, at_us=at_us)


def links(writer: StoreWriter) -> set[tuple[str, int]]:
    columns = writer.catalog(SITE, {})
    return set(zip(columns.link_key, columns.link_item, strict=True))


def test_a_link_that_a_tag_told_comes_with_the_catalogue_and_once_however_often_it_is_written(
    database: str,
) -> None:
    writer = StoreWriter(database)
    take(writer, database, [book(1, tags=()), book(2)])
    for position in (1, 2):
        writer.apply(SITE, [told(7, 1, at_us=LATER_US)], position, NOW_US)
    assert links(writer) == {(epc(7), 1), (epc(2), 2)}
    writer.close()


def test_an_import_that_does_not_name_the_tag_leaves_it(database: str) -> None:
    writer = StoreWriter(database)
    take(writer, database, [book(1, tags=())])
    writer.apply(SITE, [told(7, 1)], 1, NOW_US)
    take(writer, database, [book(1, tags=(), title="Another title")], "imp-2")
    assert links(writer) == {(epc(7), 1)}
    writer.close()


def test_an_import_that_has_the_tag_on_another_book_ends_it(database: str) -> None:
    writer = StoreWriter(database)
    take(writer, database, [book(1, tags=()), book(2, tags=())])
    writer.apply(SITE, [told(7, 1)], 1, NOW_US)
    take(writer, database, [book(1, tags=()), book(2, tags=(epc(7),))], "imp-2")
    assert links(writer) == {(epc(7), 2)}
    writer.close()


def test_two_tags_that_say_the_same_part_are_told_so_to_the_engine(database: str) -> None:
    writer = StoreWriter(database)
    take(writer, database, [book(1)])
    writer.apply(SITE, [told(7, 1)], 1, NOW_US)
    columns = writer.catalog(SITE, {})
    assert sorted(zip(columns.link_key, columns.link_part, strict=True)) == sorted([(epc(1), 1), (epc(7), 1)])
    writer.close()


def test_what_a_tag_told_the_engine_comes_back_with_the_next_import(database: str) -> None:
    writer = StoreWriter(database)
    take(writer, database, [book(1, tags=(), barcode="32103179")])
    library = Library()
    shelf = library.history.now.shelves[0].id
    library.send(writer.catalog(SITE, {}))
    library.shelf(shelf).hears(epcs=["1703000398130803F4040000"], pcs={}, times=6)
    assert any(isinstance(effect, TagLinked) for effect in library.effects)
    writer.apply(SITE, library.effects, 1, NOW_US)
    library.effects.clear()
    library.send(writer.catalog(SITE, {}))
    stock = library.engine.stock
    assert (stock.keys, stock.told()) == (["1703000398130803F4040000"], [])
    assert not any(isinstance(effect, TagLinked) for effect in library.effects)
    assert library.engine.geometry.shelf_ids[int(library.engine.belief.place[0])] == shelf
    writer.close()
