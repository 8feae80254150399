"""The past of a site out of the store, on both databases, and never a word written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.store import NOW_US, SHELVES, SITE, book, finding, happened, take
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.effects import ActAnswered, Effect, ItemStatusChanged, PutFinding
from hub.events import ActAsked
from hub.store.acts import insert_act
from hub.store.read import past
from hub.store.read.past import PastReader
from hub.store.write import StoreWriter


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    one = StoreWriter(database)
    yield one
    one.close()


@pytest.fixture
def reader(database: str) -> Iterator[PastReader]:
    one = PastReader(database, SITE)
    yield one
    one.close()


def did(
    database: str, writer: StoreWriter, name: str, at_us: int, *, kind: str = "item.status", ok: bool = True
) -> None:
    act = ActAsked(name, "staff", at_us, kind, "00000001", {"status": "on_loan"})
    insert_act(database, SITE, act)
    writer.apply(SITE, [ActAnswered(name, ok=ok, detail="", at_us=at_us)], 1, at_us)


def test_items_links_and_states_come_with_their_times(
    database: str, writer: StoreWriter, reader: PastReader
) -> None:
    take(writer, database, [book(1, home_from="2F-R01A-B01-S2"), book(2)])
    effects: list[Effect] = [
        ItemStatusChanged(1, "on_loan", NOW_US),
        happened("e1", 1, NOW_US, kind="status", shelf=None, detail={"status": "on_loan"}),
        happened(
            "e2", 1, NOW_US + 9, kind="status", shelf=None, detail={"from": "on_loan", "to": "on_shelf"}
        ),
        happened(
            "e3",
            1,
            NOW_US + 9,
            kind="home",
            detail={"was": ["2F-R01A-B01-S1"] * 2, "home": ["2F-R01A-B02-S1"] * 2},
        ),
        happened("e4", 2, NOW_US + 9, kind="placed"),
    ]
    writer.apply(SITE, effects, 1, NOW_US)
    items = reader.items(SHELVES)
    assert [(one.item_id, one.barcode, one.home_from) for one in items] == [
        (1, "00000001", 1),
        (2, "00000002", -1),
    ]
    assert [(one.item_id, one.valid_to_us) for one in reader.links()] == [(1, None), (2, None)]
    assert [(one.before, one.after) for one in reader.statuses(NOW_US - 1)] == [
        (None, "on_loan"),
        ("on_loan", "on_shelf"),
    ]
    assert [one.after for one in reader.statuses(NOW_US)] == ["on_shelf"]
    assert reader.last_statuses({1, 2}, NOW_US) == {1: "on_loan"}
    (home,) = reader.homes(NOW_US, SHELVES)
    assert (home.before, home.after) == ((0, 0), (2, 2))
    assert reader.labels([2]) == {2: ("00000002", "Book 2")}


def test_acts_come_page_by_page_in_their_order_and_only_those_that_were_done(
    database: str, writer: StoreWriter, reader: PastReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "A_PAGE", 2)
    for number, at_us in enumerate((5, 3, 3, 9, 1)):
        did(database, writer, f"act-{number}", at_us)
    did(database, writer, "refused", 4, ok=False)
    did(database, writer, "sweep", 4, kind="sweep.start")
    assert [(at_us, act.id) for at_us, act in reader.acts(2, 8)] == [(3, "act-1"), (3, "act-2"), (5, "act-0")]
    assert next(iter(reader.acts(0, 8)))[1].body == {"status": "on_loan"}


def test_findings_are_those_that_were_open_in_that_time(writer: StoreWriter, reader: PastReader) -> None:
    effects: list[Effect] = [
        PutFinding(finding("old", state="verified", changed_at_us=NOW_US + 1)),
        PutFinding(finding("ended", state="verified", changed_at_us=NOW_US + 20)),
        PutFinding(finding("open")),
        PutFinding(finding("later", opened_at_us=NOW_US + 99)),
        PutFinding(finding("unknown", kind="unknown_tag")),
    ]
    writer.apply(SITE, effects, 1, NOW_US)
    assert [one.id for one in reader.findings(NOW_US + 10, NOW_US + 30)] == ["ended", "open"]


def test_the_database_refuses_whatever_this_reader_would_write(
    writer: StoreWriter, reader: PastReader
) -> None:
    writer.apply(SITE, [PutFinding(finding("one"))], 1, NOW_US)
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"), reader._engine.begin() as connection:
        connection.execute(text("DELETE FROM findings"))
    assert len(reader.findings(0, 2**62)) == 1
