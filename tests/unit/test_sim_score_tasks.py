"""A kept result is taken only for what it was made from; what breaks while runs are made is told in words."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware_sim.scoring import tasks
from firmware_sim.scoring.tasks import Task, do_all, done
from shelfwire.cli import run as shelfwire
from shelfwire.errors import FullError, InputError

SCENARIO = """
site: {items_a_shelf: 20}
catalog: books.csv
items: 40
starts_at: 2026-03-02T18:00:00
lasts_h: 0.2
polling: {every_s: 300}
"""
BOOKS = "barcode,title,author,call_number\n1,A,B,QA76.1\n"


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "little.yaml"
    path.write_text(SCENARIO)
    (tmp_path / "books.csv").write_text(BOOKS)
    return path


def test_a_result_is_named_by_all_that_it_was_made_from(scenario: Path, tmp_path: Path) -> None:
    made = {Task.of(scenario, seed, items=items).file(tmp_path) for seed in (1, 2) for items in (None, 30)}
    (scenario.parent / "books.csv").write_text(BOOKS + "2,C,D,QA76.2\n")
    made.add(Task.of(scenario, 1, items=None).file(tmp_path))
    scenario.write_text(SCENARIO + "people: {}\n")
    made.add(Task.of(scenario, 1, items=None).file(tmp_path))
    assert len(made) == 6, "another catalogue or scenario is another result"


def test_a_task_keeps_its_name_when_its_files_change_meanwhile(scenario: Path, tmp_path: Path) -> None:
    task = Task.of(scenario, 1, items=None)
    name = task.file(tmp_path)
    scenario.write_text(SCENARIO + "people: {}\n")
    assert task.file(tmp_path) == name


def test_a_result_that_cannot_be_read_is_named(scenario: Path, tmp_path: Path) -> None:
    task = Task.of(scenario, 1, items=None)
    task.file(tmp_path).write_bytes(b'{"scenario": "li')
    assert done(task, tmp_path) is None, "a torn one is made anew"
    task.file(tmp_path).unlink()
    task.file(tmp_path).mkdir()
    with pytest.raises(InputError, match="take it away"):
        done(task, tmp_path)


def test_a_work_folder_that_cannot_be_made_is_named(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert shelfwire(["score", str(scenario), "--work", str(tmp_path / "file" / "work")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "rows",
    [
        b"\xff\xfe\x00 no text",
        b"barcode,title,author,call_number\n",
        BOOKS.encode() + b'2,"' + b"x" * 200_000,
    ],
)
def test_a_catalogue_that_is_none_is_named_before_any_work(
    rows: bytes, scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scenario.parent / "books.csv").write_bytes(rows)
    work = tmp_path / "work"
    assert shelfwire(["score", str(scenario), "--work", str(work)]) == 2
    assert "books.csv" in capsys.readouterr().err
    assert not work.exists()


def test_a_full_disk_ends_the_command_in_words(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        """A process that found no room."""

        exitcode = tasks.FULL

    def no_room(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", no_room)
    with pytest.raises(FullError):
        tasks._write(tmp_path / "result.json", b"{}")
    with pytest.raises(FullError, match="run the command again"):
        tasks._check(Full(), Task.of(scenario, 1, items=None), tmp_path)  # type: ignore[arg-type]


LONG = """
import sys, time
from pathlib import Path
from firmware_sim.scoring import tasks

def slow(task, work):
    (work / "pid").write_text(str(__import__("os").getpid()))
    time.sleep(60)

tasks.do = slow
if __name__ == "__main__":
    work = Path(sys.argv[2])
    task = tasks.Task.of(Path(sys.argv[1]), 1, items=None)
    for _ in tasks.do_all([task], work, 1, lambda: None):
        pass
"""


@pytest.mark.slow
def test_a_run_ends_with_the_command_that_was_killed(scenario: Path, tmp_path: Path) -> None:
    program, told = tmp_path / "long.py", tmp_path / "pid"
    program.write_text(LONG)
    parent = subprocess.Popen([sys.executable, str(program), str(scenario), str(tmp_path)])
    try:
        until = time.monotonic() + 20
        while not (told.exists() and told.read_text()):
            assert time.monotonic() < until
            time.sleep(0.1)
        child = int(told.read_text())
        assert Path(f"/proc/{child}").exists()
    finally:
        parent.kill()
        parent.wait()
    until = time.monotonic() + 5
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < until, "the run works on, though nobody waits for it"
        time.sleep(0.1)


def test_an_impossible_task_is_told_by_its_process(scenario: Path, tmp_path: Path) -> None:
    task = Task.of(scenario, 1, items=20)
    scenario.write_text(SCENARIO + "faults: [{fault: reader_dead, what: [RD9999]}]\n")
    with pytest.raises(InputError, match="RD9999"):
        list(do_all([task], tmp_path, 1, lambda: None))
