"""How long it takes to find the homes of a million items from 20,000 labels, and to write them. Prints JSON.

    python bench/bench_homes.py [--items 1000000] [--labels 20000] [--database postgresql+psycopg://user@host/name]

Call numbers are LC numbers of the usual length, made by a rule and shuffled; each label is the start of one board. `table_s` reads
the labels, `decide_s` gives each item its home, keys given as the store has them. `take_s` is all that the hub does with the act
``catalog.labels`` in a database of that many items, none of which had a home: read, decide, write. With `--stored 0`
that part is left out. Without `--database`: SQLite in a folder of its own; else an empty database.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Final

from hub.catalog.digest import barcode_key
from hub.catalog.filing import Filing
from hub.catalog.homes import Homes
from hub.store import homing
from hub.store.bulk import insert_rows
from hub.store.engine import open_engine, writing
from hub.store.labels import label_sets, stage_labels
from hub.store.migrate import upgrade
from hub.store.rows import Row, chunks
from hub.store.tables import items
from shelfwire.callnumbers import sort_key
from shelfwire.callnumbers.labels import Row as LabelRow

SITE: Final = "bench"
LC: Final = Filing("LC")


def call_numbers(count: int, seed: int = 7) -> list[str]:
    """LC numbers over all classes, in no order."""
    dice = Random(seed)
    made = []
    for _ in range(count):
        letters = dice.choice("ABCDEFGHJKLMNPQRSTUVZ") + dice.choice("ABCDEFGHJKLMN")
        made.append(
            f"{letters}{dice.randrange(1, 9_000)} .{dice.choice('ABCDEFGHKLMPRSTW')}{dice.randrange(10, 999)} "
            f"{dice.randrange(1900, 2026)}"
        )
    return made


def row_of(number: int, call_number: str, key: bytes) -> Row:
    """A row of the catalogue."""
    barcode = f"{number:014d}"
    row: Row = {"site": SITE, "item_id": number, "barcode": barcode, "barcode_key": barcode_key(barcode)}
    row |= dict.fromkeys(("title", "author", "source_status", "scheme", "callnumber_fault"), "")
    row |= {"call_number": call_number, "status": "on_shelf", "import_id": "bench", "home_source": "none"}
    row |= {"home_from": None, "home_to": None, "since_us": 1, "changed_at_us": 1, "digest": None}
    return row | {"flags": [], "alternative_ids": [], "sort_key": key, "key_format": LC.format}


def taken_s(
    url: str, numbers: list[str], keys: list[bytes], rows: list[LabelRow], shelves: dict[str, int]
) -> float:
    """Seconds in which the hub takes the labels; the rest is made before."""
    upgrade(url)
    engine = open_engine(url)
    for some in chunks(enumerate(zip(numbers, keys, strict=True), start=1), 5_000):
        with writing(engine, "make a catalogue") as connection:
            insert_rows(connection, items, [row_of(number, text, key) for number, (text, key) in some])
    homing.refresh(engine, SITE, shelves, LC)
    stage_labels(engine, SITE, "labels", rows, "label", "bench")
    begun = time.perf_counter()
    homing.take_labels(engine, SITE, "labels", shelves, LC)
    spent = time.perf_counter() - begun
    (taken,) = label_sets(engine, SITE)
    if taken.changed != len(numbers):
        raise AssertionError(f"{taken.changed} of {len(numbers)} items got a home")
    engine.dispose()
    return spent


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--labels", type=int, default=20_000)
    parser.add_argument("--stored", type=int, help="Items in the database; default: as --items.")
    parser.add_argument("--database")
    given = parser.parse_args()
    numbers = call_numbers(given.items)
    keys = [sort_key(text, "LC") for text in numbers]
    step = max(1, len(keys) // given.labels)
    starts = [text for _, text in sorted(zip(keys, numbers, strict=True))[::step]][: given.labels]
    shelves = {f"S{number:05d}": number for number in range(len(starts))}
    rows = [LabelRow(shelf, start) for shelf, start in zip(shelves, starts, strict=True)]
    said: dict[str, float] = {"items": len(keys), "labels": len(rows)}

    begun = time.perf_counter()
    homes = Homes(shelves)
    faults = homes.add("label", rows, "LC")
    said["table_s"] = round(time.perf_counter() - begun, 2)
    begun = time.perf_counter()
    found = [homes.of(key) for key in keys]
    said["decide_s"] = round(time.perf_counter() - begun, 2)
    said["with_home"] = sum(home.first is not None for home in found)
    said["faults"] = len(faults)
    del found

    stored = len(keys) if given.stored is None else given.stored
    if stored:
        with tempfile.TemporaryDirectory() as folder:
            url = given.database or f"sqlite:///{Path(folder) / 'hub.db'}"
            said["stored"] = stored
            said["take_s"] = round(taken_s(url, numbers[:stored], keys[:stored], rows, shelves), 1)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
