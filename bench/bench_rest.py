"""The engine in a library at rest, of any size: CPU an observation, and the share of a core at the rate of the goal. Prints JSON.

    python bench/bench_rest.py --tags 25000000

No warm-up: what days of looks leave in the arrays (places, slots, what each antenna heard) is written into them. After that it is the engine as
the hub runs it: reports of decoded dwells go in, 20 ticks a second of library time, scans, findings, points of the series and all.
One book in twenty is lent since yesterday; of the others each antenna hears those of its shelf and one in five of its neighbour's, 9 dB quieter,
each time. Nothing moves. A site has 60,000 antennas at most, so that 25 million tags are 417 before each.

CPU time of this process; decoding, journal and store are not in it (`bench_hub.py`).
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.at_rest import put_at_rest, put_heard, put_stock
from helpers.shelves import DUAL, START, book_epc, make_site, reference_epc

from hub.belief.interface import Ints
from hub.engine import Engine
from hub.events import ReportTaken, Ticked
from hub.settings import EngineSettings
from shelfwire.messages import Dwell, Report, Tags

A_SHELF, BOARDS, MOST_SHELVES = 40, 6, 60_000
LENT, BESIDE = 0.05, 0.2
OWN_DBM, BESIDE_DBM = -55.0, -64.0
_S = 1_000_000
NOW_S = START // _S


class Library:
    """An engine with a library at rest, and the reports of its shelves in turn."""

    def __init__(self, tags: int, *, in_order: bool) -> None:
        dice = np.random.default_rng(1)
        bays = max(1, min(MOST_SHELVES, tags // A_SHELF) // BOARDS)
        self.engine = Engine(make_site(bays, BOARDS), EngineSettings())
        self.shelf_ids = self.engine.geometry.shelf_ids
        self.shelves, self.turn = len(self.shelf_ids), 0
        self.first = np.arange(self.shelves + 1) * tags // self.shelves
        self.stand = np.arange(tags) if in_order else dice.permutation(tags)
        """By place along the shelves: the row of the tag that stands there."""
        self.own, self.beside = dice.random(tags) >= LENT, dice.random(tags) < BESIDE
        """By place: whether its own antenna hears it, and that of the shelf before."""
        self.beside &= self.own
        home = np.empty(tags, dtype=np.int32)
        home[self.stand] = np.repeat(np.arange(self.shelves, dtype=np.int32), np.diff(self.first))
        put_stock(self.engine, [book_epc(number) for number in range(tags)], home, NOW_S)
        beside = self.stand[self.beside]
        beside = beside[home[beside] > 0]
        put_heard(self.engine, np.arange(tags), 0, home, dbm=OWN_DBM, now_s=NOW_S)
        put_heard(self.engine, beside, 1, home[beside] - 1, dbm=BESIDE_DBM, now_s=NOW_S)
        put_at_rest(self.engine, self.stand[~self.own], NOW_S)

    def dwell(self, at_us: int) -> Dwell:
        """That of the antenna whose turn it is."""
        shelf = self.turn % self.shelves
        self.turn += 1
        low, high = self.first[shelf], self.first[shelf + 1]
        after = self.first[min(shelf + 2, self.shelves)]
        own, beside = (
            self.stand[low:high][self.own[low:high]],
            self.stand[high:after][self.beside[high:after]],
        )
        epc = [book_epc(row) for row in np.concatenate([own, beside]).tolist()]
        loud = [OWN_DBM] * (len(own) + 1) + [BESIDE_DBM] * len(beside)
        return Dwell(
            reader=f"R{shelf // 4}", port=shelf % 4 + 1, started_at_us=at_us - 900_000, ended_at_us=at_us, air=DUAL,
            tags=Tags(epc=[reference_epc(self.shelf_ids[shelf]), *epc], count=[1] * len(loud), rssi_dbm=loud),
        )  # fmt: skip

    def reports(self, seconds: float, rate: int, ticks: int) -> Iterator[tuple[ReportTaken, int]]:
        """(report, its observations); one before each tick."""
        owed = 0.0
        for seq in range(1, int(seconds * ticks) + 1):
            at_us = START + seq * _S // ticks
            owed += rate / ticks
            dwells: list[Dwell] = []
            seen = 0
            while seen < owed:
                dwells.append(self.dwell(at_us))
                seen += len(dwells[-1].tags.epc)
            owed -= seen
            report = Report(
                agent="edge-1", log="l", seq=seq, boot="b", made_at_us=at_us, wall_at_us=at_us, dwells=dwells
            )  # fmt: skip
            yield ReportTaken(report, at_us), seen


def standing(engine: Engine) -> Ints:
    """Rows that stand somewhere, not away."""
    return np.flatnonzero((engine.belief.place >= 0) & ~engine.belief.away)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tags", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="of library time")
    parser.add_argument("--first", type=float, default=5.0, help="seconds of it that are not measured")
    parser.add_argument("--rate", type=int, default=420_000, help="observations a second of library time")
    parser.add_argument("--ticks", type=int, default=20, help="and reports a second")
    parser.add_argument("--in-order", action="store_true", help="rows stand in the order of the shelves")
    args = parser.parse_args()
    began = time.monotonic()
    library = Library(args.tags, in_order=args.in_order)
    engine, effects = library.engine, Counter[str]()
    before, made_s = standing(engine), time.monotonic() - began
    gc.freeze()
    spent_s, seen = 0.0, 0
    for event, count in library.reports(args.seconds, args.rate, args.ticks):
        started = time.process_time()
        engine.handle(event, event.arrived_at_us)
        made: list[Any] = engine.handle(Ticked(), event.arrived_at_us)
        if event.arrived_at_us > START + args.first * _S:
            spent_s += time.process_time() - started
            seen += count
            effects.update(type(effect).__name__ for effect in made)
    after = standing(engine)
    result = {
        "tags": args.tags, "antennas": library.shelves, "in_order": args.in_order, "made_s": round(made_s, 1),
        "observations": seen, "us_an_observation": round(spent_s / seen * 1e6, 3),
        "observations_a_second": round(seen / spent_s), "core_share_at_rate": round(spent_s / (args.seconds - args.first), 3),
        "effects": dict(effects), "standing": len(before), "standing_still": len(np.intersect1d(before, after)),
        "rss_gb": round(psutil.Process().memory_info().rss / 2**30, 2),
    }  # fmt: skip
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
