"""What one run brought, as counts that can be added up over seeds; the form in which runs are kept. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

import msgspec

from firmware_sim.oracle.counts import OracleCounts
from firmware_sim.scoring.curve import Confusion
from firmware_sim.scoring.gone import GoneCounts
from firmware_sim.scoring.match import SINGLE, Tally, Verdicts
from firmware_sim.scoring.places import PlaceCounts
from firmware_sim.scoring.reliability import Reliability
from firmware_sim.scoring.truth import Condition

HUB: Final = "hub"
"""Of all subjects, the one that is measured against the goals."""


class FalseMissing(msgspec.Struct, kw_only=True):
    """`missing` findings about books that were not."""

    count: int = 0
    """Books and nights: a book counts once a night, however often its finding opens."""
    openings: int = 0
    at_opening: int = 0
    """Of the books: still shown when the doors open, as the morning's list has them."""
    causes: dict[str, int] = {}
    under_outage: int = 0


class Moved(msgspec.Struct, kw_only=True):
    """What was shown of a mass move."""

    books: int = 0
    proposals: int = 0
    single: int = 0


class Said(msgspec.Struct, array_like=True):
    """What one finding promised when it opened, and whether it was true."""

    kind: str
    promised: float
    raw: float | None
    true: bool


class SubjectResult(msgspec.Struct, kw_only=True):
    """One subject in one run."""

    name: str
    knows: list[str] | None = None
    """Kinds that it has a notion of; None: all."""
    findings: dict[str, Tally] = {}
    false_missing: FalseMissing = msgspec.field(default_factory=FalseMissing)
    in_house: int = 0
    """True `missing` whose book was at a table, on a truck, in a hand or at the desk."""
    looks: list[Confusion] = []
    places: PlaceCounts = msgspec.field(default_factory=PlaceCounts)
    by_time: list[tuple[float, float, float]] = []
    """(hours since the start, share right at shelf, at bay)."""
    gone: GoneCounts = msgspec.field(default_factory=GoneCounts)
    said: list[Said] = []
    """Of the findings in `confidence`, where the subject tells its belief: what the curves are learned from."""
    confidence: Reliability = msgspec.field(default_factory=Reliability)
    place_confidence: Reliability = msgspec.field(default_factory=Reliability)
    moved: Moved = msgspec.field(default_factory=Moved)
    examples: list[str] = []
    """Some of its false findings, in words, for whoever looks for the reason."""


class RunResult(msgspec.Struct, kw_only=True):
    """One scenario under one seed."""

    scenario: str
    about: dict[str, str] = {}
    seed: int
    items: int
    hours: float
    nights: float
    """Closings in the run; without closing times, whole days."""
    usual: bool
    """No fault, no move, the calibrated radio, and doors that close: it counts in the pooled row."""
    program: str
    """Of what code it is the result."""
    shelves: int
    antennas: int
    deeds: int
    dwells: int
    reads: int
    seconds: float
    """Of one core, that the run took."""
    conditions: dict[str, int] = {}
    """True, by kind."""
    due: dict[str, int] = {}
    subjects: list[SubjectResult] = []
    oracle: OracleCounts | None = None
    """What could have been known from the same reads; None: nobody asked, or its model does not hold here."""


def false_missing(verdicts: Verdicts, mornings: Sequence[int]) -> FalseMissing:
    """Counted, with their causes. `mornings`: when the doors open in the run; the last moment of the run, if they never close."""
    found = FalseMissing()
    known: set[tuple[int, int]] = set()
    listed: set[tuple[int, int]] = set()
    for one in verdicts.judged:
        shown = one.shown
        if shown.kind != "missing" or one.verdict != "false":
            continue
        found.openings += 1
        night = bisect_left(mornings, shown.opened_us)
        if (shown.tag, night) not in known:
            known.add((shown.tag, night))
            found.count += 1
            found.causes[one.cause] = found.causes.get(one.cause, 0) + 1
            found.under_outage += one.under_outage
        if night < len(mornings) and (shown.closed_us is None or shown.closed_us > mornings[night]):
            listed.add((shown.tag, night))
    found.at_opening = len(listed)
    return found


def in_house(verdicts: Verdicts, conditions: list[Condition]) -> int:
    """True `missing` about books that never left the building."""
    return sum(
        one.shown.kind == "missing" and one.verdict == "true" and one.condition is not None
        and not conditions[one.condition].outside
        for one in verdicts.judged
    )  # fmt: skip


def said(verdicts: Verdicts) -> list[Said]:
    """The findings that promised something and were true or false."""
    return [
        Said(one.shown.kind, float(one.shown.confidence), one.shown.raw, one.verdict == "true")
        for one in verdicts.judged
        if one.shown.confidence is not None and one.verdict in {"true", "false"}
    ]


def promises(said: Sequence[Said]) -> Reliability:
    """How promises and truth agree."""
    return Reliability.of([one.promised for one in said], [one.true for one in said])


def moved(verdicts: Verdicts, proposals: int, books: frozenset[int], from_us: int) -> Moved:
    """Findings about the books of a mass move since it began at `from_us`."""
    single = {
        (one.shown.kind, one.shown.tag)
        for one in verdicts.judged
        if one.shown.kind in SINGLE and one.shown.tag in books and one.shown.opened_us >= from_us
    }
    return Moved(books=len(books), proposals=proposals, single=len(single))
