"""Findings held against what was true. Pure; the rules stand in `docs/scoring.md`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from firmware_sim.scoring.history import EXPECTED, History, Stay
from firmware_sim.scoring.looks import Looks
from firmware_sim.scoring.outages import Outage
from firmware_sim.scoring.subject import Shown
from firmware_sim.scoring.truth import WAIT, Condition, Rules
from firmware_sim.world.stock import DEAD, WEAK
from hub.catalog.model import STATUSES

KINDS: Final = (
    "misplaced", "missing", "unexpected", "held", "unknown_tag", "security", "silent_antenna", "stale_shelf",
)  # fmt: skip
"""Kinds that are scored, in the order of reports."""
ABOUT_PLACES: Final = frozenset({"silent_antenna", "stale_shelf"})
HELD: Final = "held"
TIMERS: Final = frozenset({"stale_shelf"})
"""True by the clock alone: when it is shown says nothing about how quickly a subject sees."""
SINGLE: Final = frozenset({"misplaced", "missing", "unexpected"})
PROPOSAL: Final = "moved_range"

Verdict = Literal["true", "repeat", "excused", "moved", "false"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, and what it was worth."""

    shown: Shown
    verdict: Verdict
    condition: int | None = None
    """Place in the list of conditions."""
    cause: str = ""
    """Of a false `missing`: where the book was, or what its tag is like."""
    under_outage: bool = False
    """A false `missing` that was opened while no antenna of the shelf could hear or be heard."""


class Tally(msgspec.Struct, kw_only=True):
    """Counts of one kind."""

    true: int = 0
    false: int = 0
    missed: int = 0
    """Due, and never found."""
    found: int = 0
    """Due, and found."""
    repeat: int = 0
    excused: int = 0
    moved: int = 0
    delays_s: list[float] = []
    """Of the due ones that were found and no outage held up."""
    never: int = 0
    """Missed, and no outage held them up."""


@dataclass(slots=True)
class Verdicts:
    """All findings of one subject, judged."""

    judged: list[Judged] = field(default_factory=list)
    found_us: dict[int, int] = field(default_factory=dict)
    """By condition: when its first finding was shown."""

    def tallies(
        self, conditions: Sequence[Condition], due: Sequence[bool], hampered: Sequence[bool] = ()
    ) -> dict[str, Tally]:
        """Counts by kind, all kinds of `KINDS` and whatever else was shown. The `hampered` ones have no delay."""
        found = {kind: Tally() for kind in KINDS}
        for one in self.judged:
            kind = conditions[one.condition].kind if one.condition is not None else one.shown.kind
            tally = found.setdefault(kind, Tally())
            setattr(tally, one.verdict, getattr(tally, one.verdict) + 1)
        for n, condition in enumerate(conditions):
            if not due[n]:
                continue
            tally = found[condition.kind]
            free = not (hampered and hampered[n])
            if n not in self.found_us:
                tally.missed += 1
                tally.never += free
                continue
            tally.found += 1
            if condition.kind not in TIMERS and free:
                tally.delays_s.append(round(max(0, self.found_us[n] - condition.from_us) / 1e6, 3))
        for tally in found.values():
            tally.delays_s.sort()
        return found


def judge(
    shown: Iterable[Shown],
    conditions: Sequence[Condition],
    history: History,
    outages: Sequence[Outage],
    rules: Rules,
) -> Verdicts:
    """Each finding in the order of its opening."""
    index = _index(conditions)
    found = Verdicts()
    for one in sorted(
        shown, key=lambda each: (each.opened_us, each.kind, each.tag, each.place, each.antenna)
    ):
        if one.kind == PROPOSAL:
            continue
        fits = [n for n in _candidates(one, index, conditions, history) if _within(one, conditions[n], rules)]
        best = max(fits, key=lambda n: (not conditions[n].excused, n not in found.found_us, n), default=None)
        if best is None:
            found.judged.append(_false(one, history, outages, rules))
            continue
        verdict = _verdict(conditions[best], first=best not in found.found_us)
        found.found_us.setdefault(best, one.opened_us)
        found.judged.append(Judged(shown=one, verdict=verdict, condition=best))
    return found


def due(
    conditions: Sequence[Condition],
    history: History,
    outages: Sequence[Outage],
    rules: Rules,
    looks: Looks | None,
) -> list[bool]:
    """Whether each condition had to be found by anybody who listens. Without `looks`: only where every antenna worked all the time."""
    free = looks is not None
    out = hampered(conditions, history, outages)
    return [
        _may_be_due(one, history, rules)
        and (one.kind in ABOUT_PLACES or free or not bad)
        and (
            one.kind in ABOUT_PLACES
            or looks is None
            or looks.count(one.place, one.began_us, one.to_us) >= rules.due_looks
        )
        for one, bad in zip(conditions, out, strict=True)
    ]


def hampered(conditions: Sequence[Condition], history: History, outages: Sequence[Outage]) -> list[bool]:
    """Whether an antenna meant for a condition's shelf could not hear or be heard at some time of it: then its delay is not the subject's."""
    out: dict[str, list[Outage]] = {}
    for one in outages:
        out.setdefault(one.antenna, []).append(one)
    return [
        one.kind not in ABOUT_PLACES
        and any(
            o.from_us < one.to_us and o.to_us > one.began_us
            for name in _watching(one.place, history)
            for o in out.get(name, ())
        )
        for one in conditions
    ]


def _may_be_due(one: Condition, history: History, rules: Rules) -> bool:
    if one.excused or one.moved or one.to_us - one.from_us < rules.due_us:
        return False
    if one.kind in ABOUT_PLACES:
        return True
    dead = one.tag < history.books and history.tag_place[one.tag] == DEAD
    return not dead and bool(_watching(one.place, history))


def _watching(place: int, history: History) -> list[str]:
    """Ids of the antennas meant for a shelf."""
    if place < 0:
        return []
    return [antenna.id for antenna in history.site.heard_by.get(history.site.shelves[place].id, ())]


def _index(conditions: Sequence[Condition]) -> dict[tuple[str, int | str], list[int]]:
    """(kind, tag, shelf or antenna) → conditions; unknown tags under their kind alone."""
    index: dict[tuple[str, int | str], list[int]] = {}
    for n, one in enumerate(conditions):
        kind = "unexpected" if one.kind == HELD else one.kind
        index.setdefault((kind, _subject(kind, one.tag, one.place, one.antenna)), []).append(n)
    return index


def _subject(kind: str, tag: int, place: int, antenna: str) -> int | str:
    match kind:
        case "silent_antenna":
            return antenna
        case "stale_shelf":
            return place
        case "unknown_tag":
            return 0
        case _:
            return tag


def _candidates(
    one: Shown,
    index: dict[tuple[str, int | str], list[int]],
    conditions: Sequence[Condition],
    history: History,
) -> list[int]:
    kind = "unexpected" if one.kind == HELD else one.kind
    found = index.get((kind, _subject(kind, one.tag, one.place, one.antenna)), [])
    if one.kind == HELD:
        return [n for n in found if conditions[n].kind == HELD]
    if kind == "unknown_tag":  # its key is hashed: only the place can be compared
        return [n for n in found if _near(one.place, conditions[n].place, history)]
    return found


def _within(one: Shown, condition: Condition, rules: Rules) -> bool:
    early_us = rules.early_us if condition.kind in WAIT else 0
    return condition.from_us - early_us <= one.opened_us <= condition.to_us + rules.grace_us


def _near(one: int, other: int, history: History) -> bool:
    """In the same bay, or the same face of a range."""
    shelves = history.site.shelves
    if not (0 <= one < len(shelves) and 0 <= other < len(shelves)):
        return False
    first, second = shelves[one], shelves[other]
    return first.bay == second.bay or (first.face == second.face and first.range == second.range)


def _verdict(condition: Condition, *, first: bool) -> Verdict:
    if condition.excused:
        return "excused"
    if condition.moved:
        return "moved"
    return "true" if first else "repeat"


def _false(one: Shown, history: History, outages: Sequence[Outage], rules: Rules) -> Judged:
    if one.kind != "missing" or not 0 <= one.tag < history.books:
        return Judged(shown=one, verdict="false")
    stay = stay_at(history.stays(one.tag), one.opened_us)
    shelf = stay.place if stay is not None and stay.place >= 0 else int(history.home_from[one.tag])
    names = _watching(shelf, history)
    out = {o.antenna for o in outages if o.from_us <= one.opened_us <= o.to_us + rules.grace_us}
    nobody = bool(names) and out.issuperset(names)
    return Judged(shown=one, verdict="false", cause=_cause(one.tag, stay, history), under_outage=nobody)


def _cause(tag: int, stay: Stay | None, history: History) -> str:
    """Why a `missing` was wrong."""
    if stay is None or not EXPECTED[STATUSES.index(stay.status)]:
        return "lent"
    if stay.place < 0 or not history.watched[stay.place]:
        return "too_early"
    kinds = {DEAD: "dead_tag", WEAK: "weak_tag"}
    return kinds.get(int(history.tag_place[tag]), "on_shelf")


def stay_at(stays: Sequence[Stay], at_us: int) -> Stay | None:
    """The stay in which a moment lies; the last one at its very end."""
    for stay in stays:
        if stay.from_us <= at_us < stay.to_us:
            return stay
    return stays[-1] if stays and at_us >= stays[-1].to_us else None


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest of the sorted `values` that `share` of them do not exceed (nearest rank); None: there are none."""
    if not values:
        return None
    return round(values[max(0, math.ceil(share * len(values)) - 1)], 3)
