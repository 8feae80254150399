"""A book on a shelf against what the catalogue says of its loan: unexpected with its reason, held, security."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from helpers.shelves import SECOND, Book, Library, make_site, settings

from hub.effects import ItemEvent, ItemStatusChanged, PutFinding
from hub.engine import Engine
from hub.findings.sentences import sentence
from shelfwire.site.model import TagUse
from shelfwire.tags.encode import Fields, encode

HOME = "1-B01-S3"
OTHER = "1-B03-S1"
QUICK = {"unexpected_after_s": 20.0, "security_after_s": 20.0}
ARMED_AFI, OFF_AFI = 0x07, 0xC2


def alliance(number: int, *, lent: bool) -> str:
    made = encode("gxlm", Fields(f"3210{number:04d}", lent=lent))
    assert made.epc is not None
    return made.epc.hex().upper()


def iso(number: int, afi: int) -> tuple[str, int]:
    made = encode("iso28560-4", Fields(f"3210{number:04d}"))
    assert made.epc is not None
    assert made.pc is not None
    return made.epc.hex().upper(), made.pc & 0xFF00 | afi


def tagged(library: Library, number: int = 1, **more: Any) -> Book:
    """A book with an alliance tag that the catalogue knows."""
    return library.book(home=HOME, epcs=(alliance(number, lent=False),), **more)


def hears(
    library: Library, *numbers: int, lent: bool, times: int = 16, shelf: str = HOME, every_s: float = 2.0
) -> None:
    epcs = [alliance(number, lent=lent) for number in numbers]
    library.shelf(shelf).hears(epcs=epcs, pcs={}, times=times, every_s=every_s)


# --- unexpected ---


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("on_loan", "it is on loan: it came back without being booked in"),
        ("in_transit", "it is in transit"),
        ("lost", "Found on 1-B01-S3"),
        ("missing", "Found on 1-B01-S3"),
        ("withdrawn", "take it out"),
    ],
)
def test_a_book_that_should_not_be_there_is_unexpected_with_its_reason(status: str, words: str) -> None:
    library = Library(settings=settings(**QUICK))
    book = library.book(home=HOME, status=status)
    library.shelf(HOME).hears(book, times=16)
    (finding,) = library.findings()
    assert (finding.kind, finding.why["status"]) == ("unexpected", status)
    assert words in sentence(finding)


def test_a_loan_that_is_said_to_be_returned_is_told_as_found() -> None:
    library = Library(settings=settings(**QUICK))
    book = library.book(home=HOME, status="on_loan", flags=("claimed_returned",))
    library.shelf(HOME).hears(book, times=16)
    (finding,) = library.findings("unexpected")
    assert "somebody said that it was returned" in sentence(finding)


def test_a_new_book_may_stand_ready_for_a_day_before_it_is_booked_out() -> None:
    library = Library(settings=settings(**QUICK, processing_after_h=0.1))
    book = library.book(home=HOME, status="in_processing")
    library.shelf(HOME).hears(book, times=20, every_s=16)
    assert not library.findings()
    library.shelf(HOME).hears(book, times=20, every_s=16)
    (finding,) = library.findings("unexpected")
    assert "still in processing" in sentence(finding)


def test_a_return_that_the_desk_books_within_minutes_is_nothing() -> None:
    library = Library()
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=20, every_s=40.0)
    library.ask("item.status", book.barcode, status="on_shelf")
    library.shelf(HOME).hears(book, times=20, every_s=40.0)
    assert not any(
        isinstance(one, PutFinding) and one.finding.kind == "unexpected" for one in library.effects
    )


def test_a_book_that_was_lent_just_now_was_heard_until_then_and_is_nothing() -> None:
    library = Library(settings=settings(**QUICK | {"unexpected_looks": 1, "unexpected_after_s": 0.0}))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=16)
    library.ask("item.status", book.barcode, status="on_loan")
    library.shelf(HOME).hears_nothing(times=1)
    assert not library.findings(), "what was heard, was heard before the loan"
    library.shelf(HOME).hears(book, times=3)
    assert [one.kind for one in library.findings()] == ["unexpected"]


def test_a_change_of_status_settles_at_once_without_a_look() -> None:
    library = Library(settings=settings(**QUICK))
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=16)
    assert library.findings("unexpected")
    effects = library.ask("item.status", book.barcode, status="on_shelf")
    assert [one.finding.state for one in effects if isinstance(one, PutFinding)] == ["verified"]


def test_an_import_with_another_status_settles_at_once_too() -> None:
    library = Library(settings=settings(**QUICK))
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=16)
    assert library.findings("unexpected")
    library.books[0] = replace(book, status="on_shelf")
    library.catalogue()
    assert not library.findings("unexpected")


def test_a_claim_that_comes_later_is_told_in_the_same_finding() -> None:
    library = Library(settings=settings(**QUICK))
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=16)
    (before,) = library.findings("unexpected")
    library.ask("item.states", states=states((book.barcode, "on_loan"), flags=["claimed_returned"]))
    library.shelf(HOME).hears(book, times=3)
    (after,) = library.findings("unexpected")
    assert (before.id, after.why["template"]) == (after.id, "unexpected_claimed")


@pytest.mark.parametrize("status", ["lost", "in_processing"])
def test_another_reason_is_told_in_the_same_finding(status: str) -> None:
    library = Library(settings=settings(**QUICK))
    book = library.book(home=HOME, status="on_loan")
    library.shelf(HOME).hears(book, times=16)
    (before,) = library.findings("unexpected")
    library.ask("item.status", book.barcode, status=status)
    library.shelf(HOME).hears(book, times=3)
    (after,) = library.findings("unexpected")
    assert (before.id, after.why["status"]) == (after.id, status)


# --- held ---


def test_a_book_on_hold_that_stands_on_an_open_shelf_is_held() -> None:
    library = Library(settings=settings(**QUICK))
    book = library.book(home=HOME, status="hold_shelf")
    library.shelf(HOME).hears(book, times=16)
    (finding,) = library.findings()
    assert finding.kind == "held"
    assert "somebody waits for it" in sentence(finding)


def test_on_a_hold_shelf_a_book_on_hold_is_right() -> None:
    library = Library(history=make_site(hold_shelves=[OTHER]), settings=settings(**QUICK))
    book = library.book(home=HOME, status="hold_shelf")
    library.shelf(OTHER).hears(book, times=16)
    assert not library.findings()
    library.round({HOME: [book]}, times=16)
    assert [one.kind for one in library.findings()] == ["held"]


def test_a_book_that_somebody_asked_for_is_no_finding_unless_the_library_wants_a_list() -> None:
    for wanted in (False, True):
        library = Library(settings=settings(**QUICK, requested_is_held=wanted))
        book = library.book(home=HOME, flags=("requested",))
        library.shelf(HOME).hears(book, times=16)
        assert [one.kind for one in library.findings()] == (["held"] if wanted else [])
    assert "somebody has asked for it" in sentence(library.findings()[0])


# --- security ---


def test_a_book_that_is_not_on_loan_and_would_not_ring_is_a_finding_in_the_alliances_tags() -> None:
    library = Library(settings=settings(**QUICK))
    book = tagged(library)
    hears(library, 1, lent=True)
    (finding,) = library.findings()
    assert (finding.kind, finding.item_id) == ("security", book.item_id)
    assert "security is off although it is not on loan" in sentence(finding)
    hears(library, 1, lent=False, times=2)
    assert not library.findings()
    assert library.finding(finding.id).state == "verified"


@pytest.mark.parametrize(("use", "afi"), [("standard", OFF_AFI), ("exchanged", ARMED_AFI)])
def test_the_afi_of_an_iso_tag_says_the_same_as_the_site_uses_it(use: Any, afi: int) -> None:
    site = make_site(tags=TagUse(afi=use))
    library = Library(history=site, settings=settings(**QUICK))
    epc, pc = iso(1, afi)
    library.book(home=HOME, epcs=(epc,))
    library.shelf(HOME).hears(epcs=[epc], pcs={epc: pc}, times=16)
    assert [one.kind for one in library.findings()] == ["security"]
    library.shelf(HOME).hears(epcs=[epc], pcs={epc: pc ^ ARMED_AFI ^ OFF_AFI}, times=2)
    assert not library.findings()


@pytest.mark.parametrize("use", [TagUse(afi="unused"), TagUse(security=False)])
def test_where_the_library_does_not_use_it_nothing_is_said(use: TagUse) -> None:
    library = Library(history=make_site(tags=use), settings=settings(**QUICK))
    epc, pc = iso(1, OFF_AFI)
    library.book(home=HOME, epcs=(epc,))
    library.shelf(HOME).hears(epcs=[epc], pcs={epc: pc}, times=16)
    assert not library.findings()


def test_a_reader_that_reports_no_pc_word_says_nothing_of_the_afi() -> None:
    library = Library(settings=settings(**QUICK))
    epc, _ = iso(1, OFF_AFI)
    library.book(home=HOME, epcs=(epc,))
    library.shelf(HOME).hears(epcs=[epc], times=16)
    assert not library.findings()


def test_a_lent_book_that_is_armed_and_stands_on_a_shelf_contradicts_the_loan_too() -> None:
    library = Library(settings=settings(**QUICK))
    tagged(library, status="on_loan")
    hears(library, 1, lent=False)
    assert {one.kind for one in library.findings()} == {"security", "unexpected"}
    (finding,) = library.findings("security")
    assert "security is on although it is on loan" in sentence(finding)


def test_a_lent_book_with_its_security_off_is_in_order() -> None:
    library = Library(settings=settings(**QUICK))
    tagged(library, status="on_loan")
    hears(library, 1, lent=True)
    assert not library.findings("security")


def test_between_the_self_check_and_the_catalogue_security_is_nothing() -> None:
    library = Library()
    book = tagged(library)
    hears(library, 1, lent=False, times=10)
    hears(library, 1, lent=True, times=20, every_s=40.0)
    library.ask("item.status", book.barcode, status="on_loan")
    library.wait(3600, step_s=10)
    assert not any(isinstance(one, PutFinding) and one.finding.kind == "security" for one in library.effects)


def test_a_loan_settles_security_at_once() -> None:
    library = Library(settings=settings(**QUICK))
    book = tagged(library)
    hears(library, 1, lent=True)
    effects = library.ask("item.status", book.barcode, status="on_loan")
    assert [one.finding.state for one in effects if isinstance(one, PutFinding)] == ["verified"]


def test_a_reader_without_pc_words_does_not_silence_what_the_next_one_reports() -> None:
    library = Library(settings=settings(**QUICK))
    epc, word = iso(1, OFF_AFI)
    library.book(home=HOME, epcs=(epc,))
    library.shelf(HOME).hears(epcs=[epc], times=3)
    assert library.engine.security.state.tolist() == [0]
    library.shelf(HOME).hears(epcs=[epc], pcs={epc: word}, times=16)
    (finding,) = library.findings("security")
    assert finding.why["template"] == "security_off"


def test_what_another_form_of_an_epc_says_is_not_taken_for_the_keys_own() -> None:
    library = Library(history=make_site(tags=TagUse(families=("iso28560-4", "raw"))))
    tagged(library)
    lent = alliance(1, lent=True)
    library.shelf(HOME).hears(epcs=[lent], times=2)
    library.shelf(HOME).hears(epcs=[lent], pcs={}, times=2)
    assert library.engine.security.form.tolist() == [0]


def test_late_news_of_an_antenna_does_not_overrule_what_the_tag_said_since() -> None:
    library = Library(settings=settings(**QUICK, live_agent_s=1.0))
    tagged(library)
    hears(library, 1, lent=False, times=3)
    listener = library.shelf(OTHER)
    library.now_us -= 600 * SECOND
    old = listener.dwell([alliance(1, lent=True)], [], -50.0, "exact", library.air)
    library.now_us += 600 * SECOND
    library.report(old)
    assert library.engine.security.state.tolist() == [1]


def test_a_library_that_never_switches_security_on_gets_one_question() -> None:
    library = Library(settings=settings(**QUICK))
    for number in range(80):
        tagged(library, number)
    numbers = range(80)
    hears(library, *numbers, lent=True, times=40)
    (finding,) = library.findings("security")
    assert finding.item_id is None
    assert "80 of the 80 books" in sentence(finding)
    hears(library, *numbers, lent=False, times=40)
    assert not library.findings("security")


def test_one_question_about_security_leaves_a_lent_book_that_would_ring_alone() -> None:
    library = Library(settings=settings(**QUICK))
    tagged(library, 99, status="on_loan")
    for number in range(80):
        tagged(library, number)
    rings = alliance(99, lent=False)
    library.shelf(HOME).hears(epcs=[rings], times=16)
    (armed,) = library.findings("security")
    library.shelf(HOME).hears(epcs=[rings, *(alliance(number, lent=True) for number in range(80))], times=40)
    assert {one.why["template"] for one in library.findings("security")} == {
        "security_armed",
        "security_unused",
    }
    assert library.finding(armed.id).state == "open"


def test_an_answered_question_about_security_waits_before_it_is_asked_again() -> None:
    library = Library(settings=settings(**QUICK | {"security_after_s": 600.0}))
    numbers = range(80)
    for number in numbers:
        tagged(library, number)
    hears(library, *numbers, lent=True, times=40)
    (finding,) = library.findings("security")
    library.ask("finding.resolve", finding.id)
    hears(library, *numbers, lent=True, times=5, every_s=60)
    assert library.finding(finding.id).state == "resolved"
    hears(library, *numbers, lent=True, times=8, every_s=60)
    assert library.finding(finding.id).state == "open"


def test_a_restart_keeps_what_the_tags_said() -> None:
    library = Library(settings=settings(**QUICK))
    tagged(library)
    hears(library, 1, lent=True, times=10)
    library.engine = Engine.load(library.history, library.settings, library.engine.dump())
    hears(library, 1, lent=True, times=40)
    assert [one.kind for one in library.findings()] == ["security"]


def test_a_site_that_is_told_otherwise_forgets_what_it_thought_of_security() -> None:
    library = Library(settings=settings(**QUICK))
    tagged(library)
    hears(library, 1, lent=True)
    assert library.findings("security")
    library.history = make_site(tags=TagUse(security=False))
    library.engine = Engine.load(library.history, library.settings, library.engine.dump())
    hears(library, 1, lent=True)
    assert not library.findings("security")


# --- states ---


def states(*rows: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    return [{"barcode": barcode, "status": status} | more for barcode, status in rows]


def test_a_source_tells_many_states_at_once() -> None:
    library = Library()
    one, two = library.book(home=HOME), library.book(home=HOME)
    said = states((one.barcode, "on_loan"), (two.barcode, "on_shelf"), ("nobody", "lost"), source_status="4")
    effects = library.ask("item.states", states=said)
    changes = [effect for effect in effects if isinstance(effect, ItemStatusChanged)]
    assert [(c.item_id, c.status, c.source_status, c.flags) for c in changes] == [
        (1, "on_loan", "4", None),
        (2, "on_shelf", "4", None),
    ]
    assert [effect.item_id for effect in effects if isinstance(effect, ItemEvent)] == [1]
    answer = effects[-1]
    assert getattr(answer, "ok", False)
    assert getattr(answer, "detail", "") == "2 states taken, 1 items changed; no item has the barcode nobody"


def test_a_barcode_that_no_item_has_is_no_item_number_and_no_choice_between_two() -> None:
    library = Library()
    library.book(home=HOME, label="ab100")
    library.book(home=HOME, label="AB100")
    effects = library.ask(
        "item.states", states=states(("1", "lost"), ("Ab100", "lost"), ("AB100", "missing"))
    )
    changes = [effect for effect in effects if isinstance(effect, ItemStatusChanged)]
    assert [(c.item_id, c.status) for c in changes] == [(2, "missing")]
    assert "no item has the barcode 1, Ab100" in getattr(effects[-1], "detail", "")


def test_a_talkative_source_is_cut_and_not_refused() -> None:
    library = Library()
    book = library.book(home=HOME)
    effects = library.ask("item.states", states=states((book.barcode, "lost"), source_status="x" * 5_000))
    (change,) = [effect for effect in effects if isinstance(effect, ItemStatusChanged)]
    assert change.source_status == "x" * 200


def test_flags_come_with_the_states() -> None:
    library = Library(settings=settings(**QUICK, requested_is_held=True))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=10)
    library.ask("item.states", states=states((book.barcode, "on_shelf"), flags=["requested"]))
    library.shelf(HOME).hears(book, times=16)
    assert library.findings("held")
    effects = library.ask("item.states", states=states((book.barcode, "on_shelf"), flags=[]))
    assert [one.finding.state for one in effects if isinstance(one, PutFinding)] == ["verified"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"states": "x"},
        {"states": [{"barcode": "B000001", "status": "eaten"}]},
        {"states": [{"barcode": "B000001", "status": "lost", "patron": "x"}]},
        {"states": [{"barcode": "", "status": "lost"}]},
        {"states": [{"barcode": "B000001", "status": "lost"}] * 501},
    ],
)
def test_states_of_a_wrong_form_change_nothing(body: dict[str, Any]) -> None:
    library = Library()
    library.book(home=HOME)
    effects = library.ask("item.states", **body)
    assert [type(one).__name__ for one in effects] == ["ActAnswered"]
    assert not getattr(effects[0], "ok", True)
