"""An import by difference: only what changed is staged, nothing is half applied, and much is dropped only if a person says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from helpers.store import FIRST, NOW_US, SECOND, SHELVES, SITE, book, epc, take
from sqlalchemy import select

from hub.catalog.model import Gone, Item
from hub.effects import ItemStatusChanged
from hub.store.difference import Difference, default_drop_share, known_digests
from hub.store.engine import open_engine
from hub.store.imports import Staged, Staging, stage_import
from hub.store.read import StoreReader
from hub.store.sources import list_sources, put_source
from hub.store.tables import import_rows, items
from hub.store.write import StoreWriter
from shelfwire.errors import InputError

TWENTY = [book(n) for n in range(1, 21)]


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    store = StoreWriter(database)
    yield store
    store.close()


@pytest.fixture
def reader(database: str) -> Iterator[StoreReader]:
    store = StoreReader(database, SITE)
    yield store
    store.close()


def stage(database: str, listed: list[Item], import_id: str, **more: Any) -> Staged:
    difference = known_digests(database, SITE)
    return stage_import(database, SITE, import_id, listed, [], "koha.mrc", difference=difference, **more)


def seen(database: str, listed: list[Item]) -> Difference:
    difference = known_digests(database, SITE)
    for item in listed:
        difference.see(item)
    return difference


def rows_of(database: str, import_id: str) -> list[tuple[str, str]]:
    engine = open_engine(database)
    wanted = select(import_rows.c.kind, import_rows.c.barcode).where(import_rows.c.import_id == import_id)
    with engine.connect() as connection:
        found = [(row.kind, row.barcode) for row in connection.execute(wanted.order_by(import_rows.c.number))]
    engine.dispose()
    return found


def all_items(database: str) -> list[dict[str, Any]]:
    engine = open_engine(database)
    with engine.connect() as connection:
        found = [dict(row._mapping) for row in connection.execute(select(items).order_by(items.c.item_id))]
    engine.dispose()
    return found


def test_only_what_is_new_or_changed_is_staged(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, TWENTY)
    listed = [book(1), book(2, title="Changed"), book(3, status="on_loan"), book(21)]
    assert stage(database, listed, "imp-2").staged == 3
    assert [row for row in rows_of(database, "imp-2") if row[0] == "item"] == [
        ("item", f"{n:08d}") for n in (2, 3, 21)
    ]
    columns = writer.apply_import(SITE, "imp-2", SHELVES)
    assert len(columns.item_id) == 21
    view = reader.import_("imp-2")
    assert view is not None
    assert (view.items, view.added, view.changed, view.absent) == (4, 1, 2, 17)
    assert (view.known, view.gone, view.staged, view.done) == (20, 0, 3, 3)
    assert reader.absent("imp-2", 2) == (["00000004", "00000005"], 17)


def test_a_difference_says_what_an_import_would_do_before_it_does_it(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, TWENTY)
    found = seen(database, [book(1), book(2, title="Changed"), book(99), book(3, barcode=" 0000 0003")])
    assert (found.added, found.changed, found.same, found.absent, found.known) == (1, 2, 1, 17, 20)
    assert found.share() == pytest.approx(17 / 20)
    assert next(found.absent_barcodes(database, SITE)) == "00000004"
    assert len(list(found.absent_barcodes(database, SITE, 5))) == 5
    assert seen(database, TWENTY).absent == 0
    assert known_digests(database, "elsewhere").known == 0


def test_a_complete_listing_drops_what_it_lacks_and_keeps_its_links(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, TWENTY)
    staged = stage(database, TWENTY[:19], "imp-2", complete=True)
    assert (staged.staged, staged.gone) == (1, 1)
    columns = writer.apply_import(SITE, "imp-2", SHELVES)
    assert columns.status[19] == "withdrawn"
    assert (epc(20), 20) in zip(columns.link_key, columns.link_item, strict=True)
    found = reader.item(20)
    assert found is not None
    assert found.source_status.startswith("not in koha.mrc of 20")
    (event,) = reader.history(20)
    assert (event.kind, event.detail["from"], event.detail["to"]) == ("status", "on_shelf", "withdrawn")
    again = known_digests(database, SITE)
    assert again.known == 19, "what was dropped is not counted again"
    assert reader.absent("imp-2") == (["00000020"], 1)


def test_a_dropped_item_that_a_listing_has_again_is_as_it_says(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, TWENTY)
    stage(database, TWENTY[:19], "imp-2", complete=True)
    writer.apply_import(SITE, "imp-2", SHELVES)
    assert stage(database, TWENTY, "imp-3", complete=True).staged == 1
    assert writer.apply_import(SITE, "imp-3", SHELVES).status[19] == "on_shelf"
    assert [event.detail["to"] for event in reader.history(20)] == ["on_shelf", "withdrawn"]


def test_a_listing_that_lacks_much_changes_nothing_until_a_person_accepts_the_share(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, TWENTY)
    before = all_items(database)
    stage(database, [*TWENTY[:15], book(21)], "imp-2", complete=True)
    for accepted in (0.0, 0.2):
        with pytest.raises(InputError, match=r"would drop 5 of 20 items \(25.0%\); nothing was changed"):
            writer.apply_import(SITE, "imp-2", SHELVES, accepted_share=accepted)
    assert all_items(database) == before
    view = reader.import_("imp-2")
    assert view is not None
    assert (view.state, view.drop_share) == ("staged", 0.25)
    columns = writer.apply_import(SITE, "imp-2", SHELVES, accepted_share=0.25)
    assert columns.status.count("withdrawn") == 5
    assert len(columns.item_id) == 21


@pytest.mark.parametrize(("known", "most"), [(0, 0), (100, 5), (10_000, 500), (10_001, 500), (500_000, 500)])
def test_without_a_word_a_listing_drops_5_percent_but_never_more_than_500_items(
    known: int, most: int
) -> None:
    assert int(default_drop_share(known) * known + 1e-9) == most


def test_the_hub_itself_drops_no_more_than_the_bound_without_a_word(
    writer: StoreWriter, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.difference.DEFAULT_DROP_ITEMS", 0.5)
    take(writer, database, TWENTY)
    stage(database, TWENTY[:19], "imp-2", complete=True)
    with pytest.raises(InputError, match="would drop 1 of 20"):
        writer.apply_import(SITE, "imp-2", SHELVES)


def test_a_listing_without_any_item_drops_nothing_whatever_a_person_accepts(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, TWENTY)
    before = all_items(database)
    engine = open_engine(database)
    difference = known_digests(engine, SITE)
    Staging(engine, SITE, "imp-2", "koha", difference=difference, complete=True, from_source="koha").finish()
    engine.dispose()
    with pytest.raises(InputError, match="has no item at all, and would drop 20"):
        writer.apply_import(SITE, "imp-2", SHELVES, accepted_share=1.0)
    view = reader.import_("imp-2")
    assert view is not None
    assert view.state == "refused"
    assert all_items(database) == before


def test_an_import_that_was_compared_before_another_was_taken_is_refused_for_good(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, TWENTY)
    stage(database, [book(1, title="Old")], "imp-2")
    stage(database, [book(1, title="New")], "imp-3")
    writer.apply_import(SITE, "imp-3", SHELVES)
    before = all_items(database)
    for words in ("before import imp-3 was taken; import the same file again", "was refused before"):
        with pytest.raises(InputError, match=words):
            writer.apply_import(SITE, "imp-2", SHELVES)
    assert all_items(database) == before
    view = reader.import_("imp-2")
    assert view is not None
    assert view.state == "refused"


def test_what_the_source_itself_calls_gone_is_dropped_and_what_nobody_knew_is_not(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, TWENTY)
    engine = open_engine(database)
    staging = Staging(engine, SITE, "imp-2", "koha", difference=known_digests(engine, SITE))
    staging.drop(Gone(barcode="0000 0003", source_status="deleted"))
    staging.drop(Gone(barcode="nobody", source_status="deleted"))
    assert staging.finish().gone == 1
    engine.dispose()
    columns = writer.apply_import(SITE, "imp-2", SHELVES)
    assert [at for at, status in enumerate(columns.status) if status == "withdrawn"] == [2]


def test_a_state_that_changed_since_the_last_listing_is_compared_as_it_is_now(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, TWENTY)
    loan = ItemStatusChanged(2, "on_loan", NOW_US, source_status="04", flags=("long_overdue",))
    writer.apply(SITE, [loan, ItemStatusChanged(3, "lost", NOW_US)], 1, NOW_US)
    found = reader.item(2)
    assert found is not None
    assert (found.status, found.source_status, list(found.flags)) == ("on_loan", "04", ["long_overdue"])
    now = book(2, status="on_loan", source_status="04", flags=("long_overdue",))
    assert known_digests(database, SITE).see(now) == "same"
    assert known_digests(database, SITE).see(book(2)) == "changed"
    stage(database, [book(2), book(3)], "imp-2")
    assert writer.apply_import(SITE, "imp-2", SHELVES).status[:3] == ["on_shelf"] * 3


def test_a_barcode_in_another_spelling_is_the_same_item(writer: StoreWriter, database: str) -> None:
    take(writer, database, [book(1, barcode="conc 0001")])
    stage(database, [book(1, barcode="CONC0001")], "imp-2", complete=True)
    columns = writer.apply_import(SITE, "imp-2", SHELVES)
    assert (columns.item_id, columns.barcode, columns.status) == ([1], ["CONC0001"], ["on_shelf"])


def test_a_difference_ends_in_the_same_rows_as_an_import_of_every_row(
    writer: StoreWriter, database: str
) -> None:
    listed = [
        book(1, title="One", home_from=FIRST),
        book(2, tags=(epc(3),)),
        book(3, tags=(epc(2),)),
        book(4, flags=("damaged",), alternative_ids=("a4",), scheme="LC", call_number="QA76 .B1"),
        book(22),
    ]
    for site in (SITE, "other"):
        stage_import(database, site, "imp-1", TWENTY, [], "x")
        writer.apply_import(site, "imp-1", SHELVES)
    stage(database, listed, "imp-2")
    stage_import(database, "other", "imp-2", listed, [], "koha.mrc")
    left = {"site", "since_us", "changed_at_us", "import_id"}
    one, other = writer.apply_import(SITE, "imp-2", SHELVES), writer.apply_import("other", "imp-2", SHELVES)
    assert one == other
    rows = all_items(database)
    kept = [{name: value for name, value in row.items() if name not in left} for row in rows]
    half = len(kept) // 2
    assert kept[0::2] == kept[1::2] or sorted(map(str, kept[:half])) == sorted(map(str, kept[half:]))


def test_a_listing_that_is_applied_moves_the_cursor_of_its_source_with_it(
    writer: StoreWriter, database: str
) -> None:
    put_source(database, SITE, "main", "koha", state="listing", counts={"rows": 20})
    engine = open_engine(database)
    difference = known_digests(engine, SITE)
    staging = Staging(engine, SITE, "imp-1", "main", difference=difference, complete=True, from_source="main")
    for item in TWENTY[:10]:
        staging.put(item)
    staging.mark("page 2")
    (source,) = list_sources(engine, SITE)
    assert (source.listing, source.listing_cursor, source.listing_full) == ("imp-1", "page 2", True)
    staging.finish(cursor="since noon")
    (source,) = list_sources(engine, SITE)
    assert (source.listing, source.cursor) == (None, None), "not before it is applied"
    writer.apply_import(SITE, "imp-1", SHELVES)
    (source,) = list_sources(engine, SITE)
    assert (source.cursor, source.kind, source.counts) == ("since noon", "koha", {"rows": 20})
    assert source.last_full_at_us is not None
    engine.dispose()


def test_a_listing_that_was_stopped_goes_on_where_it_was_and_drops_nothing_that_it_saw(
    writer: StoreWriter, database: str
) -> None:
    take(writer, database, TWENTY)
    engine = open_engine(database)

    def listing(*, go_on: bool) -> Staging:
        difference = known_digests(engine, SITE)
        return Staging(engine, SITE, "imp-2", "main", difference=difference, complete=True, go_on=go_on)

    first = listing(go_on=False)
    for item in [*TWENTY[:9], book(10, title="Changed")]:
        first.put(item)
    first.mark("page 2")
    first.put(book(11, title="comes again"))
    second = listing(go_on=True)
    assert second.items == 10
    for item in TWENTY[10:]:
        second.put(item)
    assert (second.finish().staged, second.items) == (1, 20)
    columns = writer.apply_import(SITE, "imp-2", SHELVES)
    assert "withdrawn" not in columns.status
    engine.dispose()


def test_columns_carry_flags_other_identifiers_and_parts(writer: StoreWriter, database: str) -> None:
    plain = take(writer, database, [book(1), book(2)])
    assert (plain.flag_bits, plain.alias_digest, plain.link_part) == ([], [], [])
    more = take(
        writer, database, [book(2, flags=("damaged", "requested"), alternative_ids=("A-1", "a-2"))], "imp-2"
    )
    assert len(more.flag_bits) == 2
    assert more.flag_bits[0] == 0 < more.flag_bits[1]
    assert more.alias_item == [2, 2]
    assert len(set(more.alias_digest)) == 2


def test_a_shelf_of_the_list_stays_the_home_where_the_second_shelf_is_given(
    writer: StoreWriter, database: str
) -> None:
    columns = take(writer, database, [book(1, home_from=FIRST, home_to=SECOND)])
    assert (columns.home_from, columns.home_to, columns.home_source) == ([0], [1], ["list"])
