"""One library that is watched: the run, everybody who listens to it, what visitors did, and how it all stands. Pure; one thread owns it."""

from __future__ import annotations

from typing import Final

import numpy as np

from firmware_sim.direct.hub import HubSubject, settings_of
from firmware_sim.direct.plan import Simulation
from firmware_sim.direct.run import DirectRun, hub_subject
from firmware_sim.rivals import Known, all_rivals
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.match import judge
from firmware_sim.scoring.outages import outages
from firmware_sim.scoring.runs import cycle_s
from firmware_sim.scoring.subject import NEVER_HEARD, NOWHERE, Places, Subject
from firmware_sim.scoring.truth import Rules, conditions
from firmware_sim.watch.presses import Presses
from firmware_sim.watch.standing import Scale, Standing
from firmware_sim.watch.ticker import Ticker, Verdict, verdicts
from hub.belief.interface import NEVER
from hub.effects import Effect, ShelfChanged
from hub.engine import Engine
from hub.findings.machine import LIVE
from shelfwire.site.model import Bay

SHORTEST_S: Final = 1.0
"""A step at real speed."""
LONGEST_S: Final = 20.0
"""A step at full speed: well below the minute after which the engine takes the gap for its own absence."""
WARM_ROUNDS: Final = 4
WEIGH_S: Final = 3.0
"""Every tag is weighed once in so many seconds of the library."""


class Session:
    """`step` on; ask the rest between steps."""

    def __init__(self, simulation: Simulation) -> None:
        self.sim = simulation
        settings = settings_of(simulation.scenario, str(simulation.path))
        self.hub: HubSubject = hub_subject(simulation, step_s=SHORTEST_S, weigh_s=WEIGH_S)
        self.states: dict[str, str] = {}
        """The hub's word for each shelf."""
        self.hub.on_effect = self._effect
        round_s = cycle_s(simulation.site, simulation.scenario.polling)
        self._round_s = round_s
        known = Known.of(simulation.world, settings, cycle_s=round_s)
        self.subjects: list[Subject] = [self.hub, *all_rivals(known)]
        self.run = DirectRun(simulation, self.subjects, step_s=LONGEST_S)
        self.presses = Presses(self.run)
        self.ticker = Ticker()
        self.verdicts: dict[int, Verdict] = {}
        self.standings: list[Standing] = []
        self._rules = Rules.of(settings, cycle_s=round_s)
        self._doors = Doors(settings.closing, settings.opening, simulation.site.timezone)
        self._start = Start(simulation.world, simulation.start_us)
        self._scale = Scale(simulation.world, start_us=simulation.start_us, cycle_us=int(round_s * 1e6))
        self.bays: list[Bay] = list(simulation.site.bay_by_id.values())

    @property
    def engine(self) -> Engine:
        """The hub's."""
        return self.hub.engine

    @property
    def now_us(self) -> int:
        """The library's time."""
        return self.run.now_us

    def step(self, seconds: float) -> None:
        """So many seconds of the library; in pieces where they are many."""
        until_us = self.now_us + int(seconds * 1e6)
        while self.now_us < until_us:
            self.ticker.deeds(self.run.step(until_us).deeds)
        self.ticker.findings(self.hub.shown())

    def warm(self) -> None:
        """Let the antennas go round, so that nobody has to look at a hub that has heard nothing yet."""
        self.step(WARM_ROUNDS * self._round_s)
        self.judge()

    def judge(self) -> None:
        """Hold everybody against the truth of now: costs some milliseconds, more as the log grows."""
        true = self._scale.now()
        self.standings = [self._scale.weigh(one, self._places(one), true) for one in self.subjects]
        history = History(self.sim.world, self._start, self.now_us + 1)
        out = outages(self.sim.site, self.sim.broken.all, self.now_us)
        found = conditions(history, out, self._rules, self._doors)
        self.verdicts = verdicts(judge(self.hub.shown(), found, history, out, self._rules).judged, found)

    def findings_by_bay(self) -> dict[str, int]:
        """Open findings of each bay but for stale shelves, which have a look of their own; a missing book counts where it was heard last, or belongs."""
        shelves, belief = self.sim.site.shelf_by_id, self.engine.belief
        found: dict[str, int] = {}
        for subject, finding in self.engine.machine.findings.items():
            if finding.state not in LIVE or subject.kind == "stale_shelf":
                continue
            if finding.shelf is not None:
                bay = shelves[finding.shelf].bay
            elif subject.item_id >= 0:
                place = int(belief.place[subject.item_id])
                home = int(self.sim.world.stock.home[subject.item_id])
                bay = self.sim.site.shelves[home if place == NEVER else place].bay
            else:
                continue
            found[bay] = found.get(bay, 0) + 1
        return found

    def bay_state(self, bay: Bay, findings: int) -> str:
        """A bay as the hub's map shows it."""
        states = {self.states.get(shelf.id, "quiet") for shelf in bay.shelves}
        if findings:
            return "attention"
        return "stale" if "stale" in states else "unwatched" if states == {"unwatched"} else "quiet"

    def _places(self, subject: Subject) -> Places:
        if subject is not self.hub:
            return subject.places()
        belief = self.engine.belief
        shelf = np.where(belief.away, NOWHERE, np.where(belief.place == NEVER, NEVER_HEARD, belief.place))
        return Places(shelf.astype(np.int32), np.empty(0, dtype=np.float32))

    def _effect(self, effect: Effect) -> None:
        if isinstance(effect, ShelfChanged):
            self.states[effect.shelf] = effect.state
