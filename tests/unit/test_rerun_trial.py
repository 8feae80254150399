"""One engine going over the past: what people did, and bugs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.direct import START_US, small_site
from helpers.shelves import Library

from hub.effects import Effect, Finding, PutFinding
from hub.engine import Engine
from hub.events import ActAsked, Event, Ticked
from hub.findings.machine import Subject
from hub.rerun.episodes import About
from hub.rerun.trial import Trial, Unseen, quiet
from hub.settings import EngineSettings
from shelfwire.site.model import SiteHistory

ABOUT = About("misplaced", 7, "TAG")


@pytest.fixture
def trial() -> Trial:
    site = small_site(2)
    return Trial(
        SiteHistory((site,), tuple(one.id for one in site.antennas)), EngineSettings(), {"really-1": ABOUT}
    )


def found(name: str, **more: Any) -> Finding:
    known: dict[str, Any] = {"item_id": 7, "tag_key": "TAG", "confidence": 0.9, "state": "open"}
    return Finding(id=name, kind="misplaced", opened_at_us=START_US, changed_at_us=START_US, **(known | more))


def dismiss(name: str) -> ActAsked:
    return ActAsked(f"act-{name}", "staff", START_US, "finding.dismiss", name, {"reason": "an exhibition"})


def test_what_a_person_did_to_a_finding_is_done_to_the_one_about_the_same_thing(trial: Trial) -> None:
    machine = trial._engine.machine
    machine.confirm(Subject("misplaced", 7, "TAG"), START_US, lambda: found("of-this-run"))
    trial.handle(dismiss("really-1"), START_US + 5)
    (one,) = trial.episodes()
    assert (one.id, one.about, one.state, one.ended_at_us) == (
        "of-this-run",
        ABOUT,
        "dismissed",
        START_US + 5,
    )
    assert (trial.acts_done, trial.acts_without_finding) == (1, 0)


def test_what_a_person_did_to_a_finding_that_this_run_has_not_is_left_and_counted(trial: Trial) -> None:
    trial.handle(dismiss("really-1"), START_US)
    trial.handle(dismiss("of-nobody"), START_US)
    assert trial.episodes() == []
    assert trial.acts_without_finding == 2


def test_an_event_on_which_the_engine_fails_is_told_and_passed_over(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_engine: Engine, _event: Event, _now_us: int) -> list[Effect]:
        raise ZeroDivisionError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr(Engine, "handle", fail)
        trial.handle(Ticked(), START_US)
    trial.handle(Ticked(), START_US + 1)
    assert trial.faults == ["ZeroDivisionError on a Ticked: a bug"]


def test_strangers_are_no_episode(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = Finding(
        id="x",
        kind="unknown_tag",
        state="open",
        opened_at_us=1,
        changed_at_us=1,
        confidence=1.0,
        tag_key="hash",
    )
    monkeypatch.setattr(Engine, "handle", lambda *_: [PutFinding(unknown)])
    trial.handle(Ticked(), START_US)
    assert trial.episodes() == []


def test_coarser_ticks_weigh_as_many_tags_a_second() -> None:
    usual = EngineSettings()
    assert quiet(usual, 0).scan_rows_per_s == usual.scan_rows_per_s
    assert quiet(usual, 30).scan_rows_per_s * 2 == usual.scan_rows_per_s * 30


def test_where_nobody_looks_at_the_map_all_counts_as_shown_and_nothing_is_written() -> None:
    library = Library()
    books = [library.book(home="1-B01-S1") for _ in range(3)]
    for _ in range(6):
        library.shelf("1-B01-S1").hears(*books[:2])
    rows, engine = np.arange(3), library.engine
    map_of_nobody = Unseen(engine.site_id, engine.settings)
    map_of_nobody.stock(np.full(3, -1))
    assert map_of_nobody.places(engine.belief, engine.stock, engine.weigh(rows), library.now_us) == []
    assert map_of_nobody.shown.tolist() == engine.belief.place.tolist()
    assert map_of_nobody.shown_s[:2].all()
