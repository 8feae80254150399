"""The oracle on the reads of a whole small run: nobody beats it, and its probabilities come true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware_sim import scenario as scenarios
from firmware_sim.direct.hub import settings_of
from firmware_sim.direct.plan import build
from firmware_sim.direct.run import DirectRun
from firmware_sim.oracle.counts import BINS, OracleCounts, chance_of
from firmware_sim.oracle.listener import Oracle
from firmware_sim.scoring.bound import bounds
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.measures import measures, of
from firmware_sim.scoring.places import EVERY_US
from firmware_sim.scoring.results import RunResult
from firmware_sim.scoring.runs import Ear, cycle_s, run
from firmware_sim.scoring.truth import Rules
from firmware_sim.scoring.verdict import Truth

STILL = """
site: {items_a_shelf: 40, antenna_for: shelf, reference_tags: 2}
items: 600
starts_at: 2026-03-02T22:00:00
lasts_h: 5
polling: {dwell_ms: 1000, every_s: 900}
planted: {misplaced: 0.05, on_loan: 0.05}
radio: {cross_read: 0.40}
engine: {unheard_s: 2000}
"""
THEFTS = """
site: {items_a_shelf: 40, antenna_for: shelf, reference_tags: 2}
items: 600
starts_at: 2026-03-02T12:00:00
lasts_h: 20
polling: {dwell_ms: 1000, every_s: 900}
planted: {on_loan: 0.05}
people: {take: 2.0}
engine: {closing: "22:00", opening: "08:00", unheard_s: 2000}
"""


def scored(text: str, folder: Path, *, oracle: bool = True) -> RunResult:
    path = folder / "scenario.yaml"
    path.write_text(text)
    return run(scenarios.load(path), path, 1, rivals=False, oracle=oracle)


@pytest.mark.slow
def test_no_hub_beats_the_oracle_and_the_oracle_misses_only_what_nobody_heard(tmp_path: Path) -> None:
    result = scored(STILL, tmp_path)
    bound, hub = bounds([result]), measures(of([result], "hub"))
    for name in ("looks[5].f1", "place.shelf", "place.bay"):
        assert (bound[name].value or 0.0) >= (hub[name].value or 0.0), name
    assert bound["looks[5].precision"].value == 1.0
    assert (bound["looks[5].recall"].value or 0.0) >= (bound["looks[5].heard"].value or 1.0) - 0.03
    assert result.oracle is not None
    looks = result.oracle.looks
    assert looks is not None
    middle = np.array([chance_of(at) for at in range(BINS)])
    promised = float(middle @ (np.array(looks.true) + np.array(looks.untrue)))
    misplaced = sum(looks.true)
    assert promised == pytest.approx(
        misplaced, abs=3.0 * np.sqrt(max(1.0, misplaced - sum(looks.true[-12:]))) + 2.0
    )


def listened(text: str, folder: Path) -> tuple[OracleCounts, Truth]:
    """The oracle alone: nobody else decides anything in its answer."""
    path = folder / "scenario.yaml"
    path.write_text(text)
    scenario = scenarios.load(path)
    simulation = build(scenario, path, 1)
    settings = settings_of(scenario, str(path))
    oracle, ear = Oracle(simulation, settings.tolerance_shelves), Ear(simulation.site)
    DirectRun(simulation, [oracle, ear]).run()
    times = list(range(simulation.start_us + EVERY_US, simulation.end_us + 1, EVERY_US))
    doors = Doors(settings.closing, settings.opening, simulation.site.timezone)
    history = History(simulation.world, Start(simulation.world, simulation.start_us), simulation.end_us)
    rules = Rules.of(settings, cycle_s=cycle_s(simulation.site, scenario.polling))
    truth = Truth.of(history, [], rules, doors, ear)
    return oracle.reached(truth, times), truth


def test_the_oracle_tells_books_that_are_gone_from_shaded_ones(tmp_path: Path) -> None:
    counts, truth = listened(THEFTS, tmp_path)
    absence = counts.absence
    assert absence is not None
    assert absence.nights == 1
    assert counts.looks is None
    gone = absence.gone[1]
    assert sum(gone) == len(truth.gone) >= 3
    likely = next(at for at in range(BINS) if chance_of(at) >= 0.4)
    assert sum(gone[likely:]) >= 0.7 * sum(gone)
    assert sum(absence.untrue[likely:]) <= 1


def test_the_oracle_shows_books_away_half_an_hour_after_they_left(tmp_path: Path) -> None:
    counts, truth = listened(THEFTS, tmp_path)
    soon = counts.soon
    assert soon is not None
    assert sum(soon.gone) == len(truth.gone) >= 3
    likely = next(at for at in range(BINS) if chance_of(at) >= 0.1)
    assert sum(soon.gone[likely:]) >= 0.7 * sum(soon.gone)
    moments = 10  # every two hours of twenty
    assert 0.85 * 600 * moments < soon.settled < 600 * moments
    assert sum(soon.standing) < 0.5 * soon.settled  # most were heard since anything changed for them
    assert sum(soon.standing[likely:]) <= 0.01 * soon.settled


def test_an_oracle_that_nobody_asked_says_nothing(tmp_path: Path) -> None:
    short = STILL.replace("items: 600", "items: 100").replace("lasts_h: 5", "lasts_h: 0.5")
    assert scored(short, tmp_path, oracle=False).oracle is None


@pytest.mark.parametrize(
    "line",
    ["polling: {dwell_ms: 1000, every_s: 900, target: A}", "faults: [{fault: reader_dead, what: [RD0001]}]"],
)
def test_where_its_model_does_not_hold_it_sets_no_bound(tmp_path: Path, line: str) -> None:
    key = line.split(":", 1)[0]
    kept = [one for one in STILL.splitlines() if not one.startswith(f"{key}:")]
    path = tmp_path / "scenario.yaml"
    path.write_text("\n".join([*kept, line]).replace("items: 600", "items: 100"))
    scenario = scenarios.load(path)
    assert not Oracle.able(build(scenario, path, 1))
