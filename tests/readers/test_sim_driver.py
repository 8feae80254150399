"""The agent's own driver against the emulated reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from helpers.sims import tiny_world

from edge.config import ReaderConfig
from edge.llrp.driver import LlrpDriver
from edge.ports import Cycle
from firmware_sim.radio import Radio
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.llrp import LlrpEmulator
from shelfwire.clock import BootClock, SystemClock
from shelfwire.messages import Dwell, ReaderState


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
async def driven(box: Box) -> AsyncIterator[tuple[LlrpEmulator, Sink, LlrpDriver]]:
    emulator = LlrpEmulator(box, Radio(tiny_world(), seed=1))
    await emulator.start()
    sink = Sink()
    reader = ReaderConfig(
        id=box.name, host="127.0.0.1", port=emulator.port, antennas=[1, 2, 3, 4], dwell_ms=60
    )
    driver = LlrpDriver(reader, BootClock(SystemClock()), sink)
    await driver.set_cycle(Cycle(antennas=(1, 2, 3, 4), dwell_ms=60))
    task = asyncio.create_task(driver.run())
    try:
        yield emulator, sink, driver
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await emulator.stop()


async def test_every_antenna_gives_dwells_with_its_books_and_its_reference_tag() -> None:
    async with driven(Box(name="R1")) as (_, sink, _driver):
        await sink.until(lambda: len(sink.dwells) >= 12)
        ports = [dwell.port for dwell in sink.dwells]
        assert set(ports) == {1, 2, 3, 4}
        assert all(dwell.quality == "exact" for dwell in sink.dwells[:8])
        site = tiny_world().site
        for dwell in sink.dwells[:8]:
            reference = site.antenna_at["R1", dwell.port].reference_tags[0]
            assert reference in dwell.tags.epc
            assert len(dwell.tags.epc) >= 4


async def test_an_impinj_reader_gives_half_decibels() -> None:
    async with driven(Box(name="R1", vendor=IMPINJ)) as (_, sink, _driver):
        await sink.until(lambda: len(sink.dwells) >= 8)
        loud = [rssi for dwell in sink.dwells for rssi in dwell.tags.rssi_dbm]
        assert any(rssi != int(rssi) for rssi in loud)


async def test_a_silent_antenna_gives_empty_dwells() -> None:
    async with driven(Box(name="R1")) as (emulator, sink, _driver):
        emulator.unplug(2)
        await sink.until(lambda: sum(dwell.port == 2 for dwell in sink.dwells) >= 2)
        silent = [dwell for dwell in sink.dwells if dwell.port == 2]
        assert all(not dwell.tags.epc for dwell in silent)


async def test_a_reader_that_loses_power_is_found_again_by_itself() -> None:
    async with driven(Box(name="R1")) as (emulator, sink, _driver):
        await sink.until(lambda: len(sink.dwells) >= 4)
        await emulator.die()
        await sink.until(lambda: sink.states[-1].state != "connected")
        before = len(sink.dwells)
        await emulator.start()
        await sink.until(lambda: len(sink.dwells) > before + 4, seconds=15)
        assert sink.states[-1].state == "connected"


async def test_garbage_from_the_reader_costs_the_connection_and_nothing_else() -> None:
    async with driven(Box(name="R1")) as (emulator, sink, _driver):
        await sink.until(lambda: len(sink.dwells) >= 4)
        emulator.say(b"\x04\x3d\xff\xff\xff\xff rubbish")
        await sink.until(lambda: sink.states[-1].state != "connected")
        before = len(sink.dwells)
        await sink.until(lambda: len(sink.dwells) > before + 4, seconds=15)


async def test_a_clock_that_is_wrong_by_years_gives_dwells_of_today() -> None:
    async with driven(Box(name="R1")) as (emulator, sink, _driver):
        await sink.until(lambda: len(sink.dwells) >= 2)
        emulator.machine.faults.clock_offset_us = -800_000_000_000_000
        emulator.cut()
        before = len(sink.dwells)
        await sink.until(lambda: len(sink.dwells) > before + 4, seconds=15)
        now_us = SystemClock().wall_us()
        assert abs(sink.dwells[-1].ended_at_us - now_us) < 5_000_000


async def test_a_reader_without_aispec_events_gives_estimated_dwells() -> None:
    async with driven(Box(name="R1")) as (emulator, sink, _driver):
        emulator.machine.faults.mute_aispec = True
        await sink.until(lambda: any(state.estimated for state in sink.states), seconds=20)
