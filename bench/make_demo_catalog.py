"""Make config/catalogs/demo.csv from University of Virginia records (Apache-2.0, see config/catalogs/SOURCE.md).

Usage: python bench/make_demo_catalog.py PATH/TO/uva_part.mrc config/catalogs/demo.csv

Keeps items with a barcode of the library and an LC call number, in shelving order, with their real states. Homes
and tags are left out: the simulator puts the books on shelves and gives them tags.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

from hub.catalog.marc.reader import read
from hub.catalog.model import Item
from shelfwire.callnumbers import RECOGNISED, sort_key

COLUMNS = ("barcode", "title", "author", "call_number", "status")
BARCODE = re.compile(r"X\d{9}")


def demo_items(source: Path) -> list[Item]:
    """Items for the demo, in shelving order."""
    items = {
        row.barcode: row
        for row in read(source, {"items": "999"})
        if isinstance(row, Item)
        and BARCODE.fullmatch(row.barcode)
        and row.title
        and re.search(r"[A-Z]\d", row.call_number)
    }
    keyed = [(sort_key(item.call_number), item.barcode, item) for item in items.values()]
    return [item for key, _, item in sorted(keyed) if key.startswith(RECOGNISED)]


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    items = demo_items(source)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for item in items:
            writer.writerow([getattr(item, name) for name in COLUMNS])
    print(f"{target}: {len(items)} items")


if __name__ == "__main__":
    main()
