"""A real broker with a reader of its own MQTT at it, the driver that listens, and what the air really brought."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from helpers.driven import Sink

from edge.access import Account
from edge.ports import Cycle, ReaderDriver
from firmware_sim.access import Login
from firmware_sim.broker import Broker, secret
from firmware_sim.radio import Answer, Field, Listen
from shelfwire.clock import BootClock, SystemClock
from shelfwire.messages import Dwell

CLOCK = BootClock(SystemClock())
READER, LISTENER = "R1", "R1-listens"


class Air:
    """A field that remembers what it answered: the truth."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.turns: list[tuple[Listen, list[Answer]]] = []

    def answers(self, listen: Listen) -> list[Answer]:
        found = self._field.answers(listen)
        self.turns.append((listen, found))
        return found

    def turn_of(self, dwell: Dwell, within_us: int = 150_000) -> tuple[Listen, list[Answer]]:
        """The turn that a dwell tells of."""
        near = [
            (listen, answers)
            for listen, answers in self.turns
            if listen.port == dwell.port and abs(listen.from_us - dwell.started_at_us) < within_us
        ]
        assert len(near) == 1, f"{len(near)} turns of port {dwell.port} begin with this dwell"
        return near[0]


def broker_for(folder: Path, write: Sequence[str], read: Sequence[str] = ()) -> Broker:
    """Mosquitto with the reader's account and that of the driver that listens to it."""
    logins = [
        Login(Account(READER, write=tuple(write), read=tuple(read)), secret()),
        Login(Account(LISTENER, write=tuple(read), read=tuple(write)), secret()),
    ]
    return Broker(folder / "broker", logins, kind="mosquitto")


@asynccontextmanager
async def at_work(driver: ReaderDriver, cycle: Cycle | None) -> AsyncIterator[None]:
    """A driver that runs, cancelled at the end."""
    await driver.set_cycle(cycle)
    task = asyncio.create_task(driver.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


__all__ = ["CLOCK", "LISTENER", "READER", "Air", "Sink", "at_work", "broker_for"]
