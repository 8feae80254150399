"""What was recorded by others: figures of publications, cited, and how the shop's are recounted from its files.

No recording is part of this project. The shop: Hasler, Wölbitsch, Goller, Walk: Estimating Relative Tag Locations based on Time-Differences in Read Events,
IEEE RFID 2019 (case study, six of nine walks; counted as in `counts`). The rest: ``docs/radio.md``, "Calibration".
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from firmware_sim.calibrate.counts import Counts, Trip, count
from shelfwire.errors import InputError

ONE_PASS: Final = 0.827
TWO_PASSES: Final = 0.932
BAD_ONE_PASS: Final = 0.573
BAD_FOUR_PASSES: Final = 0.789
SECOND_ADDS: Final = 0.15
"""Abcouwer and van Loon 2020: 210 books, eight arrangements, handheld."""

SHOP: Final = Counts(
    rates=(0.9432, 0.9683, 0.9727, 0.9727, 0.9279, 0.9639),
    sessions=(0, 1, 1, 1, 0, 1),
    seen_in=(0, 0, 1, 9, 30, 139, 736),
    after=(863, 910, 915, 915, 915, 915),
    once=(86, 78, 81, 108, 100, 101),
    strays=(97, 173, 191, 167, 95, 192),
    stray_reads=(0.0734, 0.1326, 0.1304, 0.1307, 0.0758, 0.1526),
    stray_seen_in=(0, 76, 54, 40, 33, 31, 54),
    rssi_expected=(-58.0, -63.0, -63.0, -63.0, -59.0, -64.0),
    rssi_stray=(-61.0, -67.0, -67.0, -67.0, -61.0, -68.0),
    reads_a_second=(61.3, 54.3, 57.3, 56.7, 67.2, 57.0),
    jump_db=3.86,
)
"""The published counts of the six walks."""

_READS: Final = "reads_exp{}.csv"
_WALKS: Final = (1, 2, 4, 6, 7, 9)
_EXPECTED: Final = "expected_tags.csv"


def recount(folder: Path) -> Counts:
    """The same figures from the recording's own files. Raises `InputError` that names each file or line at fault."""
    expected = {
        _number(row, "tag", folder / _EXPECTED) for row in _rows(folder / _EXPECTED, ("tag", "panel"))
    }
    place = {tag: at for at, tag in enumerate(sorted(expected))}
    trips = [_trip(folder / _READS.format(walk), place) for walk in _WALKS]
    return count(trips, len(expected))


def _trip(path: Path, place: dict[int, int]) -> Trip:
    session, at_ms, tag, rssi = 0, [], [], []
    for row in _rows(path, ("session", "t_ms", "tag", "rssi_dbm")):
        session = int(row["session"] == "S1")
        at_ms.append(_number(row, "t_ms", path))
        # strays get numbers after the expected ones, in the order in which any walk brings them
        tag.append(place.setdefault(_number(row, "tag", path), len(place)))
        rssi.append(float(_number(row, "rssi_dbm", path)))
    if not tag:
        raise InputError(f"{path}: holds no reads")
    return Trip(session, np.array(at_ms, dtype=np.int64), np.array(tag, dtype=np.int32), np.array(rssi))


def _rows(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(f"{path}: columns are missing: {', '.join(missing)}")
            return list(reader)
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(
            f"{path}: cannot be read: {fault}; --reads wants the folder of the recording's files"
        ) from fault


def _number(row: dict[str, str], column: str, path: Path) -> int:
    try:
        return int(row[column])
    except (TypeError, ValueError) as fault:
        raise InputError(f"{path}: {column}: {row[column]!r} is no whole number") from fault
