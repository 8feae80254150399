"""One engine with its own settings, going over the past. Pure.

What it wants done is not done: of all effects only findings are looked at, and what people did is done to the finding of this run that
is about the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from hub.belief.interface import Weighed
from hub.belief.model import ShelfBelief
from hub.belief.stock import Stock
from hub.effects import Effect, PutFinding
from hub.engine import Engine
from hub.engine.board import AWAY, Board
from hub.events import ActAsked, Event
from hub.rerun.episodes import About, Episode, Episodes, about
from hub.settings import EngineSettings
from shelfwire.site.model import SiteHistory

_FAULTS_KEPT: Final = 20
SCAN_S: Final = 2.0
_ABOUT_FINDINGS: Final = ("finding.", "moved.")


def quiet(settings: EngineSettings, step_s: float) -> EngineSettings:
    """The same decisions; points of series, which nobody looks at here, are held back.

    The engine counts at most `SCAN_S` between two scans: with coarser ticks each weighs as many tags as its time asks for.
    """
    rows = int(settings.scan_rows_per_s * max(1.0, step_s / SCAN_S))
    return msgspec.structs.replace(
        settings, scan_rows_per_s=rows, refresh_s=1e9, series_every_s=1e9
    )  # fmt: skip


class Unseen(Board):
    """A map that nobody looks at: whatever is believed counts as shown at once, and no row is made of it.

    What is not shown yet is weighed out of turn (`hub.engine.rounds`); held back for ever, it would keep the round from going as fast as
    the hub's.
    """

    def places(self, belief: ShelfBelief, stock: Stock, weighed: Weighed, now_us: int) -> list[Effect]:  # noqa: ARG002 (a map's)
        """See `Board.places`."""
        rows = weighed.rows
        self.shown[rows] = np.where(belief.away[rows], AWAY, belief.place[rows])
        self.shown_s[rows] = weighed.newest_s
        return []


class Trial:
    """See the module. `really`: what each finding that really was is about, by its id."""

    def __init__(
        self,
        history: SiteHistory,
        settings: EngineSettings,
        really: Mapping[str, About],
        *,
        step_s: float = 0.0,
    ) -> None:
        self.settings = settings
        self.acts_done = 0
        self.acts_without_finding = 0
        """Of people, about findings that this run did not have at that moment."""
        self.faults: list[str] = []
        """Events that the engine failed on: a bug, told, and passed over as the hub does."""
        self._engine = Engine(history, quiet(settings, step_s))
        self._engine.board = Unseen(history.now.id, self._engine.settings)
        self._really = really
        self._range_of = {shelf.id: shelf.range for shelf in history.now.shelves}
        self._episodes = Episodes(self._range_of)

    def handle(self, event: Event, now_us: int) -> None:
        """One event of the past."""
        if isinstance(event, ActAsked) and event.kind.startswith(_ABOUT_FINDINGS):
            act = self._of_this_run(event)
            if act is None:
                self.acts_without_finding += 1
                return
            self.acts_done += 1
            event = act
        try:
            effects = self._engine.handle(event, now_us)
        except Exception as fault:  # noqa: BLE001 (as the hub: a bug in the engine is told and passed over)
            if len(self.faults) < _FAULTS_KEPT:
                self.faults.append(f"{type(fault).__name__} on a {type(event).__name__}: {fault}")
            return
        for effect in effects:
            if isinstance(effect, PutFinding):
                self._episodes.put(effect.finding)

    def episodes(self) -> list[Episode]:
        """Its findings so far."""
        return self._episodes.list()

    def _of_this_run(self, act: ActAsked) -> ActAsked | None:
        """The act with the id of this run's finding about the same thing; None: it has none."""
        machine = self._engine.machine
        if machine.subject_of(act.subject) is not None:
            return act
        meant = self._really.get(act.subject)
        if meant is None:
            return None
        for finding in machine.findings.values():
            if about(finding, self._range_of) == meant:
                return msgspec.structs.replace(act, subject=finding.id)
        return None
