"""One scenario under one seed: hub and rivals on the same reads, judged at the end. Reads the files of the scenario and the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from firmware_sim.direct.hub import settings_of
from firmware_sim.direct.plan import Simulation, build
from firmware_sim.direct.run import DirectRun, hub_subject
from firmware_sim.hearing import Delivery
from firmware_sim.oracle.listener import Oracle
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.rivals import Known, all_rivals
from firmware_sim.scenario import Polling, Scenario
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.looks import Looks
from firmware_sim.scoring.outages import outages
from firmware_sim.scoring.places import EVERY_US, Moments, Watch
from firmware_sim.scoring.results import RunResult
from firmware_sim.scoring.subject import Places, Shown, Subject
from firmware_sim.scoring.truth import Rules
from firmware_sim.scoring.verdict import Truth
from shelfwire.site.model import Site

SWITCH_S: Final = 0.035
"""Between two dwells of a reader, and a dwell's late end (`firmware_sim.direct.schedule`)."""

Progress = Callable[[float], None]
"""Told the share of the run that is done."""

Also = Callable[[Simulation], Sequence[Subject]]
"""Makes more subjects for a run, over its simulation."""


class Ear(Looks):
    """Sits among the subjects, and only listens."""

    name = "looks"

    def status(self, tag: int, status: str, now_us: int) -> None:
        """Nothing to it."""

    def tick(self, now_us: int) -> None:
        """Nothing to do."""

    def shown(self) -> list[Shown]:
        """It shows nothing."""
        return []

    def places(self) -> Places:
        """It believes nothing."""
        return Places(np.zeros(0, np.int32), np.zeros(0, np.float32))

    def take(self, delivery: Delivery) -> None:
        """Dwells that reached the subjects."""
        super().take(delivery)


def cycle_s(site: Site, polling: Polling) -> float:
    """One round of the antennas: as often as it begins, or as long as the busiest reader takes."""
    ports: dict[str, int] = {}
    for antenna in site.antennas:
        ports[antenna.reader] = ports.get(antenna.reader, 0) + 1
    return max(polling.every_s, max(ports.values(), default=0) * (polling.dwell_ms / 1000 + SWITCH_S))


def run(
    scenario: Scenario, path: Path, seed: int, *, items: int | None = None, program: str = "",
    progress: Progress | None = None, rivals: bool = True, oracle: bool = True, also: Also | None = None,
) -> RunResult:  # fmt: skip
    """From the first dwell to the verdict. Raises `InputError` for an impossible scenario. `also`: others that are judged on the same reads."""
    began_s = time.process_time()
    simulation = build(scenario, path, seed, items=items)
    settings = settings_of(scenario, str(path))
    cycle = cycle_s(simulation.site, scenario.polling)
    world = simulation.world
    subjects: list[Subject] = [hub_subject(simulation)]
    if rivals:
        subjects += all_rivals(Known.of(world, settings, cycle_s=cycle))
    if also is not None:
        subjects += also(simulation)
    ear = Ear(simulation.site)
    bound = Oracle(simulation, settings.tolerance_shelves) if oracle and Oracle.able(simulation) else None
    direct = DirectRun(simulation, [*subjects, ear, *([] if bound is None else [bound])])
    moments = Moments(world, start_us=simulation.start_us, cycle_us=int(cycle * 1e6))
    watches = [Watch() for _ in subjects]
    _listen(direct, moments, subjects, watches, progress)
    doors = Doors(settings.closing, settings.opening, simulation.site.timezone)
    rules = Rules.of(settings, cycle_s=cycle)
    history = History(world, Start(world, simulation.start_us), simulation.end_us)
    truth = Truth.of(
        history, outages(simulation.site, simulation.broken.all, simulation.end_us), rules, doors, ear
    )
    return RunResult(
        scenario=path.stem, about=scenario.about, seed=seed, items=world.stock.count, hours=scenario.lasts_h,
        nights=_nights(doors, simulation), usual=_usual(scenario, doors), program=program,
        shelves=len(simulation.site.shelves), antennas=len(simulation.site.antennas), deeds=len(history.deeds),
        dwells=direct.counts.dwells, reads=direct.counts.reads, seconds=round(time.process_time() - began_s, 1),
        conditions=_counted(truth, only_due=False), due=_counted(truth, only_due=True),
        subjects=[
            truth.result(subject, watch, moments.times) for subject, watch in zip(subjects, watches, strict=True)
        ],
        oracle=None if bound is None else bound.reached(truth, moments.times),
    )  # fmt: skip


def _listen(
    direct: DirectRun,
    moments: Moments,
    subjects: Sequence[Subject],
    watches: Sequence[Watch],
    progress: Progress | None,
) -> None:
    """The whole run; at each moment everybody is asked where the books are."""
    simulation = direct.simulation
    length_us = simulation.end_us - simulation.start_us
    now_us = simulation.start_us
    while now_us < simulation.end_us:
        now_us = min(now_us + EVERY_US, simulation.end_us)
        direct.run(now_us)
        true, settled = moments.look(now_us)
        for subject, watch in zip(subjects, watches, strict=True):
            moments.judge(watch, subject.places(), true, settled)
        if progress is not None:
            progress((now_us - simulation.start_us) / length_us)


def _nights(doors: Doors, simulation: Simulation) -> float:
    """Closings in the run; without closing times, whole days."""
    if not doors.ever_close:
        return float(simulation.scenario.lasts_h // 24)
    nights = doors.nights(simulation.start_us, simulation.end_us)
    return float(sum(from_us > simulation.start_us for from_us, _ in nights))


def _usual(scenario: Scenario, doors: Doors) -> bool:
    plain = not scenario.faults and not scenario.mass_moves and not scenario.stocking.thin
    return plain and scenario.radio == RadioSettings() and doors.ever_close


def _counted(truth: Truth, *, only_due: bool) -> dict[str, int]:
    found: dict[str, int] = {}
    for one, must in zip(truth.conditions, truth.due, strict=True):
        if must or (not only_due and one.from_us < one.to_us):
            found[one.kind] = found.get(one.kind, 0) + 1
    return found
