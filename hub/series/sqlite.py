"""Series in a SQLite file of their own: for a library without a series server. Kept by days and by bytes."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from hub.effects import Point
from hub.series.port import Aggregate, check_query
from hub.sqlitefile import make_file
from shelfwire.errors import AwayError, FullError

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, field TEXT NOT NULL, tags TEXT NOT NULL,
    UNIQUE (measurement, field, tags)
);
CREATE TABLE IF NOT EXISTS points (
    series INTEGER NOT NULL, at_us INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, at_us)
) WITHOUT ROWID;
"""

DAY_US: Final = 86_400 * 1_000_000
BUSY_S: Final = 10.0

_SQL: Final[dict[Aggregate, str]] = {
    "mean": "avg(value)",
    "min": "min(value)",
    "max": "max(value)",
    "sum": "sum(value)",
    "last": "value, max(at_us)",  # SQLite gives the value of the row that has the maximum
}


class SqliteSink:
    """The writing side; one thread."""

    def __init__(self, path: Path, keep_days: int, max_bytes: int) -> None:
        self._path = path
        self._keep_us = keep_days * DAY_US
        self._max = max_bytes
        self._db: sqlite3.Connection | None = None
        self._ids: dict[tuple[str, str, str], int] = {}

    def send(self, points: Sequence[Point]) -> int:
        """As the port says."""
        rows: list[tuple[int, int, float]] = []
        refused = 0
        with _words(self._path):
            db = self._open()
            try:
                db.execute("BEGIN IMMEDIATE")
                for point in points:
                    fields = [
                        (name, number) for name, number in point.fields.items() if math.isfinite(number)
                    ]
                    refused += not fields
                    tags = _tags(point.tags)
                    rows += [
                        (self._id(db, point.measurement, name, tags), point.at_us, number)
                        for name, number in fields
                    ]
                db.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?)", rows)
                db.execute("COMMIT")
            except sqlite3.Error:
                self.close()  # rolls back; ids of series that were not kept are forgotten too
                raise
        return refused

    def retain(self, now_us: int) -> None:
        """Remove points older than the kept days; then, while the file is too large, the oldest tenth of the rest."""
        with _words(self._path):
            db = self._open()
            self._remove(db, now_us - self._keep_us)
            while self._size(db) > self._max:
                first, last = db.execute(
                    "SELECT min(a), max(b) FROM (SELECT (SELECT min(at_us) FROM points WHERE series = id) a, "
                    "(SELECT max(at_us) FROM points WHERE series = id) b FROM series)"
                ).fetchone()
                if first is None:
                    break
                self._remove(db, first + max(1, (last - first) // 10))
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # only now the file itself is shorter

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None
        self._ids.clear()

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            make_file(self._path)
            db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # bytes that are freed go back to the disk
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes are seconds of aggregates
                db.executescript(_TABLES)
            except sqlite3.Error:
                db.close()
                raise
            self._db = db
        return self._db

    def _id(self, db: sqlite3.Connection, measurement: str, field: str, tags: str) -> int:
        key = (measurement, field, tags)
        found = self._ids.get(key)
        if found is None:
            db.execute("INSERT OR IGNORE INTO series (measurement, field, tags) VALUES (?, ?, ?)", key)
            wanted = "SELECT id FROM series WHERE measurement = ? AND field = ? AND tags = ?"
            found = self._ids[key] = int(db.execute(wanted, key).fetchone()[0])
        return found

    def _remove(self, db: sqlite3.Connection, before_us: int) -> None:
        for (number,) in db.execute("SELECT id FROM series").fetchall():
            db.execute("DELETE FROM points WHERE series = ? AND at_us < ?", (number, before_us))
        db.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page

    @staticmethod
    def _size(db: sqlite3.Connection) -> int:
        pages, free = (
            db.execute("PRAGMA page_count").fetchone()[0],
            db.execute("PRAGMA freelist_count").fetchone()[0],
        )
        size: int = (pages - free) * db.execute("PRAGMA page_size").fetchone()[0]
        return size


class SqliteReader:
    """The reading side, in any process. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def query(  # noqa: PLR0917 (a question has these parts)
        self,
        measurement: str,
        tags: Mapping[str, str],
        field: str,
        from_us: int,
        to_us: int,
        bucket_s: int,
        how: Aggregate = "mean",
    ) -> list[tuple[int, float]]:
        """As the port says."""
        check_query(from_us, to_us, bucket_s)
        if not self._path.exists():  # the hub has not written yet
            return []
        with self._mutex, _words(self._path):
            if self._db is None:
                self._db = sqlite3.connect(
                    f"{self._path.absolute().as_uri()}?mode=ro",
                    uri=True,
                    timeout=BUSY_S,
                    check_same_thread=False,
                )
            ids = _matching(self._db, measurement, field, tags)
            bucket_us = bucket_s * 1_000_000
            wanted = (
                f"SELECT at_us / {bucket_us} * {bucket_us} AS bucket, {_SQL[how]} FROM points "  # noqa: S608 (ints, our words)
                f"WHERE series IN ({','.join(map(str, ids))}) AND at_us >= ? AND at_us < ? GROUP BY bucket ORDER BY bucket"
            )
            return [(int(row[0]), float(row[1])) for row in self._db.execute(wanted, (from_us, to_us))]

    def close(self) -> None:
        """Close the file."""
        with self._mutex:
            if self._db is not None:
                self._db.close()
                self._db = None


def _matching(db: sqlite3.Connection, measurement: str, field: str, tags: Mapping[str, str]) -> Iterator[int]:
    """The series that have all of `tags`; there are as many as antennas and shelves, so we look at them here."""
    try:
        rows = db.execute(
            "SELECT id, tags FROM series WHERE measurement = ? AND field = ?", (measurement, field)
        )
        found = [(number, msgspec.json.decode(text)) for number, text in rows]
    except sqlite3.OperationalError as fault:
        if "no such table" in str(fault):  # the hub is just making them
            return iter(())
        raise
    return (number for number, has in found if all(has.get(name) == text for name, text in tags.items()))


def _tags(tags: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(sorted(tags.items()))).decode()


@contextmanager
def _words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        if "full" in str(fault):
            raise FullError(f"{path}: the disk is full; points wait on the spool") from fault
        raise AwayError(f"{path}: cannot be used now: {fault}") from fault
