"""What the map is told of a followed system: one row, written now and then, by whoever works for that source."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any, Final

from hub.store.engine import Target
from hub.store.sources import put_source
from shelfwire.errors import AwayError, FullError

EVERY_S: Final = 2.0
"""Rows are written no more often: a listing makes thousands of small steps."""
MAX_DETAIL: Final = 400

_WELL: Final = {"state": "waiting", "detail": ""}
"""Of a source that is only asked, once it was: no listing says a state of it."""


class Told:
    """The row of one source. Thread-safe; a store that is away is told at the next chance."""

    def __init__(self, store: Target, site: str, name: str, kind: str) -> None:
        self._store, self._site, self._name, self._kind = store, site, name, kind
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._plain: dict[str, Any] = {}
        """State and detail while all is well; nothing is said before somebody asked the system."""
        self._troubles: dict[str, tuple[str, str]] = {}
        """What fails (listing, asking) → state and detail: shown until it is well, whatever the other worker says meanwhile."""
        self._counts: Counter[str] = Counter()
        self._written_s = 0.0

    def say(self, **values: Any) -> None:
        """Change fields of `hub.store.sources.Source`, and write the row now. State and detail wait behind what fails."""
        with self._lock:
            self._take(values)
            self._write()

    def fails(self, what: str, *, state: str, detail: str) -> None:
        """`what` fails; written now, and shown until it is `well`."""
        with self._lock:
            self._troubles[what] = (state, f"{what}: {detail}")
            self._plain = _WELL | self._plain
            self._write()

    def well(self, what: str) -> None:
        """`what` goes well (again); written now when that is news."""
        with self._lock:
            if self._troubles.pop(what, None) is not None:
                self._write()

    def count(self, **numbers: int) -> None:
        """Add to the counts; written within `EVERY_S` of other news, or by `flush`."""
        with self._lock:
            self._counts.update(numbers)
            self._plain = _WELL | self._plain
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
        self._plain |= {name: values.pop(name) for name in ("state", "detail") if name in values}
        self._values |= values

    def _shown(self) -> dict[str, Any]:
        """State and detail as they are shown."""
        shown = self._plain
        if self._troubles:
            states = [state for state, _ in self._troubles.values()]
            details = "; ".join(detail for _, detail in self._troubles.values())
            shown = {"state": "wrong" if "wrong" in states else states[0], "detail": details}
        return {name: str(value)[:MAX_DETAIL] for name, value in shown.items()}

    def _write(self) -> None:
        self._written_s = time.monotonic()
        values = self._values | self._shown()
        values |= {
            "counts": dict(self._counts),
            "changed_at_us": time.time_ns() // 1000,
        }
        try:
            put_source(self._store, self._site, self._name, self._kind, **values)
        except (AwayError, FullError):
            return
        self._values = {}
