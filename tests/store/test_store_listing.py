"""A listing of many hours that is stopped, and goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.store import SHELVES, SITE, book, take
from sqlalchemy import Engine

from hub.catalog.model import Gone, RowFault
from hub.store.difference import known_digests
from hub.store.engine import open_engine
from hub.store.imports import Staging
from hub.store.read import StoreReader
from hub.store.sources import list_sources, put_source
from hub.store.write import StoreWriter
from shelfwire.errors import InputError


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Closed at the end."""
    made = open_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    store = StoreWriter(database)
    yield store
    store.close()


def _staging(engine: Engine, *, go_on: bool = False, complete: bool = True) -> Staging:
    difference = known_digests(engine, SITE)
    return Staging(
        engine,
        SITE,
        "imp-2",
        "koha",
        difference=difference,
        complete=complete,
        from_source="koha",
        go_on=go_on,
    )


def test_a_listing_goes_on_behind_its_last_mark_and_drops_only_what_no_part_of_it_held(
    database: str, engine: Engine, writer: StoreWriter
) -> None:
    take(writer, database, [book(number) for number in range(1, 41)])
    put_source(engine, SITE, "koha", "koha")
    first = _staging(engine)
    for number in range(1, 20):
        first.put(book(number))
    first.put(book(20, title="changed"))
    first.fault(RowFault(where="item 21", what="no barcode", taken=False))
    first.mark("page-2")
    first.put(book(21, title="put behind the mark, comes again"))
    del first  # the process was ended here

    (row,) = list_sources(engine, SITE)
    assert (row.listing, row.listing_cursor, row.listing_full) == ("imp-2", "page-2", True)
    again = _staging(engine, go_on=True)
    assert again.faults == 1
    for number in range(21, 40):
        again.put(book(number))
    done = again.finish(cursor="since")
    assert (done.items, done.staged, done.gone, done.faults) == (39, 2, 1, 1)

    writer.apply_import(SITE, "imp-2", SHELVES)
    reader = StoreReader(engine, SITE)
    assert _status(reader, 40) == "withdrawn"
    assert _status(reader, 20) == "on_shelf"
    (row,) = list_sources(engine, SITE)
    assert (row.listing, row.cursor) == (None, "since")


def test_a_listing_does_not_go_on_over_another_catalogue(
    database: str, engine: Engine, writer: StoreWriter
) -> None:
    take(writer, database, [book(1)])
    put_source(engine, SITE, "koha", "koha")
    begun = _staging(engine)
    begun.put(book(2))
    begun.mark("page-2")
    take(writer, database, [book(3)], "imp-9")
    with pytest.raises(InputError, match="the catalogue has changed since it was begun; begin it anew"):
        _staging(engine, go_on=True)


def test_a_listing_that_was_never_begun_cannot_go_on(
    database: str, engine: Engine, writer: StoreWriter
) -> None:
    take(writer, database, [book(1)])
    with pytest.raises(InputError, match="cannot go on"):
        _staging(engine, go_on=True)


def test_what_a_source_says_is_gone_is_dropped_though_the_rest_of_the_catalogue_was_not_listed(
    database: str, engine: Engine, writer: StoreWriter
) -> None:
    take(writer, database, [book(number) for number in range(1, 41)])
    put_source(engine, SITE, "koha", "koha")
    changes = _staging(engine, complete=False)
    changes.drop(Gone(barcode=book(7).barcode))
    changes.finish(cursor="since")
    writer.apply_import(SITE, "imp-2", SHELVES)
    reader = StoreReader(engine, SITE)
    assert [_status(reader, number) for number in (6, 7, 8)] == ["on_shelf", "withdrawn", "on_shelf"]


def _status(reader: StoreReader, number: int) -> str:
    item = reader.item(number)
    assert item is not None
    return item.status
