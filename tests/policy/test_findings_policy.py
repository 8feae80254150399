from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from helpers.shelves import HOUR, SECOND, START, Book, Library, Listener, make_site, settings

from hub.effects import Finding, PutFinding
from hub.engine import Engine
from hub.findings.sentences import sentence
from shelfwire.site.model import SiteHistory

HOME = "1-B01-S3"
FAR = "1-B03-S1"


def misplaced(library: Library) -> tuple[Book, Finding]:
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=6)
    library.round({FAR: [book]}, times=9)
    (finding,) = library.findings("misplaced")
    return book, finding


def test_a_misplaced_book_is_found_and_says_why() -> None:
    library = Library()
    book, finding = misplaced(library)
    assert (finding.item_id, finding.shelf, finding.home_from) == (book.item_id, FAR, HOME)
    assert finding.confidence >= 0.9
    text = sentence(finding)
    assert f"Heard on {FAR} in " in text
    assert f"belongs to {HOME}" in text
    assert " 2026-01-05 08:" in text
    says = {one.antenna: one.says for one in finding.evidence}
    assert says == {"ant-000": "silent", "ant-008": "heard"}


def test_the_antenna_closes_the_task_whoever_moved_the_book() -> None:
    library = Library()
    book, finding = misplaced(library)
    library.round({HOME: [book]}, times=9)
    assert library.findings() == []
    assert library.finding(finding.id).state == "verified"


def test_a_book_on_the_next_board_has_only_drifted() -> None:
    library = Library()
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=6)
    library.round({"1-B01-S2": [book]}, times=20)
    assert library.belief(book).is_at("1-B01-S2")
    assert library.findings("misplaced") == []


def test_an_item_without_a_home_is_located_and_never_misplaced() -> None:
    library = Library()
    book = library.book()
    for shelf in (HOME, FAR, "1-B02-S2"):
        library.round({shelf: [book]}, times=12)
        assert library.belief(book).is_at(shelf)
    assert library.findings("misplaced") == []


def test_a_dead_reader_makes_no_book_missing_however_long() -> None:
    library = Library()
    books = [library.book(home=HOME) for _ in range(5)]
    library.round({HOME: books}, times=6)
    library.wait(30 * 86_400, step_s=7_200)
    library.wait(1_800, step_s=30)
    assert library.findings("missing") == []
    assert library.shelf_state(HOME).state == "stale"
    assert library.shelf_state(HOME).items == 5
    stale = [finding.shelf for finding in library.findings("stale_shelf")]
    assert HOME in stale


def test_a_dying_reader_that_still_sends_empty_dwells_makes_no_book_missing() -> None:
    library = Library(settings=settings(longest_use_h=0.05, stale_after_s=120.0))
    books = [library.book(home=HOME) for _ in range(5)]
    library.round({HOME: books}, times=6)
    library.shelf(HOME).hears_nothing(times=400, references=False)
    assert library.findings("missing") == []
    (finding,) = library.findings("silent_antenna")
    assert finding.antenna == "ant-000"
    assert "did not hear its reference tags" in sentence(finding)


def test_an_antenna_that_falls_silent_when_it_has_just_begun_is_told_by_its_reference_tags() -> None:
    library = Library(settings=settings(silent_dwells=2))
    books = [library.book(home=HOME) for _ in range(5)]
    library.shelf(HOME).hears(*books, times=6)
    library.shelf(HOME).hears_nothing(times=2, references=False)
    (finding,) = library.findings("silent_antenna")
    assert "did not hear its reference tags" in sentence(finding)


def test_a_taken_book_is_missing_after_the_longest_use_and_not_before() -> None:
    library = Library(settings=settings(longest_use_h=1.0))
    taken, left = library.book(home=HOME), library.book(home=HOME)
    library.shelf(HOME).hears(taken, left, times=6, every_s=20.0)
    library.shelf(HOME).hears(left, times=170, every_s=20.0)
    assert library.belief(taken).is_away
    assert library.findings("missing") == []
    library.shelf(HOME).hears(left, times=20, every_s=20.0)
    (finding,) = library.findings("missing")
    assert finding.item_id == taken.item_id
    assert f"looks at {HOME} since" in sentence(finding)


def test_a_missing_book_that_is_heard_again_is_verified() -> None:
    library = Library(settings=settings(longest_use_h=0.02))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-45.0)
    library.shelf(HOME).hears_nothing(times=60)
    (finding,) = library.findings("missing")
    library.shelf(HOME).hears(book, times=3)
    assert library.finding(finding.id).state == "verified"


def test_a_hole_in_the_coverage_starts_the_longest_use_anew() -> None:
    library = Library(settings=settings(longest_use_h=1.0, stale_after_s=300.0))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, every_s=20.0)
    library.shelf(HOME).hears_nothing(times=20, every_s=20.0)
    library.wait(2 * 3_600, step_s=60)
    library.shelf(HOME).hears_nothing(times=20, every_s=20.0)
    assert library.belief(book).is_away
    assert library.findings("missing") == []


def test_after_closing_a_few_looks_are_enough() -> None:
    # 08:00 UTC is 09:00 in the site's Berlin.
    library = Library(
        settings=settings(closing="22:00", opening="07:00", missing_after_h=0.0, listed_before_opening_h=24.0)
    )
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.shelf(HOME).hears_nothing(times=30)
    assert library.findings("missing") == []
    library.now_us = START + 14 * HOUR
    library.wait(2)
    library.shelf(HOME).hears_nothing(times=8)
    assert len(library.findings("missing")) == 1


@pytest.mark.parametrize("status", ["on_loan", "in_transit", "hold_shelf", "lost", "withdrawn"])
def test_a_book_that_the_catalogue_knows_elsewhere_is_not_missing(status: str) -> None:
    library = Library(settings=settings(longest_use_h=0.02))
    book = library.book(home=HOME, status=status)
    library.shelf(HOME).hears(book, times=3)
    library.shelf(HOME).hears_nothing(times=80)
    assert library.findings("missing") == []


def test_a_book_on_loan_that_stands_on_a_shelf_is_unexpected() -> None:
    library = Library(settings=settings(unexpected_after_s=60.0))
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=60)
    (finding,) = library.findings("unexpected")
    assert finding.item_id == book.item_id
    assert "but it is on loan: it came back without being booked in" in sentence(finding)


def test_a_returned_book_that_is_just_being_reshelved_is_not_flagged_at_once() -> None:
    library = Library()
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=20)
    assert library.findings() == []
    library.ask("item.status", book.barcode, status="on_shelf")
    library.shelf(HOME).hears(book, times=600)
    assert library.findings("unexpected", "misplaced", "missing") == []


def test_a_book_on_loan_is_unexpected_as_soon_as_ever_after_the_clock_of_the_hub_was_set_back() -> None:
    library = Library(settings=settings(unexpected_looks=3, unexpected_after_s=60.0))
    lent = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(lent, times=4)
    library.set_clock(library.now_us - 24 * HOUR)
    library.shelf(HOME).hears(lent, times=10, every_s=10.0)
    assert [finding.item_id for finding in library.findings("unexpected")] == [lent.item_id]


def test_findings_are_told_with_their_new_dates_when_the_clock_of_the_hub_was_set_back() -> None:
    library = Library(settings=settings(unexpected_looks=3, unexpected_after_s=10.0))
    lent = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(lent, times=20)
    (before,) = library.findings("unexpected")
    library.set_clock(library.now_us - HOUR)
    told = len(library.effects)
    library.wait(5)
    again = [one.finding for one in library.effects[told:] if isinstance(one, PutFinding)]
    assert [one.id for one in again] == [before.id]
    assert again[0].opened_at_us <= again[0].changed_at_us <= library.now_us < before.changed_at_us


def test_booking_the_return_settles_an_unexpected_book() -> None:
    library = Library(settings=settings(unexpected_after_s=10.0))
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=30)
    (finding,) = library.findings("unexpected")
    library.ask("item.status", book.barcode, status="on_shelf")
    library.shelf(HOME).hears(book, times=2)
    assert library.finding(finding.id).state == "verified"


def test_an_unknown_tag_that_stays_is_a_finding_and_one_that_passes_is_not() -> None:
    library = Library(settings=settings(unknown_stays_h=0.1))
    library.shelf(HOME).hears(times=3, epcs=["E28011052000AAAA"])
    library.shelf(FAR).hears(times=60, every_s=10.0, epcs=["E28011052000BBBB"])
    (finding,) = library.findings("unknown_tag")
    assert finding.shelf == FAR
    assert "BBBB" not in repr(finding)


def test_no_epc_of_a_stranger_is_kept_anywhere() -> None:
    library = Library()
    library.shelf(HOME).hears(times=5, epcs=["E28011052000AAAA", "zz", "ABC", "123"])
    assert "E28011052000AAAA" not in repr(library.engine.dump())
    library.wait(26 * 3_600, step_s=1_800)
    assert library.engine.strangers.seen == {}


def test_a_shelf_without_reference_tags_that_falls_silent_as_a_whole_is_a_question() -> None:
    history = make_site(references=False)
    library = Library(history=history, settings=settings(longest_use_h=0.02))
    books = [library.book(home=HOME) for _ in range(10)]
    library.shelf(HOME).hears(*books, times=10)
    library.shelf(HOME).hears_nothing(times=60)
    assert library.findings("missing") == []
    (finding,) = library.findings("silent_antenna")
    assert "10 books" in sentence(finding)


def test_a_person_may_say_that_the_shelf_is_really_empty() -> None:
    history = make_site(references=False)
    library = Library(history=history)
    books = [library.book(home=HOME) for _ in range(10)]
    library.shelf(HOME).hears(*books, times=10)
    library.shelf(HOME).hears_nothing(times=10)
    (finding,) = library.findings("silent_antenna")
    library.ask("finding.dismiss", finding.id, reason="moved to the store")
    library.shelf(HOME).hears(books[0], times=10)
    assert library.findings("silent_antenna") == []
    assert library.shelf_state(HOME).state == "quiet"


def test_a_stale_shelf_is_settled_by_one_look() -> None:
    library = Library(settings=settings(stale_after_s=60.0))
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=2)
    library.wait(180)
    stale = [one for one in library.findings("stale_shelf") if one.shelf == HOME]
    assert "has not been looked at since 2026-01-05" in sentence(stale[0])
    library.shelf(HOME).hears(book)
    library.wait(2)
    assert library.finding(stale[0].id).state == "verified"
    assert library.shelf_state(HOME).state == "quiet"


def test_an_unwatched_shelf_is_neither_stale_nor_quiet() -> None:
    library = Library(history=make_site(antennas=[[HOME]]), settings=settings(stale_after_s=10.0))
    library.wait(60)
    assert library.shelf_state(FAR).state == "unwatched"
    assert [one.shelf for one in library.findings("stale_shelf")] == [HOME]


def test_a_hub_that_was_away_does_not_call_the_shelves_stale_at_once() -> None:
    library = Library(settings=settings(stale_after_s=60.0))
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=2)
    library.now_us += 8 * HOUR
    library.wait(30)
    assert library.findings("stale_shelf") == []


def test_a_part_of_a_set_is_named() -> None:
    library = Library()
    book = library.book(home=HOME, parts=2)
    library.shelf(HOME).hears(times=6, epcs=list(book.epcs))
    for _ in range(9):
        library.shelf(HOME).hears(times=1, epcs=[book.epcs[0]])
        library.shelf(FAR).hears(times=1, epcs=[book.epcs[1]])
    (finding,) = library.findings("misplaced")
    assert (finding.item_id, finding.part, finding.tag_key) == (book.item_id, 2, book.epcs[1])


def test_a_set_that_was_taken_whole_is_one_item_away() -> None:
    library = Library()
    whole, torn = library.book(home=HOME, parts=3), library.book(home=HOME, parts=2)
    library.shelf(HOME).hears(times=8, dbm=-45.0, epcs=[*whole.epcs, *torn.epcs])
    library.shelf(HOME).hears(times=8, dbm=-45.0, every_s=60.0, epcs=[torn.epcs[0]])
    assert all(library.belief(whole, part).is_away for part in range(3))
    assert [library.belief(torn, part).is_away for part in range(2)] == [False, True]
    assert library.shelf_state(HOME).away == 2


def test_an_item_that_leaves_the_catalogue_takes_its_findings_along() -> None:
    library = Library()
    _, finding = misplaced(library)
    library.books.clear()
    library.catalogue()
    assert library.finding(finding.id).state == "verified"


def test_a_tag_that_moves_to_another_book_takes_no_finding_along_and_leaves_none_open() -> None:
    library = Library()
    book, finding = misplaced(library)
    other = library.book(home=FAR, epcs=book.epcs)
    library.books[0] = replace(book, epcs=())
    library.catalogue()
    assert library.finding(finding.id).state == "verified"
    library.round({FAR: [other]}, times=9)
    assert not library.findings()
    assert not library.engine.machine.suspicions


def test_a_new_import_keeps_what_is_known_of_the_tags() -> None:
    library = Library()
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=6)
    library.books.insert(0, Book(77, ("3034AAAA",), FAR, None, "on_shelf"))
    library.catalogue()
    assert library.belief(book).is_at(HOME)
    assert library.engine.belief.slots.last_heard(np.array([library.belief(book).row]))[0][0] > 0


def test_a_moved_book_of_a_large_library_is_found_before_its_turn_comes_round() -> None:
    library = Library(settings=settings(scan_rows_per_s=40))
    book = library.book(home=HOME)
    others = [library.book(home=HOME) for _ in range(3_000)]
    library.round({HOME: [book, *others]}, times=6)
    library.wait(300)  # a round over all of them takes 75 s
    library.round({HOME: others, FAR: [book]}, times=9)
    assert [finding.item_id for finding in library.findings("misplaced")] == [book.item_id]


# A stock of which most has been gone for years: then a tag that was never heard is more probably gone than mute.
QUICK = settings(longest_use_h=0.01, never_there=0.9, mute=0.0)


def test_a_reader_that_died_before_the_import_makes_no_book_of_a_long_home_missing() -> None:
    library = Library(settings=QUICK)
    library.round({}, times=40)
    library.book(home=HOME, to="1-B01-S1")
    library.round({}, times=40, deaf=["ant-002"])
    assert library.findings("missing") == []
    library.round({}, times=40)
    assert len(library.findings("missing")) == 1


def test_a_reader_that_dies_after_closing_makes_no_book_of_a_long_home_missing() -> None:
    library = Library(
        settings=settings(
            closing="22:00",
            opening="07:00",
            missing_after_h=0.0,
            listed_before_opening_h=24.0,
            never_there=0.9,
            mute=0.0,
        )
    )
    library.book(home=HOME, to="1-B01-S1")
    library.round({}, times=40)
    library.now_us = START + 14 * HOUR
    library.wait(2)
    library.round({}, times=2)
    library.round({}, times=40, deaf=["ant-002"])
    assert library.findings("missing") == []
    library.round({}, times=10)
    assert len(library.findings("missing")) == 1


def rehome(library: Library, home: str) -> None:
    (book,) = library.books
    library.books[0] = replace(book, home=home)
    library.catalogue()


def test_the_silence_at_a_wrong_home_says_nothing_about_the_corrected_one() -> None:
    library = Library(history=make_site(antennas=[[HOME]]), settings=QUICK)
    library.book(home=HOME)
    library.round({}, times=10)
    rehome(library, FAR)
    library.round({}, times=200)
    assert library.findings("missing") == []


def test_a_home_that_is_told_later_is_guarded_from_then_on() -> None:
    library = Library(settings=msgspec.structs.replace(QUICK, longest_use_h=0.05))
    library.book()
    library.round({}, times=30)
    rehome(library, HOME)
    library.round({}, times=2)
    assert library.findings("missing") == []
    library.round({}, times=60)
    assert len(library.findings("missing")) == 1


def test_an_import_that_changes_nothing_does_not_begin_the_listening_anew() -> None:
    library = Library(settings=QUICK)
    library.book(home=HOME)
    for _ in range(24):
        library.round({})
        library.catalogue()
    assert len(library.findings("missing")) == 1


def test_what_only_a_hung_over_antenna_had_heard_is_listened_for_at_home() -> None:
    first = make_site().now
    swapped = make_site(antennas=[[FAR], *[[shelf.id] for shelf in first.shelves[1:-1]], [HOME]])
    second = msgspec.structs.replace(swapped.now, valid_from_us=START + 3_600 * 1_000_000)
    history = type(swapped)(versions=(first, second), antenna_ids=swapped.antenna_ids)
    library = Library(history=history, settings=QUICK)
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=4)
    library.now_us = second.valid_from_us
    library.wait(2)
    library.antenna("ant-008").hears_nothing(times=4)
    assert library.findings("missing") == []
    library.antenna("ant-008").hears_nothing(times=240)
    assert [finding.item_id for finding in library.findings("missing")] == [book.item_id]


def swapped_after_an_hour() -> SiteHistory:
    """The antennas of HOME and FAR change places with their reference tags."""
    first = make_site().now
    home, far = first.heard_by[HOME][0], first.heard_by[FAR][0]
    places = {home.id: far, far.id: home}
    hung = tuple(
        msgspec.structs.replace(
            one, hears=places.get(one.id, one).hears, reference_tags=places.get(one.id, one).reference_tags
        )
        for one in first.antennas
    )
    second = msgspec.structs.replace(first, valid_from_us=START + HOUR, antennas=hung)
    return SiteHistory(versions=(first, second), antenna_ids=tuple(one.id for one in first.antennas))


def after_the_swap() -> tuple[Library, Listener]:
    """The antenna that hangs at FAR now has worked at HOME for an hour, FAR's own one never."""
    library = Library(history=swapped_after_an_hour())
    Listener(library, library.history.versions[0].antennas[0]).hears_nothing(times=58, every_s=60.0)
    library.now_us = START + HOUR
    library.wait(2)
    return library, library.shelf(FAR)


def test_an_antenna_that_is_hung_elsewhere_has_looked_at_nothing_there_yet() -> None:
    library, hung = after_the_swap()
    assert (library.shelf_state(FAR).state, library.shelf_state(FAR).looked_at_us) == ("stale", None)
    hung.hears_nothing()
    library.wait(2)
    assert library.shelf_state(FAR).state == "quiet"


def test_a_dwell_of_the_time_before_an_antenna_was_hung_elsewhere_is_no_look_there() -> None:
    library, hung = after_the_swap()
    of_before = hung.dwell([], hung.antenna.reference_tags, -55.0, "exact", library.air)
    of_before = msgspec.structs.replace(
        of_before, started_at_us=START + HOUR - 2 * SECOND, ended_at_us=START + HOUR - SECOND
    )
    library.report(of_before)
    library.wait(2)
    assert library.shelf_state(FAR).looked_at_us is None


def test_a_shelf_that_is_taken_out_of_the_site_file_leaves_the_rest_of_a_home() -> None:
    library = Library()
    book = library.book(home="1-B03-S3", to=FAR)
    library.round({"1-B03-S3": [book]}, times=5)
    old = library.history.now
    less = msgspec.structs.replace(
        old,
        shelves=tuple(one for one in old.shelves if one.id != FAR),
        antennas=tuple(one for one in old.antennas if FAR not in one.hears),
    )
    library.history = SiteHistory(versions=(less,), antenna_ids=library.history.antenna_ids)
    library.engine = Engine.load(library.history, library.settings, library.engine.dump())
    library.round({"1-B03-S3": [book]}, times=12)
    assert library.findings("misplaced") == []
    homes, ids = library.engine.homes(np.array([library.belief(book).row])), library.engine.geometry.shelf_ids
    assert (ids[homes.first[0]], ids[homes.last[0]]) == ("1-B03-S3", "1-B03-S2")


class Asked(list[str]):
    """Names of tags; remembers which were asked for."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.of: set[str] = set()

    def __getitem__(self, at: Any) -> Any:
        name = super().__getitem__(at)
        self.of.add(name)
        return name


def test_a_book_that_nobody_suspects_costs_the_findings_nothing() -> None:
    library = Library()
    books = [library.book(home=HOME) for _ in range(50)]
    library.round({HOME: books}, times=3)
    seen_by_findings = copy(library.engine.stock)
    asked = seen_by_findings.keys = Asked(seen_by_findings.keys)
    library.engine.items._stock = seen_by_findings
    library.round({HOME: books[1:], FAR: books[:1]}, times=9)
    assert library.findings("misplaced")
    library.round({HOME: books}, times=9)
    assert library.findings("misplaced") == []
    assert asked.of <= {books[0].epc}
