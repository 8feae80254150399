"""What the map is told of a followed system: one row, written now and then, by whoever works for that source."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any, Final

from hub.store.sources import put_source
from shelfwire.errors import AwayError, FullError

EVERY_S: Final = 2.0
"""Rows are written no more often: a listing makes thousands of small steps."""
MAX_DETAIL: Final = 400


class Told:
    """The row of one source. Thread-safe; a store that is away is told at the next chance."""

    def __init__(self, database: str, site: str, name: str, kind: str) -> None:
        self._database, self._site, self._name, self._kind = database, site, name, kind
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._counts: Counter[str] = Counter()
        self._written_s = 0.0

    def say(self, **values: Any) -> None:
        """Change fields of `hub.store.sources.Source`, and write the row now."""
        with self._lock:
            self._take(values)
            self._write()

    def count(self, **numbers: int) -> None:
        """Add to the counts; written within `EVERY_S` of other news, or by `flush`."""
        with self._lock:
            self._counts.update(numbers)
            if time.monotonic() - self._written_s >= EVERY_S:
                self._write()

    def put(self, **numbers: int) -> None:
        """Set counts that are no sums."""
        with self._lock:
            self._counts.update({name: number - self._counts[name] for name, number in numbers.items()})

    def flush(self) -> None:
        """Write what was counted."""
        with self._lock:
            self._write()

    def _take(self, values: dict[str, Any]) -> None:
        if "detail" in values:
            values["detail"] = str(values["detail"])[:MAX_DETAIL]
        self._values |= values

    def _write(self) -> None:
        self._written_s = time.monotonic()
        values = self._values | {
            "counts": dict(self._counts),
            "changed_at_us": time.time_ns() // 1000,
        }
        try:
            put_source(self._database, self._site, self._name, self._kind, **values)
        except (AwayError, FullError):
            return
        self._values = {}
