"""The two workers of a followed system, on a real database; a script plays the system, the test plays the hub.

What they ask of the store is held to both kinds of databases by test_store_listing and test_store_news.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers.sites import built, written
from helpers.store import SITE, book, finding, happened, take
from helpers.systems import Scripted

from hub.catalog.follow import asker as asker_module
from hub.catalog.follow import listing
from hub.catalog.follow.asker import Asker
from hub.catalog.follow.asking import Pace
from hub.catalog.follow.config import CatalogSource
from hub.catalog.follow.lister import Lister
from hub.catalog.follow.listing import StoppedError
from hub.catalog.follow.told import Told
from hub.catalog.follow.work import Work
from hub.catalog.model import Item, ItemState, RowFault
from hub.catalog.source import Mark
from hub.effects import ActAnswered, PutFinding
from hub.events import ActAsked
from hub.store.acts import insert_act
from hub.store.engine import open_engine
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.sources import Source, list_sources
from hub.store.write import StoreWriter
from shelfwire.errors import AwayError, InputError, PeerError
from web.words import SYSTEM_STATES

PLACE = built(written(site=SITE)).now
SHELVES = {shelf.id: shelf.index for shelf in PLACE.shelves}


class Hub:
    """Plays the hub: takes what it was asked for, and answers."""

    def __init__(self, database: str) -> None:
        self.writer = StoreWriter(database)
        self.acts: list[ActAsked] = []
        self._position = 0

    def work(self) -> list[ActAsked]:
        asked = self.writer.pending_acts(SITE)
        for act in asked:
            ok, detail = True, "done"
            if act.kind == "catalog.import":
                try:
                    self.writer.apply_import(
                        SITE,
                        act.body["import_id"],
                        SHELVES,
                        accepted_share=act.body.get("accepted_share", 0.0),
                    )
                except InputError as fault:
                    ok, detail = False, str(fault)
            self._answer(act.id, ok=ok, detail=detail)
        self.acts += asked
        return asked

    def say(self, *effects: Any) -> None:
        self._position += 1
        self.writer.apply(SITE, effects, self._position, now_us())

    def _answer(self, act_id: str, *, ok: bool, detail: str) -> None:
        self.say(ActAnswered(act_id, ok=ok, detail=detail, at_us=now_us()))


def now_us() -> int:
    return time.time_ns() // 1000


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables; made once, copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "hub.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(tmp_path: Path, empty: Path) -> str:
    shutil.copy(empty, tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture
def hub(database: str) -> Iterator[Hub]:
    made = Hub(database)
    yield made
    made.writer.close()


@pytest.fixture
def reader(database: str) -> Iterator[StoreReader]:
    made = StoreReader(database, SITE)
    yield made
    made.close()


def work_of(database: str, **more: Any) -> Work:
    source = msgspec.convert({"name": "main", "kind": "script"} | more, CatalogSource)
    told = Told(database, SITE, "main", "script")
    return Work(database, PLACE, source, Path(), told, threading.Event())


def row(database: str) -> Source:
    (found,) = list_sources(database, SITE)
    return found


def books(first: int, last: int, **more: Any) -> list[Item]:
    return [book(number, call_number=f"QA{number}", **more) for number in range(first, last + 1)]


def titles(reader: StoreReader) -> dict[str, str]:
    return {item.barcode: item.status for number in range(1, 50) if (item := reader.item(number)) is not None}


# --- listing -------------------------------------------------------------------------------------------------


def test_the_first_listing_brings_the_catalogue_and_the_next_one_begins_where_it_ended(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    system, lister = Scripted([books(1, 3), books(4, 5)]), Lister(work_of(database))
    lister.once(system)
    assert titles(reader) == {}
    hub.work()
    assert len(titles(reader)) == 5
    lister.once(system)
    assert system.listed == [None]
    assert (row(database).state, row(database).cursor) == ("waiting", "since-now")
    assert row(database).last_full_at_us is not None
    assert row(database).counts["rows"] == 5


def test_a_listing_of_changes_begins_at_the_last_place_and_drops_nothing(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    system, lister = Scripted([books(1, 5)]), Lister(work_of(database, list_every_min=1))
    lister.once(system)
    hub.work()
    lister.once(system)
    lister._listed_at_us = now_us() - 3_600_000_000
    system.pages = [books(5, 6, status="on_loan", source_status="due")]
    lister.once(system)
    hub.work()
    assert system.listed == [None, "since-now"]
    newest = reader.imports()[0]
    assert reader.absent(newest.import_id) == ([], 0), "what a listing of changes lacks is as it was"
    assert list(titles(reader).values()) == ["on_shelf"] * 4 + ["on_loan"] * 2


def test_a_listing_that_changes_nothing_asks_the_hub_for_nothing_and_leaves_no_line(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    system, lister = Scripted([books(1, 5)]), Lister(work_of(database, list_every_min=1))
    lister.once(system)
    hub.work()
    lister.once(system)
    system.pages = [books(2, 3)]
    lister._listed_at_us = 0
    lister.once(system)
    assert hub.work() == []
    assert row(database).cursor == "since-now"
    assert len(reader.imports()) == 1, "a hundred listings a day push out no import that people look at"


def test_a_listing_of_everything_that_lacks_too_much_waits_for_a_person(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    take(hub.writer, database, books(1, 40))
    work = work_of(database)
    system, lister = Scripted([books(1, 20)]), Lister(work)
    lister.once(system)
    assert hub.work() == []
    assert "lacks 20 of 40 items (50.0%), more than the 5.0% that may be dropped" in row(database).detail
    assert row(database).state == "held"
    lister.once(system)
    assert system.listed == [None], "it is not listed again while it waits"

    assert lister._asked is not None
    name = lister._asked.staged.import_id
    body = {"import_id": name, "accepted_share": 0.5}
    act = ActAsked(name, "lead", now_us(), "catalog.import", name, body)
    insert_act(database, SITE, act)
    hub.work()
    assert list(titles(reader).values()).count("withdrawn") == 20
    lister.once(system)
    assert row(database).cursor == "since-now"


def test_a_listing_that_waits_for_a_person_still_waits_after_a_restart(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    take(hub.writer, database, books(1, 40))
    Lister(work_of(database)).once(Scripted([books(1, 20)]))
    held = row(database).detail
    assert "`shelfwire catalog sync main --full --accept-drop 50`" in held
    name = reader.imports()[0].import_id

    work, system = work_of(database), Scripted([books(1, 40)])  # a new process
    lister = Lister(work)
    work.told.say(state="waiting", detail="")
    lister.once(system)
    assert system.listed == []
    assert (row(database).state, row(database).detail) == ("held", held)
    assert "held" in SYSTEM_STATES, "the map has a word for it"
    body = {"import_id": name, "accepted_share": 0.5}
    insert_act(database, SITE, ActAsked(name, "lead", now_us(), "catalog.import", name, body))
    hub.work()
    lister.once(system)
    assert list(titles(reader).values()).count("withdrawn") == 20
    assert row(database).cursor == "since-now"


def test_a_listing_that_waited_too_long_gives_way_to_the_next_one(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    take(hub.writer, database, books(1, 40))
    system, lister = Scripted([books(1, 20)]), Lister(work_of(database, full_every_h=1))
    lister.once(system)
    first = reader.imports()[0].import_id
    lister._listed_at_us = now_us() - 2 * 3_600_000_000
    lister.once(system)
    lister.once(system)
    assert system.listed == [None, None]
    old = reader.import_(first)
    assert old is not None
    assert (old.state, old.detail) == ("refused", "a later listing of main has taken its place")
    assert [one.state for one in reader.imports()].count("staged") == 1


def test_a_listing_that_a_restored_database_knows_nothing_of_is_not_waited_for_for_ever(
    database: str, hub: Hub
) -> None:
    system, lister = Scripted([books(1, 5)]), Lister(work_of(database, full_every_h=1))
    lister.once(system)
    lister.once(system)
    assert system.listed == [None]
    lister._listed_at_us = now_us() - 2 * 3_600_000_000
    lister.once(system)
    lister.once(system)
    assert system.listed == [None, None]


def test_a_listing_that_waits_is_listed_again_when_the_catalogue_has_changed_meanwhile(
    database: str, hub: Hub
) -> None:
    take(hub.writer, database, books(1, 40))
    Lister(work_of(database)).once(Scripted([books(1, 20)]))
    take(hub.writer, database, books(41, 41), import_id="between")
    system = Scripted([books(1, 41)])
    Lister(work_of(database)).once(system)
    assert system.listed == [None]


def test_a_listing_that_the_hub_refuses_is_not_listed_again_without_a_rest(database: str, hub: Hub) -> None:
    system, lister = Scripted([books(1, 5)]), Lister(work_of(database, complete=False))
    waits = []
    for number in range(20, 23):
        lister.once(system)
        take(hub.writer, database, books(number, number), import_id=f"file-{number}")
        (act,) = hub.work()
        assert act.kind == "catalog.import"
        waits.append(lister.once(system))
    assert len(system.listed) == 3
    assert waits[0] >= 12
    assert waits[2] >= 48


def test_half_a_listing_changes_nothing_and_goes_on_at_its_last_mark(
    database: str, hub: Hub, reader: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MARK_ROWS", 1)
    system, lister = Scripted([books(1, 10), books(11, 20), books(21, 30)]), Lister(work_of(database))

    def fails(what: str) -> None:
        if what == "page-2":
            raise AwayError("the script answered 500")

    system.before = fails
    with pytest.raises(AwayError):
        lister.once(system)
    assert hub.work() == []
    assert row(database).listing_cursor == "page-2"

    system.before = lambda _: None
    Lister(work_of(database)).once(system)  # a new process
    hub.work()
    assert system.listed == [None, "page-2"]
    assert len(titles(reader)) == 30


def test_a_system_that_breaks_off_all_night_leaves_one_line(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    system = Scripted([books(1, 10)])
    system.ends = False
    lister = Lister(work_of(database))
    for _ in range(5):
        with pytest.raises(PeerError):
            lister.once(system)
    assert [one.state for one in reader.imports()] == ["staging"]
    system.ends = True
    lister.once(system)
    hub.work()
    assert [one.state for one in reader.imports()] == ["applied"]
    assert len(titles(reader)) == 10


def test_a_place_that_cannot_be_kept_is_no_place(database: str, hub: Hub) -> None:
    class Endless(Scripted):
        def items(self, cursor: str | None) -> Iterator[Any]:
            yield Mark("x" * 4_001, done=True)

    with pytest.raises(PeerError, match="a mark of 4001 signs; 4000 are kept"):
        Lister(work_of(database)).once(Endless())
    assert hub.work() == []


def test_rows_that_could_not_be_read_count_also_after_a_restart(
    database: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MARK_ROWS", 1)
    take(hub.writer, database, books(1, 40))
    unread = RowFault(where="item 40", what="not taken", taken=False, unread=True)
    system = Scripted([[*books(1, 20), unread], books(21, 39)])

    def fails(what: str) -> None:
        if what == "page-1":
            raise AwayError("the script answered 500")

    system.before = fails
    with pytest.raises(AwayError):
        Lister(work_of(database)).once(system)
    system.before = lambda _: None
    Lister(work_of(database)).once(system)  # a new process
    assert system.listed == [None, "page-1"]
    assert hub.work() == []
    assert "1 rows of the listing could not be read, so the 1 items that it lacks" in row(database).detail


def test_a_listing_begins_anew_when_another_import_came_between(
    database: str, hub: Hub, reader: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MARK_ROWS", 1)
    system, lister = Scripted([books(1, 2), books(3, 4)]), Lister(work_of(database))
    system.ends = False
    with pytest.raises(PeerError, match="broke off without its end"):
        lister.once(system)
    take(hub.writer, database, books(40, 40))
    system.ends = True
    Lister(work_of(database, complete=False)).once(system)
    hub.work()
    assert system.listed == [None, None]
    assert sorted(titles(reader)) == [f"{number:08d}" for number in (1, 2, 3, 4, 40)]


def test_a_stop_in_the_middle_leaves_the_listing_for_later(database: str, hub: Hub) -> None:
    work = work_of(database)
    system, lister = Scripted([books(1, 3)]), Lister(work)
    work.stop.set()
    with pytest.raises(StoppedError):
        lister.once(system)
    assert hub.work() == []


def test_rows_that_cannot_be_taken_are_told_and_the_rest_is(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    broken = RowFault(where="item 7", what="has no barcode", taken=False)
    lister = Lister(work_of(database))
    lister.once(Scripted([[*books(1, 2), broken, book(3, call_number="??")]]))
    (act,) = hub.work()
    assert len(titles(reader)) == 3
    told = [fault.what for fault in reader.import_faults(act.body["import_id"])]
    assert "has no barcode" in told
    assert any("'??'" in what for what in told)


def test_a_source_that_lists_only_a_part_drops_nothing_and_is_not_listed_whole_for_ever(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    take(hub.writer, database, books(1, 10))
    system, lister = Scripted([books(11, 12)]), Lister(work_of(database, complete=False))
    lister.once(system)
    hub.work()
    lister.once(system)
    assert set(titles(reader).values()) == {"on_shelf"}
    assert row(database).last_full_at_us is not None


# --- asking --------------------------------------------------------------------------------------------------


def test_a_book_that_fell_silent_is_asked_about_and_its_loan_is_handed_to_the_hub(
    database: str, hub: Hub
) -> None:
    take(hub.writer, database, books(1, 3))
    hub.say(happened("e1", 2, now_us(), kind="away", shelf=None))
    system, asker = Scripted(), Asker(work_of(database))
    barcode = book(2).barcode
    system.shelf[barcode] = ItemState(
        barcode=barcode, status="on_loan", source_status="due", flags=("requested",)
    )
    asker.once(system)
    assert system.asked == [[barcode]]
    (act,) = hub.work()
    assert act.kind == "item.states"
    assert act.body == {
        "states": [{"barcode": barcode, "status": "on_loan", "source_status": "due", "flags": ["requested"]}]
    }
    asker.once(system)
    assert len(system.asked) == 1


def test_an_answer_that_the_catalogue_has_already_asks_the_hub_for_nothing(database: str, hub: Hub) -> None:
    take(hub.writer, database, books(1, 3))
    hub.say(happened("e1", 2, now_us(), kind="away", shelf=None))
    system = Scripted()
    system.shelf[book(2).barcode] = ItemState(barcode=book(2).barcode, status="on_shelf")
    Asker(work_of(database)).once(system)
    assert system.asked
    assert hub.work() == []


def test_an_item_that_the_system_does_not_know_is_counted_and_never_withdrawn_by_a_question(
    database: str, hub: Hub
) -> None:
    take(hub.writer, database, books(1, 3))
    hub.say(PutFinding(finding("f1", kind="missing", item_id=1)))
    work = work_of(database)
    Asker(work).once(Scripted())
    work.told.flush()
    assert hub.work() == []
    assert row(database).counts["not_known"] == 1


def test_a_system_that_has_no_word_for_withdrawn_does_not_bring_the_book_back(
    database: str, hub: Hub
) -> None:
    take(hub.writer, database, books(1, 1, status="withdrawn"))
    hub.say(PutFinding(finding("f1", kind="unexpected", item_id=1)))

    class Plain(Scripted):
        unsaid = frozenset({"withdrawn"})

    system = Plain()
    system.shelf[book(1).barcode] = ItemState(barcode=book(1).barcode, status="on_shelf", source_status="03")
    Asker(work_of(database)).once(system)
    assert system.asked
    assert hub.work() == []


def test_items_without_an_answer_are_asked_about_again(database: str, hub: Hub) -> None:
    take(hub.writer, database, books(1, 1))
    hub.say(happened("e1", 1, now_us(), kind="away", shelf=None))
    system, asker = Scripted(), Asker(work_of(database, asks_a_second=100))

    def fails(_: str) -> None:
        raise AwayError("the script is dead")

    system.before = fails
    with pytest.raises(AwayError):
        asker.once(system)
    system.before = lambda _: None
    time.sleep(0.02)
    asker.once(system)
    assert system.asked == [[book(1).barcode]]


def test_questions_keep_to_their_rate_whatever_the_shelves_say(database: str, hub: Hub) -> None:
    take(hub.writer, database, books(1, 30))
    hub.say(*(happened(f"e{n}", n, now_us(), kind="away", shelf=None) for n in range(1, 31)))
    system, asker = Scripted(), Asker(work_of(database, asks_a_second=0.01))
    for _ in range(5):
        asker.once(system)
    assert [len(asked) for asked in system.asked] == [1]


def test_an_answer_that_nobody_can_read_keeps_no_other_item_from_being_asked_about(
    database: str, hub: Hub
) -> None:
    take(hub.writer, database, books(1, 4))
    hub.say(*(happened(f"e{n}", n, now_us(), kind="away", shelf=None) for n in range(1, 5)))
    asked: list[list[str]] = []
    answered: list[str] = []

    class Poisoned(Scripted):
        def states(self, barcodes: Sequence[str]) -> Iterator[Any]:
            asked.append(list(barcodes))
            if book(2).barcode in barcodes:
                raise PeerError("the script answers rubbish")
            answered.extend(barcodes)
            yield from super().states(barcodes)

    asker = Asker(work_of(database, asks_a_second=100))
    for _ in range(8):
        asker._pace._room = 4.0
        with contextlib.suppress(PeerError):
            asker.once(Poisoned())
        asker._pace._at_us = now_us()
    assert sorted(answered) == [book(n).barcode for n in (1, 3, 4)]
    assert asked.count([book(2).barcode]) == 1, "alone it is asked about once, and then waits"


def test_a_clock_that_was_set_back_makes_nobody_deaf(
    database: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(hub.writer, database, books(1, 2))
    hub.say(happened("e1", 1, now_us(), kind="away", shelf=None))
    system, asker = Scripted(), Asker(work_of(database, asks_a_second=100))
    asker.once(system)
    back_us = now_us() - 7_200_000_000
    monkeypatch.setattr(asker_module, "wall_us", lambda: back_us)
    asker.once(system)
    hub.say(happened("e2", 2, back_us + 1_000_000, kind="away", shelf=None))
    monkeypatch.setattr(asker_module, "wall_us", lambda: back_us + 2_000_000)
    asker.once(system)
    assert system.asked == [[book(1).barcode], [book(2).barcode]]


def test_answers_fit_into_their_acts_however_long_the_words_of_the_system_are(
    database: str, hub: Hub
) -> None:
    take(hub.writer, database, books(1, 120))
    hub.say(*(happened(f"e{n}", n, now_us(), kind="away", shelf=None) for n in range(1, 121)))
    system, asker = Scripted(), Asker(work_of(database, asks_a_second=100))
    for number in range(1, 121):
        barcode = book(number).barcode
        system.shelf[barcode] = ItemState(barcode=barcode, status="on_loan", source_status="借" * 5_000)
    asker._pace = Pace(100)
    asker._pace._room, asker._pace._at_us = 100.0, now_us()
    asker.once(system)
    acts = hub.work()
    assert [len(act.body["states"]) for act in acts] == [50, 50]
    assert {len(state["source_status"]) for act in acts for state in act.body["states"]} == {120}


def test_nobody_is_asked_while_the_hub_takes_no_answers(
    database: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(hub.writer, database, books(1, 2))
    hub.say(happened("e1", 1, now_us(), kind="away", shelf=None))
    system, asker = Scripted(), Asker(work_of(database, asks_a_second=100))
    for number in (1, 2):
        barcode = book(number).barcode
        system.shelf[barcode] = ItemState(barcode=barcode, status="on_loan")
    asker.once(system)
    hub.say(happened("e2", 2, now_us(), kind="away", shelf=None))
    began_us = now_us()

    def later(seconds: float) -> None:
        monkeypatch.setattr(asker_module, "wall_us", lambda: began_us + int(seconds * 1e6))
        asker.once(system)

    later(61)
    assert len(system.asked) == 1
    hub.work()
    later(63)
    assert system.asked[1:] == [[book(2).barcode]]


# --- staying alive -------------------------------------------------------------------------------------------


def test_a_worker_says_what_failed_opens_the_connector_again_and_goes_on(database: str) -> None:
    systems: list[Scripted] = []

    def opener(*_: Any) -> Scripted:
        systems.append(Scripted())
        return systems[-1]

    source = CatalogSource(name="main", kind="script")
    stop = threading.Event()
    work = Work(database, PLACE, source, Path(), Told(database, SITE, "main", "script"), stop, opener=opener)
    waits: list[float] = []
    shown: list[tuple[str, str]] = []

    def wait(timeout: float | None = None) -> bool:
        waits.append(timeout or 0.0)
        shown.append((row(database).state, row(database).detail))
        return stop.is_set()

    stop.wait = wait  # type: ignore[method-assign]
    turns = iter(
        [
            AwayError("no answer within 30 s"),
            PeerError("not JSON"),
            None,
            InputError("401: wrong key"),
            None,
            AwayError("gone again"),
        ]
    )

    def once(_: object) -> float:
        turn = next(turns, StopIteration())
        if isinstance(turn, StopIteration):
            stop.set()
            return 0.0
        if turn is not None:
            raise turn
        return 1.0

    work.keep_on("listing", once)
    assert [len(systems), *(system.closed for system in systems)] == [5, 1, 1, 1, 1, 1]
    assert 12 <= waits[5] <= 18, "after a success the waits begin anew"
    assert 12 <= waits[0] <= 18
    assert 24 <= waits[1] <= 36
    assert waits[2] == 1.0
    assert 720 <= waits[3] <= 1080, "a wrong key is tried rarely: systems lock accounts"
    assert shown[0] == ("away", "listing: no answer within 30 s")
    assert shown[2:4] == [("waiting", ""), ("wrong", "listing: 401: wrong key")]


def test_what_fails_is_shown_until_it_is_well_whatever_the_other_worker_says(database: str) -> None:
    work = work_of(database)
    work.told.say(state="listing", detail="7 items listed")
    work.fails("asking", AwayError("nobody there"))
    work.told.say(state="waiting", next_at_us=now_us())
    assert (row(database).state, row(database).detail) == ("away", "asking: nobody there")
    work.fails("listing", InputError("401: wrong key"))
    assert row(database).state == "wrong"
    assert row(database).detail == "asking: nobody there; listing: 401: wrong key"
    work.told.well("listing")
    assert row(database).state == "away"
    work.told.well("asking")
    assert (row(database).state, row(database).detail) == ("waiting", "7 items listed")


def test_a_listing_that_gets_on_again_is_shown_as_one_though_it_takes_hours(database: str) -> None:
    work = work_of(database)
    work.fails("listing", AwayError("the script answered 500"))
    shown: list[str] = []
    system = Scripted([books(1, 2), books(3, 4)])
    system.before = lambda _: shown.append(row(database).state)
    Lister(work).once(system)
    assert shown == ["away", "listing"]


def test_a_system_that_is_only_asked_is_well_again_when_it_answers_again(database: str, hub: Hub) -> None:
    take(hub.writer, database, books(1, 1))
    hub.say(PutFinding(finding("f1", kind="missing", item_id=1)))
    work = work_of(database, asks_a_second=100)
    waits: list[str] = []

    def fails(_: str) -> None:
        if not waits:
            raise AwayError("the script is dead")

    system = Scripted()
    system.before = fails
    work = dataclasses.replace(work, opener=lambda *_: system)

    def wait(timeout: float | None = None) -> bool:
        del timeout
        waits.append(row(database).state)
        if len(waits) > 1:
            work.stop.set()
        return False

    work.stop.wait = wait  # type: ignore[method-assign]
    Asker(work).run()
    assert waits == ["away", "waiting"]
    assert row(database).detail == ""


def test_a_fault_of_a_connector_ends_no_worker_and_its_words_are_told_to_nobody(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    work = dataclasses.replace(work_of(database), opener=lambda *_: Scripted())
    turns = []

    def once(_: object) -> float:
        turns.append(1)
        raise ValueError("cannot read 'borrower: Maria Muster'")

    def wait(timeout: float | None = None) -> bool:
        del timeout
        if len(turns) > 1:
            work.stop.set()
        return False

    work.stop.wait = wait  # type: ignore[method-assign]
    work.keep_on("asking", once)
    assert len(turns) == 2
    assert row(database).state == "wrong"
    assert "ValueError in test_follow_workers.py, line " in row(database).detail
    assert "Maria" not in caplog.text + row(database).detail


def test_a_listing_that_changes_nothing_still_tells_of_a_row_that_it_could_not_take(
    database: str, hub: Hub, reader: StoreReader
) -> None:
    system, lister = Scripted([books(1, 5)]), Lister(work_of(database, list_every_min=1))
    lister.once(system)
    hub.work()
    lister.once(system)
    system.pages = [[RowFault(where="item 6", what="no barcode", taken=False)]]
    lister._listed_at_us = 0
    lister.once(system)
    (newest, _) = reader.imports()
    assert [fault.where for fault in reader.import_faults(newest.import_id)] == ["item 6"]


def test_the_small_steps_of_a_source_share_one_engine_which_holds_no_file_open(
    database: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(hub.writer, database, books(1, 2))
    store = open_engine(database, pooled=False)
    work = dataclasses.replace(
        work_of(database, list_every_min=1), told=Told(store, SITE, "main", "script"), kept=store
    )
    lister, asker, system = Lister(work), Asker(work), Scripted([books(1, 2)])
    lister.once(system)

    def none_more(*_: Any, **__: Any) -> None:
        pytest.fail("another engine was made")

    monkeypatch.setattr("hub.store.engine.create_engine", none_more)
    for _ in range(3):
        lister.once(system)
        asker.once(system)
    hub.writer.close()
    file = Path(database.removeprefix("sqlite:///")).resolve()
    assert held_open(file) == 0, "a restore puts another file in its place"


def held_open(file: Path) -> int:
    """How often this process holds a file open."""
    return [link.resolve() for link in Path("/proc/self/fd").iterdir() if link.exists()].count(file)
