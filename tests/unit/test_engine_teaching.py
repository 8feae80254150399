"""The engine learns its antennas while it works, and a dying one is found before its shelf is believed."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.rounds import FLOOR_DBM, LoudLibrary
from helpers.shelves import Library, make_site, settings

from hub.belief.hours import Hours
from hub.engine import Engine
from hub.findings.sentences import sentence

SHELVES = 4


def loud_library(*, references: bool = True, books: int = 14) -> LoudLibrary:
    return LoudLibrary(Library(history=make_site(2, 2, references=references)), books)


def engine_of(loud: LoudLibrary) -> Engine:
    return loud.library.engine


def test_levels_are_learned_from_books_that_stand_where_they_belong() -> None:
    loud = loud_library()
    loud.rounds(45)
    levels = engine_of(loud).belief.levels
    assert (levels.laps > 0).all()
    assert levels.usable.all()
    assert levels.own_dbm - levels.floor_dbm == pytest.approx(np.full(SHELVES, 11.0), abs=3.0)
    assert levels.floor_dbm == pytest.approx(np.full(SHELVES, FLOOR_DBM), abs=1.5)
    assert (levels.near_dbm < levels.floor_dbm).all()


def test_what_was_learned_outlives_a_restart() -> None:
    loud = loud_library()
    loud.rounds(45)
    engine = engine_of(loud)
    again = Engine.load(loud.library.history, loud.library.settings, engine.dump())
    assert again.belief.levels.own_dbm.tolist() == engine.belief.levels.own_dbm.tolist()
    assert again.antennas.trust.share.tolist() == engine.antennas.trust.share.tolist()
    old = engine.dump()
    del old["teaching"], old["antennas"]["trust"]
    assert (
        Engine.load(loud.library.history, loud.library.settings, old).belief.levels.laps.tolist()
        == [0] * SHELVES
    )


def test_a_reader_that_reports_a_constant_loudness_is_told() -> None:
    loud = loud_library(books=20)
    loud.rounds(30, constant_dbm=-60.0)
    engine = engine_of(loud)
    assert not engine.belief.levels.usable.any()
    assert [what for _, what, _ in engine.ailing()] == ["unmeasured"] * SHELVES


def test_that_loudness_says_nothing_is_known_at_once_after_a_restart() -> None:
    loud = loud_library(books=20)
    loud.rounds(30, constant_dbm=-60.0)
    again = Engine.load(loud.library.history, loud.library.settings, engine_of(loud).dump())
    assert not again.antennas.trust.measures.any()


def test_the_hours_of_the_house_are_known_at_once_after_a_restart() -> None:
    library = Library(settings=settings(opening="08:00", closing="22:00"))
    library.wait(1)
    again = Engine.load(library.history, library.settings, library.engine.dump())
    assert again.belief.people.hours == library.engine.belief.people.hours != Hours()


def test_a_cable_that_dies_takes_no_book_away_and_is_a_question() -> None:
    loud = loud_library()
    loud.rounds(40)
    before = engine_of(loud).belief.away.copy()
    assert before.sum() <= 1, "a tag that was heard once, in the first minute, and has been silent since"
    loud.rounds(30, quieter_db={"ant-001": 14.0})
    library, engine = loud.library, engine_of(loud)
    assert engine.ailing()[0][:2] in {("ant-001", "weak"), ("ant-001", "lost")}
    assert not (engine.belief.away & ~before).any()
    (found,) = library.findings("silent_antenna")
    assert found.antenna == "ant-001"
    assert library.findings("missing", "misplaced") == []
    assert any(word in sentence(found) for word in ("dB more quietly", "hears hardly any", "did not hear"))


def test_exchanged_cables_move_no_book() -> None:
    loud = loud_library(references=False)
    loud.rounds(40)
    before = engine_of(loud).belief.place.copy()
    loud.rounds(20, wired={"ant-000": "ant-003", "ant-003": "ant-000"})
    engine = engine_of(loud)
    assert {antenna for antenna, what, _ in engine.ailing() if what == "elsewhere"} == {"ant-000", "ant-003"}
    assert (engine.belief.place != before).sum() <= 2, "books of a blind shelf that its neighbour hears"
    assert loud.library.findings("misplaced", "missing") == []
    assert {one.antenna for one in loud.library.findings("silent_antenna")} == {"ant-000", "ant-003"}
    said = [sentence(one) for one in loud.library.findings("silent_antenna")]
    assert all("were two cables exchanged?" in text for text in said)


def test_when_the_cables_are_right_again_the_question_closes() -> None:
    loud = loud_library(references=False)
    loud.rounds(40)
    loud.rounds(10, wired={"ant-000": "ant-003", "ant-003": "ant-000"})
    loud.rounds(5)
    assert engine_of(loud).ailing() == []
    assert loud.library.findings("silent_antenna") == []


def test_a_person_who_dismisses_the_question_makes_what_it_hears_usual() -> None:
    loud = loud_library()
    loud.rounds(40)
    loud.rounds(10, quieter_db={"ant-001": 14.0})
    (found,) = loud.library.findings("silent_antenna")
    loud.library.ask("finding.dismiss", found.id, reason="not_a_problem")
    loud.rounds(10, quieter_db={"ant-001": 14.0})
    assert engine_of(loud).ailing() == []
    assert loud.library.findings("silent_antenna") == []
