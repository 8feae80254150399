"""What people do, as far as the hub knows it: when they come, how busy they are, what they bring back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.belief.absences import Absences, Floats, hours_ago
from hub.belief.bustle import Bustle
from hub.belief.hours import Hours
from hub.settings import EngineSettings


@dataclass
class People:
    """Of one library. Its parts are shared by all partitions of a hub."""

    settings: EngineSettings
    hours: Hours = field(default_factory=Hours)
    """When they are in the house; the engine tells."""
    bustle: Bustle = field(default_factory=Bustle)
    absences: Absences = field(default_factory=Absences)

    def pass_time(self, now_s: int, tags: int) -> None:
        """It is `now_s`; so many tags are known."""
        span_s = max(now_s - self.bustle.at_s, 1)
        open_s = float(self.hours.open_s(np.array([now_s - span_s]), np.array([now_s]))[0])
        weight = (open_s + self.settings.closed_share * (span_s - open_s)) / span_s
        shut = self.hours.opens_in_s(self.bustle.at_s) > 0
        self.bustle.pass_time(now_s, tags, self.settings.taken_per_1000_h, weight)
        if shut and self.hours.opens_in_s(now_s) == 0:
            self.bustle.open_doors()

    def busy_h(self, from_s: NDArray[Any], to_s: NDArray[Any]) -> Floats:
        """Hours of a usual open library that tell as much as the time between."""
        return self.bustle.busy_h(from_s, to_s, self.hours, self.settings.closed_share)

    def still_gone(self, from_s: NDArray[Any], now_s: int) -> Floats:
        """Share of the books taken then that is gone still."""
        return self.absences.still_gone(hours_ago(from_s, now_s, self.hours), self.settings)

    def see_away(self, heard_s: NDArray[Any], known: int, now_s: int) -> None:
        """Of `known` well-heard books, when those that are away were heard last. Nobody knows how busy it was before the kept past."""
        kept = heard_s[heard_s >= self.bustle.kept_from_s]
        self.absences.learn(hours_ago(kept, now_s, self.hours), known)

    def end_lap(self, now_s: int) -> None:
        """All tags have been asked whether they are away."""
        middle_s, busy_h = self.bustle.past()
        self.absences.end_lap(busy_h, hours_ago(middle_s, now_s, self.hours), self.settings)
