"""Curves are learned from runs and checked on seeds that they have not seen."""

from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.scoring.fitting import check, fit, with_curves, words
from firmware_sim.scoring.reliability import Reliability
from firmware_sim.scoring.results import RunResult, Said, SubjectResult
from hub.findings.confidence import Calibration


def run(seed: int, *, cases: int = 600, lie: float = 0.1, name: str = "hub") -> RunResult:
    """A run whose belief says `lie` more than comes true."""
    dice = np.random.default_rng(seed)
    raw = dice.uniform(0.8, 1.0, cases)
    true = dice.random(cases) < raw - lie
    said = [Said("misplaced", float(r), float(r), bool(t)) for r, t in zip(raw, true, strict=True)]
    said.append(Said("stale_shelf", 1.0, None, true=True))
    subject = SubjectResult(name=name, said=said, confidence=Reliability.of(raw, true))
    return RunResult(
        scenario="quiet_day", seed=seed, items=1, hours=1, nights=1, usual=True, program="abc", shelves=1, antennas=1,
        deeds=0, dwells=0, reads=0, seconds=0.0, subjects=[subject],
    )  # fmt: skip


RUNS = [run(1), run(2), run(3)]


def test_the_error_told_is_that_on_seeds_that_the_curve_has_not_seen() -> None:
    misplaced, stale, whole = check(RUNS)
    assert (misplaced.kind, misplaced.cases, stale.cases, whole.cases) == ("misplaced", 1_800, 3, 1_803)
    assert misplaced.ece_raw == pytest.approx(0.1, abs=0.03)
    assert misplaced.ece < 0.05
    assert misplaced.brier < misplaced.brier_raw
    assert stale.ece == 0.0


def test_a_rival_teaches_nothing() -> None:
    assert fit([run(1, name="loudest")]).kinds == {}
    assert check([run(1, name="loudest")]) == []


def test_kept_runs_promise_what_the_curves_of_today_say() -> None:
    (before,) = with_curves(RUNS[:1], Calibration())
    (after,) = with_curves(RUNS[:1], fit(RUNS[1:]))
    was, now = before.subjects[0].confidence, after.subjects[0].confidence
    assert was.cases == now.cases == 601
    assert was.ece is not None
    assert now.ece is not None
    assert now.ece < was.ece - 0.02


def test_the_words_name_each_kind_and_the_curves_say_where_they_are_from() -> None:
    curves = fit(RUNS)
    assert curves.about == "quiet_day; seeds 1, 2, 3; program abc"
    text = words(check(RUNS), curves)
    assert "misplaced" in text
    assert "1 curves with 31 points" in text
