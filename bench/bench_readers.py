"""Emulated LLRP readers in one process at real speed: how late they are, and what they cost. Prints JSON.

    python bench/bench_readers.py --readers 64 --seconds 20
    python bench/bench_readers.py --readers 64 --single      # each read a message of its own

The library, its radio and all readers live in this process; the clients that listen to them in another. A turn is late by the time between its end and the moment at which
the reader asks the radio about it; a reader at real speed is late by milliseconds and ends as many turns as its clock allows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time

import msgspec
import psutil

from edge.llrp import messages as m
from edge.llrp.codec import Framer, encode
from edge.llrp.events import EventEntry, EventSpec
from edge.llrp.rospec import (
    AISpec,
    AISpecStop,
    BankSelector,
    Boundary,
    ContentSelector,
    InventorySpec,
    ReportSpec,
    ROSpec,
    StartTrigger,
    StopTrigger,
)
from firmware_sim.direct.plan import build
from firmware_sim.radio import Answer, Field, Listen
from firmware_sim.readers.box import OWN_PORTS, SWITCH_US
from firmware_sim.readers.group import emulators
from firmware_sim.scenario import Building, Scenario
from shelfwire.clock import SystemClock
from shelfwire.data import config_file

CONTENT = ContentSelector(
    spec_index=True, antenna=True, channel=True, rssi=True, first_seen=True, last_seen=True, count=True,
    bank=BankSelector(pc=True),
)  # fmt: skip


class Timed:
    """The radio, with a look at the clock."""

    def __init__(self, field: Field) -> None:
        self._field, self._clock = field, SystemClock()
        self.late_ms: list[float] = []
        self.reads = self.tags = 0
        self.radio_s = 0.0

    def answers(self, listen: Listen) -> list[Answer]:
        self.late_ms.append((self._clock.wall_us() - listen.to_us) / 1000)
        began_s = time.thread_time()
        found = self._field.answers(listen)
        self.radio_s += time.thread_time() - began_s
        self.tags += len(found)
        self.reads += sum(answer.count for answer in found)
        return found

    def forget(self) -> None:
        self.late_ms, self.reads, self.tags, self.radio_s = [], 0, 0, 0.0


def plan(antennas: int, dwell_ms: int, *, single: bool) -> ROSpec:
    turns = [
        AISpec(
            antennas=(antenna,),
            stop=AISpecStop(kind=1, duration_ms=dwell_ms),
            inventories=(InventorySpec(id=antenna),),
        )
        for antenna in range(1, antennas + 1)
    ]
    return ROSpec(
        id=1,
        boundary=Boundary(StartTrigger(kind=1), StopTrigger()),
        specs=tuple(turns),
        report=ReportSpec(trigger=1, n=int(single), content=CONTENT),
    )


async def listen(port: int, antennas: int, args: argparse.Namespace) -> None:
    """A client that does what every driver does first, and then only takes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    events = EventSpec(tuple(EventEntry(kind, on=True) for kind in (2, 6)))
    wishes = (
        m.SetReaderConfig(events=events),
        m.AddROSpec(plan(antennas, args.dwell_ms, single=args.single)),
        m.EnableROSpec(1),
    )
    for number, wish in enumerate(wishes, 1):
        writer.write(encode(wish, number))
    framer = Framer()
    while data := await reader.read(65_536):
        framer.feed(data)
        while framer.take() is not None:
            pass


async def clients(args: argparse.Namespace) -> None:
    ports = [tuple(map(int, one.split(":"))) for one in args.clients]
    await asyncio.gather(*(listen(port, antennas, args) for port, antennas in ports))


async def measure(args: argparse.Namespace) -> dict[str, object]:
    items = args.readers * args.antennas * args.items_a_shelf
    scenario = Scenario(site=Building(items_a_shelf=args.items_a_shelf), items=items)
    began_s = time.perf_counter()
    found = build(scenario, config_file("scenarios/demo.yaml"), 1, start_us=SystemClock().wall_us())
    built_s = time.perf_counter() - began_s
    air = Timed(found.radio)
    readers = list(emulators(found.site, air).values())[: args.readers]
    for one in readers:
        await one.start()
    wanted = [f"{one.port}:{min(args.antennas, one.machine.box.antennas)}" for one in readers]
    command = [
        sys.executable,
        __file__,
        "--dwell-ms",
        str(args.dwell_ms),
        *(["--single"] if args.single else []),
    ]
    child = await asyncio.create_subprocess_exec(*command, "--clients", *wanted)
    me = psutil.Process()
    try:
        await asyncio.sleep(args.warm)
        air.forget()
        before, sent = me.cpu_times(), sum(one.machine.sent_reports for one in readers)
        began_s = time.perf_counter()
        await asyncio.sleep(args.seconds)
        took_s = time.perf_counter() - began_s
        after = me.cpu_times()
        late, reads, radio_s = sorted(air.late_ms), air.reads, air.radio_s
        items_sent = sum(one.machine.sent_reports for one in readers) - sent
    finally:
        child.terminate()
        await child.wait()
        for one in readers:
            await one.stop()
    cpu_s = after.user + after.system - before.user - before.system
    switch_s = SWITCH_US / 1e6 if args.antennas > OWN_PORTS else 0.0
    turns = len(readers) * took_s / (args.dwell_ms / 1000 + switch_s)
    return {
        "readers": len(readers),
        "antennas": sum(int(one.split(":")[1]) for one in wanted),
        "items": items,
        "dwell_ms": args.dwell_ms,
        "each_read_a_message": args.single,
        "seconds": round(took_s, 1),
        "built_s": round(built_s, 1),
        "asked_of_the_radio": len(late),
        "turns_by_the_clock": round(turns),
        "reads_a_second": round(reads / took_s),
        "report_items_a_second": round(items_sent / took_s),
        "late_ms": {
            "median": round(statistics.median(late), 1),
            "p99": round(late[int(len(late) * 0.99)], 1),
            "most": round(late[-1], 1),
        },
        "cores_busy": round(cpu_s / took_s, 3),
        "of_it_radio": round(radio_s / took_s, 3),
        "rss_mib": round(me.memory_info().rss / 2**20),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=64)
    parser.add_argument("--antennas", type=int, default=32)
    parser.add_argument("--items-a-shelf", type=int, default=50)
    parser.add_argument("--dwell-ms", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--warm", type=float, default=5.0)
    parser.add_argument("--single", action="store_true")
    parser.add_argument("--clients", nargs="*", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.clients:
        asyncio.run(clients(args))
        return
    print(msgspec.json.format(json.dumps(asyncio.run(measure(args))), indent=2))


if __name__ == "__main__":
    main()
