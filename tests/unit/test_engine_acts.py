from typing import Any

import pytest
from helpers.shelves import HOUR, START, Library, make_site, settings

from hub.effects import (
    ActAnswered,
    AntennaChanged,
    Effect,
    Finding,
    ItemEvent,
    ItemStatusChanged,
    SendCommand,
)
from hub.events import ActAsked
from shelfwire.messages import Ping, Power

HOME = "1-B01-S3"
FAR = "1-B03-S1"


def answer(effects: list[Effect]) -> ActAnswered:
    (found,) = [effect for effect in effects if isinstance(effect, ActAnswered)]
    return found


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def finding(library: Library) -> Finding:
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=6)
    library.round({FAR: [book]}, times=9)
    (found,) = library.findings("misplaced")
    return found


def test_a_finding_is_claimed_released_resolved(library: Library, finding: Finding) -> None:
    assert answer(library.ask("finding.claim", finding.id, by="tablet 2")).ok
    assert library.finding(finding.id).claimed_by == "tablet 2"
    assert "claimed already by tablet 2" in answer(library.ask("finding.claim", finding.id)).detail
    library.ask("finding.release", finding.id)
    assert library.finding(finding.id).state == "open"
    library.ask("finding.resolve", finding.id)
    assert library.finding(finding.id).state == "resolved"


def test_the_antenna_has_the_last_word_on_a_resolved_finding(library: Library, finding: Finding) -> None:
    library.ask("finding.resolve", finding.id)
    book = library.books[0]
    library.round({FAR: [book]}, times=4)
    assert library.finding(finding.id).state == "open"


def test_done_stands_until_the_antennas_had_new_looks(library: Library, finding: Finding) -> None:
    library.ask("finding.resolve", finding.id)
    library.wait(30, step_s=0.25)
    assert library.finding(finding.id).state == "resolved"
    library.round({FAR: library.books}, times=2)
    assert library.finding(finding.id).state == "resolved"
    library.round({FAR: library.books}, times=2)
    assert library.finding(finding.id).state == "open"


def test_done_with_a_missing_book_stands_for_the_longest_use() -> None:
    library = Library(settings=settings(longest_use_h=0.1))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.shelf(HOME).hears_nothing(times=200)
    (found,) = library.findings("missing")
    library.ask("finding.resolve", found.id)
    library.shelf(HOME).hears_nothing(times=100)
    assert library.finding(found.id).state == "resolved"
    library.shelf(HOME).hears_nothing(times=100)
    assert library.finding(found.id).state == "open"


def test_done_with_a_missing_book_stands_until_new_looks_after_closing() -> None:
    library = Library(
        settings=settings(closing="22:00", opening="07:00", missing_after_h=0.0, listed_before_opening_h=24.0)
    )
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.now_us = START + 14 * HOUR
    library.wait(2)
    library.shelf(HOME).hears_nothing(times=12)
    (found,) = library.findings("missing")
    library.ask("finding.resolve", found.id)
    library.wait(10)
    library.shelf(HOME).hears_nothing(times=3)
    assert library.finding(found.id).state == "resolved"
    library.shelf(HOME).hears_nothing(times=4)
    assert library.finding(found.id).state == "open"


def test_done_with_a_silent_antenna_stands_for_as_many_dwells_as_made_it_silent() -> None:
    library = Library()
    library.book(home=HOME)
    library.shelf(HOME).hears(times=3)
    library.shelf(HOME).hears_nothing(times=6, references=False)
    (found,) = library.findings("silent_antenna")
    library.ask("finding.resolve", found.id)
    library.wait(10)
    library.shelf(HOME).hears_nothing(times=4, references=False)
    assert library.finding(found.id).state == "resolved"
    library.shelf(HOME).hears_nothing(times=3, references=False)
    assert library.finding(found.id).state == "open"


def test_done_with_a_stale_shelf_stands_for_as_long_as_a_look_may_take() -> None:
    library = Library(settings=settings(stale_after_s=60.0))
    library.book(home=HOME)
    library.round({}, times=2)
    library.wait(180)
    found = next(one for one in library.findings("stale_shelf") if one.shelf == HOME)
    library.ask("finding.resolve", found.id)
    library.wait(50)
    assert library.finding(found.id).state == "resolved"
    library.wait(20)
    assert library.finding(found.id).state == "open"


def test_a_dismissed_silent_antenna_keeps_its_reason_as_long_as_it_is_silent() -> None:
    library = Library()
    library.book(home=HOME)
    library.shelf(HOME).hears(times=3)
    library.shelf(HOME).hears_nothing(times=6, references=False)
    (found,) = library.findings("silent_antenna")
    library.ask("finding.dismiss", found.id, reason="cable ordered")
    library.shelf(HOME).hears_nothing(times=20, references=False)
    assert library.findings("silent_antenna") == []
    assert (library.finding(found.id).state, library.finding(found.id).reason) == (
        "dismissed",
        "cable ordered",
    )


def test_an_antenna_that_has_nothing_to_hear_is_not_called_silent_anywhere() -> None:
    library = Library(history=make_site(references=False))
    library.book(home=HOME)
    library.shelf(HOME).hears_nothing(times=20)
    states = {e.state for e in library.effects if isinstance(e, AntennaChanged) and e.antenna == "ant-000"}
    assert library.findings("silent_antenna") == []
    assert "silent" not in states


def test_a_dismissed_finding_needs_a_reason_and_does_not_come_back(
    library: Library, finding: Finding
) -> None:
    assert "the reason is missing" in answer(library.ask("finding.dismiss", finding.id)).detail
    assert answer(library.ask("finding.dismiss", finding.id, reason="on display")).ok
    book = library.books[0]
    library.round({FAR: [book]}, times=10)
    assert library.findings("misplaced") == []
    assert library.finding(finding.id).reason == "on display"
    library.round({HOME: [book]}, times=8)
    library.round({FAR: [book]}, times=10)
    assert len(library.findings("misplaced")) == 1


def test_an_act_is_done_once_and_answered_alike_each_time(library: Library, finding: Finding) -> None:
    first = library.ask("finding.claim", finding.id, act="a-1")
    again = library.ask("finding.claim", finding.id, act="a-1")
    assert len(again) == 1
    assert answer(first).ok
    assert answer(again).ok


def test_what_a_person_did_stands_in_the_items_history(library: Library, finding: Finding) -> None:
    effects = library.ask("finding.claim", finding.id)
    (event,) = [effect for effect in effects if isinstance(effect, ItemEvent)]
    assert (event.kind, event.item_id) == ("act", finding.item_id)


def test_a_status_is_set_by_barcode_or_by_item_id(library: Library) -> None:
    book = library.book(home=HOME)
    for subject in (book.barcode, str(book.item_id)):
        effects = library.ask("item.status", subject, status="on_loan")
        assert any(isinstance(e, ItemStatusChanged) and e.item_id == book.item_id for e in effects)


@pytest.mark.parametrize(
    ("kind", "subject", "body", "words"),
    [
        ("item.status", "nobody", {"status": "on_loan"}, "no item has"),
        ("item.status", "B000001", {"status": "eaten"}, "is no status"),
        ("item.status", "B000001", {}, "is no status"),
        ("finding.claim", "nothing", {}, "no open finding"),
        ("sweep.cancel", "nothing", {}, "no sweep"),
        ("agent.command", "edge-9", {"kind": "ping"}, "no agent"),
        ("agent.command", "edge-1", {"kind": "explode"}, "no command"),
        ("agent.command", "edge-1", {"kind": "power", "reader": "R0", "power_dbm": 99}, "no command"),
        ("make.coffee", "", {}, "knows no act"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    library: Library, kind: str, subject: str, body: dict[str, Any], words: str
) -> None:
    library.book(home=HOME)
    effects = library.send(ActAsked("act", "staff", library.now_us, kind, subject, body))
    assert not answer(effects).ok
    assert words in answer(effects).detail
    assert len(effects) == 1


def test_a_command_goes_to_its_agent_with_an_id_and_an_end(library: Library) -> None:
    (sent,) = [e for e in _command(library, {"kind": "ping"}) if isinstance(e, SendCommand)]
    assert isinstance(sent.command, Ping)
    assert sent.command.expires_at_us == library.now_us + 60_000_000
    (sent,) = [
        e
        for e in _command(library, {"kind": "power", "reader": "R0", "power_dbm": 27.5})
        if isinstance(e, SendCommand)
    ]
    assert isinstance(sent.command, Power)


def _command(library: Library, body: dict[str, Any]) -> list[Effect]:
    library.acts += 1
    return library.send(
        ActAsked(f"c-{library.acts}", "staff", library.now_us, "agent.command", "edge-1", body)
    )
