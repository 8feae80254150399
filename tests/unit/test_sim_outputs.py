"""What a command shall write at its end is tried before it begins, and named when it cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_sim import outputs
from firmware_sim.commands import sim
from firmware_sim.demo import demo
from firmware_sim.play import folder_of
from shelfwire.errors import FullError, InputError


def test_trying_leaves_nothing_behind_and_changes_nothing(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("kept")
    outputs.check(old, tmp_path / "new.json", None)
    assert old.read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


def test_everything_that_cannot_be_written_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        outputs.check(tmp_path / "none" / "a.json", tmp_path, tmp_path / "good.json")
    assert len(told.value.faults) == 2
    assert "make it first" in told.value.faults[0]
    assert "cannot be written" in told.value.faults[1]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_is_told_as_one() -> None:
    with pytest.raises(FullError, match="full"):
        outputs.write_json(Path("/dev/full"), {"a": 1})


def test_a_state_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"), folder_of(tmp_path / "file" / "state"):
        pass
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "broker").touch()
    with pytest.raises(InputError, match="broker"), folder_of(tmp_path / "state") as folder:
        (folder / "broker").mkdir()


def test_a_fault_of_ours_in_a_state_folder_stays_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), folder_of(tmp_path / "state") as folder:
        (folder / "nothing").read_text()
    with pytest.raises(ConnectionResetError), folder_of(tmp_path / "state"):
        raise ConnectionResetError


def test_a_second_run_on_a_state_folder_writes_nothing_and_says_who_holds_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with folder_of(state) as folder:
        (folder / "hub.yaml").write_text("of the first")
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(InputError, match=rf"process {os.getpid()}.*another --state"), folder_of(state):
            raise AssertionError("it began")
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with folder_of(state) as folder:
        assert (folder / "hub.yaml").exists()


def test_the_lock_of_a_killed_run_is_gone_with_it(tmp_path: Path) -> None:
    code = "import os, sys, pathlib, firmware_sim.play as play\nwith play.folder_of(pathlib.Path(sys.argv[1])): os._exit(9)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "state")], timeout=60, check=False)
    assert done.returncode == 9
    assert (tmp_path / "state" / "run.lock").read_text()
    with folder_of(tmp_path / "state"):
        pass


def test_no_run_begins_whose_report_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_library(*_: object, **__: object) -> None:
        raise AssertionError("it began")

    monkeypatch.setattr("firmware_sim.running.build", no_library)
    monkeypatch.setattr("firmware_sim.demo.build", no_library)
    monkeypatch.setattr("firmware_sim.replay.run", no_library)
    monkeypatch.setattr("firmware_sim.calibrate.measure.measure", no_library)
    scenario = Path(__file__).parents[2] / "config" / "scenarios" / "quiet_day.yaml"
    nowhere = str(tmp_path / "none" / "out.svg")
    for command, args in (
        (sim, ["run", str(scenario), "--report", nowhere]),
        (sim, ["replay", "--reads", str(scenario), "--expected", str(scenario), "--report", nowhere]),
        (sim, ["calibrate", "--plot", nowhere]),
        (demo, ["--for", "5", "--report", nowhere]),
    ):
        result = CliRunner().invoke(command, args)
        assert isinstance(result.exception, InputError), (args, result.exception)
        assert "make it first" in str(result.exception)
