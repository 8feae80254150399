"""Driver and emulated reader together, over TCP: makers' habits and faults, and what becomes of the dwells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from helpers.llrp_peer import config

from edge.llrp.driver import LlrpDriver
from edge.ports import Cycle
from firmware_sim.radio import Answer, Listen
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.llrp import LlrpEmulator
from shelfwire.clock import BootClock, SystemClock
from shelfwire.messages import Dwell, ReaderState
from shelfwire.retry import Backoff

FAST = Backoff(first_s=0.05, longest_s=0.1)
EPC = "1703000398130803F4040000"


class Shelf:
    """One tag in front of antenna 1, nothing in front of the others."""

    def __init__(self) -> None:
        self.listened: list[Listen] = []

    def answers(self, listen: Listen) -> list[Answer]:
        self.listened.append(listen)
        if listen.port != 1:
            return []
        return [
            Answer(epc=EPC, pc=0x3400, count=3, rssi_dbm=-55.5, first_us=listen.from_us, last_us=listen.to_us)
        ]


class Watch:
    """A sink that can be waited for, and the running pair."""

    def __init__(self, reader: LlrpEmulator, shelf: Shelf) -> None:
        self.reader = reader
        self.shelf = shelf
        self.dwells: list[Dwell] = []
        self.states: list[ReaderState] = []

    def dwell(self, dwell: Dwell) -> None:
        self.dwells.append(dwell)

    def state(self, state: ReaderState) -> None:
        self.states.append(state)

    async def until(self, condition: Callable[[], bool], seconds: float = 15) -> None:
        for _ in range(round(seconds / 0.02)):
            if condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"did not happen; {self.states[-3:]} {self.shape()[-6:]}")

    def shape(self) -> list[tuple[int, str, int]]:
        """Port, quality and number of tags of each dwell."""
        return [(dwell.port, dwell.quality, len(dwell.tags.epc)) for dwell in self.dwells]


@asynccontextmanager
async def pair(
    box: Box, *, dwell_ms: int = 100, mute: bool = False
) -> AsyncIterator[tuple[Watch, LlrpDriver]]:
    shelf = Shelf()
    reader = LlrpEmulator(box, shelf)
    reader.machine.faults.mute_aispec = mute
    await reader.start()
    watch = Watch(reader, shelf)
    driver = LlrpDriver(config(port=reader.port), BootClock(SystemClock()), watch, backoff=FAST)
    await driver.set_cycle(Cycle(antennas=(1, 2), dwell_ms=dwell_ms, power_dbm=27.3))
    task = asyncio.create_task(driver.run())
    try:
        yield watch, driver
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.stop()


async def test_both_antennas_make_exact_dwells_the_silent_one_too() -> None:
    async with pair(Box(name="R1", antennas=4, vendor=IMPINJ)) as (watch, _):
        await watch.until(lambda: len(watch.dwells) >= 4)
    assert watch.shape()[:4] == [(1, "exact", 1), (2, "exact", 0)] * 2
    first = watch.dwells[0]
    assert (first.power_dbm, first.air.target, first.tags.rssi_dbm, first.tags.pc) == (
        27.25,
        "AB",
        [-55.5],
        [0x3400],
    )
    assert watch.shelf.listened[0].target == "AB"
    assert watch.states[-1].gaps == 0


async def test_a_reader_that_does_not_begin_again_is_started_by_us() -> None:
    async with pair(Box(name="R1", antennas=2, restarts=False)) as (watch, _):
        await watch.until(lambda: len(watch.dwells) >= 6)
    assert watch.shape()[:6] == [(1, "exact", 1), (2, "exact", 0)] * 3
    pauses = [
        later.started_at_us - sooner.ended_at_us
        for sooner, later in zip(watch.dwells[1::2], watch.dwells[2::2], strict=False)
    ]
    assert pauses[0] > 900_000
    assert pauses[1] < 500_000


async def test_a_reader_without_a_clock_gives_dwells_in_host_time() -> None:
    async with pair(Box(name="R1", antennas=2, has_clock=False)) as (watch, _):
        await watch.until(lambda: len(watch.dwells) >= 2)
        now_us = SystemClock().wall_us()
    assert abs(watch.dwells[-1].ended_at_us - now_us) < 2_000_000
    assert next(state for state in watch.states if state.state == "connected").clock_offset_us is None


async def test_a_reader_that_never_tells_the_end_of_a_turn_makes_estimated_dwells_and_says_so() -> None:
    async with pair(Box(name="R1", antennas=2), mute=True) as (watch, _):
        await watch.until(lambda: sum(quality == "estimated" for _, quality, _ in watch.shape()) >= 6)
        await watch.until(lambda: watch.states[-1].estimated)
    estimated = [(port, tags) for port, quality, tags in watch.shape() if quality == "estimated"]
    assert {(1, 1), (2, 0)} <= set(estimated)
    assert "exact" not in {quality for _, quality, _ in watch.shape()}
    assert "dwells are computed" in next(state for state in watch.states if state.estimated).detail


async def test_fewer_specs_than_antennas_share_a_turn_and_are_never_exact() -> None:
    async with pair(Box(name="R1", antennas=2, max_specs=1)) as (watch, _):
        await watch.until(lambda: len(watch.dwells) >= 4)
    assert {quality for _, quality, _ in watch.shape()} <= {"estimated", "cut"}
    assert {port for port, _, _ in watch.shape()} == {1, 2}


async def test_a_reader_that_loses_power_is_found_again_and_no_dwell_spans_the_hole() -> None:
    async with pair(Box(name="R1", antennas=2)) as (watch, _):
        await watch.until(lambda: len(watch.dwells) >= 2)
        await watch.reader.die()
        await watch.until(lambda: watch.states[-1].state in {"lost", "connecting"})
        before = len(watch.dwells)
        await asyncio.sleep(0.4)
        await watch.reader.start()
        await watch.until(lambda: len(watch.dwells) >= before + 4)
    assert max(dwell.ended_at_us - dwell.started_at_us for dwell in watch.dwells) < 400_000


async def test_a_second_agent_is_refused_and_the_first_goes_on() -> None:
    async with pair(Box(name="R1", antennas=2)) as (watch, _):
        await watch.until(lambda: len(watch.dwells) >= 1)
        other = Watch(watch.reader, watch.shelf)
        second = LlrpDriver(config(port=watch.reader.port), BootClock(SystemClock()), other, backoff=FAST)
        task = asyncio.create_task(second.run())
        await other.until(lambda: any(state.state == "refused" for state in other.states))
        had = len(watch.dwells)
        await watch.until(lambda: len(watch.dwells) >= had + 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (
        "another client holds it" in next(state for state in other.states if state.state == "refused").detail
    )
    assert {quality for _, quality, _ in watch.shape()} <= {"exact", "cut"}


async def test_radio_off_makes_no_dwell_and_a_new_cycle_goes_on() -> None:
    async with pair(Box(name="R1", antennas=4)) as (watch, driver):
        await watch.until(lambda: len(watch.dwells) >= 2)
        await driver.set_cycle(None)
        await asyncio.sleep(0.3)
        had = len(watch.dwells)
        await asyncio.sleep(0.4)
        assert len(watch.dwells) == had
        await driver.set_cycle(Cycle(antennas=(4,), dwell_ms=100, power_dbm=20, sweep="s1"))
        await watch.until(lambda: len(watch.dwells) > had)
    assert (watch.dwells[had].port, watch.dwells[had].power_dbm, watch.dwells[had].sweep) == (4, 20.0, "s1")
