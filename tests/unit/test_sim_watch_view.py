"""What a watched bay looks like in truth and belief, what presses do, and how they are taken back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from helpers.watching import bay_of, small_session

from firmware_sim.watch import words
from firmware_sim.watch.panel import witness_key
from firmware_sim.watch.present import Present, buttons, page_words
from firmware_sim.watch.presses import DEEDS, FAULTS, Refused, targets
from firmware_sim.watch.session import Session
from firmware_sim.watch.standing import Standing
from firmware_sim.watch.ticker import Verdict
from firmware_sim.watch.view import BayView, Spine, bay_view

GHOSTS = {"away", "missing", "never"}


@pytest.fixture
def session() -> Session:
    return small_session()


def view(session: Session, at: int = 0) -> BayView:
    return bay_view(session.sim, session.engine, bay_of(session, at), session.states)


def find(session: Session, tag: int, side: str) -> Spine | None:
    """A book on one side, in whatever bay."""
    for at in range(len(session.bays)):
        for board in view(session, at).boards:
            for one in getattr(board, side):
                if one.tag == tag:
                    return one  # type: ignore[no-any-return]
    return None


def hub_of(session: Session) -> Standing:
    session.judge()
    return session.standings[0]


def test_in_good_air_truth_and_belief_show_the_same_books(session: Session) -> None:
    for board in view(session).boards:
        assert [one.tag for one in board.true] == [
            one.tag for one in board.believed if one.look not in GHOSTS
        ]
        assert board.apart == []


def test_books_stand_side_by_side_on_their_board_and_never_over_its_end(session: Session) -> None:
    for board in view(session).boards:
        for side in (board.true, board.believed):
            assert all(one.x >= 0 and one.x + one.wide <= board.wide + 1 for one in side)
            assert all(a.x + a.wide <= b.x + 2 for a, b in pairwise(side))


def test_a_misplaced_book_is_first_apart_and_then_wrong_on_both_sides(session: Session) -> None:
    press = session.presses.let("carry_away", bay_of(session), None)
    tag = press.names["tag"]
    session.step(1)
    true = find(session, tag, "true")
    assert true is not None
    assert true.look == "wrong"
    assert any(tag in board.apart for at in range(len(session.bays)) for board in view(session, at).boards)
    session.step(400)
    believed = find(session, tag, "believed")
    assert believed is not None
    assert believed.look == "wrong"
    assert believed.found == "misplaced"
    assert hub_of(session).right == 1


def test_strays_stand_at_the_right_end_of_what_the_hub_believes(session: Session) -> None:
    tag = session.presses.let("carry_away", bay_of(session), None).names["tag"]
    session.step(400)
    board = next(
        board for at in range(len(session.bays)) for board in view(session, at).boards
        if any(one.tag == tag for one in board.believed)
    )  # fmt: skip
    assert board.believed[-1].tag == tag


def test_a_taken_book_becomes_an_outline_and_then_missing(session: Session) -> None:
    tag = session.presses.let("take", bay_of(session), None).names["tag"]
    session.step(240)
    assert find(session, tag, "true") is None
    away = find(session, tag, "believed")
    assert away is not None
    assert away.look == "away"
    session.step(1500)
    missing = find(session, tag, "believed")
    assert missing is not None
    assert missing.look == "missing"


def test_a_lent_book_disappears_on_both_sides_without_a_word(session: Session) -> None:
    tag = session.presses.let("borrow", bay_of(session), None).names["tag"]
    session.step(600)
    assert find(session, tag, "true") is None
    assert find(session, tag, "believed") is None
    assert not [one for one in session.hub.shown() if one.tag == tag]


def test_a_stranger_is_drawn_in_truth_and_known_to_the_hub_only_when_it_stays(session: Session) -> None:
    press = session.presses.let("stranger", bay_of(session), None)
    session.step(120)
    stranger = find(session, press.names["tag"], "true")
    assert stranger is not None
    assert stranger.look == "strange"
    assert find(session, -1, "believed") is None
    session.step(600)
    assert find(session, -1, "believed") is not None


def test_a_book_on_top_lies_across_its_row_and_is_no_finding(session: Session) -> None:
    tag = session.presses.let("lay_on_top", bay_of(session), None).names["tag"]
    session.step(300)
    lying = find(session, tag, "true")
    assert lying is not None
    assert lying.lying
    assert lying.wide > lying.high
    assert not [one for one in session.hub.shown() if one.tag == tag]


def test_an_unplugged_bay_turns_stale_and_not_one_of_its_books_missing(session: Session) -> None:
    session.presses.break_("antenna_unplugged", bay_of(session))
    session.step(2400)
    shown = view(session)
    assert all(board.deaf and board.state == "stale" for board in shown.boards)
    assert not any(one.look == "missing" for board in shown.boards for one in board.believed)
    assert session.bay_state(bay_of(session), 0) == "stale"


def test_a_mended_antenna_hears_again(session: Session) -> None:
    press = session.presses.break_("antenna_unplugged", bay_of(session))
    session.step(600)
    session.presses.take_back(press.number)
    session.step(200)
    assert not any(board.deaf or board.state == "stale" for board in view(session).boards)
    assert session.presses.active("antenna_unplugged", bay_of(session)) is None


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_can_be_begun_lived_through_and_taken_back(kind: Any) -> None:
    session = small_session(100)
    bay = bay_of(session)
    press = session.presses.break_(kind, bay)
    assert press.holding is not None
    assert bool(press.holding.targets) == bool(targets(session.sim, kind, bay))
    session.step(45)
    assert session.presses.active(kind, bay) is press
    with pytest.raises(Refused):
        session.presses.break_(kind, bay)
    session.presses.take_back(press.number)
    session.step(45)
    assert session.presses.active(kind, bay) is None
    with pytest.raises(Refused):
        session.presses.take_back(press.number)


@pytest.mark.parametrize("kind", [kind for kind in DEEDS if kind != "stranger"])
def test_every_deed_can_be_taken_back(session: Session, kind: Any) -> None:
    before = session.sim.world.place.copy(), session.sim.world.lying.copy()
    press = session.presses.let(kind, bay_of(session), None)
    session.step(5)
    session.presses.take_back(press.number)
    session.step(5)
    assert (session.sim.world.place == before[0]).all()
    assert (session.sim.world.lying == before[1]).all()


def test_what_somebody_has_moved_since_is_not_taken_back(session: Session) -> None:
    press = session.presses.let("carry_away", bay_of(session), None)
    session.sim.world.do("fix", press.names["tag"])
    with pytest.raises(Refused) as fault:
        session.presses.take_back(press.number)
    assert fault.value.key == "moved_on"


def test_bleed_through_is_heard_from_now_on_and_the_tags_stay_who_they_are(session: Session) -> None:
    place = session.sim.world.place.copy()
    press = session.presses.bleed(0.4, bay_of(session))
    session.step(60)
    assert session.sim.radio.settings.cross_read == 0.4
    assert (session.sim.world.place == place).all()
    session.presses.take_back(press.number)
    assert session.sim.radio.settings.cross_read == 0.01


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_everything_is_said_in_both_languages(session: Session, language: str) -> None:
    bay = bay_of(session)
    tag = session.presses.let("carry_away", bay, None).names["tag"]
    session.presses.let("stranger", bay, None)
    for kind in FAULTS:
        session.presses.break_(kind, bay)
    session.presses.bleed(0.2, bay)
    session.step(60)
    session.judge()
    told = Present(session, language)
    found = told.everything(bay, tag)
    assert found["book"]["belief"]["rows"]
    assert all(one["did"] and one["see"] for one in found["done"])
    assert len(found["score"]) == 4
    assert found["ticker"]
    assert set(found["map"]) == {one.id for one in session.bays}
    stranger = told.everything(bay, session.sim.world.strangers_from)["book"]
    assert stranger["belief"]["good"] is None
    assert set(buttons(language)) == {"faults", "deeds", "cross"}
    assert page_words(language)["title"]


def test_no_word_lacks_a_language_or_names_what_the_other_does_not() -> None:
    for table in words.TABLES.values():
        for key, (english, chinese) in table.items():
            assert english, key
            assert chinese, key
            assert {part.split("}")[0] for part in english.split("{")[1:]} == {
                part.split("}")[0] for part in chinese.split("{")[1:]
            }, key
    assert set(words.BUTTONS) == {*FAULTS, *DEEDS}
    assert set(words.DID) == set(words.SEE) == {*FAULTS, *DEEDS, "cross_read"}


def test_a_finding_is_told_with_its_verdict_and_how_long_it_took(session: Session) -> None:
    session.presses.let("carry_away", bay_of(session), None)
    session.step(400)
    session.judge()
    line = next(
        one for one in Present(session, "en").everything(bay_of(session), None)["ticker"] if one["sort"] == "opened"
    )  # fmt: skip
    assert line["kind"] == "misplaced"
    assert line["verdict"] == "true"
    assert "after" in line["verdict_word"]


def test_a_dead_reader_is_one_line_and_not_one_a_shelf(session: Session) -> None:
    session.presses.break_("reader_dead", bay_of(session))
    session.step(1200)
    lines = Present(session, "en").everything(bay_of(session), None)["ticker"]
    stale = [one for one in lines if one["kind"] == "stale_shelf"]
    assert len(stale) < 5
    assert "more" in stale[0]["text"]


def test_a_taken_book_is_not_promised_to_be_missing_in_an_hour_and_the_words_say_why() -> None:
    english, chinese = words.SEE["take"]
    assert "As a rule" in english
    assert "may stay in doubt" in english
    assert "shaded" in english
    assert "通常" in chinese
    assert "存疑" in chinese


def test_an_antenna_that_fell_silent_is_told_without_a_contradiction(session: Session) -> None:
    tag = session.presses.let("take", bay_of(session), None).names["tag"]
    session.step(240)
    told = Present(session, "en").everything(bay_of(session), tag)["book"]["belief"]["witnesses"]
    assert told
    assert all(
        "not heard in the last" in line and "before that −" in line.replace("-", "−") for line in told
    ), told
    assert witness_key(0, None) == "witness_silent"
    assert witness_key(3, None) == "witness"
    assert witness_key(3, -50.0) == "witness_loud"


@pytest.mark.parametrize(("language", "closed"), [("en", "closed by itself"), ("zh-Hans", "已自行关闭")])
def test_a_finding_that_closed_by_itself_keeps_its_verdict_and_gets_no_praise(
    session: Session, language: str, closed: str
) -> None:
    press = session.presses.let("carry_away", bay_of(session), None)
    session.step(400)
    session.presses.take_back(press.number)
    session.step(400)
    session.judge()
    lines = Present(session, language).everything(bay_of(session), None)["ticker"]
    line = next(one for one in lines if one["sort"] == "closed")
    assert line["closed_word"] == closed
    assert line["verdict"] == "true"
    shown = next(one.shown for one in session.ticker.lines if one.sort == "closed")
    session.verdicts[id(shown)] = Verdict("false", None)
    lines = Present(session, language).everything(bay_of(session), None)["ticker"]
    line = next(one for one in lines if one["sort"] == "closed")
    assert (line["closed_word"], line["verdict"]) == (closed, "false")
    assert "closed_word" not in next(one for one in lines if one["sort"] == "opened")
