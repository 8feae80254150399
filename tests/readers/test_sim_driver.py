"""The agent's own driver against the emulated reader."""

from __future__ import annotations

from helpers.driven import driven
from helpers.sims import tiny_world

from firmware_sim.readers.box import IMPINJ, Box
from shelfwire.clock import SystemClock


async def test_every_antenna_gives_dwells_with_its_books_and_its_reference_tag() -> None:
    async with driven(Box(name="R1"), dwell_ms=300) as (_, sink, _driver):
        await sink.until(lambda: len(sink.dwells) >= 8)
    dwells = sink.dwells[:8]
    assert [dwell.port for dwell in dwells] == [1, 2, 3, 4] * 2
    assert {dwell.quality for dwell in dwells} == {"exact"}
    site = tiny_world().site
    references = [site.antenna_at["R1", dwell.port].reference_tags[0] for dwell in dwells]
    heard = [reference in dwell.tags.epc for reference, dwell in zip(references, dwells, strict=True)]
    assert sum(heard) >= 7
    assert all(len(dwell.tags.epc) >= 4 for dwell in dwells)


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
