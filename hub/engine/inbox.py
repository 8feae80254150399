"""Dwells, and spans that were lost, wait for the watermark. Pure.

A dwell is applied when no live agent can still bring an older one: the watermark is the corrected time of the newest
report of the slowest live agent, at most `watermark_s` behind now.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from hub.belief.batch import Placed
from hub.settings import EngineSettings
from shelfwire.messages import Dwell


class Inbox:
    """Waiting dwells and how far each agent has told."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._waiting: list[Placed] = []
        self._told: dict[str, tuple[int, int]] = {}
        """Agent → (arrival of its newest report, corrected time of that report)."""

    def told(self, agent: str, arrived_at_us: int, made_at_us: int) -> None:
        """An agent reported; both in hub time."""
        told = max(made_at_us, self._told.get(agent, (0, 0))[1])
        self._told[agent] = (arrived_at_us, min(told, arrived_at_us))

    def put(self, dwell: Placed) -> None:
        """A dwell to be applied in its turn."""
        self._waiting.append(dwell)

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back to `now_us`: nothing lies behind that."""
        self._waiting = [
            replace(
                one,
                started_at_us=min(one.started_at_us, now_us),
                ended_at_us=min(one.ended_at_us, now_us),
            )
            for one in self._waiting
        ]
        self._told = {
            agent: (min(arrived, now_us), min(made, now_us)) for agent, (arrived, made) in self._told.items()
        }

    def watermark_us(self, now_us: int) -> int:
        """Everything that ended by then may be applied."""
        live_us = now_us - int(self._settings.live_agent_s * 1e6)
        told = [made for arrived, made in self._told.values() if arrived >= live_us]
        return max(min([*told, now_us]), now_us - int(self._settings.watermark_s * 1e6))

    def take(self, now_us: int) -> list[Placed]:
        """The dwells behind the watermark, in the order in which they are applied."""
        until_us = self.watermark_us(now_us)
        ripe = [dwell for dwell in self._waiting if dwell.ended_at_us <= until_us]
        if ripe:
            self._waiting = [dwell for dwell in self._waiting if dwell.ended_at_us > until_us]
            ripe.sort(key=Placed.order)
        return ripe

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        waiting = [
            [one.antenna, one.started_at_us, one.ended_at_us, msgspec.to_builtins(one.of), one.lost]
            for one in self._waiting
        ]
        return {"waiting": waiting, "told": [[agent, *times] for agent, times in self._told.items()]}

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it; with an older hub no lost span waited."""
        self._waiting = [
            Placed(a, s, e, msgspec.convert(dwell, Dwell), *lost)
            for a, s, e, dwell, *lost in state["waiting"]
        ]
        self._told = {agent: (arrived, made) for agent, arrived, made in state["told"]}
