"""What the shelves say of items, as whoever asks a library system reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.store import NOW_US, SITE, book, finding, happened, take

from hub.effects import PutFinding
from hub.store.read.news import NewsReader
from hub.store.write import StoreWriter


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    store = StoreWriter(database)
    yield store
    store.close()


@pytest.fixture
def news(database: str) -> Iterator[NewsReader]:
    store = NewsReader(database, SITE)
    yield store
    store.close()


def test_news_come_in_their_order_and_no_moment_is_cut_in_two(
    database: str, writer: StoreWriter, news: NewsReader
) -> None:
    take(writer, database, [book(number, status="on_loan") for number in range(1, 6)])
    moments = [(1, 10), (2, 20), (3, 20), (4, 20), (5, 30)]
    writer.apply(SITE, [happened(f"e{n}", n, NOW_US + at) for n, at in moments], 1, NOW_US)
    writer.apply(SITE, [happened("act", 1, NOW_US + 5, kind="act")], 2, NOW_US)

    late = NOW_US + 1_000
    first = news.heard_or_gone(NOW_US, late, limit=2)
    assert [(one.barcode[-1], one.at_us - NOW_US) for one in first] == moments_of(moments[:4])
    rest = news.heard_or_gone(first[-1].at_us, late, limit=2)
    assert [(one.barcode[-1], one.at_us - NOW_US) for one in rest] == moments_of(moments[4:])
    assert news.heard_or_gone(rest[-1].at_us, late) == []
    assert len(news.heard_or_gone(NOW_US, NOW_US + 29)) == 4, "what lies ahead is no news yet"
    assert {(one.kind, one.status) for one in first} == {("placed", "on_loan")}


def moments_of(moments: list[tuple[int, int]]) -> list[tuple[str, int]]:
    return [(str(number), at) for number, at in moments]


def test_only_live_findings_that_a_loan_state_can_settle_are_asked_about(
    database: str, writer: StoreWriter, news: NewsReader
) -> None:
    take(writer, database, [book(number) for number in range(1, 6)])
    rows = [
        finding("a", kind="missing", item_id=1),
        finding("b", kind="unexpected", item_id=2, state="claimed", changed_at_us=NOW_US + 1),
        finding("c", kind="misplaced", item_id=3),
        finding("d", kind="missing", item_id=4, state="verified"),
        finding("e", kind="stale_shelf"),
    ]
    writer.apply(SITE, [PutFinding(row) for row in rows], 1, NOW_US)
    assert [(one.barcode[-1], one.kind) for one in news.askable_findings()] == [
        ("2", "unexpected"),
        ("1", "missing"),
    ]


def test_the_state_of_some_items_is_read_by_barcode(
    database: str, writer: StoreWriter, news: NewsReader
) -> None:
    take(writer, database, [book(1, status="on_loan", source_status="due", flags=("requested",)), book(2)])
    states = news.states([book(1).barcode, "nobody"])
    assert list(states) == [book(1).barcode]
    (state,) = states.values()
    assert (state.status, state.source_status, state.flags) == ("on_loan", "due", ["requested"])
