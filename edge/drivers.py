"""Finds reader drivers by name, and keeps each one running: a driver that fails is started again, and the others go on."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Final

from edge.config import ReaderConfig
from edge.ports import Cycle, DriverFactory, ReaderDriver, ReaderSink
from shelfwire.clock import BootClock
from shelfwire.errors import InputError
from shelfwire.messages import ReaderState
from shelfwire.retry import Backoff

log = logging.getLogger(__name__)

GROUP: Final = "shelfwire.readers"

AGAIN: Final = Backoff(first_s=1.0, longest_s=60.0)
"""A driver reconnects by itself; if it fails as a whole it is broken, and a minute between tries floods nobody's log."""

HEALTHY_US: Final = 60_000_000
"""A driver that worked for a minute begins its back-off anew."""

TOLD_LETTERS: Final = 200
"""Of a failure, in a status message."""


def find_driver(kind: str) -> DriverFactory:
    """The driver of that name. Raises `InputError` that names those there are."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if kind not in found:
        raise InputError(
            f"reader kind {kind!r} is not installed; there are: {', '.join(sorted(found)) or 'none'}"
        )
    try:
        factory: DriverFactory = found[kind].load()
    except (ImportError, AttributeError) as fault:
        raise InputError(f"reader kind {kind!r} cannot be loaded: {fault}") from fault
    return factory


class Keeper:
    """One reader's driver, started again whenever it ends. `cycle` says what the reader is to do now (None: radio off)."""

    def __init__(
        self,
        config: ReaderConfig,
        factory: DriverFactory,
        *,
        clock: BootClock,
        sink: ReaderSink,
        cycle: Callable[[], Cycle | None],
        backoff: Backoff = AGAIN,
    ) -> None:
        self.config = config
        self._factory, self._clock, self._sink, self._cycle = factory, clock, sink, cycle
        self._backoff = backoff
        self._driver: ReaderDriver = factory(config, clock, sink)

    async def run(self) -> None:
        """Keep the driver running until cancelled."""
        failures = 0
        while True:
            started_us = self._clock.now_us()
            reason = await self._work()
            failures = 1 if self._clock.now_us() - started_us > HEALTHY_US else failures + 1
            wait_s = self._backoff.wait_s(failures, random.random())  # noqa: S311 (no secret)
            self._sink.state(
                ReaderState(
                    reader=self.config.id,
                    state="lost",
                    detail=f"the driver failed ({reason[:TOLD_LETTERS]}); it is started again in {wait_s:.0f} s",
                    ports=self.config.antennas or [],
                )
            )
            await asyncio.sleep(wait_s)
            self._driver = self._factory(self.config, self._clock, self._sink)

    async def refresh(self) -> None:
        """The cycle has changed: tell the driver."""
        try:
            await self._driver.set_cycle(self._cycle())
        except Exception:
            log.exception("reader %s: its driver does not take a cycle", self.config.id)

    async def _work(self) -> str:
        """One life of the driver; returns why it ended."""
        try:
            await self._driver.set_cycle(self._cycle())
            await self._driver.run()
        except Exception as fault:  # a driver may be anyone's; its failure must not stop the other readers
            log.exception("reader %s: its driver failed", self.config.id)
            return f"{type(fault).__name__}: {fault}"
        return "it ended by itself"
