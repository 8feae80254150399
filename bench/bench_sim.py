"""The simulator's numbers: reads generated a second, a day of a library with the engine, bytes an item. Prints JSON.

    python bench/bench_sim.py                                    # reads generated, a day of 10,000 items, memory
    python bench/bench_sim.py --items 100000 --hours 24          # the day of the issue: 2,000 antennas
    python bench/bench_sim.py --items 1000000 --hours 1 --without-engine

Wall and CPU time are both said: on a busy machine only the second tells what the work costs. Memory is the growth of this process. With `--parts 2` the library
is split into that many sites, each in a process of its own, as two hubs on two cores would carry it.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil

from firmware_sim.direct.plan import Simulation, build
from firmware_sim.direct.run import DirectRun, Step, hub_subject
from firmware_sim.scenario import Scenario
from shelfwire.data import config_file


@dataclass(frozen=True)
class Size:
    """What to run."""

    items: int
    hours: float
    every_s: float
    seed: int
    antenna_for: str
    items_a_shelf: int
    engine: bool


def scenario_of(size: Size) -> Scenario:
    """A usual day: people, a nightly sweep, a cycle every few minutes."""
    plain: dict[str, Any] = {
        "site": {"items_a_shelf": size.items_a_shelf, "antenna_for": size.antenna_for},
        "items": size.items,
        "starts_at": "2026-03-02T06:00:00",
        "lasts_h": size.hours,
        "polling": {"dwell_ms": 1000, "every_s": size.every_s},
        "people": {},
        "planted": {"misplaced": 0.003, "missing": 0.001, "on_loan": 0.08},
        "engine": {"closing": "22:00", "opening": "08:00", "unheard_s": 2.5 * size.every_s},
        "sweeps": {"nightly": "23:00"},
    }
    return msgspec.convert(plain, Scenario)


def simulation_of(size: Size) -> Simulation:
    """It, built."""
    return build(scenario_of(size), Path(config_file("scenarios/demo.yaml")), size.seed)


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def reads_a_second(size: Size, cycles: int) -> dict[str, Any]:
    """How quickly the radio alone makes reads: whole cycles of all antennas, books standing still."""
    simulation = simulation_of(size)
    schedule, radio = simulation.schedule, simulation.radio
    radio.hear(schedule.until(simulation.start_us + int(size.every_s * 1e6)))  # the fixed part is made once
    reads = dwells = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for cycle in range(1, cycles + 1):
        heard = radio.hear(schedule.until(simulation.start_us + int((cycle + 1) * size.every_s * 1e6)))
        reads, dwells = reads + len(heard.tag), dwells + len(heard.dwells)
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "antennas": len(simulation.site.antennas),
        "dwells": dwells,
        "reads": reads,
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "reads_a_cpu_second": round(reads / cpu_s),
        "reads_a_wall_second": round(reads / wall_s),
    }


def whole_day(size: Size) -> dict[str, Any]:
    """A direct run, and what it cost."""
    before = resident()
    simulation = simulation_of(size)
    world = resident()
    subjects = [hub_subject(simulation)] if size.engine else []
    run = DirectRun(simulation, subjects)
    wall, cpu = time.perf_counter(), time.process_time()
    tell = _progress(simulation)
    run.run(progress=tell)
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    after = resident()
    found: dict[str, Any] = {
        "items": size.items,
        "antennas": len(simulation.site.antennas),
        "hours": size.hours,
        "cycle_every_s": size.every_s,
        "engine": size.engine,
        "deeds": run.counts.deeds,
        "dwells": run.counts.dwells,
        "reads": run.counts.reads,
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "times_real": round(size.hours * 3600 / wall_s),
        "bytes_an_item_built": round((world - before) / size.items),
        "bytes_an_item_at_the_end": round((after - before) / size.items),
        "bytes_an_item_at_most": round(
            (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / size.items
        ),
    }
    for subject in subjects:
        places = subject.places()
        place = simulation.world.place[: size.items]
        found["findings"] = len(subject.shown())
        found["placed_rightly"] = round(float(np.mean(places.shelf == np.where(place >= 0, place, -1))), 4)
    return found


def _progress(simulation: Simulation) -> Any:
    hour = [simulation.start_us]

    def tell(step: Step) -> None:
        if step.now_us - hour[0] >= 3_600_000_000:
            hour[0] = step.now_us
            print(".", end="", file=sys.stderr, flush=True)

    return tell


def in_parts(size: Size, parts: int) -> dict[str, Any]:
    """The same library as so many sites, each in a process of its own."""
    share = Size(
        size.items // parts,
        size.hours,
        size.every_s,
        size.seed,
        size.antenna_for,
        size.items_a_shelf,
        size.engine,
    )
    wall = time.perf_counter()
    with ProcessPoolExecutor(parts, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(whole_day, [share] * parts))
    return {"parts": parts, "wall_s": round(time.perf_counter() - wall, 1), "each": done}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument(
        "--every-s", type=float, default=300.0, help="a cycle over a reader's antennas begins so often"
    )
    parser.add_argument("--items-a-shelf", type=int, default=50)
    parser.add_argument("--antenna-for", choices=["shelf", "two_shelves", "bay"], default="shelf")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--without-engine", action="store_true")
    parser.add_argument(
        "--radio", type=int, default=100_000, help="items of the radio's own measure; 0: none"
    )
    parser.add_argument("--cycles", type=int, default=5)
    args = parser.parse_args()
    size = Size(
        args.items,
        args.hours,
        args.every_s,
        args.seed,
        args.antenna_for,
        args.items_a_shelf,
        not args.without_engine,
    )
    result: dict[str, Any] = {"load_before": [round(one, 2) for one in psutil.getloadavg()]}
    if args.radio:
        alone = Size(args.radio, 1.0, args.every_s, args.seed, "shelf", 50, engine=False)
        result["radio"] = reads_a_second(alone, args.cycles)
    result["run"] = whole_day(size) if args.parts == 1 else in_parts(size, args.parts)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
