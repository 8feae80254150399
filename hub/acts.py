"""Looks for acts: what people and programs put into the store goes into the journal, in order, once an id."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from hub.health import Troubles
from hub.outlet import WAITS, Outlet, Writer
from hub.taker import Taker

log = logging.getLogger(__name__)

LOOK_S: Final = 1.5
"""Without a wake message (its broker may be away) an act waits at most this long."""
MOST_AT_ONCE: Final = 100


class ActPoller:
    """See the module. Run `run` as a task."""

    def __init__(
        self, taker: Taker, outlet: Outlet, writer: Writer, troubles: Troubles, now_us: Callable[[], int]
    ) -> None:
        self._taker = taker
        self._outlet = outlet
        self._writer = writer
        self._troubles = troubles
        self._now_us = now_us

    async def run(self) -> None:
        """Look at each wake and every `LOOK_S`, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._taker.wake.wait()
            except TimeoutError:
                pass
            self._taker.wake.clear()
            for site in self._taker.intakes:
                await self._look(site)

    async def _look(self, site: str) -> None:
        try:
            acts = await self._outlet.call(self._writer.pending_acts, site, MOST_AT_ONCE)
        except WAITS as fault:
            self._troubles.begin("acts", f"what people ask for waits: {fault}", self._now_us())
            return
        self._troubles.end("acts")
        for act in acts:
            self._taker.ask(site, act)
