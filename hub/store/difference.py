"""What a listing would change, before anything is asked for: each item against the digest that the store holds of it.

A million items need 20 MB here: sorted arrays of a 64-bit hash of the barcode and the digest (`hub.catalog.digest`). Two known
barcodes with one hash (once in 30 million catalogues of a million) cost a comparison in full, nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select

from hub.catalog.digest import DROPPED, barcode_hash, item_digest
from hub.catalog.model import Item
from hub.store.engine import open_engine, reading
from hub.store.tables import items, meta
from shelfwire.errors import InputError

BASE: Final = "catalog_base"
"""Name in `meta` of the import that was taken last."""

DEFAULT_DROP_SHARE: Final = 0.05
"""A complete listing that lacks more of the catalogue than this is rather cut or of another branch than true: a person decides."""

DEFAULT_DROP_ITEMS: Final = 500
"""And never more than so many without a word: in a library of half a million, 5 % are the books of a whole branch."""

Verdict = Literal["added", "changed", "same"]


def default_drop_share(known: int) -> float:
    """How much of a catalogue of `known` items a complete listing may drop when nobody has said: 5 %, but at most 500 items."""
    return min(DEFAULT_DROP_SHARE, DEFAULT_DROP_ITEMS / known) if known else DEFAULT_DROP_SHARE


class Difference:
    """One comparison of one listing with the catalogue as it stands. `see` each item once; then read the counts."""

    def __init__(
        self, base: str, hashes: NDArray[np.int64], digests: NDArray[np.int64], unknown: NDArray[np.bool_]
    ) -> None:
        """Made by `known_digests`. `hashes` ascend; `unknown`: the digest of that item is not known."""
        self.base = base
        """The import that was taken last before the comparison; empty: none."""
        self.unsaid: frozenset[str] = frozenset()
        """What the listing says of no item (`hub.catalog.model.Unsaid`); set before the first `see`."""
        self.added = 0
        self.changed = 0
        self.same = 0
        self.unread = 0
        """Rows of the listing that could not be read, as its reader counts them: items that it lacks may be among them."""
        self._hashes = hashes
        self._digests = digests
        self._unknown = unknown
        self._alive = (digests != DROPPED) | unknown
        self._seen = np.zeros(len(hashes), dtype=np.bool_)
        self.known = int(self._alive.sum())
        """Items in the catalogue, without those that an earlier listing dropped."""

    def see(self, item: Item) -> Verdict:
        """What `item`, as the rules left it, would be."""
        at = self._find(item.barcode)
        if at is None:
            self.added += 1
            return "added"
        self._seen[at] = True
        if not self._unknown[at] and self._digests[at] == item_digest(item, self.unsaid):
            self.same += 1
            return "same"
        self.changed += 1
        return "changed"

    def see_gone(self, barcode: str) -> bool:
        """The source says that it has no such item any more; whether the catalogue has one that would be dropped."""
        at = self._find(barcode)
        if at is None or not self._alive[at]:
            return False
        self._seen[at] = True
        return True

    @property
    def absent(self) -> int:
        """How many items of the catalogue were not seen: what a complete listing would drop."""
        return int((self._alive & ~self._seen).sum())

    def share(self, gone: int | None = None) -> float:
        """`gone` (default: all that are absent) as a share of the catalogue, from 0 to 1."""
        return (self.absent if gone is None else gone) / self.known if self.known else 0.0

    def absent_barcodes(self, target: str | Engine, site: str, limit: int | None = None) -> Iterator[str]:
        """The barcodes that were not seen, in the order of the catalogue. Reads the store; raises `AwayError`."""
        left = self.absent if limit is None else min(limit, self.absent)
        if not left:
            return
        with closing(_barcodes(target, site)) as barcodes:
            for barcode in barcodes:
                at = self._find(barcode)
                if at is not None and self._alive[at] and not self._seen[at]:
                    yield barcode
                    left -= 1
                    if not left:
                        return

    def memory(self) -> bytes:
        """Which items were seen, and the counts; for a listing that shall go on after a stop."""
        counts = f"{len(self._hashes)} {self.added} {self.changed} {self.same} {self.unread}\n".encode()
        return counts + zlib.compress(np.packbits(self._seen).tobytes())

    def remember(self, memory: bytes) -> None:
        """Go on from `memory` of a comparison with the same base. Raises `InputError` when it is of another catalogue."""
        head, _, packed = memory.partition(b"\n")
        try:
            size, added, changed, same, unread = map(int, head.split())
            bits = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
            seen = np.unpackbits(bits, count=size).astype(np.bool_)
        except (ValueError, zlib.error) as fault:
            raise InputError(f"the listing cannot go on where it stopped: {fault}; begin it anew") from fault
        if size != len(self._hashes):
            raise InputError("the catalogue has changed since the listing stopped; begin it anew")
        self.added, self.changed, self.same, self.unread, self._seen = added, changed, same, unread, seen

    def _find(self, barcode: str) -> int | None:
        wanted = barcode_hash(barcode)
        at = int(self._hashes.searchsorted(wanted))
        return at if at < len(self._hashes) and self._hashes[at] == wanted else None


def known_digests(target: str | Engine, site: str) -> Difference:
    """The catalogue as it stands, ready to be compared with. Raises `AwayError`."""
    hashes: list[NDArray[np.int64]] = []
    digests: list[NDArray[np.int64]] = []
    unknown: list[NDArray[np.bool_]] = []
    engine = open_engine(target)
    try:
        with reading(engine, "compare with the catalogue") as connection:
            base = base_of(connection, site)
            for some in _partitions(connection, site, items.c.barcode, items.c.digest):
                hashes.append(np.array([barcode_hash(row[0]) for row in some], dtype=np.int64))
                digests.append(np.array([row[1] or 0 for row in some], dtype=np.int64))
                unknown.append(np.array([row[1] is None for row in some], dtype=np.bool_))
    finally:
        if engine is not target:
            engine.dispose()
    if not hashes:
        nothing = np.zeros(0, dtype=np.int64)
        return Difference(base, nothing, nothing, np.zeros(0, dtype=np.bool_))
    keys = np.concatenate(hashes)
    order = keys.argsort(kind="stable")
    return Difference(base, keys[order], np.concatenate(digests)[order], np.concatenate(unknown)[order])


def base_of(connection: Connection, site: str) -> str:
    """The import that was taken last; empty: none."""
    wanted = select(meta.c.value).where(meta.c.site == site, meta.c.name == BASE)
    return connection.execute(wanted).scalar_one_or_none() or ""


def _barcodes(target: str | Engine, site: str) -> Generator[str]:
    engine = open_engine(target)
    try:
        with (
            reading(engine, "look for items that a listing lacks") as connection,
            closing(_partitions(connection, site, items.c.barcode)) as found,
        ):
            for some in found:
                yield from (row[0] for row in some)
    finally:
        if engine is not target:
            engine.dispose()


def _partitions(connection: Connection, site: str, *columns: Any) -> Generator[Any]:
    wanted = select(*columns).where(items.c.site == site).order_by(items.c.item_id)
    with connection.execution_options(yield_per=10_000).execute(wanted) as found:
        yield from found.partitions()
