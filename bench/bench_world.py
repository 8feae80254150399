"""The simulated world alone: time to furnish and to begin, deeds a second of a day, bytes an item. Prints JSON.

    python bench/bench_world.py --items 1000000 --hours 24

CPU time of this process. The library is busier than the default in all ways, and some of everything is planted. A site has 250,000 shelves at the most, so very many items stand closer.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
import psutil

from firmware_sim.world import Habits, Planted, Title, World, furnish
from shelfwire.site.generate import Plan, generate
from shelfwire.site.load import read_site
from shelfwire.site.model import Site

START = datetime(2026, 9, 21, tzinfo=UTC)
MOST_SHELVES = 250_000
A_SHELF = 50
PEOPLE = Habits(take=0.1, stranger=0.05, withdraw=0.1, new_item=0.1, fix=5)
PLANTED = Planted(misplaced=0.01, missing=0.002, on_loan=0.1, on_top=0.01, in_processing=0.005, strangers=100)


def resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def site_for(items: int) -> Site:
    shelves = max(200, min(MOST_SHELVES, items // A_SHELF))
    plan = Plan(site="bench", shelves=shelves, seed=1, floors=4, valid_from=START)
    history, faults = read_site(msgspec.to_builtins(generate(plan)))
    assert history is not None, faults
    assert history.now.spans
    assert history.now.heard_by
    return history.now


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    titles = [Title(f"X{number:09d}", f"Title {number}", "", f"QA {number}") for number in range(1500)]
    site = site_for(asked.items)
    before = resident()
    times = [time.process_time()]
    stock = furnish(site, titles, asked.items, seed=asked.seed)
    times.append(time.process_time())
    start_us = int(START.timestamp()) * 1_000_000
    world = World(site, stock, start_us=start_us, seed=asked.seed, people=PEOPLE, planted=PLANTED)
    times.append(time.process_time())
    at_start = resident()
    for hour in range(1, round(asked.hours) + 1):
        world.advance(start_us + hour * 3_600_000_000)
    times.append(time.process_time())
    furnish_s, begin_s, run_s = (end - start for start, end in pairwise(times))
    result = {
        "items": asked.items,
        "shelves": len(site.shelves),
        "furnish_s": round(furnish_s, 2),
        "begin_s": round(begin_s, 2),
        "hours": round(asked.hours),
        "run_s": round(run_s, 2),
        "deeds": len(world.log),
        "deeds_a_second": round(len(world.log) / run_s),
        "bytes_an_item_at_start": round((at_start - before) / asked.items, 1),
        "bytes_an_item_at_end": round((resident() - before) / asked.items, 1),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
