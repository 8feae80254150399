"""What is old goes, and only that."""

from __future__ import annotations

import time

import pytest
from helpers.store import FIRST, NOW_US, SHELVES, SITE, book, finding, happened, take
from sqlalchemy import select, update

from hub.effects import FindingState, PutFinding
from hub.store import retain
from hub.store.config import StoreConfig
from hub.store.difference import known_digests
from hub.store.engine import open_engine
from hub.store.imports import Staging, stage_import
from hub.store.labels import label_sets, stage_labels
from hub.store.read import StoreReader
from hub.store.retain import DAY_US
from hub.store.sources import list_sources, put_source
from hub.store.tables import findings, imports
from hub.store.users import Users
from hub.store.write import StoreWriter
from shelfwire.callnumbers.labels import Row
from shelfwire.errors import InputError


def test_old_events_and_ended_logins_go_and_findings_stay(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retain, "CHUNK", 7)
    writer = StoreWriter(database, StoreConfig(item_events_days=10))
    writer.apply(SITE, [happened(f"e-{n}", 1, NOW_US - n * DAY_US) for n in range(40)], 1, NOW_US)
    writer.apply(SITE, [PutFinding(finding("f-1", opened_at_us=1, changed_at_us=1))], 2, NOW_US)
    users = Users(database, SITE)
    users.add_user("anna", "staff", "hash", 1)
    users.create_session("old", "anna", 1, NOW_US - 1)
    users.create_session("new", "anna", 1, NOW_US + 1)
    removed = writer.retain(NOW_US)
    assert (removed.item_events, removed.sessions) == (29, 1)
    reader = StoreReader(database, SITE)
    assert len(reader.history(1)) == 11
    assert reader.finding("f-1") is not None
    assert users.find_session("new", NOW_US) is not None
    assert writer.retain(NOW_US) == retain.Removed(item_events=0, imports=0, sessions=0)
    for each in (writer, users, reader):
        each.close()


def test_the_last_two_imports_stay_and_none_goes_that_a_replay_could_need(database: str) -> None:
    writer = StoreWriter(database)
    for number in range(1, 5):
        take(writer, database, [book(number, home_from="nowhere")], f"imp-{number}")
    stage_import(database, SITE, "waits", [book(9)], [], "x")
    reader = StoreReader(database, SITE)
    newest_us = reader.imports()[0].staged_at_us
    assert writer.retain(newest_us).imports == 0
    assert writer.retain(newest_us + 2 * DAY_US).imports == 2
    assert [one.import_id for one in reader.imports()] == ["waits", "imp-4", "imp-3"]
    assert reader.import_faults("imp-1") == []
    assert reader.counts().items == 4
    assert writer.apply_import(SITE, "waits", SHELVES).item_id == [1, 2, 3, 4, 5]
    reader.close()
    writer.close()


def test_the_labels_in_force_stay_however_old_they_are_and_refused_imports_go(database: str) -> None:
    writer = StoreWriter(database)
    for number in range(1, 5):
        stage_labels(database, SITE, f"l-{number}", [Row(FIRST, "A1", scheme="LC")], "label", "x")
        writer.apply_labels(SITE, f"l-{number}", SHELVES)
    stage_labels(database, SITE, "learned", [Row(FIRST, "A1", scheme="LC")], "learned", "x")
    writer.apply_labels(SITE, "learned", SHELVES)
    stage_import(database, SITE, "late", [book(2)], [], "x", difference=known_digests(database, SITE))
    take(writer, database, [book(1, call_number="B1 .C2")])
    with pytest.raises(InputError, match="was taken"):
        writer.apply_import(SITE, "late", SHELVES)
    newest_us = label_sets(database, SITE)[0].staged_at_us
    assert writer.retain(newest_us + 2 * DAY_US).imports == 3
    assert {one.labels_id for one in label_sets(database, SITE)} == {"learned", "l-4", "l-3"}
    assert writer.catalog(SITE, SHELVES).home_source == ["label"]
    writer.close()


def test_a_listing_that_takes_days_is_no_staging_that_was_broken_off(database: str) -> None:
    writer = StoreWriter(database)
    engine = open_engine(database)
    staging = Staging(engine, SITE, "long", "main", from_source="main")
    staging.put(book(1))
    staging.mark("page 2")
    assert writer.retain(time.time_ns() // 1000 + 3 * DAY_US).imports == 0
    assert list_sources(engine, SITE)[0].listing == "long"
    put_source(engine, SITE, "main", "koha", listing=None)
    assert writer.retain(time.time_ns() // 1000 + 3 * DAY_US).imports == 1
    engine.dispose()
    writer.close()


def test_staging_that_was_broken_off_goes_after_a_day(database: str) -> None:
    writer = StoreWriter(database)
    stage_import(database, SITE, "broken", [book(1, home_from=FIRST)], [], "x")
    engine = open_engine(database)
    with engine.begin() as connection:
        connection.execute(update(imports).values(state="staging"))
    engine.dispose()
    reader = StoreReader(database, SITE)
    staged_us = reader.imports()[0].staged_at_us
    assert writer.retain(staged_us + 2 * DAY_US).imports == 1
    assert reader.imports() == []
    with pytest.raises(InputError):
        writer.apply_import(SITE, "broken", SHELVES)
    reader.close()
    writer.close()


def test_the_key_of_an_unknown_tag_goes_with_its_finding_or_after_a_day(database: str) -> None:
    def unknown(name: str, opened_at_us: int, state: FindingState, changed_at_us: int = NOW_US) -> PutFinding:
        return PutFinding(
            finding(
                name, kind="unknown_tag", item_id=None, tag_key="h-" + name, state=state,
                opened_at_us=opened_at_us, changed_at_us=changed_at_us,
            )
        )  # fmt: skip

    writer = StoreWriter(database)
    writer.apply(
        SITE,
        [
            unknown("young", NOW_US - 1, "open"),
            unknown("ended", NOW_US - 1, "verified"),
            unknown("old", NOW_US - DAY_US, "open", NOW_US - DAY_US),
            unknown("told-again", NOW_US - DAY_US, "claimed"),
            PutFinding(finding("known", tag_key="k", opened_at_us=1, changed_at_us=1)),
        ],
        1,
        NOW_US,
    )
    assert keys_of(database) == {
        "young": "h-young",
        "ended": None,
        "old": "h-old",
        "told-again": None,
        "known": "k",
    }
    assert writer.retain(NOW_US).tag_keys == 1
    assert keys_of(database) == {
        "young": "h-young",
        "ended": None,
        "old": None,
        "told-again": None,
        "known": "k",
    }
    writer.close()


def keys_of(database: str) -> dict[str, str | None]:
    engine = open_engine(database)
    with engine.connect() as connection:
        found = {row.id: row.tag_key for row in connection.execute(select(findings.c.id, findings.c.tag_key))}
    engine.dispose()
    return found
