"""From the oracle's counts to the same measures as the subjects have: what anybody could reach on these reads. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from firmware_sim.oracle.counts import (
    BINS,
    NightsReached,
    OracleCounts,
    SoonReached,
    Sorted,
    best_f1,
    chance_of,
)
from firmware_sim.scoring.curve import SCORED
from firmware_sim.scoring.intervals import Value, f1, of_so_many, rate, share
from firmware_sim.scoring.results import HUB, RunResult

LOOKS: Final = f"looks[{SCORED}]"
ITEMS: Final = 10_000.0
MOST_FALSE: Final = 1.0
"""Per 10,000 items a night: the goal, at which it is told how many of the gone are found."""
NEARLY_ALL: Final = 0.99
"""Of the books that are gone, within the most covered nights that anybody is asked about: the goal, at which the false ones are told."""
Counted = tuple[NightsReached, float]
"""One run's mornings, and its item-nights."""
Asked = tuple[SoonReached, float]
"""One run's moments, and its items."""


class Tradeoff(msgspec.Struct, frozen=True, kw_only=True):
    """One threshold of the oracle: what it costs, and what it brings."""

    threshold: float
    """Books are called gone from this probability on."""
    false_missing: float
    """Per 10,000 items a night."""
    found: dict[int, float | None]
    """By covered nights: share of the books that left for good; None: none was asked about."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """One threshold of the oracle for the map: what is shown away."""

    threshold: float
    """Books are shown away from this probability on."""
    lost: float
    """Of 10,000 books that stand."""
    found: float
    """Share of the books that left for good, after 30 minutes of live coverage."""


def bounds(runs: Sequence[RunResult]) -> dict[str, Value]:
    """Of runs that are taken together, by the name of the measure that each bounds."""
    parts = [one for run in runs if (one := run.oracle) is not None]
    found = _looks(parts)
    for name in ("shelf", "bay"):
        reached = [one.places for one in parts if one.places is not None]
        if reached:
            found[f"place.{name}"] = share([(float(getattr(one, name)), float(one.books)) for one in reached])
    return found | _absence(_counted(runs)) | _soon(runs)


def tradeoff(runs: Sequence[RunResult]) -> list[Tradeoff]:
    """False missing against found, threshold by threshold, from the surest on; empty without nights."""
    counted = _counted(runs)
    found: list[Tradeoff] = []
    for at in reversed(range(BINS)) if counted else ():
        one = Tradeoff(
            threshold=chance_of(at), false_missing=_false(counted, at).value or 0.0,
            found={number: _found(counted, number, at).value for number in _nights(counted)},
        )  # fmt: skip
        if not found or (one.false_missing, one.found) != (found[-1].false_missing, found[-1].found):
            found.append(one)
    return found


def sight(runs: Sequence[RunResult]) -> list[Sight]:
    """Standing books shown away against gone ones shown away, threshold by threshold, from the surest on; empty where nobody left."""
    asked = _asked(runs)
    found: list[Sight] = []
    for at in reversed(range(BINS)) if asked else ():
        one = Sight(
            threshold=chance_of(at), lost=_lost(asked, at).value or 0.0, found=_away(asked, at).value or 0.0
        )
        if not found or (one.lost, one.found) != (found[-1].lost, found[-1].found):
            found.append(one)
    return found


def _soon(runs: Sequence[RunResult]) -> dict[str, Value]:
    """Away soon at the price that the hub pays on the same reads, and the price of nearly all."""
    asked = _asked(runs)
    if not asked:
        return {}
    found: dict[str, Value] = {}
    hub = [
        (one.places.lost_sight / one.places.standing * run.items, float(run.items))
        for run in runs
        for one in run.subjects
        if one.name == HUB and one.places.standing and _asked([run])
    ]
    price = of_so_many(hub, ITEMS).value
    if price is not None:
        cheap = _lowest(at for at in range(BINS) if (_lost(asked, at).value or 0.0) <= price)
        found["gone.away_30min"] = _away(asked, cheap)
    enough = [at for at in range(BINS) if (_away(asked, at).value or 0.0) >= NEARLY_ALL]
    if enough:
        found["lost_sight"] = _lost(asked, max(enough))
    return found


def _asked(runs: Sequence[RunResult]) -> list[Asked]:
    return [
        (run.oracle.soon, float(run.items))
        for run in runs
        if run.oracle is not None and run.oracle.soon is not None and any(run.oracle.soon.gone)
    ]


def _lost(asked: Sequence[Asked], at: int) -> Value:
    """Of 10,000 standing books; a book is asked in every moment, which is no new witness."""
    lost = [(sum(one.standing[at:]) / max(1, one.settled) * items, items) for one, items in asked]
    return of_so_many(lost, ITEMS)


def _away(asked: Sequence[Asked], at: int) -> Value:
    return share([(sum(one.gone[at:]), sum(one.gone)) for one, _ in asked])


def _looks(parts: Sequence[OracleCounts]) -> dict[str, Value]:
    """F1 at the threshold that is best for all seeds together."""
    asked = [(one.looks, one.unheard) for one in parts if one.looks is not None and any(one.looks.true)]
    if not asked:
        return {}
    at = best_f1(Sorted.total([looks for looks, _ in asked]))
    shown = [looks.shown(at) for looks, _ in asked]
    misplaced = [(tp + fn, unheard) for (tp, _, fn), (_, unheard) in zip(shown, asked, strict=True)]
    return {
        f"{LOOKS}.f1": f1(shown),
        f"{LOOKS}.precision": share([(tp, tp + fp) for tp, fp, _ in shown]),
        f"{LOOKS}.recall": share([(tp, tp + fn) for tp, _, fn in shown]),
        f"{LOOKS}.heard": share([(true - unheard, true) for true, unheard in misplaced]),
        f"{LOOKS}.threshold": Value(value=chance_of(at), cases=sum(true for true, _ in misplaced)),
    }


def _absence(counted: Sequence[Counted]) -> dict[str, Value]:
    """What is found at the goal's rate of false ones, and how many are false at the goal's share of found ones."""
    nights = _nights(counted)
    if not nights:
        return {}
    quiet = _lowest(at for at in range(BINS) if (_false(counted, at).value or 0.0) <= MOST_FALSE)
    found = {_name(number): _found(counted, number, quiet) for number in nights}
    enough = [at for at in range(BINS) if (_found(counted, max(nights), at).value or 0.0) >= NEARLY_ALL]
    if enough:
        found["false_missing"] = _false(counted, max(enough))
    return found


def _counted(runs: Sequence[RunResult]) -> list[Counted]:
    return [
        (run.oracle.absence, run.items * run.nights)
        for run in runs
        if run.oracle is not None and run.oracle.absence is not None and run.nights
    ]


def _nights(counted: Sequence[Counted]) -> list[int]:
    """Numbers of covered nights for which there are books to ask about."""
    return sorted({number for one, _ in counted for number, bins in one.gone.items() if any(bins)})


def _false(counted: Sequence[Counted], at: int) -> Value:
    return rate([(sum(one.untrue[at:]), exposure) for one, exposure in counted], ITEMS)


def _found(counted: Sequence[Counted], number: int, at: int) -> Value:
    parts = [one.gone[number] for one, _ in counted if any(one.gone.get(number, ()))]
    return share([(sum(bins[at:]), sum(bins)) for bins in parts])


def _lowest(bins: Iterator[int]) -> int:
    return next(bins, BINS)


def _name(nights: int) -> str:
    """As the measure of the subjects is called."""
    return f"gone.missing_{nights}_{'night' if nights == 1 else 'nights'}"
