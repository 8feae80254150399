import json
from collections import Counter
from typing import Any

import pytest
from helpers.shelves import HOUR, SECOND, START, Book, Library, make_site, settings

from hub.effects import ActAnswered, Effect, SweepChanged
from hub.engine import Engine, sights
from hub.engine.sights import found_so_far
from hub.settings import SweepSettings
from shelfwire.messages import StartCycle

HOME = "1-B01-S3"
FAR = "1-B03-S1"


def answer(effects: list[Effect]) -> ActAnswered:
    (found,) = [effect for effect in effects if isinstance(effect, ActAnswered)]
    return found


def outcomes(library: Library) -> dict[int | None, str]:
    return {item: outcome for item, outcome, *_ in library.sweep_rows().rows}


def swept() -> tuple[Library, dict[str, Book]]:
    """A library before a sweep over its first bay."""
    library = Library()
    books = {
        "home": library.book(home=HOME),
        "moved": library.book(home="1-B01-S2"),
        "gone": library.book(home=HOME),
        "lent": library.book(home=HOME, status="on_loan"),
        "other": library.book(home=FAR),
        "untagged": library.book(home=HOME),
    }
    library.books[-1] = Book(6, (), HOME, None, "on_shelf")
    library.round(
        {HOME: [books["home"], books["gone"]], "1-B01-S2": [books["moved"]], FAR: [books["other"]]}, times=6
    )
    return library, books


def test_a_sweep_reports_every_expected_item_once() -> None:
    library, books = swept()
    library.round({HOME: [books["home"], books["gone"], books["other"]], FAR: [books["moved"]]}, times=5)
    assert answer(library.ask("sweep.start", scope="1-B01")).ok
    library.round({HOME: [books["home"], books["other"]], FAR: [books["moved"]]}, times=6)
    sweep, found = library.sweep(), outcomes(library)
    assert sweep.state == "done"
    assert found[books["home"].item_id] == "found_in_place"
    assert found[books["gone"].item_id] == "missing"
    assert found[books["other"].item_id] == "unexpected"
    assert found[6] == "not_covered"
    assert books["lent"].item_id not in found
    assert sweep.expected == 4
    assert sweep.expected == sweep.found_in_place + sweep.found_elsewhere + sweep.missing + sweep.not_covered
    counted = Counter(outcome for _, outcome, *_ in library.sweep_rows().rows)
    assert counted["found_in_place"] == sweep.found_in_place
    assert sweep.covered == sweep.shelves == ["1-B01-S3", "1-B01-S2", "1-B01-S1"]


def test_a_book_that_stands_outside_its_home_is_found_elsewhere() -> None:
    library, books = swept()
    library.round({HOME: [books["home"]], FAR: [books["moved"], books["other"]]}, times=8)
    library.ask("sweep.start", scope="all")
    library.round({HOME: [books["home"]], FAR: [books["moved"], books["other"]]}, times=4)
    rows = {row[0]: row for row in library.sweep_rows().rows}
    assert rows[books["moved"].item_id][1:4] == ("found_elsewhere", "1-B01-S2", FAR)


def test_a_shelf_that_nobody_listened_to_is_not_covered_and_its_books_not_missing() -> None:
    library, books = swept()
    library.ask("sweep.start", scope="1-B01", limit_s=60)
    library.round({"1-B01-S2": [books["moved"]]}, times=8, deaf=["ant-000"])
    sweep, found = library.sweep(), outcomes(library)
    assert HOME not in sweep.covered
    assert found[books["home"].item_id] == found[books["gone"].item_id] == "not_covered"
    assert found[books["moved"].item_id] == "found_in_place"
    assert "R0" in sweep.detail


def test_a_sweep_commands_longer_dwells_for_a_stated_time_and_gives_the_readers_back() -> None:
    library, books = swept()
    library.ask("sweep.start", scope="1-B01", dwell_ms=5000, power_dbm=31.5)
    (first,) = library.commands()
    assert isinstance(first.command, StartCycle)
    assert (first.agent, first.command.reader, first.command.ports) == ("edge-1", "R0", [1, 2, 3])
    assert (first.command.dwell_ms, first.command.power_dbm, first.command.for_s) == (5000, 31.5, 7200.0)
    assert first.command.sweep == library.sweep().id
    library.round({HOME: [books["home"]]}, times=4)
    last = library.commands()[-1].command
    assert isinstance(last, StartCycle)
    assert (last.dwell_ms, last.sweep, last.for_s, last.ports) == (None, None, None, None)


def test_unknown_tags_of_a_sweep_are_counted_without_a_name() -> None:
    library, _ = swept()
    library.ask("sweep.start", scope="1-B01")
    for _ in range(4):
        library.shelf(HOME).hears(epcs=["E28011052000CCCC"])
        library.shelf("1-B01-S2").hears_nothing()
        library.shelf("1-B01-S1").hears_nothing()
    assert library.sweep().unknown == 1
    assert "CCCC" not in repr(library.sweep_rows())


def test_a_cancelled_sweep_reports_what_it_has_and_frees_the_readers() -> None:
    library, books = swept()
    library.ask("sweep.start", scope="1-B01")
    library.round({HOME: [books["home"]]}, times=1)
    assert answer(library.ask("sweep.cancel", library.sweep().id)).ok
    sweep = library.sweep()
    assert sweep.state == "cancelled"
    assert sweep.expected == sweep.found_in_place + sweep.found_elsewhere + sweep.missing + sweep.not_covered
    assert len(library.commands()) == 2
    assert answer(library.ask("sweep.start", scope="1-B01")).ok


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"scope": "9F-R99"}, "no floor, range, face, bay or shelf"),
        ({"scope": "all", "dwell_ms": 5}, "cannot run so"),
        ({"scope": "1-B09"}, "no floor"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_words(body: dict[str, Any], word: str) -> None:
    library, _ = swept()
    refused = answer(library.ask("sweep.start", **body))
    assert not refused.ok
    assert word in refused.detail


def test_an_area_is_swept_by_one_sweep_at_a_time() -> None:
    library, _ = swept()
    assert answer(library.ask("sweep.start", scope="1-B01")).ok
    assert "another sweep" in answer(library.ask("sweep.start", scope="all")).detail
    assert answer(library.ask("sweep.start", scope="1-B03")).ok


def test_an_unwatched_area_cannot_be_swept() -> None:
    library = Library(history=make_site(antennas=[[HOME]]))
    assert "no antenna hears" in answer(library.ask("sweep.start", scope="1-B03")).detail


def test_a_sweep_survives_a_restart() -> None:
    library, books = swept()
    library.ask("sweep.start", scope="1-B01")
    library.round({HOME: [books["home"]]}, times=1)
    library.engine = Engine.load(library.history, library.settings, library.engine.dump())
    library.round({HOME: [books["home"]]}, times=3)
    assert library.sweep().state == "done"
    assert outcomes(library)[books["home"].item_id] == "found_in_place"
    json.dumps(library.engine.sweeps.dump())


def test_the_nightly_sweep_starts_once_at_its_local_time() -> None:
    library = Library(settings=settings(sweeps=SweepSettings(nightly="02:00", limit_s=60.0)))
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=2)
    # 02:00 in Berlin is 01:00 UTC, 17 h after the start of the clock.
    library.now_us = START + 17 * HOUR - 5 * SECOND
    library.wait(3)
    assert library.commands() == []
    library.wait(5)
    assert len({command.command.id for command in library.commands()}) == 3
    library.wait(200)
    assert library.sweep().asked_by == "nightly"
    started = len(library.commands())
    library.wait(3 * 3_600, step_s=600)
    assert len(library.commands()) == started


def test_a_hub_that_comes_up_at_noon_does_not_make_up_for_last_night() -> None:
    library = Library(settings=settings(sweeps=SweepSettings(nightly="02:00")))
    library.wait(60)
    assert library.commands() == []


def test_a_backlog_of_the_time_before_a_sweep_is_no_look_of_it() -> None:
    library = Library()
    books = {shelf.id: [library.book(home=shelf.id)] for shelf in library.history.now.shelves}
    library.round(books, times=4)
    began_us = library.now_us
    # The agent is cut off: what it measures waits on its disk while the books are there.
    backlog = []
    for _ in range(6):
        for antenna in library.history.now.antennas:
            library.now_us += 2 * SECOND
            heard = [book.epc for shelf in antenna.hears for book in books[shelf]]
            listener = library.antenna(antenna.id)
            backlog.append(listener.dwell(heard, list(antenna.reference_tags), -55.0, "exact", library.air))
    library.now_us = began_us + HOUR // 60
    library.wait(60)
    library.ask("sweep.start", scope="all")
    library.report(*backlog)
    library.wait(3)
    assert library.sweep().state == "running"
    assert library.sweep().covered == []
    library.round(books, times=4)
    sweep = library.sweep()
    assert (sweep.state, sweep.expected, sweep.found_in_place, sweep.missing) == ("done", 9, 9, 0)


def test_a_sweep_goes_on_when_the_clock_of_the_hub_is_set_back() -> None:
    library = Library()
    stays, gone = library.book(home=HOME), library.book(home=HOME)
    library.round({HOME: [stays, gone]}, times=6)
    library.ask("sweep.start", scope="1-B01", looks=2)
    library.round({HOME: [stays]}, times=1)
    library.set_clock(library.now_us - HOUR)
    library.round({HOME: [stays]}, times=4)
    assert library.sweep().state == "done"
    assert library.sweep().started_at_us <= library.now_us
    assert outcomes(library) == {stays.item_id: "found_in_place", gone.item_id: "missing"}


def ten_books_swept_in_pieces(monkeypatch: pytest.MonkeyPatch) -> tuple[Library, list[Book]]:
    """The sweep has begun; its report will be made of three books at a time."""
    monkeypatch.setattr(sights, "PIECE", 3)
    library = Library()
    books = [library.book(home=HOME) for _ in range(10)]
    library.round({HOME: books}, times=6)
    library.ask("sweep.start", scope=HOME)
    return library, books


def test_a_sweep_that_is_over_keeps_what_it_heard_when_the_clock_of_the_hub_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library, books = ten_books_swept_in_pieces(monkeypatch)
    library.shelf(HOME).hears(*books, times=3)
    assert library.engine.sweeps.running
    library.set_clock(library.now_us - HOUR)
    library.wait(5)
    assert set(outcomes(library).values()) == {"found_in_place"}
    assert library.sweep().state == "done"


def test_a_sweep_over_a_shelf_where_nothing_is_expected_ends() -> None:
    library, _ = swept()
    library.ask("sweep.start", scope="1-B01-S1")
    library.wait(5)
    library.round({}, times=4)
    assert (library.sweep().state, library.sweep().expected) == ("done", 0)


def test_a_sweep_of_a_library_without_a_catalogue_ends_and_can_be_cancelled() -> None:
    library = Library()
    library.ask("sweep.start", scope="all")
    library.round({}, times=4)
    assert library.sweep().state == "done"
    library.ask("sweep.start", scope="1-B01-S1")
    library.wait(5)
    assert answer(library.ask("sweep.cancel", library.sweep().id)).ok
    assert (library.sweep().state, library.sweep_rows().rows) == ("cancelled", [])


def test_books_that_stand_anywhere_in_their_home_are_expected_and_not_unexpected() -> None:
    library = Library()
    books = [library.book(home=HOME, to="1-B01-S1") for _ in range(4)]
    library.round({"1-B01-S2": books}, times=6)
    library.ask("sweep.start", scope="1-B01-S2")
    library.round({"1-B01-S2": books}, times=4)
    sweep = library.sweep()
    assert (sweep.expected, sweep.found_in_place, sweep.unexpected) == (4, 4, 0)


def test_a_book_of_the_next_board_that_has_only_drifted_is_not_unexpected() -> None:
    library = Library()
    book = library.book(home=HOME)
    library.round({"1-B01-S2": [book]}, times=9)
    assert library.belief(book).is_at("1-B01-S2")
    library.ask("sweep.start", scope="1-B01-S2")
    library.round({"1-B01-S2": [book]}, times=4)
    assert library.sweep_rows().rows == []


def test_a_book_without_a_home_stands_wrong_nowhere_unless_it_is_lent() -> None:
    library = Library()
    books = [library.book() for _ in range(12)]
    lent, one = library.book(status="on_loan"), library.book(home=HOME)
    standing = {HOME: [*books, lent, one]}
    library.round(standing, times=6)
    library.ask("sweep.start", scope="1-B01")
    library.round(standing, times=4)
    assert outcomes(library) == {one.item_id: "found_in_place", lent.item_id: "unexpected"}


def test_a_set_is_found_in_place_only_when_all_its_parts_are() -> None:
    library = Library()
    whole, torn, strayed = (library.book(home=HOME, parts=2) for _ in range(3))
    everything = [epc for book in (whole, torn, strayed) for epc in book.epcs]
    library.shelf(HOME).hears(times=8, epcs=everything)
    here = [*whole.epcs, torn.epcs[0], strayed.epcs[0]]
    for _ in range(9):
        library.shelf(HOME).hears(epcs=here)
        library.shelf(FAR).hears(epcs=[strayed.epcs[1]])
    library.ask("sweep.start", scope=HOME)
    for _ in range(4):
        library.shelf(FAR).hears(epcs=[strayed.epcs[1]])
        library.shelf(HOME).hears(epcs=here)
    assert outcomes(library) == {
        whole.item_id: "found_in_place",
        torn.item_id: "missing",
        strayed.item_id: "found_elsewhere",
    }


def test_the_progress_of_a_sweep_tells_what_was_heard_and_weighs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library, books = swept()
    library.ask("sweep.start", scope="1-B01", looks=2)
    library.round({HOME: [books["home"]]}, times=1)
    weighed: list[int] = []
    monkeypatch.setattr(Engine, "weigh", lambda _self, rows: weighed.append(len(rows)))
    (sweep,) = library.engine.sweeps.running.values()
    assert found_so_far(library.engine, sweep) == 1
    assert weighed == []


@pytest.mark.parametrize("scope", ["1-B99", "1-B01"])
def test_a_nightly_sweep_that_cannot_start_leaves_a_failed_row_with_the_reason(scope: str) -> None:
    library = Library(settings=settings(sweeps=SweepSettings(nightly="02:00", scope=scope)))
    library.round({HOME: [library.book(home=HOME)]}, times=2)
    library.now_us = START + 17 * HOUR - 5 * SECOND
    library.wait(3)
    library.ask("sweep.start", scope="1-B01-S3")
    library.wait(5)
    failed = [e for e in library.effects if isinstance(e, SweepChanged) and e.state == "failed"]
    assert [(e.scope, e.asked_by) for e in failed] == [(scope, "nightly")]
    assert failed[0].detail.startswith("not started: ")
    assert ("no floor" in failed[0].detail) == (scope == "1-B99")
    library.wait(600)
    assert len([e for e in library.effects if isinstance(e, SweepChanged) and e.state == "failed"]) == 1


def test_the_report_of_a_large_sweep_is_made_in_pieces_and_survives_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library, books = ten_books_swept_in_pieces(monkeypatch)
    for _ in range(3):
        library.shelf(HOME).hears(*books)
    assert library.engine.sweeps.running
    assert len(library.commands()) == 2
    assert "being made" in answer(library.ask("sweep.cancel", library.sweep().id)).detail
    library.engine = Engine.load(library.history, library.settings, library.engine.dump())
    library.wait(5)
    sweep = library.sweep()
    assert (sweep.state, sweep.expected, sweep.found_in_place) == ("done", 10, 10)
    assert [row[0] for row in library.sweep_rows().rows] == [book.item_id for book in books]
    assert not library.engine.sweeps.running
