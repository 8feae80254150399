"""What a scenario says is broken is broken in what really runs, for as long as it says, and mended at the end."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from helpers.sims import START_US, tiny_site

from firmware_sim.children import Child
from firmware_sim.direct.broken import Broken
from firmware_sim.faults.clock import Bent
from firmware_sim.faults.model import Fault
from firmware_sim.faults.proxy import LinkProxy
from firmware_sim.faults.real import RealFaults, needs_clock, needs_network
from firmware_sim.house import House
from firmware_sim.library import SimulatedLibrary
from firmware_sim.pace import Pace
from firmware_sim.radio import Wiring
from shelfwire.errors import AwayError

HOUR_US = 3_600_000_000


class Reader:
    """An emulator's faults."""

    def __init__(self) -> None:
        self.machine = SimpleNamespace(faults=SimpleNamespace(slow=1.0))
        self.line = SimpleNamespace(damaged_share=0.0)
        self.alive = True

    async def die(self) -> None:
        self.alive = False

    async def start(self) -> None:
        self.alive = True


class Process:
    """A child that notes whether its disk is full."""

    def __init__(self) -> None:
        self.pid: int | None = 100
        self.full = False

    def full_disk(self, *, full: bool) -> bool:
        self.full = full
        return True


class Installation:
    """A house that notes who is down."""

    def __init__(self) -> None:
        self.agents = ["edge-1", "edge-2"]
        self.children = {name: Process() for name in self.agents}
        self.away: set[str] = set()
        self.influx: object | None = None
        self.comes_back = True
        self.hangs = False

    def down(self, name: str) -> None:
        self.away.add(name)

    async def up(self, name: str, *, within_s: float) -> None:
        assert within_s > 3600, "the broker may be away for long"
        if self.hangs:
            await asyncio.sleep(3600)
        if not self.comes_back:
            raise AwayError(f"{name} does not come back")
        self.away.discard(name)


class Room:
    """A library with these faults, and everything that they can strike."""

    def __init__(self, folder: Path, *faults: Fault, speed: float = 1.0) -> None:
        site = tiny_site()
        self.wiring = Wiring(site)
        self.readers = {reader.id: Reader() for reader in site.readers}
        self.house = Installation()
        self.proxies = {name: LinkProxy(1, seed=1) for name in self.house.agents}
        self.clocks = {name: folder / f"{name}.clock" for name in self.house.agents}
        self.said: list[str] = []
        library: Any = SimpleNamespace(
            site=site, readers=self.readers, radio=SimpleNamespace(wiring=self.wiring),
            broken=Broken(site, faults, start_us=START_US, seed=1), pace=Pace(START_US, wall_us=0, speed=speed),
        )  # fmt: skip
        self.broken: Broken = library.broken
        self.faults = RealFaults(
            cast("SimulatedLibrary", library), cast("House", self.house), proxies=self.proxies, clocks=self.clocks,
            say=self.said.append,
        )  # fmt: skip

    async def at(self, hours: float) -> None:
        """Bring everything into the state of that hour, and let restarts end."""
        await self.faults.apply(START_US + int(hours * HOUR_US))
        await asyncio.sleep(0)
        await self.faults.apply(START_US + int(hours * HOUR_US))

    def bent(self, agent: str) -> Bent:
        return msgspec.json.decode(self.clocks[agent].read_bytes(), type=Bent)


async def test_readers_die_slow_down_and_stammer_for_their_time(tmp_path: Path) -> None:
    room = Room(
        tmp_path,
        Fault(fault="reader_dead", at_h=1, for_h=1, what=("R1",)),
        Fault(fault="reader_slow", at_h=1, for_h=1, what=("R2",), amount=4),
        Fault(fault="corrupt_frames", at_h=1, for_h=1, what=("R2",), amount=0.01),
        Fault(fault="reader_reboot", at_h=3, what=("R2",)),
        Fault(fault="reader_dead", at_h=3, for_h=1, what=("R2",)),
    )
    one, two = room.readers["R1"], room.readers["R2"]
    await room.at(0.5)
    assert {one.alive, two.alive} == {True}
    await room.at(1.5)
    assert (one.alive, two.alive, two.machine.faults.slow, two.line.damaged_share) == (False, True, 4.0, 0.01)
    assert room.wiring.slow.max() == 4.0
    await room.at(2.5)
    assert (one.alive, two.machine.faults.slow, two.line.damaged_share) == (True, 1.0, 0.0)
    await room.at(3.01)
    assert not two.alive
    await room.at(3.1)
    assert not two.alive, "it has started anew, and still has no power"
    await room.at(4)
    assert two.alive


async def test_antennas_are_struck_in_the_air_itself(tmp_path: Path) -> None:
    room = Room(
        tmp_path,
        Fault(fault="antenna_unplugged", at_h=1, for_h=1, what=("ant-0003",)),
        Fault(fault="cable_loss", at_h=1, for_h=1, what=("ant-0004",), amount=6),
        Fault(fault="hub_port_stuck", at_h=1, for_h=1, what=("ant-0000",)),
    )
    await room.at(1.5)
    assert room.wiring.deaf.nonzero()[0].tolist() == [3]
    assert room.wiring.loss_db[4] == 6.0
    assert room.wiring.listens_as[:9].tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 8]
    await room.at(2.5)
    assert not room.wiring.deaf.any()
    assert room.wiring.listens_as[7] == 7


async def test_processes_are_killed_and_come_back(tmp_path: Path) -> None:
    room = Room(
        tmp_path,
        Fault(fault="agent_killed", at_h=1, for_s=60, what=("edge-2",)),
        Fault(fault="hub_killed", at_h=2, for_s=60),
        Fault(fault="broker_killed", at_h=2, for_h=9),
    )
    for hours, away in (
        (0.9, set()),
        (1.01, {"edge-2"}),
        (1.1, set()),
        (2.01, {"hub", "broker"}),
        (3, {"broker"}),
    ):
        await room.at(hours)
        assert room.house.away == away, hours
    await room.faults.mend()
    assert not room.house.away


async def test_a_process_that_does_not_come_back_ends_the_run(tmp_path: Path) -> None:
    room = Room(tmp_path, Fault(fault="hub_killed", at_h=1, for_s=60))
    room.house.comes_back = False
    await room.at(1.01)
    with pytest.raises(AwayError, match="hub does not come back"):
        await room.at(2)


async def test_the_end_of_a_run_does_not_wait_a_day_for_a_process_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_sim.faults.real.READY_S", 0.05)
    room = Room(tmp_path, Fault(fault="hub_killed", at_h=1, for_h=1))
    room.house.hangs = True
    await room.at(1.5)
    with pytest.raises(AwayError, match="hub: not back"):
        await room.faults.mend()
    room.faults.close()


async def test_the_network_turns_bad_for_the_agents_that_are_named_and_as_fast_as_the_library(
    tmp_path: Path,
) -> None:
    room = Room(
        tmp_path,
        Fault(fault="link_slow", for_h=1, amount=3, what=("edge-1",)),
        Fault(fault="link_lossy", for_h=1, amount=0.05, what=("edge-1",)),
        Fault(fault="link_cut", for_h=1, what=("edge-2",)),
        Fault(fault="duplicates", for_h=1, amount=0.1),
        Fault(fault="reordering", for_h=1, amount=0.2),
        speed=60.0,
    )
    await room.at(0.5)
    first, second = room.proxies["edge-1"].weather, room.proxies["edge-2"].weather
    assert (first.delay_s, first.loss, first.cut) == (0.05, 0.05, False)
    assert (second.delay_s, second.loss, second.cut) == (0.0, 0.0, True)
    assert (second.doubled, second.reordered) == (0.1, 0.2)
    await room.at(1.5)
    assert (first.delay_s, first.loss, second.cut, second.doubled, second.reordered) == (0, 0, False, 0, 0)


async def test_clocks_jump_and_drift_by_the_librarys_hours(tmp_path: Path) -> None:
    room = Room(
        tmp_path,
        Fault(fault="clock_wrong", at_h=1, for_h=1, amount=2, what=("edge-1",)),
        Fault(fault="clock_drift", amount=200, what=("edge-1",)),
        speed=60.0,
    )
    await room.at(0.5)
    assert room.bent("edge-1") == Bent(fast_ppm=200.0)
    await room.at(1.5)
    assert room.bent("edge-1") == Bent(offset_us=120_000_000, fast_ppm=200.0)
    await room.at(2.5)
    assert room.bent("edge-1") == Bent(fast_ppm=200.0)
    await room.faults.mend()
    assert room.bent("edge-1") == Bent()


async def test_a_full_disk_is_full_for_the_process_that_follows_too(tmp_path: Path) -> None:
    room = Room(tmp_path, Fault(fault="disk_full", at_h=1, for_h=1, what=("edge-1",)))
    one, two = room.house.children["edge-1"], room.house.children["edge-2"]
    await room.at(1.1)
    assert (one.full, two.full) == (True, False)
    one.full, one.pid = False, 101  # killed and started again meanwhile
    await room.at(1.2)
    assert one.full
    await room.at(2.1)
    assert not one.full


async def test_a_series_that_is_not_elsewhere_cannot_be_away_and_that_is_said(tmp_path: Path) -> None:
    room = Room(tmp_path, Fault(fault="influx_away", at_h=1, for_h=1))
    await room.at(1.5)
    assert len(room.said) == 1
    assert "keeps its series in SQLite, so nothing is away" in room.said[0]
    assert not room.house.away


async def test_an_influxdb_is_killed_for_its_time_and_comes_back(tmp_path: Path) -> None:
    room = Room(tmp_path, Fault(fault="influx_away", at_h=1, for_h=1))
    room.house.influx = object()
    await room.at(0.9)
    assert not room.house.away
    await room.at(1.5)
    assert room.house.away == {"influxdb"}
    await room.at(2.1)
    assert not room.house.away
    assert not room.said


def test_what_a_run_needs_is_known_before_it_starts(tmp_path: Path) -> None:
    plain = Room(tmp_path, Fault(fault="reader_dead")).broken.all
    assert not needs_network(plain)
    assert not needs_clock(plain)
    assert needs_network(Room(tmp_path, Fault(fault="reordering", amount=0.1)).broken.all)
    assert needs_clock(Room(tmp_path, Fault(fault="clock_drift", amount=9)).broken.all)


WRITES = """
import sys, time
for n in range(400):
    try:
        with open(sys.argv[1], "ab") as file:
            file.write(b"x" * 1000)
    except OSError:
        pass
    time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process that runs (prlimit)")
def test_no_file_of_a_child_grows_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child("writer", [], log=tmp_path / "log", ready="")
    target = tmp_path / "data"
    monkeypatch.setattr(
        "firmware_sim.children.Child.args", lambda _self: [sys.executable, "-c", WRITES, str(target)]
    )
    child.start()
    try:
        wait_for(lambda: target.exists() and target.stat().st_size > 0)
        assert child.full_disk(full=True)
        time.sleep(0.1)
        size = target.stat().st_size
        time.sleep(0.2)
        assert target.stat().st_size == size
        assert child.full_disk(full=False)
        wait_for(lambda: target.stat().st_size > size)
    finally:
        child.kill()
    assert not child.full_disk(full=True)


def wait_for(what: Any) -> None:
    """Within five seconds."""
    until = time.monotonic() + 5
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)
