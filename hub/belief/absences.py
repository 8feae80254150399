"""How many of the books that people take are gone still, by how long ago: learned from those that are heard well. Pure.

Was a weak tag that fell silent taken, or is it shaded? That depends on how many books leave *here* and do not come back. A tag that is
heard `LOUD_DB` above the floor is hardly ever shaded into silence: if it is away, it was taken. So the well-heard books that are away now say,
for each stretch of open hours since they were heard last, how wrong the assumed share of those gone still is:

    factor = (those away + FIRST) / (those that would be away by `gone_for` + FIRST)

It is learned anew in each lap through the tags (`hub.belief.lessons`), so that a day of thefts counts in its own night.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.hours import Hours
from hub.settings import EngineSettings

LOUD_DB: Final = 13.0
"""Two of five tags of a usual library are heard so well; one of a thousand of them falls silent when the books beside it are moved."""
EDGES_H: Final = np.array([0.0, 1.0, 3.0, 15.0, 60.0])
"""Open hours since a book was heard last: looked into, read at a table, gone since this day, gone for days. What is older counts as the last."""
FIRST: Final = 1.0
"""Books away taken for granted: a small or young library goes by the settings."""

Floats = NDArray[np.float64]


class Absences:
    """Well-heard books that are away, beside how many would be by the settings."""

    def __init__(self) -> None:
        self.factor: Floats = np.ones(len(EDGES_H) - 1)
        """On the share of those gone still, by stretch of open hours."""
        self._away = np.zeros(len(EDGES_H) - 1)
        self._known = 0.0
        """Well-heard books of the lap, there or away."""

    def learn(self, open_h: NDArray[Any], known: int) -> None:
        """Some rows of a lap: `known` well-heard books, of which some have been away for `open_h` open hours."""
        self._away += np.histogram(open_h, EDGES_H)[0]
        self._known += known

    def end_lap(self, busy_h: Floats, age_h: Floats, settings: EngineSettings) -> None:
        """All rows were seen. Pieces of the time that was: `busy_h` busy hours in each, `age_h` open hours ago."""
        taken = settings.taken_per_1000_h / 1000.0 * self._known * busy_h
        expected = np.histogram(age_h, EDGES_H, weights=taken * gone_still(age_h, settings))[0]
        self.factor = (self._away + FIRST) / (expected + FIRST)
        self._away, self._known = np.zeros(len(EDGES_H) - 1), 0.0

    def still_gone(self, open_h: NDArray[Any], settings: EngineSettings) -> Floats:
        """Share of the books taken so many open hours ago that is gone still."""
        at = np.clip(np.searchsorted(EDGES_H, open_h, side="right") - 1, 0, len(self.factor) - 1)
        return np.minimum(gone_still(open_h, settings) * self.factor[at], 1.0)

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        return {"factor": self.factor.tolist(), "away": self._away.tolist(), "known": self._known}

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it; an older hub's snapshot has none."""
        if len(state.get("factor", ())) == len(self.factor):
            self.factor, self._away = np.array(state["factor"]), np.array(state["away"])
            self._known = float(state["known"])


def gone_still(open_h: NDArray[Any], settings: EngineSettings) -> Floats:
    """The same by the settings alone."""
    hours = np.asarray(open_h, dtype=np.float64)
    shares = [share * np.exp(-hours / mean_h) for share, mean_h in settings.gone_for]
    result: Floats = np.sum(shares, axis=0)
    return result


def hours_ago(times_s: NDArray[Any], now_s: int, hours: Hours) -> Floats:
    """Open hours since each time."""
    return hours.open_s(times_s, np.full(len(times_s), now_s)) / 3600.0
