"""The rows of the tags that findings and suspicions are about, kept up to date by what the machine says has changed. Pure.

They are asked for at every scan, and a large library has tens of thousands: to look all of them up anew takes longer than to weigh.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import numpy as np

from hub.belief.index import TagIndex
from hub.belief.interface import Ints
from hub.belief.stock import Stock
from hub.effects import FindingKind
from hub.findings.machine import Machine, Subject

NEVER: Final = -1


class About:
    """By kind of finding; of items only."""

    def __init__(self, machine: Machine, index: TagIndex, stock: Stock) -> None:
        self._machine, self._index, self._stock = machine, index, stock
        self._changes, self._known_rows = NEVER, 0
        """The machine's count of changes, and the rows of the stock, when it was looked last."""
        self._row: dict[Subject, int] = {}
        self._times: dict[tuple[FindingKind, int], int] = {}
        """A tag may be on several items: subjects by kind and row."""
        self._rows: dict[FindingKind, Ints] = {}

    def of(self, kind: FindingKind) -> Ints:
        """Rows of one kind, sorted, each once."""
        self._follow()
        return self._rows.get(kind, np.zeros(0, dtype=np.int64))

    def all(self) -> Ints:
        """Rows of all kinds, sorted; one that is about two kinds is there twice."""
        self._follow()
        return np.sort(np.concatenate([*self._rows.values(), np.zeros(0, dtype=np.int64)]), kind="stable")

    def _follow(self) -> None:
        machine = self._machine
        missed = machine.changes - self._changes
        self._changes = machine.changes
        if missed > len(machine.changed) or self._known_rows != self._stock.rows:
            self._row, self._times, self._rows = {}, {}, {}
            self._known_rows = self._stock.rows
            self._take(dict.fromkeys((*machine.suspicions, *machine.findings)))
        elif missed:
            self._take(dict.fromkeys(islice(reversed(machine.changed), missed)))

    def _take(self, changed: dict[Subject, None]) -> None:
        """Subjects that may have come or gone."""
        machine, old = self._machine, self._row
        there = {one for one in changed if one in machine.suspicions or one in machine.findings}
        new = [one for one in changed if one in there and one not in old and one.item_id >= 0]
        rows = self._index.codes([one.name for one in new], len(new)).tolist()
        old.update(zip(new, rows, strict=True))
        self._count(new, 1)
        gone = [one for one in changed if one not in there and one in old]
        self._count(gone, -1)
        for one in gone:
            del old[one]

    def _count(self, subjects: list[Subject], by: int) -> None:
        """One more, or one less, about each of these tags."""
        moved: dict[FindingKind, set[int]] = {}
        for one in subjects:
            row = self._row[one]
            if row < 0:
                continue
            times = self._times.pop((one.kind, row), 0) + by
            if times:
                self._times[one.kind, row] = times
            if times == max(by, 0):
                moved.setdefault(one.kind, set()).add(row)
        for kind, rows in moved.items():
            at, some = self._rows.get(kind, np.zeros(0, dtype=np.int64)), np.array(sorted(rows))
            places = np.searchsorted(at, some)
            self._rows[kind] = np.insert(at, places, some) if by > 0 else np.delete(at, places)
