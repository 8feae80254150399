"""Recorded walks as CSV files → sweeps. Whatever a line holds, the file is read to its end; each line at fault is named and left out.

Reads: ``session, experiment, t_ms, tag, rssi_dbm`` in any order; ``session``, ``experiment`` and ``rssi_dbm`` may be missing or empty, ``t_s`` may stand for ``t_ms``.
Expected: ``tag, panel``; ``panel`` may be missing or empty. Names are any text (``7``, ``007`` and ``7.0`` are one). Lines may be in any order.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from hub.belief.walks import Sweep
from hub.belief.walks.sweeps import Floats, Ints
from shelfwire.errors import InputError

LONGEST_LINE: Final = 4_096
"""Bytes; a real line has some 30."""
MOST_READS: Final = 20_000_000
"""Of one walk: a reader's 1,000 a second for five hours."""
MOST_EXPECTED: Final = 200_000
"""Some 1 GB of memory (30,195 took 0.16 GB)."""
FAULTS_KEPT: Final = 1_000
_LATEST: Final = 1e16
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}(\.0*)?")
_NOT_TOLD: Final = frozenset({"", "nan", "none", "null", "na", "n/a", "-"})


@dataclass
class Expected:
    """The tags that should be there, in the order of the file."""

    tags: list[str]
    panels: list[str]
    """Of each tag; empty: not told."""
    left_out: int
    faults: list[str]

    @property
    def place(self) -> Ints | None:
        """Panel number of each tag, −1: not told; None: of none."""
        if not any(self.panels):
            return None
        known = {panel: at for at, panel in enumerate(dict.fromkeys(one for one in self.panels if one))}
        return np.array([known.get(panel, -1) for panel in self.panels], dtype=np.int64)


@dataclass
class Recorded:
    """One walk."""

    sweep: Sweep
    reads: int
    of_expected: int
    strays: int
    """Different tags that nobody expects."""
    seconds: float
    experiments: list[str]
    sessions: list[str]
    """The commonest first."""
    left_out: int
    faults: list[str]


@dataclass
class _Table:
    """The lines of one file, as cells by column."""

    path: Path
    needed: tuple[str, ...]
    faults: list[str] = field(default_factory=list)
    left_out: int = 0
    names: dict[str, int] = field(default_factory=dict)

    def rows(self, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
        lines = _lines(file)
        _, text = next(lines, (1, None))
        if text is None:
            raise InputError(f"{self.path}: is empty, or its first line is no header")
        mark = max(",;\t", key=text.count)
        header = [name.strip().strip('"').strip().lower() for name in text.split(mark)]
        missing = [name for name in self.needed if name not in header]
        if missing:
            raise InputError(f"{self.path}:1: columns are missing: {', '.join(missing)}")
        self.names = {name: header.index(name) for name in set(header)}
        for number, line in lines:
            if line is None:
                self.fault(number, f"longer than {LONGEST_LINE} bytes")
            elif line.strip():
                cells = line.split(mark) if '"' not in line else next(csv.reader([line], delimiter=mark), [])
                if len(cells) == len(header):
                    yield number, cells
                else:
                    self.fault(number, f"{len(cells)} columns instead of {len(header)}")

    def cell(self, cells: list[str], name: str) -> str:
        """Empty where the column is missing or says that it does not know."""
        text = cells[self.names[name]].strip() if name in self.names else ""
        return "" if text.lower() in _NOT_TOLD else text

    def number(self, cells: list[str], name: str) -> float:
        """NaN where it is not told. Raises `ValueError`."""
        text = self.cell(cells, name)
        try:
            found = float(text) if text else math.nan
        except ValueError:
            raise ValueError(f"{name}: {text[:40]!r} is no number") from None
        if math.isinf(found) or abs(found) > _LATEST:
            raise ValueError(f"{name}: {text[:40]!r} is beyond every clock and every loudness")
        return found

    def tag(self, cells: list[str]) -> str:
        """Raises `ValueError`."""
        found = name_of(self.cell(cells, "tag"))
        if not found or "\ufffd" in found or "\0" in found:
            raise ValueError("tag: is empty or unreadable")
        return found

    def fault(self, line: int, what: object) -> None:
        self.left_out += 1
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(f"{self.path}:{line}: {what}")


def name_of(text: str) -> str:
    """One name for 7, 007 and 7.0."""
    return str(int(text.partition(".")[0])) if _WHOLE.fullmatch(text) else text


def read_expected(path: Path) -> Expected:
    """Raises `InputError` when no line can be used or a column is missing."""
    table, panel_of = _Table(path, ("tag",)), dict[str, str]()
    try:
        with path.open("rb") as file:
            for line, cells in table.rows(file):
                try:
                    panel_of.setdefault(table.tag(cells), name_of(table.cell(cells, "panel")))
                except ValueError as fault:
                    table.fault(line, fault)
                if len(panel_of) > MOST_EXPECTED:
                    raise InputError(f"{path}: more than {MOST_EXPECTED:,} tags; divide the file by area")
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    if not panel_of:
        raise InputError(*table.faults[:20], f"{path}: holds no tag that can be used")
    return Expected(list(panel_of), list(panel_of.values()), table.left_out, table.faults)


def read_walk(path: Path, expected: Expected) -> Recorded:
    """Raises `InputError` when the file cannot be used at all. A walk without a read is one: it proves nothing."""
    table, reading = _Table(path, ("tag",)), _Reading(expected)
    try:
        with path.open("rb") as file:
            for line, cells in table.rows(file):
                try:
                    reading.take(table, cells, line)
                except ValueError as fault:
                    table.fault(line, fault)
                if reading.reads > MOST_READS:
                    raise InputError(f"{path}: more than {MOST_READS:,} reads; divide the walk")
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    return reading.recorded(table)


class _Reading:
    def __init__(self, expected: Expected) -> None:
        self._place = {tag: at for at, tag in enumerate(expected.tags)}
        self._count = np.zeros(len(expected.tags), dtype=np.int64)
        self._loud = np.zeros(len(expected.tags))
        self._told = np.zeros(len(expected.tags), dtype=np.int64)
        self._at: list[list[float]] = [[] for _ in expected.tags]
        self._strays: set[str] = set()
        self._sessions, self._experiments = Counter[str](), Counter[str]()
        self._first, self._last = math.inf, -math.inf
        self.reads = 0

    def take(self, table: _Table, cells: list[str], line: int) -> None:
        tag = table.tag(cells)
        loud = table.number(cells, "rssi_dbm")
        at_s = self._time(table, cells, line)
        self.reads += 1
        self._first, self._last = min(self._first, at_s), max(self._last, at_s)
        self._sessions[table.cell(cells, "session").upper()] += 1
        self._experiments[table.cell(cells, "experiment")] += 1
        place = self._place.get(tag)
        if place is None:
            self._strays.add(tag)
            return
        self._count[place] += 1
        self._at[place].append(at_s)
        if not math.isnan(loud):
            self._loud[place] += loud
            self._told[place] += 1

    @staticmethod
    def _time(table: _Table, cells: list[str], line: int) -> float:
        """Seconds; the number of the line where no time is told."""
        if "t_ms" not in table.names and "t_s" not in table.names:
            return float(line)
        name, unit = ("t_ms", 1000.0) if "t_ms" in table.names else ("t_s", 1.0)
        found = table.number(cells, name) / unit
        if math.isnan(found):
            told = cells[table.names[name]].strip()
            raise ValueError(f"{name}: {told[:40]!r} is no time" if told else f"{name}: is empty")
        return found

    def recorded(self, table: _Table) -> Recorded:
        sessions = [name for name, _ in self._sessions.most_common()]
        loud: Floats = np.full(len(self._loud), np.nan)
        np.divide(self._loud, self._told, out=loud, where=self._told > 0)
        middle = np.array([float(np.median(at)) if at else math.nan for at in self._at])
        return Recorded(
            Sweep(sessions[0] if sessions else "", self._count, loud, middle),
            reads=self.reads,
            of_expected=int(self._count.sum()),
            strays=len(self._strays),
            seconds=max(0.0, self._last - self._first),
            experiments=[name for name in self._experiments if name],
            sessions=sessions,
            left_out=table.left_out,
            faults=table.faults,
        )


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | None]]:
    """(line number, text); None: too long."""
    number = 0
    while raw := file.readline(LONGEST_LINE):
        number += 1
        if not raw.endswith(b"\n") and len(raw) == LONGEST_LINE:
            while (more := file.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                pass
            yield number, None
            continue
        yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").rstrip("\r\n")
