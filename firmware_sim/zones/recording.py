"""Recordings of fixed antennas as CSV files → columns. Whatever a line holds, the file is read to its end; each line at fault is named.

Header: ``t_s, antenna, tag, rssi_dbm, phase_rad, channel`` in any order, a calibration also ``zone``; ``rssi_dbm``, ``phase_rad`` and ``channel`` may be missing or empty. Names
of antennas, tags, channels and zones are any text (``3`` and ``3.0`` are one). Lines may be in any order. Phase is not looked at: see docs/belief.md.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from hub.belief.zones import Reads
from hub.belief.zones.reads import Ints
from shelfwire.errors import InputError

NEEDED: Final = ("t_s", "antenna", "tag")
LONGEST_LINE: Final = 4_096
"""Bytes; a real line has some 60."""
MOST_READS: Final = 50_000_000
"""Some 4 GB of memory. More is refused, not cut."""
MOST_NAMES: Final = 512
"""Antennas, and zones: windows are dense over both."""
LATEST_S: Final = 1e10
"""Seconds since 1970 in the year 2286; beyond it somebody wrote milli- or microseconds."""
LOUDEST: Final = 1e9
"""In whatever unit."""
FAULTS_KEPT: Final = 1_000
_WHOLE: Final = re.compile(r"[+-]?\d+\.0+")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_NOT_TOLD: Final = frozenset({"", "nan", "none", "null", "na", "n/a", "-"})


class _CommaError(ValueError):
    """A line with decimal commas: all lines of the file have them."""


class Names:
    """Texts ↔ numbers, in the order in which they came."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}

    def of(self, text: str) -> int:
        """The number of a name, new or known."""
        found = self.number.get(text)
        return self.number.setdefault(text, len(self.number)) if found is None else found

    @property
    def texts(self) -> list[str]:
        """By number."""
        return list(self.number)

    def sort(self) -> Ints:
        """Number them in the order of the alphabet, 2 before 10; returns old number → new."""
        order = sorted(self.number, key=_natural)
        new = {text: at for at, text in enumerate(order)}
        moved = np.array([new[text] for text in self.number], dtype=np.int64)
        self.number = new
        return moved


@dataclass
class Language:
    """The names that calibration and reads share."""

    antennas: Names = field(default_factory=Names)
    tags: Names = field(default_factory=Names)
    channels: Names = field(default_factory=Names)
    zones: Names = field(default_factory=Names)


@dataclass
class Recording:
    """What a file held."""

    reads: Reads
    lines: int
    """With and without fault; the header apart."""
    left_out: int
    faults: list[str]
    """``file:line: what``, the first `FAULTS_KEPT`; one for all lines with decimal commas."""
    beyond: int
    """Lines left out that none of `faults` tells of."""
    unknown_antennas: list[str]
    unknown_zones: list[str]
    """Zones that the reads name and the calibration does not know."""
    told_zones: bool
    """There is a column ``zone``."""


class _Columns:
    def __init__(self) -> None:
        self.t_s, self.rssi = array("d"), array("d")
        self.antenna, self.tag, self.channel, self.zone = array("q"), array("q"), array("q"), array("q")

    def reads(self) -> Reads:
        whole = [np.array(part, dtype=np.int64) for part in (self.antenna, self.tag, self.channel, self.zone)]
        return Reads(np.array(self.t_s), whole[0], whole[1], np.array(self.rssi), whole[2], whole[3])


def read_calibration(path: Path, language: Language) -> Recording:
    """Reads of known zones. Raises `InputError` when no line can be used or a column is missing."""
    found = _read(path, language, new_antennas=True, zones="needed")
    if not len(found.reads):
        raise InputError(*found.faults[:20], f"{path}: holds no read that can be used")
    for names, what in ((language.antennas, "antennas"), (language.zones, "zones")):
        if len(names.number) > MOST_NAMES:
            raise InputError(
                f"{path}: {len(names.number)} {what}; at most {MOST_NAMES}. Is that column the right one?"
            )
    reads = found.reads
    # so that the order of lines decides nothing
    antenna, tag, zone = (names.sort() for names in (language.antennas, language.tags, language.zones))
    found.reads = replace(reads, antenna=antenna[reads.antenna], tag=tag[reads.tag], zone=zone[reads.zone])
    return found


def read_reads(path: Path, language: Language) -> Recording:
    """Reads to judge; a column ``zone`` is kept for scoring (−1: a zone that the calibration does not know). Raises `InputError`."""
    found = _read(path, language, new_antennas=False, zones="known")
    if found.left_out and not len(found.reads):
        raise InputError(*found.faults[:20], f"{path}: holds no read that can be used")
    return found


def _read(path: Path, language: Language, *, new_antennas: bool, zones: str) -> Recording:
    try:
        with path.open("rb") as file:
            return _Reading(
                path, language, file, new_antennas=new_antennas, zones_needed=zones == "needed"
            ).all()
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault


class _Reading:
    def __init__(
        self, path: Path, language: Language, file: BinaryIO, *, new_antennas: bool, zones_needed: bool
    ) -> None:
        self._path, self._language, self._new_antennas, self._zones_needed = (
            path,
            language,
            new_antennas,
            zones_needed,
        )
        self._lines = _lines(file)
        self._columns = _Columns()
        self._faults: list[str] = []
        self._left_out = 0
        self._unknown: dict[str, None] = {}
        self._unknown_zones: dict[str, None] = {}
        self._comma_fault = ""
        self._commas = 0

    def all(self) -> Recording:
        place, mark, width = self._header()
        count = 0
        for line, text in self._lines:
            if text is not None and not text.strip():
                continue
            count += 1
            try:
                self._take(text, place, mark, width)
            except _CommaError as fault:
                self._left_out += 1
                self._comma_fault = self._comma_fault or f"{self._path}:{line}: {fault}"
                self._commas += 1
            except ValueError as fault:
                self._left_out += 1
                if len(self._faults) < FAULTS_KEPT:
                    self._faults.append(f"{self._path}:{line}: {fault}")
            if len(self._columns.t_s) > MOST_READS:
                raise InputError(f"{self._path}: more than {MOST_READS:,} reads; divide the file")
        beyond = self._left_out - self._commas - len(self._faults)
        if self._commas:
            others = f" (so have {self._commas - 1:,} more lines)" if self._commas > 1 else ""
            self._faults.insert(0, f"{self._comma_fault}{others}")
        return Recording(
            self._columns.reads(),
            count,
            self._left_out,
            self._faults,
            beyond,
            list(self._unknown),
            list(self._unknown_zones),
            "zone" in place,
        )

    def _header(self) -> tuple[dict[str, int], str, int]:
        _, text = next(self._lines, (1, None))
        if text is None:
            raise InputError(f"{self._path}: is empty, or its first line is no header")
        if "\0" in text or text.startswith("\ufffd\ufffd"):
            raise InputError(f"{self._path}: is no UTF-8 text, perhaps UTF-16; save it as UTF-8")
        mark = max(",;\t", key=text.count)
        names = [name.strip().strip('"').strip().lower() for name in text.split(mark)]
        needed = (*NEEDED, "zone") if self._zones_needed else NEEDED
        missing = [name for name in needed if name not in names]
        if missing:
            raise InputError(f"{self._path}:1: columns are missing: {', '.join(missing)}")
        return {name: names.index(name) for name in set(names)}, mark, len(names)

    def _take(self, text: str | None, place: dict[str, int], mark: str, width: int) -> None:
        if text is None:
            raise ValueError(f"longer than {LONGEST_LINE} bytes")
        cells = text.split(mark) if '"' not in text else next(csv.reader([text], delimiter=mark), [])
        if mark == "," and len(cells) > width:
            raise _CommaError(
                f"{len(cells)} columns instead of {width}: decimal commas? Write numbers with a point"
            )
        if len(cells) != width:
            raise ValueError(f"{len(cells)} columns instead of {width}")
        t_s = _number(cells[place["t_s"]], "t_s")
        if not abs(t_s) <= LATEST_S:
            raise ValueError(f"t_s: {cells[place['t_s']].strip()[:40]!r} is no time in seconds")
        antenna = _name(cells[place["antenna"]], "antenna")
        tag = _name(cells[place["tag"]], "tag")
        rssi = _number(cells[place["rssi_dbm"]], "rssi_dbm") if "rssi_dbm" in place else math.nan
        if abs(rssi) > LOUDEST:
            raise ValueError(
                f"rssi_dbm: {cells[place['rssi_dbm']].strip()[:40]!r} is no loudness in any unit"
            )
        zone = self._zone(cells[place["zone"]]) if "zone" in place else -1
        language, columns = self._language, self._columns
        columns.antenna.append(self._antenna(antenna))
        columns.t_s.append(t_s)
        columns.tag.append(language.tags.of(tag))
        columns.rssi.append(rssi)
        channel = cells[place["channel"]].strip() if "channel" in place else ""
        columns.channel.append(-1 if channel.lower() in _NOT_TOLD else language.channels.of(_plain(channel)))
        columns.zone.append(zone)

    def _antenna(self, name: str) -> int:
        if self._new_antennas:
            return self._language.antennas.of(name)
        found = self._language.antennas.number.get(name, -1)
        if found < 0 and len(self._unknown) < MOST_NAMES:
            self._unknown[name] = None
        return found

    def _zone(self, text: str) -> int:
        if self._zones_needed:
            return self._language.zones.of(_name(text, "zone"))
        name = _plain(text.strip())
        found = self._language.zones.number.get(name, -1)
        if found < 0 and name.lower() not in _NOT_TOLD and len(self._unknown_zones) < MOST_NAMES:
            self._unknown_zones[name] = None
        return found


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | None]]:
    """(line number, text); None: too long. Bytes that are no UTF-8 become a mark that no name has."""
    number = 0
    while raw := file.readline(LONGEST_LINE):
        number += 1
        if not raw.endswith(b"\n") and len(raw) == LONGEST_LINE:
            while (more := file.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
                pass
            yield number, None
            continue
        yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").rstrip("\r\n")


def _number(text: str, column: str) -> float:
    """NaN where loudness is not told; a time must be a number."""
    try:
        return float(text)
    except ValueError:
        if text.strip().lower() in _NOT_TOLD:
            return math.nan
        if _DECIMAL_COMMA.fullmatch(text.strip()):
            raise _CommaError(
                f"{column}: {text.strip()[:40]!r} has a decimal comma; write numbers with a point"
            ) from None
        raise ValueError(f"{column}: {text.strip()[:40]!r} is no number") from None


def _name(text: str, column: str) -> str:
    found = _plain(text.strip())
    if not found or "\ufffd" in found or "\0" in found or found.lower() == "nan":
        raise ValueError(f"{column}: is empty or unreadable")
    return found


def _plain(text: str) -> str:
    return text.partition(".")[0] if _WHOLE.fullmatch(text) else text


def _natural(text: str) -> list[tuple[bool, int, str]]:
    parts = re.split(r"([0-9]{1,18})", text)
    return [
        (part.isdecimal(), int(part) if part.isdecimal() and part.isascii() else 0, part) for part in parts
    ]
