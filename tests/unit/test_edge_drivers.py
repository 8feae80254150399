"""A driver may be anyone's: what fails in it is told, and the agent goes on."""

from __future__ import annotations

import asyncio

import pytest
from helpers.edge import FAST, Readers, until

from edge.config import ReaderConfig
from edge.drivers import Keeper, find_driver
from edge.ports import Cycle
from shelfwire.clock import BootClock, SystemClock
from shelfwire.errors import InputError
from shelfwire.messages import Dwell, ReaderState

CONFIG = ReaderConfig(id="R1", host="192.0.2.10", antennas=[1, 2])


class Sink:
    def __init__(self) -> None:
        self.states: list[ReaderState] = []

    def dwell(self, dwell: Dwell) -> None:
        pass

    def state(self, state: ReaderState) -> None:
        self.states.append(state)


def keeper(readers: Readers, sink: Sink, cycle: Cycle | None = None) -> Keeper:
    return Keeper(
        CONFIG,
        readers.find("scripted"),
        clock=BootClock(SystemClock()),
        sink=sink,
        cycle=lambda: cycle,
        backoff=FAST,
    )


def test_an_unknown_kind_of_reader_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'semaphore' is not installed; there are: .*llrp"):
        find_driver("semaphore")


async def test_a_new_life_of_a_driver_gets_the_cycle_in_force() -> None:
    readers, sink, cycle = Readers(0), Sink(), Cycle(power_dbm=20.0)
    kept = keeper(readers, sink, cycle)
    task = asyncio.create_task(kept.run())
    for life in (1, 2, 3):
        await until(lambda life=life: readers.lives["R1"] == life and bool(readers.by_id["R1"].cycles))  # type: ignore[misc]  # the loop's own
        assert readers.by_id["R1"].cycles == [cycle]
        readers.by_id["R1"].fail = ValueError(f"life {life}")
    task.cancel()
    await asyncio.wait([task])
    told = [state.detail for state in sink.states if state.state == "lost"]
    assert "ValueError: life 1" in told[0]
    assert "started again in" in told[0]
    assert sink.states[-1].ports in ([1, 2], [1, 2, 3, 4])


async def test_a_driver_that_ends_by_itself_is_started_again() -> None:
    lives = 0

    class Brief:
        async def run(self) -> None:
            nonlocal lives
            lives += 1

        async def set_cycle(self, cycle: Cycle | None) -> None:
            pass

    sink = Sink()
    kept = Keeper(
        CONFIG,
        lambda config, clock, sink: Brief(),
        clock=BootClock(SystemClock()),
        sink=sink,
        cycle=lambda: None,
        backoff=FAST,
    )
    task = asyncio.create_task(kept.run())
    await until(lambda: lives >= 3)
    task.cancel()
    await asyncio.wait([task])
    assert "it ended by itself" in sink.states[0].detail


async def test_a_driver_that_refuses_a_cycle_does_not_stop_the_agent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Stubborn:
        async def run(self) -> None:
            await asyncio.Event().wait()

        async def set_cycle(self, cycle: Cycle | None) -> None:
            raise RuntimeError("never")

    kept = Keeper(
        CONFIG,
        lambda config, clock, sink: Stubborn(),
        clock=BootClock(SystemClock()),
        sink=Sink(),
        cycle=lambda: None,
    )
    await kept.refresh()
    assert "does not take a cycle" in caplog.text
