"""The oracle among the subjects of a run: it takes the same deliveries, and is asked at the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from firmware_sim.direct.plan import Simulation
from firmware_sim.hearing import Bools, Delivery, Int64
from firmware_sim.oracle import soon
from firmware_sim.oracle.absence import Absence
from firmware_sim.oracle.counts import OracleCounts, PlacesReached, Sorted
from firmware_sim.oracle.evidence import Evidence
from firmware_sim.oracle.hours import Hours
from firmware_sim.oracle.memory import Memory
from firmware_sim.oracle.nights import Nights
from firmware_sim.oracle.places import Believed, Candidates
from firmware_sim.oracle.silence import Silence
from firmware_sim.oracle.spans import Spans
from firmware_sim.oracle.stirring import Stirring
from firmware_sim.oracle.told import Told
from firmware_sim.scoring.curve import DECIDE_US, SCORED
from firmware_sim.scoring.looks import FAR_US
from firmware_sim.scoring.places import bays
from firmware_sim.scoring.subject import Places, Shown
from firmware_sim.scoring.verdict import Truth
from firmware_sim.world.habits import Habits

MOST_BOOKS: Final = 50_000
"""It keeps every read: 12 bytes each, some gigabytes a day for more books."""


BEYOND_DOUBT: Final = 0.9999
"""Two more hours of reads of a book that nobody moves change nothing of it."""


class Oracle:
    """Sits among the subjects and shows nothing; `reached` says what it could have."""

    name = "oracle"

    def __init__(self, simulation: Simulation, tolerance: int) -> None:
        scenario = simulation.scenario
        books = simulation.world.stock.count
        self._simulation = simulation
        self.still = scenario.people is None and not scenario.sweeps and not scenario.story
        """Nobody comes, and all dwells are alike: every book stands all the time as it stood at the start."""
        self._told = Told.of(simulation.radio, scenario.planted, tolerance)
        self._memory = Memory(scenario.radio, books)
        self._stirring = Stirring(simulation.world)
        self._statuses: list[tuple[int, str, int]] = []

    @staticmethod
    def able(simulation: Simulation) -> bool:
        """Whether its model holds: equipment that works, tags that answer again and again, ranges that stay, and not too many books."""
        scenario = simulation.scenario
        steady = not scenario.faults and not scenario.mass_moves and scenario.polling.target == "AB"
        return steady and simulation.world.stock.count <= MOST_BOOKS

    # --- as a subject -----------------------------------------------------------------------------------------

    def take(self, delivery: Delivery) -> None:
        """Dwells that reached the subjects."""
        self._stirring.look()
        self._memory.take(delivery)

    def status(self, tag: int, status: str, now_us: int) -> None:
        """The desk has booked it."""
        self._statuses.append((tag, status, now_us))

    def tick(self, now_us: int) -> None:  # noqa: ARG002 (of every subject)
        """It decides at the end; now it looks for what has changed."""
        self._stirring.look()

    def shown(self) -> list[Shown]:
        """It shows nothing."""
        return []

    def places(self) -> Places:
        """It says nothing before the end."""
        return Places(np.zeros(0, np.int32), np.zeros(0, np.float32))

    # --- at the end -------------------------------------------------------------------------------------------

    def reached(self, truth: Truth, times: Sequence[int]) -> OracleCounts:
        """What anybody could have known in this run. `times`: the moments at which the subjects were asked for places."""
        found = OracleCounts()
        if self.still:
            found.places = self._places(truth.history.end_us, self._at_the_look(truth, found))
        elif self._simulation.scenario.people is not None and truth.doors.ever_close:
            silence = self._silence(truth, self._simulation.scenario.people)
            found.absence = Nights(silence, truth).reached()
            found.soon = soon.reached(silence, truth, times)
        return found

    def _silence(self, truth: Truth, habits: Habits) -> Silence:
        """To be asked of the books that are silent."""
        spans = Spans(self._memory, self._told.settings, len(self._simulation.site.antennas))
        absence = Absence(self._told, spans, Hours(habits, truth.doors), truth.history.start.us)
        return Silence(self._memory, self._stirring, absence, truth.history, self._statuses)

    def _at_the_look(self, truth: Truth, found: OracleCounts) -> Believed | None:
        """All stays at one moment: when the last of them had its fifth look. None: nobody had so many."""
        stays = truth.standing
        at_us: Int64 = np.full(len(stays.tag), FAR_US, dtype=np.int64)
        for shelf in np.unique(stays.place).tolist():
            rows = np.flatnonzero(stays.place == shelf)
            at_us[rows] = truth.looks.nth_us(shelf, stays.from_us[rows], SCORED)
        asked = at_us < truth.history.end_us - DECIDE_US
        if not asked.any():
            return None
        believed, heard = self._believed(int(at_us[asked].max()) + DECIDE_US)
        tag, outside = stays.tag[asked], stays.outside[asked]
        found.looks = Sorted.of(believed.outside[tag], outside)
        found.unheard = int((outside & ~heard[tag]).sum())
        return believed

    def _places(self, until_us: int, before: Believed | None) -> PlacesReached:
        """Where the books are at the end, when most is known; those that were beyond doubt before are not asked again."""
        world = self._simulation.world
        n = world.stock.count
        if before is None:
            said = self._believed(until_us)[0].shelf
        else:
            doubt = before.sure < BEYOND_DOUBT
            said = np.where(doubt, self._believed(until_us, doubt)[0].shelf, before.shelf)
        true = np.where(world.place[:n] >= 0, world.place[:n], -1)
        bay = bays(world.site)
        same = said == true
        near = same | ((said >= 0) & (true >= 0) & (bay[said] == bay[true]))
        return PlacesReached(books=n, shelf=int(same.sum()), bay=int(near.sum()))

    def _believed(self, until_us: int, only: Bools | None = None) -> tuple[Believed, Bools]:
        """The posterior of all books, and which of them were heard at all."""
        n = self._simulation.world.stock.count
        antennas = len(self._simulation.site.antennas)
        evidence = Evidence(self._memory, self._told.settings, antennas, until_us, only)
        candidates = Candidates(self._told, evidence)
        heard = np.zeros(n, dtype=np.bool_)
        found = []
        for first, end, pairs in evidence.parts(n):
            found.append(candidates.believed(first, end, pairs))
            heard[pairs.tag] = True
        return Candidates.together(found), heard
