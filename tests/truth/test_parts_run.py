"""A library of ten shelves, some busy hours, one hub whole and one in four parts."""

from __future__ import annotations

from collections import Counter

from helpers.direct import small_run
from helpers.parted import BothSubject

from firmware_sim.direct.hub import settings_of
from firmware_sim.direct.reports import Reporter
from firmware_sim.direct.run import DirectRun
from hub.engine.parts import Parts

PEOPLE = {
    "hours": {"opens_h": 0, "closes_h": 24}, "browse": 60, "borrow": 60, "return": 60, "take": 20, "stranger": 20,
}  # fmt: skip
STEP_S = 40.0


def test_one_and_four_partitions_give_the_same_findings_and_places() -> None:
    simulation = small_run(
        600, lasts_h=2, people=PEOPLE, planted={"misplaced": 0.03, "missing": 0.01, "on_loan": 0.05},
        polling={"dwell_ms": 1000, "every_s": 150},
        # A run of two hours cannot wait for the hours of silence that a library's missing books ripen in.
        engine={
            "closing": "07:00", "opening": "05:00", "unknown_stays_h": 0.5, "late_h": 24, "missing_after_h": 0.5,
            "listed_before_opening_h": 24,
        },
    )  # fmt: skip
    reporter = Reporter(simulation.site, simulation.tags)
    subject = BothSubject(
        simulation.history, simulation.world, reporter, settings_of(simulation.scenario),
        start_us=simulation.start_us, step_s=STEP_S, weigh_s=STEP_S,
    )  # fmt: skip
    parts = Parts(simulation.history, subject.engine.settings, 4)
    both = subject.beside(parts, simulation.world, simulation.start_us)
    DirectRun(simulation, [subject], step_s=STEP_S).run()
    both.compare()
    kinds = Counter(one[0] for one in both.told[0])
    assert kinds["misplaced"] > 5, kinds
    assert kinds["missing"] > 0, kinds
    assert min(part.stock.rows for part in parts.parts) > 100
