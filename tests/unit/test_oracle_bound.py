from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.oracle.counts import (
    BINS,
    NightsReached,
    OracleCounts,
    PlacesReached,
    SoonReached,
    Sorted,
    best_f1,
    bins,
    chance_of,
)
from firmware_sim.scoring import bound_table
from firmware_sim.scoring.bound import bounds, sight, tradeoff
from firmware_sim.scoring.match import KINDS, Tally
from firmware_sim.scoring.page import page
from firmware_sim.scoring.places import PlaceCounts
from firmware_sim.scoring.report import make_report
from firmware_sim.scoring.results import RunResult, SubjectResult
from firmware_sim.scoring.table import markdown

PLACES = PlaceCounts(books=1000, shelf=980, bay=990)


def cases(true: list[float], untrue: list[float]) -> Sorted:
    chance = np.array([*true, *untrue])
    return Sorted.of(chance, np.arange(len(chance)) < len(true))


def called(*chances: float) -> list[int]:
    found: list[int] = np.bincount(bins(np.array(chances)), minlength=BINS).tolist()
    return found


def run(
    seed: int, oracle: OracleCounts | None, *, scenario: str = "reference_20", nights: float = 0.0
) -> RunResult:
    return RunResult(
        scenario=scenario, seed=seed, items=10_000, hours=6, nights=nights, usual=bool(nights), program="abc", shelves=200,
        antennas=200, deeds=0, dwells=1, reads=1, seconds=1.0, subjects=[SubjectResult(name="hub", findings={kind: Tally() for kind in KINDS}, places=PLACES)], oracle=oracle,
    )  # fmt: skip


def test_the_threshold_is_the_one_that_serves_all_seeds_best() -> None:
    both = Sorted.total([cases([0.9, 0.8], [0.7]), cases([0.6], [0.01, 0.02])])
    at = best_f1(both)
    assert both.shown(at) == (3, 1, 0)  # one false one costs less than one missed
    assert chance_of(at) <= 0.6 < chance_of(at + 1)


def test_probabilities_at_both_ends_fall_into_the_outermost_bins() -> None:
    assert bins(np.array([0.0, 1.0])).tolist() == [0, BINS - 1]


def test_what_was_never_heard_bounds_what_can_be_found() -> None:
    one = OracleCounts(
        looks=cases([0.999] * 98 + [0.01] * 2, [0.01] * 900),
        unheard=2,
        places=PlacesReached(books=1000, shelf=990, bay=999),
    )
    found = bounds([run(1, one), run(2, one)])
    assert found["looks[5].recall"].value == pytest.approx(0.98)
    assert found["looks[5].heard"].value == pytest.approx(0.98)
    assert found["looks[5].precision"].value == 1.0
    assert found["looks[5].f1"].value == pytest.approx(2 * 98 / 198)
    assert found["place.shelf"].value == pytest.approx(0.99)
    assert found["place.bay"].cases == 2000


def test_false_missing_is_told_at_the_price_of_finding_nearly_all() -> None:
    nights = NightsReached(
        nights=1, untrue=called(0.9, 0.5, 0.5, 0.1), gone={1: called(*[0.99] * 8, 0.2, 0.05), 3: called(*[0.99] * 9, 0.3)},
    )  # fmt: skip
    found = bounds([run(1, OracleCounts(absence=nights), nights=1.0)])
    assert found["false_missing"].value == 3.0  # all three above 0.3, over 10,000 item-nights
    assert found["gone.missing_1_night"].value == 0.8
    assert found["gone.missing_3_nights"].value == 0.9


def test_the_trade_off_goes_from_none_false_to_all_found() -> None:
    nights = NightsReached(nights=1, untrue=called(0.9, 0.5), gone={1: called(0.99, 0.7, 0.2), 3: []})
    curve = tradeoff([run(1, OracleCounts(absence=nights), nights=1.0)])
    false = [one.false_missing for one in curve]
    assert false == sorted(false)
    assert curve[0].found == {1: 0.0}
    assert curve[-1].found == {1: 1.0}
    assert [row[0] for row in bound_table.rows(curve)] == ["0", "1", "2"]


def test_books_shown_away_are_told_at_the_price_that_the_hub_pays() -> None:
    soon = SoonReached(
        gone=called(*[0.9] * 6, *[0.3] * 3, 0.01), standing=called(0.6, 0.2, 0.2, 0.05), settled=1000
    )
    paid = run(1, OracleCounts(soon=soon))
    paid.subjects[0].places = PlaceCounts(books=1000, standing=1000, lost_sight=1)
    found = bounds([paid])
    assert found["gone.away_30min"].value == pytest.approx(
        0.9
    )  # from 0.3 on: one of 1,000 is shown away wrongly
    assert "lost_sight" in found
    assert found["lost_sight"].value == pytest.approx(40.0)  # of 10,000: to show them all
    curve = sight([paid])
    assert [one.lost for one in curve] == sorted(one.lost for one in curve)
    assert curve[-1].found == 1.0
    assert [row[0] for row in bound_table.sight_rows(curve)] == ["0", "10", "50"]


def test_the_price_is_that_of_the_runs_that_were_asked_and_without_a_hub_there_is_none() -> None:
    soon = SoonReached(gone=called(*[0.9] * 6, *[0.3] * 4), standing=called(0.6, 0.2), settled=1000)
    asked, other = run(1, OracleCounts(soon=soon)), run(2, None)
    asked.subjects[0].places = PlaceCounts(books=1000, standing=1000, lost_sight=0)
    other.subjects[0].places = PlaceCounts(books=1000, standing=1000, lost_sight=900)
    assert bounds([asked, other])["gone.away_30min"].value == pytest.approx(0.6)
    asked.subjects[0].places = PlaceCounts()
    assert "gone.away_30min" not in bounds([asked])


def test_a_run_without_an_oracle_has_no_bound() -> None:
    assert bounds([run(1, None)]) == {}
    assert tradeoff([run(1, None)]) == []
    assert sight([run(1, None)]) == []


def test_the_report_prints_the_bound_beside_the_goals() -> None:
    one = OracleCounts(
        looks=cases([0.999] * 49 + [0.01], [0.01] * 900),
        unheard=1,
        places=PlacesReached(books=1000, shelf=990, bay=999),
    )
    nights = NightsReached(nights=1, untrue=called(0.5), gone={1: called(0.99), 3: called(0.99)})
    soon = SoonReached(gone=called(0.99), standing=called(0.5), settled=100)
    quiet = run(1, OracleCounts(absence=nights, soon=soon), scenario="quiet_day", nights=1.0)
    report = make_report([run(1, one), quiet], program="abc")
    bound = {reached.goal.measure: reached.oracle for reached in report.goals}["place.shelf"]
    assert bound is not None
    assert bound.value == 0.99
    text = markdown(report, "shelfwire score")
    assert "Oracle (bound)" in text
    assert "of 50 misplaced books some antenna had heard 98.0 %" in text
    assert "| found after a covered night |" in text
    assert "| gone ones shown within 30 min |" in text
    assert "理论上限" in page(report)
