"""Emulated readers of a shipped scenario, faster than time, and what of its tags could be heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from helpers import third_party

from firmware_sim import scenario as scenarios
from firmware_sim.direct.plan import Simulation, build
from firmware_sim.readers.group import emulators
from firmware_sim.readers.llrp import LlrpEmulator
from shelfwire.data import config_file

Pairs = set[tuple[int, str]]
"""Port and EPC."""


def simulation(name: str, items: int, *, one_channel: bool = False) -> Simulation:
    """A shipped scenario with fewer items. `one_channel`: all channels are alike, so that what wakes on one wakes on all."""
    path = config_file(f"scenarios/{name}.yaml")
    found = scenarios.load(path)
    if one_channel:
        radio = msgspec.structs.replace(found.radio, channel_spread_db=0.0)
        found = msgspec.structs.replace(found, radio=radio)
    return build(found, path, 1, items=items)


@asynccontextmanager
async def running(found: Simulation, *, speed: float) -> AsyncIterator[list[LlrpEmulator]]:
    """All readers of it, `speed` times as fast as the wall clock, from the scenario's start on."""
    began_s = time.monotonic()

    def now_us() -> int:
        return found.start_us + int((time.monotonic() - began_s) * 1e6 * speed)

    readers = list(emulators(found.site, found.radio, host_us=now_us, speed=speed).values())
    for reader in readers:
        await reader.start()
    try:
        yield readers
    finally:
        for reader in readers:
            await reader.stop()


def audible(found: Simulation, *, every_channel: bool = False) -> Pairs:
    """What its antennas can hear at the start: on some channel, or on each."""
    return {
        (antenna.port, epc_of(found, tag))
        for antenna in found.site.antennas
        for tag in found.radio.audible(antenna.index, found.start_us, every_channel=every_channel).tolist()
    }


def epc_of(found: Simulation, tag: int) -> str:
    """Of a book, a stranger or a reference tag."""
    return found.site.reference_tags[-1 - tag].epc if tag < 0 else found.world.epc(tag)


async def program(requirements: Sequence[str], name: str, reader: LlrpEmulator, *arguments: str) -> bytes:
    """What another house's program prints after its conversation with `reader`."""
    python = await asyncio.to_thread(third_party.environment, requirements)
    client = await asyncio.create_subprocess_exec(
        str(python),
        str(Path(third_party.PROGRAMS / name)),
        "127.0.0.1",
        str(reader.port),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(client.communicate(), 45)
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    assert client.returncode == 0, err.decode()[-2000:]
    return out
