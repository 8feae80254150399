"""A machine's clock that is wrong or runs fast, and an agent that lives by it. The file's content is the fault, so it can change while the agent runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from pathlib import Path
from typing import Final

import click
import msgspec

from edge import config
from edge.agent import Agent
from shelfwire.clock import Clock, SystemClock

LOOK_US: Final = 200_000
"""How soon a change of the file is noticed."""


class Bent(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the clock now."""

    offset_us: int = 0
    """Added to the wall clock: somebody set it."""
    fast_ppm: float = 0.0
    """Both clocks run so many parts per million fast."""


def bend(path: Path, bent: Bent) -> None:
    """Make the clock behind `path` wrong; it is read within `LOOK_US`."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(msgspec.json.encode(bent))
    part.replace(path)


class BentClock:
    """A clock as `shelfwire.clock.Clock`, as wrong as the file says. A missing file is a right clock."""

    def __init__(self, path: Path, true: Clock | None = None) -> None:
        self._path = path
        self._true = true or SystemClock()
        self._bent = Bent()
        self._from_us = self._true.monotonic_us()
        """Since when the clock has run at this rate."""
        self._ahead_us = 0
        """What earlier rates have made it."""
        self._looked_us = self._from_us - LOOK_US

    def wall_us(self) -> int:
        """UTC microseconds since 1970, as this machine believes."""
        return self._true.wall_us() + self._drift_us() + self._bent.offset_us

    def monotonic_us(self) -> int:
        """Microseconds that never go back."""
        return self._true.monotonic_us() + self._drift_us()

    def _drift_us(self) -> int:
        now_us = self._true.monotonic_us()
        if now_us - self._looked_us >= LOOK_US:
            self._look(now_us)
        return self._ahead_us + self._at_rate_us(now_us)

    def _at_rate_us(self, now_us: int) -> int:
        return round((now_us - self._from_us) * self._bent.fast_ppm / 1e6)

    def _look(self, now_us: int) -> None:
        self._looked_us = now_us
        found = Bent()
        with contextlib.suppress(OSError):
            found = msgspec.json.decode(self._path.read_bytes(), type=Bent)
        if found != self._bent:
            self._ahead_us += self._at_rate_us(now_us)
            self._from_us = now_us
            self._bent = found


def run_agent(path: Path, clock: Path) -> None:
    """Run the agent of a configuration by the clock in `clock`, until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(_serve(config.read(path), path.parent, clock))


async def _serve(found: config.EdgeConfig, base: Path, clock: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    agent = Agent(found, base, clock=BentClock(clock))
    work = asyncio.create_task(agent.run(stop))
    ready = asyncio.create_task(agent.ready.wait())
    await asyncio.wait([work, ready], return_when=asyncio.FIRST_COMPLETED)
    if ready.done():
        click.echo(f"agent ready: {found.agent} of {found.site}, by the clock in {clock}")
    ready.cancel()
    await work
