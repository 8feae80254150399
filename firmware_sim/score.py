"""Holds what the hub found against what is true. Pure. The rules stand in ``docs/simulator.md`` in words.

A *condition* is a stretch of time in which a finding of one kind is true of one subject, by the product's own definition: a book away counts as missing
only after the longest use inside the library. A finding is *true* if it opened within a condition of its kind and subject (or shortly after its end), else
*false*; a condition that lasted long enough under working antennas and got no finding is *missed*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from firmware_sim.world import World
from hub.catalog.model import EXPECTED_ON_SHELF
from hub.settings import EngineSettings
from shelfwire.site.model import Site

KINDS: Final = ("misplaced", "missing", "unexpected", "unknown_tag", "silent_antenna", "stale_shelf")

GRACE_US: Final = 5_000_000
"""A finding may open so long after its condition ended: evidence of the last round was on its way."""

EARLY_US: Final = 8_000_000
"""Kinds that wait may open so much before their condition: the hub counts, in whole seconds, from the last time it heard the tag, up to a round before
the deed."""

AT_ONCE: Final = frozenset({"misplaced", "silent_antenna"})
"""Kinds that are true from the deed on."""


TIMERS: Final = frozenset({"stale_shelf"})
"""True by the clock alone: when it is shown says nothing about how quickly the product sees, so it has no part in the delays."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is true of `subject` from … to (the end of the run, if it goes on)."""

    kind: str
    subject: str
    """Barcode, shelf id (unknown tag, stale shelf) or antenna id."""
    from_us: int
    to_us: int
    places: tuple[int, ...] = ()
    """Indexes of the shelves whose antennas could see it."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as a person saw it first."""

    kind: str
    subject: str
    opened_at_us: int


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna that could not hear. `silent`: it was driven and heard nothing; else its reader was away."""

    antenna: str
    from_us: int
    to_us: int
    silent: bool


class Tally(msgspec.Struct, kw_only=True):
    """Counts of one kind."""

    true: int = 0
    false: int = 0
    missed: int = 0


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The result: counts by kind, and how long after becoming true a finding was shown."""

    findings: dict[str, Tally]
    delays_s: list[float]
    false: list[Shown]
    missed: list[Condition]


def conditions(
    world: World, outages: Sequence[Outage], settings: EngineSettings, end_us: int
) -> list[Condition]:
    """Everything that was true in the run, by the definitions of `settings`."""
    found: list[Condition] = []
    for tag in sorted({deed.tag for deed in world.log}):
        found += _of_tag(world, tag, settings, end_us)
    found += _of_antennas(world.site, outages, settings)
    return [one for one in found if one.from_us - EARLY_US < one.to_us]


def score(
    shown: Iterable[Shown], true: Sequence[Condition], outages: Sequence[Outage], site: Site, *, due_us: int
) -> Score:
    """Match findings with conditions. `due_us`: how long a condition must last before it has to be found."""
    tallies = {kind: Tally() for kind in KINDS}
    delays: list[float] = []
    wrong: list[Shown] = []
    met: set[int] = set()
    for one in sorted(shown, key=lambda each: (each.opened_at_us, each.kind, each.subject)):
        places = [n for n, condition in enumerate(true) if _fits(one, condition, site)]
        tally = tallies.setdefault(one.kind, Tally())
        if not places:
            tally.false += 1
            wrong.append(one)
            continue
        tally.true += 1
        fresh = [n for n in places if n not in met]
        met.update(places)
        if fresh and one.kind not in TIMERS:
            delays.append(max(0.0, (one.opened_at_us - true[fresh[-1]].from_us) / 1e6))
    missed = [
        condition
        for n, condition in enumerate(true)
        if n not in met and condition.to_us - condition.from_us >= due_us and _seen(condition, outages, site)
    ]
    for condition in missed:
        tallies[condition.kind].missed += 1
    return Score(findings=tallies, delays_s=sorted(delays), false=wrong, missed=missed)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the sorted `values` lie (nearest rank); None: there are none."""
    if not values:
        return None
    return round(values[min(len(values) - 1, int(share * len(values)))], 3)


def _of_tag(world: World, tag: int, settings: EngineSettings, end_us: int) -> list[Condition]:
    deeds = [deed for deed in world.log if deed.tag == tag]
    ends = [deed.at_us for deed in deeds[1:]] + [end_us]
    found = []
    for deed, to_us in zip(deeds, ends, strict=True):
        kind = _kind_of(world, tag, deed.went_to, deed.status, settings)
        if kind is None:
            continue
        name, wait_s = kind
        stranger = tag >= world.strangers_from
        subject = world.site.shelves[deed.went_to].id if stranger else world.books[tag].row.barcode
        place = deed.went_to if deed.went_to >= 0 else world.books[tag].shelf
        from_us = deed.at_us + int(wait_s * 1e6)
        found.append(Condition(kind=name, subject=subject, from_us=from_us, to_us=to_us, places=(place,)))
    return found


def _kind_of(
    world: World, tag: int, place: int, status: str, settings: EngineSettings
) -> tuple[str, float] | None:
    """(kind, seconds until it counts) of a tag that is now at `place`."""
    if tag >= world.strangers_from:
        return ("unknown_tag", settings.unknown_stays_h * 3600) if place >= 0 else None
    book = world.books[tag]
    if place < 0:
        return ("missing", settings.longest_use_h * 3600) if status in EXPECTED_ON_SHELF else None
    if status not in EXPECTED_ON_SHELF:
        return ("unexpected", settings.unexpected_after_s)
    drift = settings.tolerance_shelves
    return None if book.home_from - drift <= place <= book.home_to + drift else ("misplaced", 0.0)


def _of_antennas(site: Site, outages: Sequence[Outage], settings: EngineSettings) -> list[Condition]:
    found = [
        Condition(kind="silent_antenna", subject=one.antenna, from_us=one.from_us, to_us=one.to_us)
        for one in outages
        if one.silent
    ]
    hears = {antenna.id: antenna.hears for antenna in site.antennas}
    wait_us = int(settings.stale_after_s * 1e6)
    found += [
        Condition(kind="stale_shelf", subject=shelf, from_us=one.from_us + wait_us, to_us=one.to_us)
        for one in outages
        for shelf in hears[one.antenna]
        if len(site.heard_by[shelf]) == 1
    ]
    return found


def _fits(one: Shown, condition: Condition, site: Site) -> bool:
    if one.kind != condition.kind:
        return False
    early_us = 0 if one.kind in AT_ONCE else EARLY_US
    if not condition.from_us - early_us <= one.opened_at_us <= condition.to_us + GRACE_US:
        return False
    if (
        one.kind == "unknown_tag"
    ):  # its key is hashed: only the place can be compared, to a neighbouring board
        return _near(one.subject, condition.subject, site)
    return one.subject == condition.subject


def _near(one: str, other: str, site: Site) -> bool:
    first, second = site.shelf_by_id.get(one), site.shelf_by_id.get(other)
    if first is None or second is None:
        return False
    return first.bay == second.bay or (first.face == second.face and first.range == second.range)


def _seen(condition: Condition, outages: Sequence[Outage], site: Site) -> bool:
    """Whether every antenna that could see the condition worked all the time; else it need not be found."""
    if condition.kind in {"silent_antenna", "stale_shelf"}:
        return True
    watching = {antenna.id for place in condition.places for antenna in site.heard_by[site.shelves[place].id]}
    return not any(
        outage.antenna in watching and outage.from_us < condition.to_us and outage.to_us > condition.from_us
        for outage in outages
    )
