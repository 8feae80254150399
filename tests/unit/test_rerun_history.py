"""Reading what is kept: in order, once, without touching it, and with what is damaged named."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.hubs import AGENT, SITE, T0, heard, report

from hub import rawlog
from hub.config import HubFiles, read_hub
from hub.events import ReportTaken, Ticked
from hub.frames import Entry
from hub.intake import Intake
from hub.journal import Journal
from hub.rawlog import Known
from hub.rerun.commands import _step_s
from hub.rerun.history import History
from hub.rerun.messages import Kept

S = 1_000_000
FIRST = f"E280{0:020X}"


@pytest.fixture
def files(tmp_path: Path) -> HubFiles:
    path = tmp_path / "hub.yaml"
    path.write_text("sites: [site.yaml]\nstate_dir: state\n")
    return read_hub(path)


class Hub:
    """Writes a journal as the hub does, and compacts files of it."""

    def __init__(self, files: HubFiles) -> None:
        self.files = files
        self._intake = Intake(frozenset({AGENT}))
        self.journal = Journal(files.journal_dir, segment_bytes=10**6, max_bytes=10**9)
        self._seq = 0

    def hear(self, *seconds: int, site: str = SITE) -> None:
        for at_s in seconds:
            self._seq += 1
            now_us = T0 + at_s * S
            taken = self._intake.admit(heard(report(self._seq, at_us=now_us)), now_us)
            entries = [Entry(now_us, site, one.kind, one.payload) for one in taken]
            self.journal.append([*entries, Entry(now_us, site, "tick")])

    def compact(self, *, drop: bool = True) -> Path:
        self.journal.roll()
        self.journal.append([Entry(T0, "other-site", "tick")])
        segment = self.journal.segments[-2]
        (path,) = rawlog.compact(self.files, segment, {SITE: Known([FIRST])})
        if drop:
            self.journal.drop(segment)
        return path


def read(files: HubFiles, from_us: int = 0, to_us: int = 2**62) -> tuple[History, list[Kept]]:
    history = History(files, SITE)
    return history, list(history.entries(from_us, to_us))


def times(kept: list[Kept]) -> list[int]:
    return [(one.now_us - T0) // S for one in kept if isinstance(one.event, ReportTaken)]


def test_the_raw_log_comes_first_and_then_the_journal_each_report_once(files: HubFiles) -> None:
    hub = Hub(files)
    hub.hear(1, 2)
    hub.compact()
    hub.hear(3)
    hub.compact(drop=False)
    hub.hear(4)
    history, kept = read(files)
    assert times(kept) == [1, 2, 3, 4]
    assert [one.is_whole for one in kept if isinstance(one.event, ReportTaken)] == [False, False, True, True]
    assert all(one.adjoins for one in kept)
    assert (history.read.raw_files, history.read.reports) == (1, 4)
    assert history.read.faults == []
    assert sum(isinstance(one.event, Ticked) for one in kept) == 2


def test_only_the_time_that_is_asked_for_is_read(files: HubFiles) -> None:
    hub = Hub(files)
    hub.hear(1, 2)
    hub.compact()
    hub.hear(10, 11)
    history, kept = read(files, T0 + 2 * S, T0 + 10 * S)
    assert times(kept) == [2, 10]
    assert History(files, SITE).begin_us() == T0 + S
    assert history.read.raw_files == 1


def test_a_file_that_was_given_back_is_a_gap_and_not_a_silence(files: HubFiles) -> None:
    hub = Hub(files)
    hub.hear(1)
    hub.compact()
    hub.hear(2)
    lost = hub.compact()
    hub.hear(3)
    hub.compact()
    hub.hear(4)
    lost.unlink()
    _, kept = read(files)
    reports = [one for one in kept if isinstance(one.event, ReportTaken)]
    assert [(one.now_us - T0) // S for one in reports] == [1, 3, 4]
    assert [one.adjoins for one in reports] == [True, False, True]


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_a_damaged_file_is_named_and_the_others_are_read(files: HubFiles, keep: int) -> None:
    hub = Hub(files)
    hub.hear(1)
    path = hub.compact()
    hub.hear(2)
    hub.compact()
    path.write_bytes(path.read_bytes()[:keep])
    history, kept = read(files)
    assert times(kept) == [2]
    (fault,) = history.read.faults
    assert fault.startswith(f"{path}: ")


def test_a_file_that_is_no_raw_log_is_named(files: HubFiles) -> None:
    import pyarrow as pa  # noqa: PLC0415 (one test)
    from pyarrow import parquet  # noqa: PLC0415 (one test)

    folder = files.raw_log_dir / SITE / "2026-09-21"
    folder.mkdir(parents=True)
    path = folder / f"{1:020d}-{2:020d}.parquet"
    parquet.write_table(pa.table({"arrived_at_us": [T0]}), path)
    (folder / "notes.parquet").write_text("nobody's")
    history, kept = read(files)
    assert kept == []
    (fault,) = history.read.faults
    assert "it lacks agent" in fault


def test_the_end_of_a_journal_that_is_being_written_is_not_there_yet(files: HubFiles) -> None:
    hub = Hub(files)
    hub.hear(1, 2)
    (segment,) = hub.journal.segments
    whole = segment.path.read_bytes()
    segment.path.write_bytes(whole[:-5])
    history, kept = read(files)
    assert times(kept) == [1]
    assert history.read.faults == []
    assert segment.path.read_bytes() == whole[:-5]


def test_damage_within_the_journal_is_named_and_the_next_file_is_read(files: HubFiles) -> None:
    hub = Hub(files)
    hub.hear(1, 2)
    hub.journal.roll()
    hub.hear(3)
    path = hub.journal.segments[0].path
    data = bytearray(path.read_bytes())
    data[-20] ^= 0xFF
    path.write_bytes(bytes(data))
    history, kept = read(files)
    assert times(kept) == [1, 3]
    assert not next(one for one in kept if (one.now_us - T0) // S == 3).adjoins
    assert len(history.read.faults) == 1
    assert str(path) in history.read.faults[0]


def test_another_sites_reports_are_not_read(files: HubFiles) -> None:
    hub = Hub(files)
    hub.hear(1)
    hub.hear(2, site="other-site")
    assert times(read(files)[1]) == [1]


def test_the_step_goes_by_what_is_kept_not_by_what_was_asked_for(files: HubFiles) -> None:
    hub, day_us = Hub(files), 24 * 3_600 * S
    hub.hear(1, 2)
    assert _step_s(None, files, SITE, T0 - day_us, T0 + 600 * S) == 0
    assert _step_s(None, files, SITE, T0 - day_us, T0 + day_us) == 30
    assert _step_s(5.0, files, SITE, T0 - day_us, T0 + day_us) == 5
