"""The faults of a scenario applied to what really runs: emulated readers, child processes, their clocks and disks, and the network between. A shell.

Which fault holds when and where is decided by `firmware_sim.direct.broken`, the same as in a direct run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

from firmware_sim.direct.broken import Broken, Holding
from firmware_sim.faults.clock import Bent, bend
from firmware_sim.faults.model import AGENT_FAULTS, ANTENNA_FAULTS, READER_FAULTS, FaultKind
from firmware_sim.faults.proxy import LinkProxy
from firmware_sim.house import INFLUX, READY_S, House
from firmware_sim.library import SimulatedLibrary
from firmware_sim.readers.mqtt import MqttEmulator
from shelfwire.errors import AwayError

LOOK_S: Final = 0.1
"""How late a fault begins or ends."""

PATIENT_S: Final = 86_400.0
"""A process is ready when it has reached the broker, and that may be away, too, for as long as a scenario says. One that dies is noticed at once."""

US_AN_HOUR: Final = 3_600_000_000

NETWORK: Final = frozenset({"link_slow", "link_lossy", "link_cut", "duplicates", "reordering"})
CLOCKS: Final[frozenset[FaultKind]] = frozenset({"clock_wrong", "clock_drift"})
_PROCESS: Final = {"broker_killed": "broker", "hub_killed": "hub"}

State = dict[tuple[FaultKind, str], float]
"""(kind, id of reader or agent, or nothing) → how bad it is."""


def state_of(broken: Broken, library: SimulatedLibrary, at_us: int) -> State:
    """Everything but antennas that is broken then."""
    site = library.site
    readers = [reader.id for reader in site.readers]
    agents = sorted({reader.agent for reader in site.readers})
    found: State = {}
    for kind in {one.kind for one in broken.all if one.holds(at_us)} - ANTENNA_FAULTS:
        for name in readers if kind in READER_FAULTS else agents if kind in AGENT_FAULTS else [""]:
            amount = broken.amount(kind, name, at_us)
            if amount is not None:
                # a reader that starts anew is a reader without power, for a while
                found["reader_dead" if kind == "reader_reboot" else kind, name] = amount
    return found


class RealFaults:
    """`run` keeps everything as broken as the scenario says; `mend` ends all of it. `proxies` and `clocks`: by agent, where there are any."""

    def __init__(
        self,
        library: SimulatedLibrary,
        house: House,
        *,
        proxies: Mapping[str, LinkProxy],
        clocks: Mapping[str, Path],
        say: Callable[[str], object],
    ) -> None:
        self._library = library
        self._house = house
        self._proxies = proxies
        self._clocks = clocks
        self._say = say
        self._now: State = {}
        self._full: dict[str, int | None] = {}
        """Agents whose disk is full, and the process that was told so."""
        self._works: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. A process that does not come back is an error of the run."""
        while True:
            await self.apply(self._library.now_us())
            await asyncio.sleep(LOOK_S)

    def close(self) -> None:
        """Wait for no process any more."""
        for work in self._works:
            work.cancel()

    async def apply(self, now_us: int) -> None:
        """Bring everything into the state of that time of the library. Raises what a restart raised."""
        library = self._library
        library.broken.wire(library.radio.wiring, now_us)
        wanted = state_of(library.broken, library, now_us)
        for key in sorted(wanted.keys() | self._now.keys()):
            if wanted.get(key) != self._now.get(key):
                await self._switch(*key, wanted.get(key))
        self._now = wanted
        self._weather()
        self._disks()
        self._settle()

    async def mend(self) -> None:
        """End everything that still holds, and wait until all processes are back. Raises `AwayError` for those that do not come: nothing is broken any more."""
        for key in sorted(self._now):
            await self._switch(*key, None)
        self._now = {}
        self._weather()
        self._disks()
        if self._works:
            _, late = await asyncio.wait(self._works, timeout=READY_S)
            if late:
                names = ", ".join(sorted(work.get_name() for work in late))
                raise AwayError(f"{names}: not back {READY_S:.0f} s after the last fault has ended")
        self._settle()

    async def _switch(self, kind: FaultKind, name: str, amount: float | None) -> None:
        if kind in READER_FAULTS:
            await self._reader(kind, name, amount)
        elif kind in CLOCKS:
            self._clock(name, kind, amount)
        elif kind == "agent_killed":
            self._process(name, down=amount is not None)
        elif kind in _PROCESS:
            self._process(_PROCESS[kind], down=amount is not None)
        elif kind == "influx_away" and self._house.influx is not None:
            self._process(INFLUX, down=amount is not None)
        elif kind == "influx_away" and amount is not None:
            self._say(
                "influx_away: this hub keeps its series in SQLite, so nothing is away; `--series influxdb` starts an InfluxDB"
            )

    async def _reader(self, kind: FaultKind, name: str, amount: float | None) -> None:
        reader = self._library.readers[name]
        match kind:
            case "reader_dead":
                if amount is None:
                    await reader.start()
                else:
                    await (reader.stop() if isinstance(reader, MqttEmulator) else reader.die())
            case "reader_slow":
                reader.machine.faults.slow = amount or 1.0
            case _:
                reader.line.damaged_share = amount or 0.0

    def _process(self, name: str, *, down: bool) -> None:
        if down:
            self._house.down(name)
        else:
            self._begin(name, self._house.up(name, within_s=PATIENT_S))

    def _clock(self, agent: str, kind: FaultKind, amount: float | None) -> None:
        both = {one: self._now.get((one, agent), 0.0) for one in CLOCKS}
        both[kind] = amount or 0.0
        offset_us = both["clock_wrong"] * US_AN_HOUR / self._library.pace.speed
        bend(self._clocks[agent], Bent(offset_us=round(offset_us), fast_ppm=both["clock_drift"]))

    def _weather(self) -> None:
        for agent, proxy in self._proxies.items():
            proxy.weather.delay_s = self._library.pace.wall_s(self._now.get(("link_slow", agent), 0.0))
            proxy.weather.loss = self._now.get(("link_lossy", agent), 0.0)
            proxy.weather.cut = ("link_cut", agent) in self._now
            proxy.weather.doubled = self._now.get(("duplicates", agent), 0.0)
            proxy.weather.reordered = self._now.get(("reordering", agent), 0.0)

    def _disks(self) -> None:
        for agent in self._house.agents:
            child = self._house.children.get(agent)
            if child is None or child.pid is None:
                continue
            if ("disk_full", agent) in self._now:
                if self._full.get(agent) != child.pid:
                    self._full[agent] = child.pid
                    if not child.full_disk(full=True):
                        self._say("disk_full: this system cannot limit a running process; nothing is done")
            elif self._full.pop(agent, None) == child.pid:
                child.full_disk(full=False)

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._works.add(asyncio.create_task(work, name=name))

    def _settle(self) -> None:
        for work in [one for one in self._works if one.done()]:
            self._works.discard(work)
            work.result()


def needs_network(holdings: list[Holding]) -> bool:
    """Whether a proxy must stand between agents and broker."""
    return any(one.kind in NETWORK for one in holdings)


def needs_clock(holdings: list[Holding]) -> bool:
    """Whether agents must live by a clock that can be bent."""
    return any(one.kind in CLOCKS for one in holdings)


__all__ = ["RealFaults", "needs_clock", "needs_network", "state_of"]
