"""The two ports of the edge: a driver that makes a reader work, and a sink that takes what it heard.

A library adds its own kind of reader through the entry-point group ``shelfwire.readers``; the name of the entry is
the ``kind`` of the reader in the agent's configuration. The agent calls it as ``kind(config, clock, sink)``.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from edge.config import ReaderConfig
from shelfwire.clock import BootClock
from shelfwire.messages import Dwell, ReaderState


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader is to do: its antennas in turn, again and again, each for `dwell_ms`."""

    antennas: tuple[int, ...] = ()
    """Ports, counted from 1, in the order in which they work; empty: all that the reader has."""
    dwell_ms: int = 1000
    power_dbm: float = 30.0
    """The reader takes its largest step that is not above this."""
    port_power_dbm: dict[int, float] = {}
    """Ports with another power than `power_dbm`."""
    sweep: str | None = None
    """Written on each dwell of this cycle."""

    @classmethod
    def usual(cls, config: ReaderConfig) -> Cycle:
        """What the agent's configuration asks of this reader."""
        return cls(
            antennas=tuple(config.antennas or ()), dwell_ms=config.dwell_ms, power_dbm=config.power_dbm
        )

    def power_of(self, port: int) -> float:
        """The wished power of one port, dBm."""
        return self.port_power_dbm.get(port, self.power_dbm)


class ReaderSink(Protocol):
    """Takes what a driver makes. Neither call blocks or raises."""

    def dwell(self, dwell: Dwell) -> None:
        """One dwell; in the order of their ends, per reader."""
        ...

    def state(self, state: ReaderState) -> None:
        """How the reader is now; called at every change, also of the counts."""
        ...


@runtime_checkable
class PatientSink(ReaderSink, Protocol):
    """A sink that can ask for patience; a driver whose sink is one awaits `room` before it reads on.

    While it waits nothing is read from the reader, whose own buffer and overflow event do the rest.
    """

    async def room(self) -> None:
        """Return when another message's dwells can be taken."""
        ...


class ReaderDriver(Protocol):
    """Makes one reader work. Reconnects by itself; whatever the reader does ends in a `ReaderState`, never in a raise."""

    async def run(self) -> None:
        """Work until cancelled; on cancellation switch the radio off and close politely, within 3 s."""
        ...

    async def set_cycle(self, cycle: Cycle | None) -> None:
        """Take a new cycle, now if connected, else with the next connection; None: radio off. Returns when it is noted."""
        ...


class DriverFactory(Protocol):
    """What an entry point of ``shelfwire.readers`` is: usually the driver's class."""

    def __call__(self, config: ReaderConfig, clock: BootClock, sink: ReaderSink) -> ReaderDriver:
        """A driver that has not started; touches no network."""
        ...
