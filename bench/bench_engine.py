"""Engine alone: observations a second on one core, and bytes a known tag. Prints JSON.

    python bench/bench_engine.py --tags 1000000 --seconds 20

CPU time of this process, so that a busy machine does not change the result. Reports stand decoded in memory; nothing is journalled or stored. Every second of library time all antennas whose turn it is
report; each hears 85 % of its shelf's tags and 20 % of its neighbour's.

`--misses`: which ones. `lasting`: always the same, its neighbour's 9 dB quieter, as a library at rest is: what hides a tag from an antenna lasts for
hours. `coins`: others in each look, all equally loud. A loud tag that misses one look in seven has left for the hub, each time, so a tenth of that
library leaves and comes back all the time: the work of a library that never rests.

`--say`: what the tags say. `nothing`: numbers, without PC words. `alliance`, `iso`: barcode and security, the second in the PC word of each read.
`--unlinked`: the catalogue has no links, so every tag has to tell its item; warm up until all have (5,000 a second).
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.shelves import DUAL, START, book_epc, make_site, reference_epc

from hub.engine import Engine
from hub.events import CatalogColumns, ReportTaken, Ticked
from hub.settings import EngineSettings
from shelfwire.messages import Dwell, Report, Tags
from shelfwire.tags.encode import Fields, encode

A_SHELF = 35
OWN_SHARE, BESIDE_SHARE = 0.85, 0.2
OWN_DBM = -55.0


def resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def barcode(number: int) -> str:
    return f"{32_100_000_000 + number}"


def tag_of(number: int, say: str) -> tuple[str, int]:
    """(EPC, PC word) of an item's tag."""
    if say == "nothing":
        return book_epc(number), 0x3000
    family: Literal["gxlm", "iso28560-4"] = "gxlm" if say == "alliance" else "iso28560-4"
    written = encode(family, Fields(barcode(number)))
    assert written.epc is not None
    assert written.pc is not None
    return written.epc.hex().upper(), written.pc


def catalogue(tags: list[tuple[str, int]], shelves: int, *, linked: bool) -> CatalogColumns:
    count = len(tags)
    # Texts of their own, as an import brings them: they are part of what a known tag costs.
    return columns(count, shelves, [epc[:1] + epc[1:] for epc, _ in tags] if linked else [])


def columns(tags: int, shelves: int, keys: list[str]) -> CatalogColumns:
    homes = [i * shelves // tags for i in range(tags)]
    ids = list(range(tags))
    return CatalogColumns(
        import_id="bench",
        item_id=ids,
        barcode=[barcode(i) for i in ids],
        status=["on_shelf"] * tags,
        home_from=homes,
        home_to=homes,
        home_source=["list"] * tags,
        link_key=keys,
        link_item=ids[: len(keys)],
    )


class Hears:
    """Which tags an antenna hears; see `--misses`."""

    def __init__(self, tags: int, misses: str) -> None:
        self._dice = random.Random(1)
        self._lasting = misses == "lasting"
        self._own = [self._dice.random() < OWN_SHARE for _ in range(tags if self._lasting else 0)]
        self._beside = [self._dice.random() < BESIDE_SHARE for _ in self._own]
        self.beside_dbm = OWN_DBM - 9.0 if self._lasting else OWN_DBM

    def own(self, tag: int) -> bool:
        return self._own[tag] if self._lasting else self._dice.random() < OWN_SHARE

    def beside(self, tag: int) -> bool:
        return self._beside[tag] if self._lasting else self._dice.random() < BESIDE_SHARE


def dwells_of(
    shelves: list[str],
    turns: range,
    *,
    books: list[tuple[str, int]],
    words: bool,
    at_us: int,
    hears: Hears,
) -> list[Dwell]:
    tags = len(books)
    made = []
    for turn in turns:
        index = turn % len(shelves)
        low, high = index * tags // len(shelves), (index + 1) * tags // len(shelves)
        pairs = [books[i] for i in range(low, high) if hears.own(i)]
        own = len(pairs)
        after = min(tags, high + high - low)
        pairs += [books[i] for i in range(high, after) if hears.beside(i)]
        loud = [OWN_DBM] * own + [hears.beside_dbm] * (len(pairs) - own) + [OWN_DBM]
        pairs.append((reference_epc(shelves[index]), 0x3000))
        heard = [epc for epc, _ in pairs]
        pcs = [pc for _, pc in pairs] if words else None
        made.append(
            Dwell(
                reader=f"R{index // 4}", port=index % 4 + 1, started_at_us=at_us - 900_000, ended_at_us=at_us, air=DUAL,
                tags=Tags(epc=heard, pc=pcs, count=[1] * len(heard), rssi_dbm=loud),
            )
        )  # fmt: skip
    return made


def reports(
    shelves: list[str], books: list[tuple[str, int]], args: argparse.Namespace, hears: Hears
) -> Iterator[tuple[ReportTaken, int, int]]:
    each = max(1, args.rate // (A_SHELF * args.reports))
    turn = 0
    for seq in range(1, (args.warm + args.seconds) * args.reports + 1):
        at_us = START + seq * 1_000_000 // args.reports
        dwells = dwells_of(
            shelves,
            range(turn, turn + each),
            books=books,
            words=args.say != "nothing",
            at_us=at_us,
            hears=hears,
        )
        turn += each
        report = Report(
            agent="edge-1",
            log="l",
            seq=seq,
            boot="b",
            made_at_us=at_us,
            wall_at_us=at_us,
            dwells=dwells[:2000],
        )
        yield ReportTaken(report, at_us), at_us, sum(len(dwell.tags.epc) for dwell in dwells[:2000])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tags", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=20, help="of library time")
    parser.add_argument("--rate", type=int, default=100_000, help="observations a second of library time")
    parser.add_argument("--reports", type=int, default=20, help="reports (and ticks) a second")
    parser.add_argument(
        "--warm", type=int, default=0, help="seconds of library time before the measured ones"
    )
    parser.add_argument("--say", choices=("nothing", "alliance", "iso"), default="nothing")
    parser.add_argument("--misses", choices=("lasting", "coins"), default="lasting")
    parser.add_argument("--unlinked", action="store_true")
    args = parser.parse_args()
    hears = Hears(args.tags, args.misses)
    site = make_site(max(1, args.tags // (A_SHELF * 6)), 6)
    shelves = [shelf.id for shelf in site.now.shelves]
    engine = Engine(site, EngineSettings())
    books = [tag_of(number, args.say) for number in range(args.tags)]
    before = resident()
    engine.handle(catalogue(books, len(shelves), linked=not args.unlinked), START)
    known = resident()
    spent_s, seen, effects = 0.0, 0, 0
    warm_us = START + args.warm * 1_000_000
    for event, now_us, count in reports(shelves, books, args, hears):
        if now_us <= warm_us:
            engine.handle(event, now_us)
            engine.handle(Ticked(), now_us)
            continue
        started = time.process_time()
        engine.handle(event, now_us)
        effects += len(engine.handle(Ticked(), now_us))
        spent_s += time.process_time() - started
        seen += count
    heard = resident()
    result = {
        "tags": args.tags,
        "misses": args.misses,
        "shelves": len(shelves),
        "antennas": len(site.antenna_ids),
        "observations": seen,
        "engine_s": round(spent_s, 2),
        "observations_a_second": round(seen / spent_s),
        "us_an_observation": round(spent_s / seen * 1e6, 2),
        "core_share_at_rate": round(spent_s / args.seconds, 3),
        "effects": effects,
        "placed": int((engine.board.shown >= 0).sum()),
        "linked": engine.stock.rows,
        "security_known": int((engine.security.state > 0).sum()),
        "bytes_a_tag_known": round((known - before) / args.tags),
        "bytes_a_tag_heard": round((heard - before) / args.tags),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
