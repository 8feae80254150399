"""The agent's own driver beside an emulated reader, and what it makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from helpers.sims import tiny_world

from edge.config import ReaderConfig
from edge.llrp.driver import AGAIN, LlrpDriver
from edge.ports import Cycle
from firmware_sim.radio import Radio
from firmware_sim.readers.box import Box
from firmware_sim.readers.llrp import LlrpEmulator
from shelfwire.clock import BootClock, SystemClock
from shelfwire.messages import Dwell, ReaderState
from shelfwire.retry import Backoff


class Sink:
    """Notes what a driver makes."""

    def __init__(self) -> None:
        self.dwells: list[Dwell] = []
        self.states: list[ReaderState] = []

    def dwell(self, dwell: Dwell) -> None:
        self.dwells.append(dwell)

    def state(self, state: ReaderState) -> None:
        self.states.append(state)

    async def until(self, true: Callable[[], bool], seconds: float = 10) -> None:
        for _ in range(int(seconds / 0.02)):
            if true():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"did not happen; states {self.states[-3:]}, dwells {len(self.dwells)}")


@asynccontextmanager
async def driven(
    box: Box, *, dwell_ms: int = 60, backoff: Backoff = AGAIN
) -> AsyncIterator[tuple[LlrpEmulator, Sink, LlrpDriver]]:
    emulator = LlrpEmulator(box, Radio(tiny_world(), seed=1))
    await emulator.start()
    sink = Sink()
    reader = ReaderConfig(
        id=box.name, host="127.0.0.1", port=emulator.port, antennas=[1, 2, 3, 4], dwell_ms=dwell_ms
    )
    driver = LlrpDriver(reader, BootClock(SystemClock()), sink, backoff=backoff)
    await driver.set_cycle(Cycle(antennas=(1, 2, 3, 4), dwell_ms=dwell_ms))
    task = asyncio.create_task(driver.run())
    try:
        yield emulator, sink, driver
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await emulator.stop()
