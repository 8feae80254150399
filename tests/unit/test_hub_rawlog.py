"""The raw log: dwells as Parquet, and no tag of a passer-by."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from helpers.hubs import AGENT, SITE, T0, dwell, heard, lost, report
from pyarrow import parquet

from hub import rawlog
from hub.config import HubFiles, read_hub
from hub.events import CatalogColumns
from hub.frames import Entry
from hub.intake import Intake
from hub.journal import Journal

REFERENCE = f"E280{2:020X}"
BOOK = f"E280{0:020X}"
STRANGER = f"E280{1:020X}"


@pytest.fixture
def files(tmp_path: Path) -> HubFiles:
    path = tmp_path / "hub.yaml"
    path.write_text("sites: [site.yaml]\nstate_dir: state\nraw_log: {keep_days: 10, max_bytes: 100000}\n")
    found = read_hub(path)
    found.imports_dir.mkdir(parents=True)
    columns = CatalogColumns("i", [1], ["b"], ["on_shelf"], [-1], [-1], ["none"], [BOOK], [1])
    (found.imports_dir / f"{1:020d}.{SITE}.columns").write_bytes(msgspec.msgpack.encode(columns))
    return found


def journal_of(files: HubFiles, *messages: object) -> Journal:
    one = Intake(frozenset({AGENT}))
    journal = Journal(files.journal_dir, segment_bytes=10**6, max_bytes=10**9)
    for message in messages:
        journal.append(
            [Entry(T0, SITE, taken.kind, taken.payload) for taken in one.admit(heard(message), T0)]
            + [Entry(T0, SITE, "tick")]
        )
    journal.roll()
    journal.append([Entry(T0, SITE, "tick")])
    return journal


def test_books_and_reference_tags_stay_and_strangers_are_only_counted(files: HubFiles) -> None:
    journal = journal_of(
        files, report(1, dwells=[dwell(3), dwell(0, port=2)]), lost(2, 4), report(5, dwells=[])
    )
    known = rawlog.known_tags(files, {SITE: {REFERENCE}})
    (path,) = rawlog.compact(files, journal.segments[0], known)
    journal.close()
    assert STRANGER.encode() not in path.read_bytes()
    rows = parquet.read_table(path).to_pylist()
    assert [(row["kind"], row["port"], row["epc"], row["strangers"]) for row in rows] == [
        ("dwell", 1, [BOOK, REFERENCE], 1),
        ("dwell", 2, [], 0),
    ]
    assert rows[0]["rssi_dbm"] == [-55.5, -55.5]
    assert (rows[0]["agent"], rows[0]["seq"], rows[0]["reader"]) == (AGENT, 1, "RD01")


def test_without_a_catalogue_no_tag_is_kept(files: HubFiles) -> None:
    for path in files.imports_dir.glob("*"):
        path.unlink()
    journal = journal_of(files, report(1))
    (path,) = rawlog.compact(files, journal.segments[0], rawlog.known_tags(files, {SITE: set()}))
    journal.close()
    (row,) = parquet.read_table(path).to_pylist()
    assert (row["epc"], row["strangers"]) == ([], 3)


def test_a_file_without_reports_leaves_nothing(files: HubFiles) -> None:
    journal = journal_of(files)
    assert rawlog.compact(files, journal.segments[0], rawlog.known_tags(files, {SITE: set()})) == []
    journal.close()
    assert not files.raw_log_dir.exists()


def test_the_oldest_files_go_by_age_and_by_bytes(files: HubFiles) -> None:
    folder = files.raw_log_dir / SITE / "2026-01-01"
    folder.mkdir(parents=True)
    now_s = T0 / 1e6
    for n in range(5):
        path = folder / f"{n:020d}-{n:020d}.parquet"
        path.write_bytes(b"x" * 40_000)
        age_days = 20 if n == 3 else 1
        os.utime(path, (now_s - age_days * 86_400,) * 2)
    assert rawlog.retain(files, T0) == 80_000
    assert sorted(int(path.name[:20]) for path in folder.iterdir()) == [2, 4]
