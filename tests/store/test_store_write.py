"""What the hub writes is what pages read: once, whole, and the same after a replay. On SQLite and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from helpers.store import FIRST, NOW_US, SECOND, SITE, asked, book, finding, happened, placed, sweep, take

from hub.effects import (
    ActAnswered,
    AgentChanged,
    AntennaChanged,
    Effect,
    ItemStatusChanged,
    Point,
    PutFinding,
    SendCommand,
    ShelfChanged,
    SweepRows,
)
from hub.store.acts import act_answer, insert_act
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.write import StoreWriter
from shelfwire.errors import InputError
from shelfwire.messages import Ping

AGENT = AgentChanged(
    agent="edge-1",
    online=True,
    boot="b1",
    log="l1",
    at_us=NOW_US,
    software="0.1\x00",
    trouble="",
    clock_offset_us=-3,
    reports=7,
    doubled=1,
    missing=0,
    lost=0,
    faults={"unreadable": 2},
    last_fault="no JSON",
    readers=[{"reader": "R1", "state": "connected", "detail": "a\x00b", "ports": [1, 2]}],
    outbox_reports=0,
    known=True,
)
ANTENNA = AntennaChanged(
    antenna="ant-0001",
    at_us=NOW_US,
    state="good",
    last_dwell_at_us=NOW_US,
    trusted_at_us=None,
    dwells=9,
    reads_a_dwell=12.5,
    reference_share=None,
)


def shelf(name: str, state: str = "quiet") -> ShelfChanged:
    return ShelfChanged(
        shelf=name,
        at_us=NOW_US,
        state=state,  # type: ignore[arg-type]  # one of its four words
        looked_at_us=None,
        items=3,
        away=1,
        findings=0,
    )


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


def test_every_effect_is_read_back_as_it_was_written(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, [book(1, home_from=FIRST)])
    insert_act(database, SITE, asked("act-1"))
    effects: list[Effect] = [
        placed(1, SECOND),
        PutFinding(finding("f-1", item_id=1, shelf=SECOND, home_from=FIRST, why={"shelf": SECOND, "n": 3})),
        shelf(FIRST),
        AGENT,
        ANTENNA,
        happened("e-1", 1, NOW_US, detail={"by": "ant-1"}),
        sweep("s-1"),
        SweepRows(
            sweep="s-1",
            rows=[(1, "found_elsewhere", FIRST, SECOND, 0.9), (None, "unknown", None, FIRST, 0.5)],
        ),
        ItemStatusChanged(item_id=1, status="on_loan", at_us=NOW_US),
        ActAnswered(id="act-1", ok=False, detail="claimed by another", at_us=NOW_US),
        SendCommand("edge-1", Ping(id="c1", expires_at_us=0)),
        Point("hub", {}, {"n": 1.0}, NOW_US),
    ]
    writer.apply(SITE, effects, 42, NOW_US)
    item = reader.item("00000001")
    assert item is not None
    assert (item.shelf, item.status, item.last_heard_by) == (SECOND, "on_loan", "ant-1")
    assert item.candidates == [(SECOND, 0.9), (SECOND, 0.1)]
    assert item.evidence[0].rssi_dbm == -55.5
    assert [found.id for found in item.findings] == ["f-1"]
    assert reader.history(1)[0].detail == {"by": "ant-1"}
    assert reader.shelf_states()[0].items == 3
    assert reader.agents() == [msgspec.structs.replace(AGENT, software="0.1\ufffd")]
    assert reader.antennas() == [ANTENNA]
    assert [row.outcome for row in reader.sweep_rows("s-1")] == ["found_elsewhere", "unknown"]
    answer = act_answer(database, SITE, "act-1")
    assert answer is not None
    assert (answer.ok, answer.detail) == (False, "claimed by another")
    assert reader.hub_state() == {"position": 42, "changed_at_us": NOW_US}
    assert writer.position(SITE) == 42
    assert writer.unmatched == 0


def test_a_replayed_group_writes_nothing_twice(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, [book(1)])
    effects: list[Effect] = [
        placed(1, FIRST),
        happened("e-1", 1, 5),
        PutFinding(finding("f-1")),
        sweep("s-1"),
        SweepRows(sweep="s-1", rows=[(1, "missing", FIRST, None, 1.0)]),
    ]
    for _ in range(3):
        writer.apply(SITE, effects, 9, NOW_US)
    assert len(reader.history(1)) == 1
    assert reader.findings()[1] == 1
    assert len(reader.sweep_rows("s-1")) == 1
    assert reader.counts().items_located == 1


def test_of_two_effects_about_one_thing_the_last_one_stands(
    writer: StoreWriter, reader: StoreReader, database: str
) -> None:
    take(writer, database, [book(1)])
    writer.apply(SITE, [placed(1, FIRST), placed(1, None), shelf(FIRST), shelf(FIRST, "stale")], 1, NOW_US)
    item = reader.item(1)
    assert item is not None
    assert item.shelf is None
    assert [state.state for state in reader.shelf_states()] == ["stale"]


def test_a_new_report_of_a_sweep_takes_the_place_of_the_old_one(
    writer: StoreWriter, reader: StoreReader
) -> None:
    long = [(n, "missing", FIRST, None, 1.0) for n in range(5)]
    writer.apply(SITE, [sweep("s-1"), SweepRows(sweep="s-1", rows=list(long))], 1, NOW_US)
    writer.apply(SITE, [SweepRows(sweep="s-1", rows=[])], 2, NOW_US)
    assert reader.sweep_rows("s-1") == []


def test_a_group_that_fails_leaves_nothing_of_itself(
    writer: StoreWriter, reader: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("cut")

    monkeypatch.setattr("hub.store.write._put_meta", fail)
    with pytest.raises(RuntimeError):
        writer.apply(SITE, [shelf(FIRST)], 5, NOW_US)
    assert reader.shelf_states() == []
    assert writer.position(SITE) == 0


def test_an_effect_about_an_item_that_no_import_brought_is_counted_and_stops_nothing(
    writer: StoreWriter, reader: StoreReader
) -> None:
    effects: list[Effect] = [
        placed(99, FIRST),
        ItemStatusChanged(item_id=99, status="lost", at_us=1),
        ActAnswered(id="nobody", ok=True, detail="", at_us=1),
        shelf(FIRST),
    ]
    writer.apply(SITE, effects, 1, NOW_US)
    assert writer.unmatched == 2
    assert len(reader.shelf_states()) == 1
    assert reader.items_on(FIRST) == []


def test_sites_in_one_database_never_see_each_other(writer: StoreWriter, database: str) -> None:
    for site, title in (("north", "Dune"), ("south", "Emma")):
        take(writer, database, [book(1, title=title)], site=site)
        writer.apply(site, [placed(1, FIRST), PutFinding(finding("f-1", item_id=1))], 7, NOW_US)
    for site, title in (("north", "Dune"), ("south", "Emma")):
        reader = StoreReader(database, site)
        (item,) = reader.items_on(FIRST)
        assert (item.item_id, item.title) == (1, title)
        assert reader.search(title)[1] == 1
        assert reader.search("dune emma")[1] == 0
        assert reader.findings()[0][0].title == title
        reader.close()


@pytest.mark.slow
def test_twenty_thousand_places_a_second_go_into_sqlite(tmp_path: Path) -> None:
    """In processor time of this thread, in which SQLite works: what else runs on the machine does not count."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    upgrade(url)
    writer = StoreWriter(url)
    groups = [[placed(n, FIRST) for n in range(first, first + 2_000)] for first in range(1, 20_001, 2_000)]

    def seconds() -> float:
        begin = time.thread_time()
        for position, group in enumerate(groups):
            writer.apply(SITE, group, position, NOW_US)
        return time.thread_time() - begin

    assert 20_000 / min(seconds() for _ in range(4)) > 20_000
    writer.close()


def test_acts_wait_in_the_order_in_which_they_arrived_and_once_an_id(
    writer: StoreWriter, database: str
) -> None:
    insert_act(database, SITE, asked("late", asked_at_us=9))
    insert_act(database, SITE, asked("offline", asked_at_us=1, body={"list": [1, {"a": None}]}))
    insert_act(database, SITE, asked("late", asked_at_us=9, kind="finding.dismiss"))
    insert_act(database, "other", asked("theirs"))
    waiting = writer.pending_acts(SITE)
    assert [act.id for act in waiting] == ["late", "offline"]
    assert waiting[0].kind == "finding.claim"
    assert waiting[1].body == {"list": [1, {"a": None}]}
    assert act_answer(database, SITE, "late") is None
    writer.apply(SITE, [ActAnswered(id="late", ok=True, detail="", at_us=3)], 1, NOW_US)
    assert [act.id for act in writer.pending_acts(SITE)] == ["offline"]
    insert_act(database, SITE, asked("late"))
    assert [act.id for act in writer.pending_acts(SITE)] == ["offline"]


def test_an_act_with_an_absurd_body_is_refused(database: str) -> None:
    with pytest.raises(InputError, match="larger than"):
        insert_act(database, SITE, asked("big", body={"x": "y" * 100_000}))
