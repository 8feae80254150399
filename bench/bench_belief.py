"""The belief alone: observations a second of one core, bytes a tag, and all of it against the catalogue. Prints JSON.

    python bench/bench_belief.py --tags 1000000

CPU time of this process, so that a busy machine changes little. Reads come as columns, as `hub.engine.hearing` hands them to the belief:
dwells of one antenna each, every tag of its shelf with 85 % and of the next shelf with 20 %, batches of `--batch` reads. Tags stand in no order
of their rows, as books that were bought over a century do; `--in-order` shows what that costs.

`hear` is the update by reads. `weigh` is the round over all tags that weighs silence and makes conditions of findings of it: so many rows a second,
however many reads come. `update` is what is left for reads of a core that makes its round beside them.
`difference` is one full round: every tag that is not heard at home as always is weighed, its place settled, and held against what the catalogue
says of its item; `all_weighed`: the same with every tag weighed. It comes once before the measured reads, and once after them.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.shelves import make_site

from hub.belief.batch import TagReads
from hub.belief.stock import STATUS_CODE
from hub.engine import Engine
from hub.engine.rounds import wanting
from hub.engine.stocking import keep
from hub.findings.loans import loans_of
from hub.findings.watch import conditions
from hub.settings import EngineSettings

A_SHELF = 40
BOARDS = 6
MOST_SHELVES = 60_000
"""One engine carries 65,534 antennas; beyond that an antenna has more tags before it, as the large sites have."""
OWN, NEXT = 0.85, 0.2
OWN_DBM, NEXT_DBM, SPREAD_DB = -55.0, -66.0, 3.0
START_S = 1_767_600_000
ROUND = 25_000


class Library:
    """An engine whose stock was made as arrays, and the reads of its shelves in turn."""

    def __init__(self, tags: int, *, in_order: bool, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        bays = max(1, min(MOST_SHELVES, tags // A_SHELF) // BOARDS)
        self.engine = Engine(make_site(bays, BOARDS), EngineSettings())
        self.shelves = len(self.engine.geometry.shelf_ids)
        self.now_s = START_S
        self.turn = self.news = 0
        self.stand = np.arange(tags) if in_order else self.dice.permutation(tags)
        """By place along the shelves: the row of the tag that stands there."""
        self.first = np.arange(self.shelves + 1) * tags // self.shelves
        home = np.empty(tags, dtype=np.int32)
        home[self.stand] = np.repeat(np.arange(self.shelves, dtype=np.int32), np.diff(self.first))
        self.home = home
        self._stock(home)

    def _stock(self, home: np.ndarray[Any, np.dtype[np.int32]]) -> None:
        stock, tags = self.engine.stock, len(home)
        stock.item_id = np.arange(tags, dtype=np.int64)
        stock.item_of_row = np.arange(tags, dtype=np.int32)
        stock.status = np.full(tags, STATUS_CODE["on_shelf"], dtype=np.uint8)
        stock.since_s = np.zeros(tags, dtype=np.uint32)
        stock.flags = np.zeros(tags, dtype=np.uint16)
        stock.home_from, stock.home_to = home, home.copy()
        keep(self.engine, np.full(tags, -1), START_S * 1_000_000)

    def batches(self, reads: int, batch: int) -> Iterator[TagReads]:
        """About `reads` reads; each dwell is a look of its antenna."""
        left, engine = reads, self.engine
        while left > 0:
            rows, antennas, looks = [], [], []
            size = 0
            while size < batch:
                shelf = self.turn % self.shelves
                self.turn += 1
                engine.antennas.looks[shelf] += 1
                engine.antennas.last_look_s[shelf] = self.now_s
                low, high = self.first[shelf], self.first[shelf + 1]
                after = self.first[min(shelf + 2, self.shelves)]
                near = np.arange(low, after)
                share = np.where(near < high, OWN, NEXT)
                heard = self.stand[near[self.dice.random(len(near)) < share]]
                rows.append(heard)
                antennas.append(np.full(len(heard), shelf))
                looks.append(np.full(len(heard), engine.antennas.looks[shelf]))
                size += len(heard)
            row, antenna = np.concatenate(rows), np.concatenate(antennas)
            level = np.where(self.home[row] == antenna, OWN_DBM, NEXT_DBM) + self.dice.normal(
                0.0, SPREAD_DB, size
            )
            yield TagReads(
                row, antenna, np.concatenate(looks), level.round().astype(np.float32), np.full(size, self.now_s)
            )  # fmt: skip
            self.now_s += 1
            left -= size

    def hear(self, reads: int, batch: int) -> tuple[int, float]:
        """(reads, seconds of CPU)."""
        spent_s, count = 0.0, 0
        for one in self.batches(reads, batch):
            began = time.process_time()
            self.engine.weigh_soon(self.engine.belief.hear(one))
            spent_s += time.process_time() - began
            count += len(one.row)
            # The hub's next scan, a quarter of a second later, weighs the news; here that is part of `round`.
            self.news += len(self.engine.news)
            self.engine.news = self.engine.news[:0]
        return count, spent_s

    def round(self, rows: int, *, every: bool) -> tuple[float, int]:
        """Look at so many rows, `ROUND` at a time, weigh and settle `every` one or those that want it, and hold them against the catalogue.

        Seconds of CPU, and rows that were weighed.
        """
        engine, spent_s, weighed = self.engine, 0.0, 0
        engine.tick_us = self.now_s * 1_000_000
        nobody = np.zeros(0, dtype=np.int64)
        for low in range(0, rows, ROUND):
            high = min(low + ROUND, rows)
            began = time.process_time()
            chosen = np.arange(low, high)
            if not every:
                chosen = chosen[wanting(engine, low, high, nobody)]
            one, homes = engine.weigh(chosen), engine.homes(chosen)
            engine.belief.settle(one, homes)
            at_hold = engine.hold_shelves[engine.belief.place[chosen]]
            loans = loans_of(engine.stock, engine.security, chosen, at_hold, engine.settings, unused=False)
            conditions(engine.belief, one, homes, loans, engine.settings, now_s=self.now_s)
            spent_s += time.process_time() - began
            weighed += len(chosen)
            # As the board does, bounded a tick, while it tells the store.
            engine.board.shown[low:high] = engine.belief.place[low:high]
            engine.board.shown_s[low:high] = self.now_s
        return spent_s, weighed


def nbytes(state: Any) -> int:
    """All arrays in a dump."""
    if isinstance(state, dict):
        return sum(nbytes(one) for one in state.values())
    return state.nbytes if isinstance(state, np.ndarray) else 0


def by_name(state: dict[str, Any], tags: int) -> dict[str, float]:
    """Bytes a tag of each array."""
    flat = {name: one for name, one in state.items() if not isinstance(one, dict)}
    for name, inner in state.items():
        if isinstance(inner, dict):
            flat.update({f"{name}.{key}": one for key, one in inner.items()})
    return {name: round(nbytes(one) / tags, 2) for name, one in flat.items() if nbytes(one) >= tags}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tags", type=int, default=1_000_000)
    parser.add_argument("--reads", type=int, default=4_000_000, help="measured")
    parser.add_argument("--warm", type=float, default=4.0, help="reads a tag before the measured ones")
    parser.add_argument(
        "--batch", type=int, default=20_000, help="reads applied in one stroke; a busy hub has about so many"
    )
    parser.add_argument(
        "--rounds", type=int, default=1_000_000, help="rows weighed for `weigh` and `difference`, at most"
    )
    parser.add_argument(
        "--in-order", action="store_true", help="rows stand along the shelves as in the catalogue"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    library = Library(args.tags, in_order=args.in_order, seed=args.seed)
    gc.collect()
    gc.freeze()
    library.hear(int(args.warm * args.tags), max(args.batch, args.tags // 50))
    weighed = min(args.tags, args.rounds)
    library.round(weighed, every=True)
    library.news = 0
    reads, hear_s = library.hear(args.reads, args.batch)
    difference_s, doubtful = library.round(weighed, every=False)
    round_s, _ = library.round(weighed, every=True)
    each_s = hear_s / reads
    share = library.engine.settings.scan_rows_per_s * round_s / weighed
    belief = library.engine.belief.dump()
    result = {
        "tags": args.tags, "antennas": library.engine.geometry.antennas, "in_order": args.in_order, "batch": args.batch,
        "hear": {"reads": reads, "us_each": round(each_s * 1e6, 3), "a_second": round(1 / each_s), "news": library.news},
        "weigh": {"rows": weighed, "us_each": round(round_s / weighed * 1e6, 3), "rows_a_second": library.engine.settings.scan_rows_per_s},
        "update": {"a_second": round(max(0.0, 1 - share) / each_s), "share_of_weighing": round(share, 3)},
        "difference": {"rows": weighed, "weighed": doubtful, "s_a_million": round(difference_s / weighed * 1e6, 3),
                       "s_a_million_all_weighed": round(round_s / weighed * 1e6, 3)},
        "bytes_a_tag": round(nbytes(belief) / args.tags, 1),
        "bytes_by_array": by_name(belief, args.tags),
        "placed": int((library.engine.belief.place >= 0).sum()),
    }  # fmt: skip
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
