"""How long a search takes in a library of a million made items, and what its index takes on disk. Prints JSON.

    python bench/bench_search.py [--database sqlite:////tmp/search.db] [--items 1000000] [--questions 200]

The database must be empty, or one that this program made (then only the questions are asked). Each kind of question is asked
with so many different texts, made from items of the catalogue; what is measured is `StoreReader.search`, the rows of a page with
places, tags and findings included, on a connection that is open; `cpu` is processor time, which a busy machine changes less. Without `--database`: SQLite in a folder of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, func, select, text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.large_catalog import TERMS, Maker

from hub.catalog.digest import barcode_key
from hub.catalog.filing import STANDARD
from hub.catalog.model import Item
from hub.store.bulk import insert_rows
from hub.store.engine import open_engine, reading, writing
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.rows import Row, chunks
from hub.store.search_index import index_items
from hub.store.tables import items

SITE = "bench"
CHUNK = 2_000
PAGE = 25


def row_of(number: int, item: Item) -> Row:
    """A row of the catalogue."""
    filed = STANDARD.filed(item.call_number, item.scheme)
    row: Row = {"site": SITE, "item_id": number, "barcode": item.barcode, "title": item.title}
    row |= {"author": item.author, "call_number": item.call_number, "status": "on_shelf"}
    row |= {"source_status": "", "home_from": None, "home_to": None, "home_source": "none"}
    row |= {"import_id": "bench", "since_us": 1, "changed_at_us": 1, "flags": [], "scheme": ""}
    row |= {"barcode_key": barcode_key(item.barcode), "sort_key": filed.key, "key_format": STANDARD.format}
    return row | {"callnumber_fault": filed.fault, "alternative_ids": [], "digest": None}


def fill(engine: Engine, count: int) -> dict[str, float]:
    """Put the items there; seconds for the items, and for what search needs beside them."""
    spent = {"items_s": 0.0, "index_s": 0.0}
    made = enumerate(Maker().items(count), start=1)
    for some in chunks(made, CHUNK):
        rows = [row_of(number, item) for number, item in some]
        with writing(engine, "fill") as connection:
            begin = time.perf_counter()
            insert_rows(connection, items, rows)
            middle = time.perf_counter()
            index_items(connection, rows, [])
            spent["items_s"] += middle - begin
            spent["index_s"] += time.perf_counter() - middle
    if engine.dialect.name == "postgresql":  # as autovacuum does it within a minute
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return {name: round(value, 1) for name, value in spent.items()}


def sizes_mb(engine: Engine) -> dict[str, float]:
    """Megabytes on disk: of all, and of what search needs beside the items."""
    pages = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE :begins"
    relations = (
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE :begins"
    )
    measure = text(pages if engine.dialect.name == "sqlite" else relations)
    named = {"all": "%", "texts": "item_texts%", "words": "item_words%"}
    with reading(engine, "measure") as connection:
        return {
            name: round(float(connection.execute(measure, {"begins": begins}).scalar_one()) / 1e6)
            for name, begins in named.items()
        }


def questions(dice: Random, some: list[Item], maker: Maker) -> Iterator[tuple[str, Callable[[], str]]]:
    """Kinds of questions, as people ask them; each call makes another text."""
    western = [item for item in some if item.title.isascii() and len(item.title.split()) > 3]
    chinese = [item for item in some if item.title and item.title[0] >= "\u4e00"]

    def title_words(count: int) -> str:
        return " ".join(dice.sample(dice.choice(western).title.split(), count))

    def chinese_part(length: int) -> str:
        title = dice.choice(chinese).title
        at = dice.randrange(max(1, len(title) - length + 1))
        return title[at : at + length]

    def typed(whole: str, least: int) -> str:
        return whole[: dice.randint(least, max(least, len(whole)))]

    yield "two words of a title", lambda: title_words(2)
    yield "three words of a title", lambda: title_words(3)
    yield (
        "a word of a title and the author",
        lambda: f"{title_words(1)} {dice.choice(western).author.split(',')[0]}",
    )
    yield "one word", lambda: title_words(1)
    yield (
        "one common word",
        lambda: dice.choice(["the", "of", "and", "history", "report", "united", "states", "works", "in"]),
    )
    yield (
        "common words",
        lambda: " ".join(dice.sample(["the", "of", "and", "in", "history", "report", "on", "to"], 3)),
    )
    yield "a title as it is typed", lambda: typed(dice.choice(western).title, 1)
    yield "an author", lambda: dice.choice(some).author
    yield "a call number as it is typed", lambda: typed(dice.choice(some).call_number, 2)
    yield (
        "a class and a number with a gap",
        lambda: f"{dice.choice(['QA', 'PR', 'HD', 'KF', 'TP'])} {dice.randint(1, 999)}",
    )
    yield "a barcode", lambda: dice.choice(some).barcode
    yield "a barcode as it is typed", lambda: typed(dice.choice(some).barcode, 2)
    yield "one Chinese sign", lambda: chinese_part(1)
    yield "two Chinese signs", lambda: chinese_part(2)
    yield "a part of a Chinese title", lambda: chinese_part(dice.randint(3, 6))
    yield "two Chinese words", lambda: " ".join(dice.sample(TERMS[:20], 2))
    yield "a Chinese author and a word", lambda: f"{dice.choice(chinese).author} {dice.choice(TERMS)}"
    yield "what is not there", lambda: f"{dice.choice(maker.rare)}q{dice.randint(0, 9)}"


def cpu_clock(engine: Engine) -> Callable[[], float]:
    """Seconds of processor time that this thread, in which SQLite works, and the server's process of it have taken."""
    if engine.dialect.name == "sqlite":
        return time.thread_time
    with reading(engine, "look") as connection:
        server = Path(f"/proc/{connection.exec_driver_sql('SELECT pg_backend_pid()').scalar_one()}/schedstat")
    if not server.exists():  # the server is elsewhere, or this is no Linux
        return time.thread_time
    return lambda: time.thread_time() + int(server.read_text().split()[0]) / 1e9


def measured(
    reader: StoreReader,
    clock: Callable[[], float],
    kinds: Iterator[tuple[str, Callable[[], str]]],
    count: int,
) -> dict[str, Any]:
    """Milliseconds of each kind, and of all questions together; `cpu` as `cpu_clock`."""
    answer: dict[str, Any] = {}
    every: list[float] = []
    every_own: list[float] = []
    for kind, make in kinds:
        took: list[float] = []
        own: list[float] = []
        slowest = ("", 0.0)
        for _ in range(count):
            asked = make()
            cpu, begin = clock(), time.perf_counter()
            reader.search(asked, PAGE)
            took.append((time.perf_counter() - begin) * 1000)
            own.append((clock() - cpu) * 1000)
            slowest = max(slowest, (asked, took[-1]), key=lambda one: one[1])
        every += took
        every_own += own
        answer[kind] = _share(took, own) | {"slowest": slowest[0]}
    return answer | {"all": _share(every, every_own)}


def _share(took: list[float], own: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "cpu_p95_ms": round(sorted(own)[int(len(own) * 0.95)], 1),
        "median_ms": round(ordered[len(ordered) // 2], 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1),
        "most_ms": round(ordered[-1], 1),
    }


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(asked.database or f"sqlite:///{Path(folder) / 'search.db'}")
        upgrade(engine)
        with reading(engine, "look") as connection:
            there = connection.execute(select(func.count()).select_from(items)).scalar_one()
        told: dict[str, Any] = {"database": engine.dialect.name, "items": there or asked.items}
        if not there:
            told["fill"] = fill(engine, asked.items)
        told["disk_mb"] = sizes_mb(engine)
        maker = Maker()
        some = list(islice(maker.items(told["items"]), 20_000))
        reader = StoreReader(engine, SITE)
        clock = cpu_clock(engine)
        measured(reader, clock, questions(Random(3), some, maker), 3)  # the first ones fill caches
        told["questions"] = measured(reader, clock, questions(Random(5), some, maker), asked.questions)
        print(json.dumps(told, ensure_ascii=False, indent=1))
        engine.dispose()


if __name__ == "__main__":
    main()
