"""Looks over a person's shoulder: which findings the store shows, and when each was first shown."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from firmware_sim.report import Seen
from firmware_sim.scoring.match import PROPOSAL
from hub.effects import AgentChanged
from hub.store.read import StoreReader
from hub.views import FindingView
from shelfwire.errors import AwayError

LOOK_S: Final = 0.25
"""Shorter than any finding lives, so that none opens and closes unseen."""

PAGE: Final = 500


class Observer:
    """Reads the store as the map does. `seen` holds every finding that was ever open, but those of an earlier run (`since_us`)."""

    def __init__(self, database: str, site: str, *, since_us: int) -> None:
        self.seen: dict[str, Seen] = {}
        self._open_now: set[str] = set()
        self._since_us = since_us
        self._reader = StoreReader(database, site)

    def close(self) -> None:
        """Give the database back."""
        self._reader.close()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Note what is open now."""
        try:
            views = await asyncio.to_thread(self._open)
        except AwayError:
            return
        self._open_now = {view.id for view in views}
        for view in views:
            if view.id not in self.seen and view.changed_at_us >= self._since_us:
                self.seen[view.id] = Seen(
                    kind=view.kind,
                    barcode=view.barcode,
                    antenna=view.antenna,
                    shelf=view.shelf,
                    opened_us=view.changed_at_us,
                    confidence=view.confidence,
                    about=_about(view.why) if view.kind == PROPOSAL else "",
                )

    def told(self) -> list[Seen]:
        """All that was seen, with what was still open at the last look."""
        return [
            msgspec.structs.replace(one, is_open=name in self._open_now) for name, one in self.seen.items()
        ]

    def agents(self) -> list[AgentChanged]:
        """The agents' rows."""
        return [row for row in self._reader.agents() if row.known]

    def _open(self) -> list[FindingView]:
        found: list[FindingView] = []
        while True:
            page, total = self._reader.findings(limit=PAGE, offset=len(found))
            found += page
            if not page or len(found) >= total:
                return found


def _about(why: dict[str, Any]) -> str:
    """Of a proposal."""
    return f"{why.get('items', '?')} items from {why.get('from_area', '?')} to {why.get('to_area', '?')}"
