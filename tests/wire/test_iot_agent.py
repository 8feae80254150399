"""Readers with MQTT of their own in a simulated library: real agents drive them as their written configuration says, and report to a hub."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from helpers.edge import FakeHub, until
from helpers.sims import START_US, tiny_site, titles

from edge import config
from edge.agent import Agent
from edge.impinj.driver import ImpinjIotDriver
from edge.ports import DriverFactory
from edge.zebra.driver import ZebraIotcDriver
from firmware_sim.form import OwnKind, Polling
from firmware_sim.house import House
from firmware_sim.radio import Radio
from firmware_sim.readers.kinds import own_emulator
from firmware_sim.readers.r700_sockets import R700Emulator
from firmware_sim.readers.zebra_sockets import ZebraEmulator
from firmware_sim.world import World, furnish
from shelfwire.messages import Dwell, Report, StopCycle

pytestmark = pytest.mark.needs("mosquitto")

KINDS: dict[str, OwnKind] = {"R1": "impinj-iot", "R2": "zebra-iotc"}
DRIVERS = {"impinj-iot": ImpinjIotDriver, "zebra-iotc": ZebraIotcDriver}
PORTS = 8
POLLING = Polling(dwell_ms=130)


def driver(kind: str) -> DriverFactory:
    return cast("DriverFactory", DRIVERS[kind])


@contextlib.asynccontextmanager
async def working(house: House, agent: str, port: int) -> AsyncIterator[Agent]:
    path = house.write_edge(agent, {"R1": port, "R2": port}, POLLING)
    working_one = Agent(config.read(path), path.parent, drivers=driver)
    stop = asyncio.Event()
    task = asyncio.create_task(working_one.run(stop))
    try:
        yield working_one
    finally:
        stop.set()
        await task


def dwells_of(hub: FakeHub, reader: str) -> list[Dwell]:
    reports = [one for one in hub.taken.values() if isinstance(one, Report)]
    return [dwell for report in reports for dwell in report.dwells if dwell.reader == reader]


async def test_agents_drive_readers_with_mqtt_of_their_own_from_their_files(tmp_path: Path) -> None:
    site = tiny_site(bays=1)
    world = World(site, furnish(site, titles(160), 160, seed=1), start_us=START_US, seed=1)
    radio = Radio(world, seed=1)
    house = House(tmp_path, world.site, tmp_path / "site.yaml", broker="mosquitto", kinds=KINDS)
    house.broker.start()
    readers = {
        name: own_emulator(name, kind, PORTS, radio, house.broker, dwell_ms=130)
        for name, kind in KINDS.items()
    }
    r700, zebra = readers["R1"], readers["R2"]
    assert isinstance(r700, R700Emulator)
    assert isinstance(zebra, ZebraEmulator)
    try:
        await r700.start()
        await zebra.start()
        async with (
            FakeHub(house.broker.config("hub")).running() as hub,
            working(house, "edge-1", r700.port),
            working(house, "edge-2", zebra.port),
        ):
            await until(
                lambda: {d.port for d in dwells_of(hub, "R1") if d.quality == "exact"} >= set(range(1, 7))
            )
            await until(
                lambda: {d.port for d in dwells_of(hub, "R2") if d.quality == "estimated"} >= set(range(1, 7))
            )
            assert {dwell.air.session for dwell in dwells_of(hub, "R2") if dwell.quality == "estimated"} == {
                0
            }
            assert any(status.readers[0].model for status in hub.statuses)
            reply = await hub.command("edge-2", StopCycle(id="c-1", expires_at_us=0, reader="R2"))
            assert reply.ok
            await until(lambda: not zebra.machine.running)
            assert r700.machine.running
    finally:
        await r700.stop()
        await zebra.stop()
        house.broker.stop()
    references = {
        antenna.port: antenna.reference_tags[0] for antenna in world.site.antennas if antenna.reader == "R1"
    }
    whole = [dwell for dwell in dwells_of(hub, "R1") if dwell.quality == "exact"]
    assert sum(references[dwell.port] in dwell.tags.epc for dwell in whole) > len(whole) * 0.8
