"""What the two workers of a source share: what they need, and how they stay alive.

They share nothing but the row that the map shows, so a listing of many hours holds up no question. What fails is said once,
tried again ever more slowly, and never ends a worker.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.catalog.follow.config import CatalogSource
from hub.catalog.follow.listing import StoppedError
from hub.catalog.follow.schedule import RETRY, WRONG
from hub.catalog.follow.systems import Opener, open_system
from hub.catalog.follow.told import Told
from hub.catalog.source import System
from hub.store.engine import Target
from shelfwire.errors import InputError, ShelfwireError
from shelfwire.site.model import Site

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""Between two looks for news, and for the hub's answer."""


@dataclass(frozen=True)
class Work:
    """What both workers of one source need."""

    database: str
    site: Site
    source: CatalogSource
    base: Path
    told: Told
    stop: threading.Event
    opener: Opener = open_system
    kept: Target | None = None
    """The engine that both workers use for their many small steps; None: each step makes one."""

    @property
    def store(self) -> Target:
        """Where rows are read and written."""
        return self.database if self.kept is None else self.kept

    def open(self) -> System:
        """The connector, open."""
        return self.opener(self.source, self.base, self.tell)

    def tell(self, line: str) -> None:
        """One line for people."""
        log.info("%s: %s", self.source.name, line)

    def keep_on(self, what: str, once: Callable[[System], float]) -> None:
        """Call `once` again after as many seconds as it says, with a connector of its own, until the stop."""
        failures = 0
        system: System | None = None
        while not self.stop.is_set():
            try:
                system = self.open() if system is None else system
                wait_s = once(system)
                failures = 0
                self.told.well(what)
            except StoppedError:
                break
            except Exception as problem:  # noqa: BLE001 (a connector of anybody's; a dead worker would be told by nobody)
                fault = problem if isinstance(problem, ShelfwireError) else _unforeseen(problem)
                failures += 1
                pace = WRONG if isinstance(fault, InputError) else RETRY
                wait_s = pace.wait_s(failures, random.random())  # noqa: S311 (spreads tries, no secret)
                log.warning("%s: %s: %s; next try in %.0f s", self.source.name, what, fault, wait_s)
                self.fails(what, fault)
                _close(system)
                system = None
            self.stop.wait(wait_s)
        _close(system)

    def fails(self, what: str, fault: ShelfwireError) -> None:
        """Show on the map what fails."""
        self.told.fails(what, state="wrong" if isinstance(fault, InputError) else "away", detail=str(fault))


def _close(system: System | None) -> None:
    if system is not None:
        system.close()


def _unforeseen(problem: Exception) -> InputError:
    """What no connector may raise, by its kind and place only: its words may be those of an answer, about a person."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return InputError(
        f"{type(problem).__name__} in {where}: a fault of the program or its connector; report it"
    )


def wall_us() -> int:
    """The wall clock."""
    return time.time_ns() // 1000
