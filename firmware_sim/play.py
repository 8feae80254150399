"""A scenario played by the real product: emulated readers, agents, broker and hub as processes, people, faults and sweeps. The shell under demo and ``sim run``."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from firmware_sim import outputs
from firmware_sim.broker import Wish
from firmware_sim.counting import SeriesLeft
from firmware_sim.direct.plan import Simulation
from firmware_sim.faults.proxy import LinkProxy
from firmware_sim.faults.real import RealFaults, needs_clock, needs_network
from firmware_sim.form import Polling
from firmware_sim.house import House
from firmware_sim.influx import SeriesWish
from firmware_sim.library import SimulatedLibrary
from firmware_sim.observer import Observer
from firmware_sim.pace import agent_dwell_ms, hastened, hastened_sweeps, next_local_us
from firmware_sim.report import count_reports, make_report
from firmware_sim.story import Story
from firmware_sim.world import Deed
from hub.catalog.model import STATUSES
from hub.settings import EngineSettings, SweepSettings
from shelfwire import config
from shelfwire.errors import InputError

log = logging.getLogger(__name__)

CHECK_S: Final = 0.2

LOCK: Final = "run.lock"
"""In a folder that is kept: says who works there."""

SWITCH_MS: Final = 30
"""Between two dwells of an emulated reader, for the estimate of a round."""


class Play:
    """One run in `folder`. `start`, then `run` as long as it shall last, then `finish` or `stop`; `stop` always."""

    def __init__(
        self,
        simulation: Simulation,
        folder: Path,
        *,
        broker: Wish,
        speed: float,
        say: Callable[[str], object],
        series: SeriesWish = "sqlite",
    ) -> None:
        self.simulation = simulation
        self.scenario = simulation.scenario
        self._speed = speed
        self._polling = self._agents_polling()
        stretch = self.scenario.polling.dwell_ms / self._polling.dwell_ms
        self.library = SimulatedLibrary(simulation, speed=speed, stretch=stretch, on_deed=self._desk)
        site_file = simulation.site_path or folder / "site.yaml"
        if simulation.site_path is None:
            config.write(site_file, simulation.form, compact=True)
        kinds = self.scenario.readers
        self.house = House(folder, simulation.site, site_file, broker=broker, kinds=kinds, series=series)
        self.library.let_speak(kinds, self.house.broker, self._polling.dwell_ms)
        self.observer: Observer | None = None
        self._say = say
        self._booked = self.library.world.status.copy()
        """What the hub was told last of each book's status."""
        self._proxies: dict[str, LinkProxy] = {}
        self._clocks: dict[str, Path] = {}
        self._asking: set[asyncio.Task[Any]] = set()
        self._faults: RealFaults | None = None
        self._series_left: SeriesLeft | None = None
        self._settle()

    @property
    def round_s(self) -> float:
        """How long the antennas of the fullest reader take, by the wall."""
        return self._most_antennas() * (self._polling.dwell_ms + SWITCH_MS) / 1000

    def _agents_polling(self) -> Polling:
        dwell_ms = agent_dwell_ms(self.scenario.polling, self._speed, self._most_antennas())
        return msgspec.structs.replace(self.scenario.polling, dwell_ms=dwell_ms)

    def _most_antennas(self) -> int:
        site = self.simulation.site
        return max(sum(antenna.reader == reader.id for antenna in site.antennas) for reader in site.readers)

    def _settle(self) -> None:
        """Write the hub's files, and hand in the catalogue."""
        engine = hastened(self.scenario.engine, self._speed, cycle_s=self.round_s)
        sweeps = hastened_sweeps(self.scenario.sweeps, self._speed, dwell_ms=self._polling.dwell_ms)
        self.house.write_hub(engine, sweeps=sweeps)
        self._import = self.house.import_catalogue(self.library.catalogue(), "simulated library")
        self.house.add("hub", ["hub", "run", "--config", str(self.house.folder / "hub.yaml")], "hub ready")

    async def start(self) -> None:
        """Start everything, and wait until the hub has the catalogue."""
        await self.library.start()
        await self._agents()
        await self.house.start()
        await self.house.act_done(self._import)

    async def _agents(self) -> None:
        """Agents behind a network that can be bad, and by clocks that can be wrong, where the scenario wants that; else plain ones."""
        faults = self.library.broken.all
        ports = {name: reader.port for name, reader in self.library.readers.items()}
        for number, agent in enumerate(self.house.agents):
            via = None
            if needs_network(faults):
                proxy = LinkProxy(self.house.broker.port, seed=self.simulation.seed + number)
                await proxy.start()
                self._proxies[agent] = proxy
                via = proxy.port
            path = self.house.write_edge(agent, ports, self._polling, via=via)
            args = ["edge", "run", "--config", str(path)]
            if needs_clock(faults):
                self._clocks[agent] = self.house.folder / f"{agent}.clock"
                args = ["sim", "agent", "--config", str(path), "--clock", str(self._clocks[agent])]
            self.house.add(agent, args, "agent ready")

    async def run(
        self, for_s: float | None, *, ended: asyncio.Event, also: Callable[[], Any] | None = None
    ) -> int:
        """Let the library live for so long by the wall (None: until `ended`); returns its time at the last look. Raises what failed."""
        house, library = self.house, self.library
        self.observer = Observer(house.database, house.site.id, since_us=library.clock.wall_us())
        library.begin()
        self._faults = RealFaults(library, house, proxies=self._proxies, clocks=self._clocks, say=self._say)
        story = Story(self.scenario, library, house, say=self._say, speed=self._speed)
        works = [
            library.run(),
            self.observer.run(),
            story.run(),
            self._faults.run(),
            self._watch(),
            self._sweep(),
        ]
        if also is not None:
            works.append(also())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            stop = asyncio.create_task(ended.wait())
            await asyncio.wait([stop, *tasks], timeout=for_s, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            for task in tasks:
                if task.done():
                    task.result()
            await self.observer.look()
            return library.now_us()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self) -> dict[str, int]:
        """Mend what is broken, let the last reports arrive, end all; returns the counts of reports."""
        assert self.observer is not None
        assert self._faults is not None
        await self._faults.mend()
        await self.library.stop()
        await self.house.drained()
        agents = await asyncio.to_thread(self.observer.agents)
        await self.stop()
        self._series_left = self.house.series_left()
        taken = self.house.taken()
        counted = None if taken is None else (taken.reports, taken.doubled)
        return count_reports(self.house.sent(), counted, agents, 0 if taken is None else taken.lost)

    def report(self, end_us: int, reports: dict[str, int]) -> dict[str, Any]:
        """What was found, held against the truth. `end_us`: the library's time of the last look."""
        assert self.observer is not None
        found = make_report(
            self.library.world,
            self.observer.told(),
            self.library.outages(end_us),
            msgspec.convert(self.scenario.engine, EngineSettings),
            start_us=self.library.pace.world_start_us,
            end_us=end_us,
            round_s=self.round_s,
            speed=self._speed,
            world_us=self.library.pace.world_us,
            broker=self.house.broker.kind,
            series=self.house.hub_files.config.series.kind,
            reports=reports,
        )
        return found | {"series_points": msgspec.to_builtins(self._series_left)}

    async def stop(self) -> None:
        """End every process and task."""
        for task in self._asking:
            task.cancel()
        if self._faults is not None:
            self._faults.close()
        await self.house.stop()
        for proxy in self._proxies.values():
            await proxy.stop()
        await self.library.stop()
        if self.observer is not None:
            self.observer.close()

    async def _watch(self) -> None:
        while True:
            self.house.check()
            await asyncio.sleep(CHECK_S)

    async def _sweep(self) -> None:
        """Ask for the nightly sweep when the library's clock says so."""
        wanted = msgspec.convert(self.scenario.sweeps, SweepSettings)
        while True:
            if wanted.nightly is None:
                await asyncio.sleep(3600)
                continue
            now_us = self.library.now_us()
            at_us = next_local_us(wanted.nightly, now_us, self.library.site.timezone)
            await asyncio.sleep(self.library.pace.wall_s((at_us - now_us) / 1e6))
            await asyncio.to_thread(self.house.ask, "sweep.start", wanted.scope, {"scope": wanted.scope})
            self._say("The nightly sweep begins.")

    def _desk(self, deed: Deed) -> None:
        """What the desk books goes to the hub as an act, as a loan system would tell it."""
        world = self.library.world
        if deed.tag >= world.strangers_from or STATUSES[self._booked[deed.tag]] == deed.status:
            return
        self._booked[deed.tag] = STATUSES.index(deed.status)
        work = asyncio.to_thread(
            self.house.ask, "item.status", world.barcode(deed.tag), {"status": deed.status}
        )
        task = asyncio.get_running_loop().create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asked)

    def _asked(self, task: asyncio.Task[Any]) -> None:
        """The truth knows of a loan that the hub was never told of: the report would blame the hub for it."""
        self._asking.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.warning("the desk could not book: %s", fault)


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do `work`, but leave at once when someone asks to stop; whether it was done."""
    task = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False
    await task
    return True


@contextmanager
def folder_of(state: Path | None) -> Iterator[Path]:
    """The folder in which everything is kept, closed to other users; without `state` one that is removed at the end.

    Raises `InputError` or `FullError` when nothing can be kept there, also of what is done inside; `InputError`, with
    nothing written, while another run keeps its library there.
    """
    if state is not None:
        with outputs.below(state):
            state.mkdir(0o700, parents=True, exist_ok=True)
            with _only_one(state.resolve()) as folder:
                yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="shelfwire-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _only_one(folder: Path) -> Iterator[Path]:
    """Hold the folder for this process; the system lets go of it when the process dies, however that is."""
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            holder = os.pread(fd, 200, 0).decode(errors="replace").strip() or "another run"
            raise InputError(
                f"{folder}: {holder} keeps its library there, and nothing was changed; stop it first (Ctrl-C where it runs), "
                "or give this one another --state"
            ) from fault
        os.ftruncate(fd, 0)
        began = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        os.pwrite(fd, f"another run (process {os.getpid()}, since {began})\n".encode(), 0)
        yield folder
    finally:
        os.close(fd)
