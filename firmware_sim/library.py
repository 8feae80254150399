"""The simulated library at work: the world, its radio and the readers on loopback, moved by the wall clock. The shell around the pure parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from firmware_sim.broker import Broker
from firmware_sim.direct.broken import Broken, Holding
from firmware_sim.direct.items import items_of
from firmware_sim.direct.plan import Simulation
from firmware_sim.faults.model import Fault, FaultKind
from firmware_sim.form import OwnKind
from firmware_sim.pace import Pace
from firmware_sim.radio import Answer, Field, Listen, Radio
from firmware_sim.readers.group import emulators
from firmware_sim.readers.kinds import Emulator, own_emulator
from firmware_sim.scoring.outages import Outage, outages
from firmware_sim.world import Deed, World
from hub.catalog.model import Item
from shelfwire.clock import SystemClock
from shelfwire.site.model import Site

STEP_S: Final = 0.05
"""How finely deeds fall between reads; shorter than any dwell."""


class SimulatedLibrary:
    """World, radio and one emulator a reader of the site. `on_deed` hears of everything that people do; `stretch`: see `HastenedField`."""

    def __init__(
        self,
        simulation: Simulation,
        *,
        speed: float = 1.0,
        stretch: float = 1.0,
        on_deed: Callable[[Deed], None] = lambda _deed: None,
    ) -> None:
        self.simulation = simulation
        self.site: Site = simulation.site
        self.world: World = simulation.world
        self.radio: Radio = simulation.radio
        self.broken: Broken = simulation.broken
        self.clock = SystemClock()
        self.pace = Pace(simulation.start_us, wall_us=self.clock.wall_us(), speed=speed)
        self._field = HastenedField(self.radio, self.pace, stretch)
        self.readers: dict[str, Emulator] = dict(emulators(self.site, self._field))
        self.people_act = False
        """Whether the dice of the processes are thrown; else only what is told happens."""
        self._on_deed = on_deed
        self._told: dict[str, Holding] = {}
        """Antennas and readers that a story has put out of order."""

    def let_speak(self, kinds: Mapping[str, OwnKind], broker: Broker, dwell_ms: int) -> None:
        """These readers publish at `broker` by themselves instead of speaking LLRP. Before `start`."""
        for name, kind in kinds.items():
            ports = max((one.port for one in self.site.antennas if one.reader == name), default=1)
            self.readers[name] = own_emulator(name, kind, ports, self._field, broker, dwell_ms=dwell_ms)

    def now_us(self) -> int:
        """What the library's clock says."""
        return self.pace.world_us(self.clock.wall_us())

    async def start(self) -> None:
        """Let the readers listen."""
        for reader in self.readers.values():
            await reader.start()

    async def stop(self) -> None:
        """End all readers."""
        for reader in self.readers.values():
            await reader.stop()

    def begin(self) -> None:
        """The library's life begins now; until then nothing happens in it."""
        self.pace.begin(self.clock.wall_us())

    async def run(self) -> None:
        """Let time pass until cancelled."""
        while True:
            self.advance()
            await asyncio.sleep(STEP_S)

    def advance(self) -> None:
        """Let happen what is due by now."""
        now_us = self.now_us()
        if now_us <= self.world.now_us:
            return
        for deed in self.world.advance(now_us, dice=self.people_act):
            self._on_deed(deed)

    def tell(self, deed: Deed | None) -> None:
        """A deed that was told and not thrown."""
        if deed is not None:
            self._on_deed(deed)

    def catalogue(self) -> list[Item]:
        """What the hub is told of the books at the start."""
        return items_of(self.world, self.site.shelves)

    def goes_wrong(self, kind: FaultKind, name: str) -> None:
        """Something of that id breaks, until `comes_right`; `firmware_sim.faults.real` sees to it."""
        if name not in self._told:
            self._told[name] = self.broken.begin(Fault(fault=kind, what=(name,)), self.now_us())

    def comes_right(self, name: str) -> None:
        """It works again."""
        holding = self._told.pop(name, None)
        if holding is not None:
            self.broken.end(holding, self.now_us())

    def outages(self, end_us: int) -> list[Outage]:
        """When antennas could not hear, by faults and by the story; those that still last end with the run."""
        return outages(self.site, self.broken.all, end_us)


class HastenedField:
    """The air as a reader hears it that works by the wall's clock in a library that lives by another one.

    A dwell begins when the library's clock says, and is `stretch` times as long as by the wall, so that a short dwell of a hastened run brings what a usual one
    of the scenario does.
    """

    def __init__(self, field: Field, pace: Pace, stretch: float) -> None:
        self._field = field
        self._pace = pace
        self._stretch = stretch

    def answers(self, listen: Listen) -> list[Answer]:
        """All tags that this port hears in that dwell."""
        from_us = self._pace.world_us(listen.from_us)
        to_us = from_us + round((listen.to_us - listen.from_us) * self._stretch)
        there = msgspec.structs.replace(listen, from_us=from_us, to_us=to_us)

        def here_us(at_us: int) -> int:
            return listen.from_us + round((at_us - from_us) / self._stretch)

        return [
            msgspec.structs.replace(one, first_us=here_us(one.first_us), last_us=here_us(one.last_us))
            for one in self._field.answers(there)
        ]
