"""What cannot be in a scenario, each in words with its path in the file. Pure.

`in_file` sees what is wrong whatever the site; `on_site` holds places and numbers against one. The shape of the file (unknown keys, wrong types,
numbers out of a field's range) is told by the reading itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from firmware_sim.faults.model import (
    AGENT_FAULTS,
    ANTENNA_FAULTS,
    CENTRAL_FAULTS,
    READER_FAULTS,
    Fault,
)
from firmware_sim.form import PEOPLE, Scenario, Step
from firmware_sim.world.habits import Habits, Hours, MassMove, Span, Stocking
from firmware_sim.world.stock import FULLEST, LEAST_SQUEEZE
from hub.settings import EngineSettings, SweepSettings
from shelfwire import config
from shelfwire.site.model import Site

US_AN_HOUR: Final = 3_600_000_000
DAYS_A_WEEK: Final = 7
YEARS: Final = range(1971, 2105)
"""Seconds since 1970 stand in 32 bits in the dice of the air, and the longest scenario is a year."""

AMOUNTS: Final[dict[str, tuple[str, float, float]]] = {
    "cable_loss": ("dB", 0.1, 60.0),
    "reader_slow": ("times slower", 1.0, 100.0),
    "link_slow": ("seconds each way", 0.001, 600.0),
    "link_lossy": ("share of packets", 0.001, 0.9),
    "clock_wrong": ("hours", 0.001, 8_784.0),
    "clock_drift": ("parts per million", 0.1, 10_000.0),
    "duplicates": ("share of reports", 0.0001, 1.0),
    "reordering": ("share of reports", 0.0001, 1.0),
    "corrupt_frames": ("share of frames", 0.0001, 1.0),
}
"""Faults that need an amount: its unit, least and most. Nothing else takes one. 60 dB is a cable that is not there; 600 s outlast every time-out of MQTT;
a clock further off than a year is a flat battery, which reads 1970 and is refused by the wire."""

WITHOUT_END: Final = frozenset({"reader_reboot"})
"""How long it takes is the reader's own business."""

NAMED: Final = 5
"""So many of the things that there are stand beside one that there is not."""

THIN_MM: Final = 3.5
"""Mean of thin volumes, 2 to 5 mm."""


def in_file(scenario: Scenario) -> list[str]:
    """Everything impossible that shows without the site, as ``path: what, and what to do``."""
    found = [*_spans(scenario), *_shares(scenario), *_times(scenario), *_story(scenario)]
    if scenario.people is not None:
        found += _hours(scenario.people.hours)
    for at, fault in enumerate(scenario.faults):
        found += (f"faults[{at}]: {fault.fault}: {line}" for line in _fault(fault, scenario.lasts_h))
    found += config.faults_in(scenario.engine, EngineSettings, "engine")
    found += config.faults_in(scenario.sweeps, SweepSettings, "sweeps")
    return found


def on_site(scenario: Scenario, site: Site, items: int | None = None) -> list[str]:
    """Everything impossible in this library, as ``path: what, and what to do``; `items` instead of the scenario's."""
    found = [
        *_site(scenario, site, scenario.items if items is None else items),
        *_before_site(scenario, site),
    ]
    known = _known(site)
    found += (
        f"readers: the site has no reader {name!r}{_those('reader', known['reader'])}"
        for name in scenario.readers
        if name not in known["reader"]
    )
    for at, fault in enumerate(scenario.faults):
        kind, names = _places(fault, known)
        found += (
            f"faults[{at}]: {fault.fault}: the site has no {kind} {name!r}{_those(kind, names)}"
            for name in fault.what
            if name not in names
        )
    for at, step in enumerate(scenario.story):
        found += (f"story[{at}]: {step.do} at {step.at_s:g} s: {line}" for line in _step(step, site, known))
    for at, move in enumerate(scenario.mass_moves):
        found += (f"mass_moves[{at}]: {line}" for line in _move(move, site))
    return found


def valid_from(site: Site) -> datetime:
    """Since when the site is as it is, in its local time, without a zone."""
    since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=site.valid_from_us)
    return since.astimezone(ZoneInfo(site.timezone)).replace(tzinfo=None)


def mean_thickness_mm(stocking: Stocking) -> float:
    """Mean of the log-uniform distribution between the two, and of the thin ones among them."""
    low, high = stocking.thickness_mm
    mean = low if low == high else (high - low) / math.log(high / low)
    return stocking.thin * THIN_MM + (1 - stocking.thin) * mean


def _spans(scenario: Scenario) -> Iterator[str]:
    spans: dict[str, Span] = {
        "stocking.thickness_mm": scenario.stocking.thickness_mm,
        "radio.flag_s": scenario.radio.flag_s,
    }
    if (people := scenario.people) is not None:
        for name in ("browse_s", "table_s", "walk_to_desk_s", "desk_tells_s", "reshelve_s"):
            spans[f"people.{name}"] = getattr(people, name)
    for name, (shortest, longest) in spans.items():
        if shortest > longest:
            yield f"{name}: {shortest:g} is more than {longest:g}; write the smaller one first"
    if scenario.stocking.thickness_mm[0] < 1:
        yield "stocking.thickness_mm: a book is 1 mm thick at least"


def _shares(scenario: Scenario) -> Iterator[str]:
    planted, stocking = scenario.planted, scenario.stocking
    sums = {
        "planted: misplaced, missing, on_loan, unchecked, on_top, in_processing, held and security_off": planted.misplaced
        + planted.missing
        + planted.on_loan
        + planted.unchecked
        + planted.on_top
        + planted.in_processing
        + planted.held
        + planted.security_off,
        "stocking: fore_edge, near_metal, weak and dead": stocking.fore_edge
        + stocking.near_metal
        + stocking.weak
        + stocking.dead,
    }
    if scenario.people is not None:
        sums["people: put_back_right, …_next_shelf, …_on_top and …_elsewhere"] = _put_back(scenario.people)
    for name, total in sums.items():
        if total > 1 + 1e-9:
            yield f"{name} are {total:g} together; shares of one thing are 1 at the most"


def _put_back(people: Habits) -> float:
    return (
        people.put_back_right
        + people.put_back_next_shelf
        + people.put_back_on_top
        + people.put_back_elsewhere
    )


def _hours(hours: Hours) -> Iterator[str]:
    if hours.opens_h >= hours.closes_h:
        yield (
            f"people.hours: opens at {hours.opens_h:g} and closes at {hours.closes_h:g}; people who come need open doors, "
            "so let it close later, or leave `people` out"
        )
    elif not hours.opens_h <= hours.busiest_h <= hours.closes_h:
        yield f"people.hours.busiest_h: {hours.busiest_h:g} is outside the opening hours"
    if len(set(hours.closed_weekdays)) == DAYS_A_WEEK:
        yield "people.hours.closed_weekdays: closed on all days; leave `people` out instead"


def _times(scenario: Scenario) -> Iterator[str]:
    lasts_s = scenario.lasts_h * 3600
    start = scenario.starts_at
    if start is not None and start.tzinfo is not None:
        yield f"starts_at: {start.isoformat()} has a zone; write the local time at the site, without one"
    if start is not None and start.year not in YEARS:
        yield f"starts_at: {start.year} is out of range; take a year from {YEARS.start} to {YEARS.stop - 1}"
    if scenario.people is not None and scenario.people_after_s > lasts_s:
        yield f"people_after_s: {scenario.people_after_s:g} s is after the end, at {lasts_s:g} s"
    for at, move in enumerate(scenario.mass_moves):
        if move.at_h >= scenario.lasts_h:
            yield f"mass_moves[{at}].at_h: {move.at_h:g} h is after the end, at {scenario.lasts_h:g} h"
    last_s = max((step.at_s for step in scenario.story), default=0.0)
    if last_s > lasts_s:
        yield f"story: its last line, at {last_s:g} s, is after the end, at {lasts_s:g} s"
    again = scenario.again_every_s
    if again is not None and not scenario.story:
        yield "again_every_s: there is no story to begin anew"
    elif again is not None and again < last_s:
        yield f"again_every_s: {again:g} s is before the story's last line, at {last_s:g} s"


def _story(scenario: Scenario) -> Iterator[str]:
    times = {step.at_s for step in scenario.story}
    for at, step in enumerate(scenario.story):
        where = f"story[{at}]: {step.do} at {step.at_s:g} s"
        if step.do not in PEOPLE and step.what is None:
            yield f"{where}: needs `what`: the antenna, reader or process that it happens to"
        if step.same_as is not None and step.same_as not in times:
            yield f"{where}: no line stands at same_as {step.same_as:g} s"
        elif step.same_as is not None and step.same_as >= step.at_s:
            yield f"{where}: same_as {step.same_as:g} s is not earlier; name the line in which the book was chosen"


def _fault(fault: Fault, lasts_h: float) -> Iterator[str]:
    if fault.from_us >= lasts_h * US_AN_HOUR:
        yield f"begins after the end, at {lasts_h:g} h"
    if fault.fault in WITHOUT_END and fault.to_us is not None:
        yield "takes no `for_h` or `for_s`: a reader is back when it is back"
    if fault.what and fault.share is not None:
        yield "has `what` and `share`; choose one"
    if fault.fault in CENTRAL_FAULTS and (fault.what or fault.share is not None):
        yield "takes neither `what` nor `share`: there is only one"
    yield from _amount(fault)


def _amount(fault: Fault) -> Iterator[str]:
    needed = AMOUNTS.get(fault.fault)
    if needed is None:
        if fault.amount is not None:
            yield f"takes no `amount` ({fault.amount:g})"
        return
    unit, least, most = needed
    if fault.amount is None:
        yield f"needs `amount`, in {unit}, from {least:g} to {most:g}"
    elif not least <= fault.amount <= most:
        yield f"amount {fault.amount:g} is out of range; {unit}, from {least:g} to {most:g}"


def _site(scenario: Scenario, site: Site, items: int) -> Iterator[str]:
    for antenna in site.antennas:
        if not antenna.hears:
            yield f"site: antenna {antenna.id} covers nothing; name its shelves under `hears`, or take it away"
    watched = [shelf for shelf in site.shelves if shelf.id in site.heard_by]
    if not watched:
        yield "site: no antenna hears any shelf; there is nothing to simulate"
        if scenario.people is not None:
            yield "people: they have no library to go to; give the site shelves with antennas"
        return
    # books are squeezed a little where they must be, as `furnish` does it
    used = watched[: max(1, round(len(watched) * scenario.stocking.fill))]
    has_m = sum(shelf.width_m for shelf in used)
    mean_mm = mean_thickness_mm(scenario.stocking)
    needs_m = items * mean_mm / 1000
    if needs_m * LEAST_SQUEEZE > has_m * FULLEST:
        yield (
            f"items: {items} of {mean_mm:.1f} mm in the mean need {needs_m:.1f} m of board, and the {len(used)} boards "
            f"that are used have {has_m:.1f} m; take fewer items, thinner ones (`stocking.thickness_mm`), or more boards"
        )


def _before_site(scenario: Scenario, site: Site) -> Iterator[str]:
    """A start at which the site's file knew another library, or none; a building made for the scenario stands at any time."""
    start = scenario.starts_at
    if start is None or start.tzinfo is not None or not isinstance(scenario.site, str):
        return
    there = valid_from(site)
    if start < there:
        yield (
            f"starts_at: {start.isoformat()} is before the site's newest `valid_from`, {there.isoformat()} at the site; "
            "start later, or let the site be valid earlier"
        )


def _known(site: Site) -> dict[str, set[str]]:
    return {
        "antenna": {antenna.id for antenna in site.antennas},
        "reader": {reader.id for reader in site.readers},
        "agent": {reader.agent for reader in site.readers},
    }


def _those(kind: str, names: set[str]) -> str:
    """What could have been named: how many there are, and the first few."""
    if not names:
        return f"; there is no {kind} at all"
    first = sorted(names)[:NAMED]
    return f"; there {'is' if len(names) == 1 else 'are'} {len(names)}: {', '.join(first)}{', …' if len(names) > NAMED else ''}"


def _places(fault: Fault, known: dict[str, set[str]]) -> tuple[str, set[str]]:
    """What a fault happens to, and the ids of all of these."""
    if fault.fault in ANTENNA_FAULTS:
        return "antenna", known["antenna"]
    if fault.fault in READER_FAULTS:
        return "reader", known["reader"]
    if fault.fault in AGENT_FAULTS:
        return "agent", known["agent"]
    return "such thing as", set(fault.what)


def _step(step: Step, site: Site, known: dict[str, set[str]]) -> Iterator[str]:
    for name in (step.of, step.to):
        if name is not None and name not in site.spans:
            yield f"the site has no range, face, bay or shelf {name!r}"
    if step.what is None or step.do in PEOPLE:
        return
    targets: dict[str, tuple[str, set[str]]] = {
        "unplug": ("antenna", known["antenna"]),
        "plug": ("antenna", known["antenna"]),
        "kill": ("process", known["agent"] | {"hub", "web", "broker"}),
    }
    kind, names = targets.get(step.do, ("reader", known["reader"]))
    if step.what not in names:
        yield f"there is no {kind} {step.what!r}{_those(kind, names)}"


def _move(move: MassMove, site: Site) -> Iterator[str]:
    spans: dict[str, Any] = {}
    for key, name in (("of", move.of), ("to", move.to)):
        spans[key] = site.spans.get(name)
        if spans[key] is None:
            yield f"{key}: the site has no range, face or bay {name!r}"
    if None in spans.values():
        return
    (from_, end), (to_from, to_end) = spans["of"], spans["to"]
    if from_ < to_end and to_from < end:
        yield f"to: {move.to} and {move.of} share boards; books cannot be moved to where they stand"
    elif move.items is None and to_end - to_from < end - from_:
        yield (
            f"to: {move.to} has {to_end - to_from} boards, and {move.of} has {end - from_}; name a larger one, or say how many `items`"
        )
