"""When a finding opens: when its expected cost is lower than that of silence. Pure.

Saying nothing of a finding that is true costs one; an errand for nothing costs its price. With probability p the finding is
cheaper than silence when

    (1 - p) · price  <  p        that is        p  >  price / (1 + price)  =  threshold

A library does not know its price, but it knows how many errands for nothing a night it bears. Of the books that could be
called wrong, about as many stand at each step of log-odds (docs/confidence.md shows how far that holds), say rho of them per
10,000 items a night for each unit. Those above the threshold t that are false are then

    B  =  rho · ∫ 1 / (1 + e^l) dl  =  rho · ln(1 / t)          from l = ln(t / (1 - t)) on

so a library that bears B per 10,000 items a night has t = e^(-B / rho) = (t at one)^B: from 0.9 at one to 0.99 at a tenth.
"""

from __future__ import annotations

from typing import Final

from hub.effects import FindingKind
from hub.settings import LEAST_THRESHOLD, EngineSettings

LEAST: Final = LEAST_THRESHOLD
"""Below this it would open and close by turns, since what closes it (`misplaced_below`) is just beneath."""
MOST: Final = 0.9995
"""No belief is surer than this: a tag can fall off its book, a link be wrong."""
EVEN: Final = 0.5
"""Kinds that follow from what was plainly heard (or from no dwell at all), and not from a weighing: as dear said as unsaid."""


def threshold(kind: FindingKind, settings: EngineSettings) -> float:
    """The belief's own probability from which a finding of `kind` opens, for the false alarms that the library bears."""
    match kind:
        case "misplaced":
            at_one = settings.misplaced_above
        case "missing":
            at_one = settings.missing_above
        case _:
            return EVEN
    at_one = min(max(at_one, LEAST), MOST)
    return float(min(max(at_one**settings.false_alarms_per_10000, LEAST), MOST))
