"""The curves from belief to confidence, learned from runs and held against runs that they have not seen. Pure.

A seed is a world: the books, the shade and the antennas of one are no strangers to one another. So a curve is checked on seeds
that it was not learned from (each seed once, from all the others), and the errors told are those of the check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import msgspec

from firmware_sim.scoring.reliability import Reliability
from firmware_sim.scoring.results import HUB, RunResult, Said
from hub.effects import FindingKind
from hub.findings.confidence import Calibration, Case, learn


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One kind, or all together (``all``), on seeds that the curve has not seen."""

    kind: str
    cases: int
    right: float
    """Share that came true."""
    ece_raw: float
    """Calibration error of the belief as it is."""
    ece: float
    """... of the confidence that the other seeds' curve gives it."""
    brier_raw: float
    brier: float


def said_by_hub(run: RunResult) -> list[Said]:
    """What the hub's findings promised in one run, and what was true."""
    return [said for one in run.subjects if one.name == HUB for said in one.said]


def fit(runs: Sequence[RunResult]) -> Calibration:
    """Curves of all kinds from all `runs`."""
    names = sorted({run.scenario for run in runs})
    seeds = sorted({run.seed for run in runs})
    about = f"{', '.join(names)}; seeds {', '.join(map(str, seeds))}; program {', '.join(sorted({r.program for r in runs}))}"
    said = [one for run in runs for one in said_by_hub(run)]
    kinds = sorted({one.kind for one in said if one.raw is not None})
    return msgspec.convert(
        {"about": about, "kinds": {kind: learn(_cases(said, kind)) for kind in kinds}},
        Calibration,
        from_attributes=True,
    )


def check(runs: Sequence[RunResult]) -> list[Checked]:
    """Each seed by the curves of the others; all kinds together last. With one seed the belief is asked as it is."""
    seeds = sorted({run.seed for run in runs})
    asked: list[tuple[Said, float]] = []
    for seed in seeds:
        curves = fit([run for run in runs if run.seed != seed])
        mine = [said for run in runs if run.seed == seed for said in said_by_hub(run)]
        asked += [(said, promised(said, curves)) for said in mine]
    kinds = sorted({said.kind for said, _ in asked})
    found = [_checked(kind, [pair for pair in asked if pair[0].kind == kind]) for kind in kinds]
    return [*found, _checked("all", asked)] if asked else []


def promised(said: Said, curves: Calibration) -> float:
    """What a card would show of it; what makes a promise without a weighing keeps it."""
    return said.promised if said.raw is None else curves.shown(cast("FindingKind", said.kind), said.raw)


def with_curves(runs: Iterable[RunResult], curves: Calibration) -> list[RunResult]:
    """Kept runs as they would promise today: what is true does not hang on the curves, so no run is made again for them."""
    made = []
    for run in runs:
        subjects = [
            one
            if not one.said
            else msgspec.structs.replace(
                one,
                confidence=Reliability.of(
                    [promised(said, curves) for said in one.said], [said.true for said in one.said]
                ),
            )
            for one in run.subjects
        ]
        made.append(msgspec.structs.replace(run, subjects=subjects))
    return made


def words(found: Sequence[Checked], curves: Calibration) -> str:
    """For the terminal."""
    lines = [
        "confidence, checked on seeds that the curves have not seen (calibration error; Brier score):",
        f"{'kind':16}{'cases':>8}{'true':>8}{'belief':>18}{'shown':>18}",
    ]
    lines += [
        f"{one.kind:16}{one.cases:8,}{one.right:8.3f}{one.ece_raw:10.4f}; {one.brier_raw:6.4f}{one.ece:10.4f}; {one.brier:6.4f}"
        for one in found
    ]
    points = sum(len(curve.raw) for curve in curves.kinds.values())
    return "\n".join([*lines, f"{len(curves.kinds)} curves with {points} points"])


def _checked(kind: str, asked: Sequence[tuple[Said, float]]) -> Checked:
    true = [said.true for said, _ in asked]
    belief = Reliability.of([said.promised if said.raw is None else said.raw for said, _ in asked], true)
    shown = Reliability.of([promise for _, promise in asked], true)
    return Checked(
        kind=kind, cases=len(asked), right=sum(true) / len(true), ece_raw=belief.ece or 0.0, ece=shown.ece or 0.0,
        brier_raw=belief.brier or 0.0, brier=shown.brier or 0.0,
    )  # fmt: skip


def _cases(said: Sequence[Said], kind: str) -> list[Case]:
    return [(one.raw, one.true) for one in said if one.kind == kind and one.raw is not None]
