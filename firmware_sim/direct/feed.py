"""The same deliveries as reports over MQTT: every agent of the site speaks for itself at a real broker, to a real hub.

Nothing of the agents' rules is left out: reports are numbered, go out in a bounded window, and stay until the hub has acknowledged them; commands of the hub reach
the simulated readers. The hub lives by the wall clock, so the library's times are laid on it, divided by the speed. Where hub or broker do not keep up, the
library waits: its reports stay in the window, and the speed said at the end is what was reached.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from firmware_sim.broker import Wish
from firmware_sim.direct.commands import Summary, summary_of
from firmware_sim.direct.fed_agent import FedAgent
from firmware_sim.direct.items import items_of
from firmware_sim.direct.plan import Simulation, build
from firmware_sim.direct.reports import Reporter
from firmware_sim.direct.run import DirectRun
from firmware_sim.hearing import Delivery, Dwells, Int64
from firmware_sim.house import House
from firmware_sim.pace import Pace, hastened, hastened_sweeps
from firmware_sim.scenario import Scenario
from firmware_sim.scoring.subject import Places, Shown
from hub.store.read import StoreReader
from shelfwire import codec, config
from shelfwire.clock import SystemClock
from shelfwire.messages import Command, StartCycle
from shelfwire.site.model import Site

Say = Callable[[float, str], None]

TICK_S: Final = 0.25
"""An agent's report interval: what was heard in it goes out together."""
MOST_WAITING: Final = 500
"""Reports of all agents that wait for an acknowledgement before the library waits too: eight windows."""
DRAIN_S: Final = 60.0
"""For the last reports at the end."""


class Feeder:
    """A subject that judges nothing: it puts deliveries into the agents' outboxes, and what the desk books into the hub's acts."""

    def __init__(self, simulation: Simulation, agents: dict[str, FedAgent], pace: Pace, house: House) -> None:
        self.name = "feed"
        self._agents = agents
        self._pace = pace
        self._house = house
        self._simulation = simulation
        self._reporter = Reporter(simulation.site, simulation.tags)

    def take(self, delivery: Delivery) -> None:
        """A report of one agent."""
        agent = self._agents[delivery.agent]
        laid = self._on_the_wall(delivery)
        if agent.boot != delivery.boot:
            agent.born(laid, laid.made_us)
        agent.put(laid, codec.encode(self._reporter.message(laid), "msgpack"))

    def status(self, tag: int, status: str, now_us: int) -> None:
        """The desk has booked it."""
        del now_us
        self._house.ask("item.status", self._simulation.world.barcode(tag), {"status": status})

    def tick(self, now_us: int) -> None:
        """Nothing to decide."""

    def shown(self) -> list[Shown]:
        """The hub's store knows."""
        return []

    def places(self) -> Places:
        """The hub's store knows."""
        raise NotImplementedError

    def _on_the_wall(self, delivery: Delivery) -> Delivery:
        """The same with the times that the wall clock showed."""
        dwells = delivery.heard.dwells
        laid = Dwells(
            dwells.antenna, self._times(dwells.started_us), self._times(dwells.ended_us), dwells.power_dbm, dwells.dual,
            dwells.session,
        )  # fmt: skip
        heard = replace(delivery.heard, dwells=laid)
        return replace(delivery, heard=heard, made_us=self._pace.wall_us(delivery.made_us))

    def _times(self, world_us: Int64) -> Int64:
        start_us = self._pace.world_start_us
        begun_us = self._pace.wall_us(start_us)
        return begun_us + ((world_us - start_us) / self._pace.speed).astype(np.int64)


def run_feed(
    scenario: Scenario,
    path: Path,
    seed: int,
    *,
    items: int | None,
    for_h: float | None,
    speed: float,
    say: Say,
    broker: Wish = "auto",
) -> Summary:
    """Start broker and hub in a folder of this run, feed them, and say what the hub took."""
    with tempfile.TemporaryDirectory(prefix="shelfwire-direct-") as name:
        simulation = build(scenario, path, seed, items=items)
        return asyncio.run(_feed(simulation, Path(name), for_h=for_h, speed=speed, say=say, broker=broker))


async def _feed(
    simulation: Simulation, folder: Path, *, for_h: float | None, speed: float, say: Say, broker: Wish
) -> Summary:
    site_file = simulation.site_path or folder / "site.yaml"
    if simulation.form is not None:
        config.write(site_file, msgspec.to_builtins(simulation.form))
    house = House(folder, simulation.site, site_file, broker=broker)
    tasks: list[asyncio.Task[None]] = []
    say(0.0, "starts broker and hub")
    try:
        await _start(house, simulation, speed)
        feed = Feed(simulation, house, folder, speed, say)
        tasks = [
            asyncio.create_task(work) for one in feed.agents.values() for work in (one.link.run(), one.send())
        ]
        return await feed.run(for_h)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await house.stop()


async def _start(house: House, simulation: Simulation, speed: float) -> None:
    scenario = simulation.scenario
    cycle_s = scenario.polling.every_s / speed
    files = house.write_hub(
        hastened(scenario.engine, speed, cycle_s=cycle_s),
        sweeps=hastened_sweeps(scenario.sweeps, speed, dwell_ms=scenario.polling.dwell_ms),
    )
    act = house.import_catalogue(items_of(simulation.world, simulation.site.shelves), "simulated library")
    house.add("hub", ["hub", "run", "--config", str(files.path)], "hub ready")
    await house.start()
    await house.act_done(act)


class Feed:
    """One simulation that feeds the agents of one house."""

    def __init__(self, simulation: Simulation, house: House, folder: Path, speed: float, say: Say) -> None:
        self._simulation = simulation
        self._house = house
        self._say = say
        self._clock = SystemClock()
        self._pace = Pace(simulation.start_us, wall_us=self._clock.wall_us(), speed=speed)
        site = simulation.site.id
        self.agents = {
            name: FedAgent(site, name, house.broker.config(name), folder, self._obey) for name in house.agents
        }

    async def run(self, for_h: float | None) -> Summary:
        """To the scenario's end, or for so many of its hours."""
        simulation = self._simulation
        await asyncio.gather(*(one.link.connected.wait() for one in self.agents.values()))
        self._pace.begin(self._clock.wall_us())
        started = time.monotonic()
        feeder = Feeder(simulation, self.agents, self._pace, self._house)
        run = DirectRun(simulation, [feeder], step_s=min(30.0, self._pace.speed * TICK_S))
        await self._drive(
            run, simulation.end_us if for_h is None else simulation.start_us + int(for_h * 3.6e9)
        )
        await self._drain()
        took_s = time.monotonic() - started
        shown = await asyncio.to_thread(_findings, self._house, simulation.site)
        taken = {
            "reports": sum(one.committed for one in self.agents.values()),
            "sent": sum(one.sent for one in self.agents.values()),
            "acknowledged": sum(one.upto for one in self.agents.values()),
            "asked for again": sum(one.again for one in self.agents.values()),
        }
        return summary_of(simulation, "broker", run.counts, (run.now_us, took_s), shown=shown, taken=taken)

    def _obey(self, command: Command) -> None:
        """The hub speaks in the wall's time, the readers live in the library's."""
        speed = self._pace.speed
        if isinstance(command, StartCycle):
            command = msgspec.structs.replace(
                command,
                dwell_ms=None if command.dwell_ms is None else round(command.dwell_ms * speed),
                for_s=None if command.for_s is None else command.for_s * speed,
            )
        self._simulation.schedule.command(command, self._pace.world_us(self._clock.wall_us()))

    def _waiting(self) -> int:
        return sum(len(one.waiting) for one in self.agents.values())

    async def _drive(self, run: DirectRun, until_us: int) -> None:
        """Let the library live, at the speed wished for or at that of the hub."""
        begun_us = run.now_us
        whole_us = max(1, until_us - begun_us)
        while run.now_us < until_us:
            self._house.check()
            waiting = self._waiting()
            if waiting > MOST_WAITING or run.now_us > self._pace.world_us(self._clock.wall_us()):
                await asyncio.sleep(0.02)
                continue
            run.step(until_us)
            share = (run.now_us - begun_us) / whole_us
            self._say(
                share,
                f"{share * whole_us / 3.6e9:.2f} h · {run.counts.reads:,} reads · {waiting} reports wait",
            )
            await asyncio.sleep(0)

    async def _drain(self) -> None:
        """Until the hub has all, or `DRAIN_S` is over."""
        for _ in range(int(DRAIN_S / 0.05)):
            if not self._waiting():
                return
            await asyncio.sleep(0.05)


def _findings(house: House, site: Site) -> list[Shown]:
    """What stands open in the hub's store at the end."""
    reader = StoreReader(house.database, site.id)
    try:
        found: list[Shown] = []
        while True:
            page, total = reader.findings(limit=500, offset=len(found))
            found += [
                Shown(kind=one.kind, tag=-1, place=-1, opened_us=one.opened_at_us, confidence=one.confidence)
                for one in page
            ]
            if not page or len(found) >= total:
                return found
    finally:
        reader.close()
