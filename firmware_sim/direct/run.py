"""A scenario at any speed: people act, readers listen, reports arrive, and those that are judged take them. Pure.

Time goes in short strokes. In each, the dwells that end in it are heard in the library as it stood at the stroke's beginning: a book put down within the last
seconds is heard a few seconds late, and nobody can find anything before it is true. A stroke ends where a fault begins or ends. Where no
reader works, the time until the next dwell is one stroke.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

from firmware_sim.direct.hub import (
    LONGEST_STEP_S,
    WEIGH_S,
    HubSubject,
    settings_of,
)
from firmware_sim.direct.plan import Simulation
from firmware_sim.direct.reports import Reporter
from firmware_sim.hearing import Delivery
from firmware_sim.scoring.subject import Subject
from firmware_sim.world import Deed
from hub.catalog.model import STATUSES
from shelfwire.messages import Command, Ping

STEP_S: Final = 30.0
"""Between two ticks."""
STROKE_US: Final = 5_000_000


@runtime_checkable
class Commander(Protocol):
    """A subject that has something to say to the readers."""

    def take_commands(self) -> list[tuple[str, Command]]:
        """(agent, command) since it was asked last."""
        ...


@dataclass(slots=True)
class Counts:
    """What a run, or one step of it, was made of."""

    dwells: int = 0
    reads: int = 0
    """(tag, dwell) pairs that were heard."""
    deliveries: int = 0
    deeds: int = 0
    commands: int = 0

    def add(self, other: Counts) -> None:
        """Sum up."""
        self.dwells += other.dwells
        self.reads += other.reads
        self.deliveries += other.deliveries
        self.deeds += other.deeds
        self.commands += other.commands


@dataclass(slots=True)
class Step:
    """What one step brought."""

    now_us: int
    counts: Counts = field(default_factory=Counts)
    deeds: list[Deed] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


class DirectRun:
    """One simulation and all that listen to it. `step` by `step`, or `run` to the end."""

    def __init__(
        self, simulation: Simulation, subjects: Sequence[Subject], *, step_s: float = STEP_S
    ) -> None:
        self.simulation = simulation
        self.subjects = list(subjects)
        self.now_us = simulation.start_us
        self.counts = Counts()
        self._step_us = int(min(step_s, LONGEST_STEP_S) * 1e6)
        self._told = simulation.world.status.copy()
        """The catalogue's statuses that the subjects know."""
        self._changed: dict[int, str] = {}
        """Statuses that wait for a hub that is away."""
        self._orders: list[tuple[str, Command]] = []
        self._fault_us = 0
        self._lines = len(simulation.world.log)
        """Of the truth log, already told."""

    def run(self, until_us: int | None = None, progress: Callable[[Step], None] | None = None) -> Counts:
        """To that time, or to the scenario's end. `progress` hears of each step."""
        until_us = self.simulation.end_us if until_us is None else until_us
        while self.now_us < until_us:
            step = self.step(until_us)
            if progress is not None:
                progress(step)
        return self.counts

    def step(self, until_us: int | None = None) -> Step:
        """One step, at its end a tick; not beyond `until_us`."""
        end_us = self.now_us + self._step_us
        end_us = end_us if until_us is None else min(end_us, until_us)
        step = Step(end_us)
        while self.now_us < end_us:
            self._stroke(end_us, step)
        self._tick(end_us, step)
        self.counts.add(step.counts)
        return step

    def faults_changed(self) -> None:
        """A fault began or ended by hand: look at them again."""
        self._fault_us = 0

    # --- a stroke ---------------------------------------------------------------------------------------------

    def _stroke(self, end_us: int, step: Step) -> None:
        sim, now_us = self.simulation, self.now_us
        if now_us >= self._fault_us:
            sim.broken.apply(sim.wiring, sim.schedule, now_us)
            self._fault_us = sim.broken.next_us(now_us)
        to_us = min(end_us, self._fault_us, max(now_us + STROKE_US, sim.schedule.next_us()))
        dwells = sim.schedule.until(to_us)
        step.counts.dwells += len(dwells)
        heard = sim.radio.hear(dwells) if len(dwells) else None
        step.counts.reads += 0 if heard is None else len(heard.tag)
        sim.world.advance(to_us)
        deeds = sim.world.log[self._lines :]  # those done by hand between two steps too
        self._lines += len(deeds)
        sim.post.post(heard, to_us)
        if deeds:
            sim.tags.renew(deed.tag for deed in deeds)
        deliveries = sim.post.due(to_us)
        self._tell(deeds, deliveries)
        step.deeds += deeds
        step.deliveries += deliveries
        step.counts.deeds += len(deeds)
        step.counts.deliveries += len(deliveries)
        self.now_us = to_us

    def _tell(self, deeds: list[Deed], deliveries: list[Delivery]) -> None:
        """What arrived and what the desk has booked, in the order of time."""
        changes = [(deed.at_us, deed.tag, deed.status) for deed in deeds if self._is_news(deed)]
        at = 0
        for delivery in deliveries:
            while at < len(changes) and changes[at][0] <= delivery.arrived_us:
                self._book(*changes[at])
                at += 1
            for subject in self.subjects:
                subject.take(delivery)
        for change in changes[at:]:
            self._book(*change)

    def _is_news(self, deed: Deed) -> bool:
        """Whether the catalogue says something else of the book since this deed."""
        if not deed.status or deed.tag >= len(self._told):
            return False
        code = STATUSES.index(deed.status)
        if code == int(self._told[deed.tag]):
            return False
        self._told[deed.tag] = code
        return True

    def _book(self, at_us: int, tag: int, status: str) -> None:
        if self._hub_is_away():
            self._changed[tag] = status
            return
        for subject in self.subjects:
            subject.status(tag, status, at_us)

    def _hub_is_away(self) -> bool:
        return self.simulation.broken.amount("hub_killed", "", self.now_us) is not None

    # --- a tick -----------------------------------------------------------------------------------------------

    def _tick(self, now_us: int, step: Step) -> None:
        if self._hub_is_away():
            return
        changed, self._changed = self._changed, {}
        for subject in self.subjects:
            for tag, status in changed.items():
                subject.status(tag, status, now_us)
            subject.tick(now_us)
            if isinstance(subject, Commander):
                self._orders += subject.take_commands()
        step.counts.commands += self._obey(now_us)

    def _obey(self, now_us: int) -> int:
        """Hand commands to the readers; what does not get through is tried again until it has expired."""
        orders, self._orders = self._orders, []
        done = 0
        for agent, command in orders:
            if not self.simulation.post.reaches(agent, now_us):
                if command.expires_at_us > now_us:
                    self._orders.append((agent, command))
                continue
            if not isinstance(command, Ping):
                self.simulation.schedule.command(command, now_us)
            done += 1
        return done


def hub_subject(
    simulation: Simulation, *, step_s: float = STEP_S, weigh_s: float = WEIGH_S, name: str = "hub"
) -> HubSubject:
    """The real engine over this simulation, with its catalogue as it stands now."""
    return HubSubject(
        simulation.history,
        simulation.world,
        Reporter(simulation.site, simulation.tags),
        settings_of(simulation.scenario, str(simulation.path)),
        start_us=simulation.start_us,
        step_s=step_s,
        weigh_s=weigh_s,
        name=name,
    )
