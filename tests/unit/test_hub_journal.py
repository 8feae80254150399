"""The journal on a disk that is full, and what it gives back."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.frames import Entry
from hub.journal import Disk, Journal
from shelfwire.errors import FullError

TICK = Entry(1, "demo", "tick")


class FullDisk(Disk):
    """Writes half of what it should and says that there is no room, as often as told."""

    def __init__(self) -> None:
        self.full = False
        self.free = 2**40

    def write(self, fd: int, data: bytes) -> None:
        if self.full:
            os.write(fd, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(fd, data)

    def free_bytes(self, folder: Path) -> int:
        return self.free


def entries(journal: Journal) -> list[Entry]:
    return [entry for group in journal.read(0) for entry in group.entries]


def open_journal(folder: Path, disk: Disk | None = None, **bounds: int) -> Journal:
    return Journal(folder, **({"segment_bytes": 10_000, "max_bytes": 10**9} | bounds), disk=disk)


def test_a_full_disk_takes_nothing_loses_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    disk = FullDisk()
    journal = open_journal(tmp_path, disk)
    journal.append([TICK])
    disk.full = True
    for _ in range(3):
        with pytest.raises(FullError, match="make room"):
            journal.append([Entry(2, "demo", "report", b"x" * 100)])
    assert (journal.tail, entries(journal)) == (1, [TICK])
    disk.full = False
    assert journal.append([Entry(3, "demo", "tick")]) == 2
    journal.close()
    again = open_journal(tmp_path)
    assert (again.tail, again.cut_bytes, entries(again)) == (2, 0, [TICK, Entry(3, "demo", "tick")])
    again.close()


def test_a_full_disk_at_a_new_file_leaves_no_half_file(tmp_path: Path) -> None:
    disk = FullDisk()
    journal = open_journal(tmp_path, disk, segment_bytes=1)
    journal.append([TICK])
    disk.full = True
    with pytest.raises(FullError):
        journal.append([TICK])
    disk.full = False
    assert journal.append([TICK]) == 2
    assert len(entries(journal)) == 2
    journal.close()


def test_space_for_database_and_snapshots_is_left_free(tmp_path: Path) -> None:
    disk = FullDisk()
    journal = open_journal(tmp_path, disk, min_free_bytes=1_000)
    disk.free = 1_010
    with pytest.raises(FullError, match="min_free_bytes"):
        journal.append([TICK])
    disk.free = 5_000
    assert journal.append([TICK]) == 1
    journal.close()


def test_the_budget_in_bytes_holds_until_files_are_given_back(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, segment_bytes=1_000, max_bytes=5_000)
    with pytest.raises(FullError, match="budget"):  # noqa: PT012 (the append that meets the bound is one of many)
        while True:
            journal.append([Entry(1, "demo", "report", b"x" * 400)])
    assert journal.size_bytes <= 5_000
    taken = journal.tail
    for segment in journal.closed_behind(journal.tail - 2):
        journal.drop(segment)
    assert journal.append([TICK]) == taken + 1
    assert journal.first() > 1
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == journal.size_bytes
    journal.close()


def test_only_files_wholly_behind_a_position_are_given_back(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, segment_bytes=1)
    for _ in range(5):
        journal.append([TICK, TICK])
    assert [segment.first for segment in journal.closed_behind(5)] == [1, 3]
    assert [segment.first for segment in journal.closed_behind(6)] == [1, 3, 5]
    assert [segment.first for segment in journal.closed_behind(99)] == [1, 3, 5, 7], "never the open one"
    journal.close()


def test_a_journal_goes_on_behind_a_position_that_the_database_knows(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([TICK])
    journal.skip_to(100)
    assert journal.append([TICK]) == 100
    journal.close()
    again = open_journal(tmp_path)
    assert again.tail == 100
    assert [group.first for group in again.read(0)] == [1, 100]
    again.close()


def test_rolling_starts_a_new_file(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([TICK])
    journal.roll()
    journal.roll()
    journal.append([TICK])
    assert [segment.first for segment in journal.segments] == [1, 2]
    assert len(journal.closed_behind(1)) == 1
    journal.close()


CHILD = """
import resource, signal, sys
from pathlib import Path
from hub.frames import Entry
from hub.journal import Journal
from shelfwire.errors import FullError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, resource.RLIM_INFINITY))
journal = Journal(Path(sys.argv[1]), segment_bytes=10_000, max_bytes=10**9)
taken = 0
try:
    while True:
        journal.append([Entry(taken, "demo", "report", b"x" * 500)])
        taken += 1
except FullError:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.append([Entry(taken, "demo", "report", b"room again")])
    print(taken)
"""


def test_the_operating_systems_own_bound_is_met_in_the_same_way(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True, check=True, timeout=30
    )
    taken = int(done.stdout)
    journal = open_journal(tmp_path)
    found = entries(journal)
    journal.close()
    assert 0 < taken < 10
    assert [entry.now_us for entry in found] == list(range(taken + 1))
    assert found[-1].payload == b"room again"
