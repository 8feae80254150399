"""From the oracle's counts to the same measures as the subjects have: what anybody could reach on these reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from firmware_sim.oracle.counts import OracleCounts, Sorted, best_f1, chance_of
from firmware_sim.scoring.curve import SCORED
from firmware_sim.scoring.intervals import Value, f1, share
from firmware_sim.scoring.results import RunResult

LOOKS = f"looks[{SCORED}]"


def bounds(runs: Sequence[RunResult]) -> dict[str, Value]:
    """Of the runs of one scenario, by the name of the measure that each bounds."""
    parts = [(run, run.oracle) for run in runs if run.oracle is not None]
    found = _looks([one for _, one in parts])
    for name in ("shelf", "bay"):
        reached = [one.places for _, one in parts if one.places is not None]
        if reached:
            found[f"place.{name}"] = share([(float(getattr(one, name)), float(one.books)) for one in reached])
    return found


def _looks(parts: Sequence[OracleCounts]) -> dict[str, Value]:
    """F1 at the threshold that is best for all seeds together."""
    asked = [one for one in parts if one.looks is not None and any(one.looks.true)]
    looks = [one.looks for one in asked if one.looks is not None]
    if not looks:
        return {}
    at = best_f1(Sorted.total(looks))
    shown = [one.shown(at) for one in looks]
    misplaced = [(float(sum(one.true)), unheard.unheard) for one, unheard in zip(looks, asked, strict=True)]
    return {
        f"{LOOKS}.f1": f1(shown),
        f"{LOOKS}.precision": share([(float(tp), float(tp + fp)) for tp, fp, _ in shown]),
        f"{LOOKS}.recall": share([(float(tp), float(tp + fn)) for tp, _, fn in shown]),
        f"{LOOKS}.heard": share([(true - unheard, true) for true, unheard in misplaced]),
        f"{LOOKS}.threshold": Value(value=chance_of(at), cases=sum(true for true, _ in misplaced)),
    }
