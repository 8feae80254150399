"""The engine: every event of one site goes in, and what shall be done comes out. Pure."""

from __future__ import annotations

from typing import Any

from hub.effects import ActAnswered, Effect
from hub.events import ActAsked, Event
from hub.settings import EngineSettings
from shelfwire.site.model import SiteHistory


class Engine:
    """All state of one site. Replaying the same events with the same times gives the same state and effects."""

    def __init__(self, history: SiteHistory, settings: EngineSettings) -> None:
        self.history = history
        self.settings = settings
        self._acts: set[str] = set()

    def handle(self, event: Event, now_us: int) -> list[Effect]:
        """Apply one event at hub time `now_us` (microseconds, as journalled)."""
        if isinstance(event, ActAsked) and event.id not in self._acts:
            self._acts.add(event.id)
            return [ActAnswered(event.id, ok=False, detail=f"{event.kind}: not known to this hub", at_us=now_us)]
        return []

    def dump(self) -> dict[str, Any]:
        """Everything needed to go on: numpy arrays and plain data."""
        return {"version": 1, "acts": sorted(self._acts)}

    @classmethod
    def load(cls, history: SiteHistory, settings: EngineSettings, state: dict[str, Any]) -> Engine:
        """The engine as `dump` left it."""
        engine = cls(history, settings)
        engine._acts = set(state["acts"])
        return engine
