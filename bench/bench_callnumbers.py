"""Keys a second of each scheme, a million keys sorted, homes of a million items from 20,000 labels. Prints JSON.

    python bench/bench_callnumbers.py [--real FILE] [--items 1000000] [--labels 20000]

CPU time of one process. FILE holds real call numbers, one a line; without it the numbers are made.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from hub.order import Seen, put_right
from shelfwire.callnumbers import sort_key
from shelfwire.callnumbers.labels import Row, Span, table
from shelfwire.callnumbers.learned import HeardBook, learn


def lc_number(dice: Random) -> str:
    letters = dice.choice(["QA", "PR", "HD", "B", "KF", "TK", "PS", "D"])
    cutters = " ".join(f"{dice.choice('ABCDEFGHKLMNPRSTW')}{dice.randrange(10, 9999)}" for _ in range(2))
    decimals = f".{dice.randrange(1, 99)}" if dice.random() < 0.4 else ""
    volume = f" v.{dice.randrange(1, 60)}" if dice.random() < 0.2 else ""
    return f"{letters}{dice.randrange(1, 9999)}{decimals} .{cutters} {dice.randrange(1900, 2026)}{volume}"


def dewey_number(dice: Random) -> str:
    return f"{dice.randrange(1000):03d}.{dice.randrange(99999)} {dice.choice('ABCDEFGH')}{dice.randrange(10, 999)}{dice.choice('abc')} {dice.randrange(1950, 2026)}"


def clc_number(dice: Random) -> str:
    extra = dice.choice(["", "-43", "(2)", "=2", ""])
    return f"{dice.choice(['TP', 'TU', 'I', 'K', 'F', 'D'])}{dice.randrange(1, 999)}.{dice.randrange(1, 99)}/{dice.choice('BCDGHL')}{dice.randrange(10, 9999)}{extra}"


def timed(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def rate(numbers: list[str], scheme: str) -> int:
    return round(
        len(numbers) / min(timed(lambda: [sort_key(number, scheme) for number in numbers]) for _ in range(3))
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--labels", type=int, default=20_000)
    asked = parser.parse_args()
    dice = Random(4)
    result: dict[str, object] = {}
    for name, made in (("lc", lc_number), ("dewey", dewey_number), ("clc", clc_number)):
        result[f"{name}_keys_per_s"] = rate([made(dice) for _ in range(100_000)], name)
    if asked.real:
        result["real_keys_per_s"] = rate(asked.real.read_text(encoding="utf-8").splitlines() * 10, "lc")
    numbers = [lc_number(dice) for _ in range(asked.items)]
    keys = [sort_key(number, "lc") for number in numbers]
    result["mean_key_bytes"] = round(sum(map(len, keys)) / len(keys), 1)
    ordered: list[bytes] = []
    result["sort_s"] = round(timed(lambda: ordered.extend(sorted(keys))), 2)
    by_key = dict(zip(keys, numbers, strict=True))
    step = max(1, len(ordered) // asked.labels)
    rows = [Row(f"s{at}", by_key[key]) for at, key in enumerate(ordered[::step])][: asked.labels]
    result["labels"] = len(rows)
    result["read_labels_s"] = round(timed(lambda: table(rows, "lc")), 2)
    labels = table(rows, "lc")
    homes: list[Span | None] = []
    result["homes_s"] = round(timed(lambda: homes.extend(labels.homes(keys))), 2)
    result["without_home"] = homes.count(None)
    standing = [HeardBook(by_key[key], key, at // step) for at, key in enumerate(ordered)]
    for _ in range(len(standing) // 100):
        at = dice.randrange(len(standing))
        standing[at] = HeardBook(standing[at].call_number, standing[at].key, dice.randrange(len(rows)))
    result["learn_s"] = round(timed(lambda: learn(standing)), 2)
    found = learn(standing)
    result["learned_borders_right"] = round(
        sum(one.start == rows[one.place].start for one in found if one.place < len(rows)) / len(rows), 4
    )
    shelf = [Seen(str(at), key, (at,)) for at, key in enumerate(keys[:40])]
    result["put_right_40_books_us"] = round(timed(lambda: [put_right(shelf) for _ in range(200)]) / 200 * 1e6)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
