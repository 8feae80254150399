"""What the hub's commands say when something is wrong, before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.backup import backup
from hub.commands import hub
from hub.events import ActAsked
from hub.store.migrate import upgrade
from hub.store.write import StoreWriter
from hub.sweep.commands import sweep
from shelfwire import config
from shelfwire.data import config_file
from shelfwire.errors import AwayError, InputError


@pytest.fixture
def hub_file(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    path = tmp_path / "hub.yaml"
    config.write(path, {"sites": [str(config_file("sites/small.yaml"))], "state_dir": "state"})
    upgrade(f"sqlite:///{tmp_path / 'state' / 'hub.db'}")
    return path


def test_check_misses_a_password_file_before_the_start_does(tmp_path: Path, hub_file: Path) -> None:
    data = config.read_data(hub_file) | {"broker": {"username": "hub", "password_file": "gone.password"}}
    config.write(hub_file, data)
    done = CliRunner().invoke(hub, ["check", "--config", str(hub_file)])
    assert isinstance(done.exception, InputError)
    assert "gone.password" in str(done.exception)


def test_a_backup_is_for_its_owner_alone_and_replaces_nothing_unasked(tmp_path: Path, hub_file: Path) -> None:
    target = tmp_path / "b.tar"
    asked = ["--config", str(hub_file), "--to", str(target)]
    assert CliRunner().invoke(backup, asked).exit_code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert isinstance(CliRunner().invoke(backup, asked).exception, InputError)
    assert CliRunner().invoke(backup, [*asked, "--force"]).exit_code == 0


def test_a_backup_into_no_folder_says_so(tmp_path: Path, hub_file: Path) -> None:
    target = tmp_path / "nowhere" / "b.tar"
    done = CliRunner().invoke(backup, ["--config", str(hub_file), "--to", str(target)])
    assert isinstance(done.exception, InputError)
    assert "cannot be written" in str(done.exception)


def test_a_sweep_is_cancelled_by_an_act_and_without_a_hub_nothing_is_pretended(hub_file: Path) -> None:
    done = CliRunner().invoke(sweep, ["cancel", "s1", "--config", str(hub_file), "--wait", "0"])
    assert isinstance(done.exception, AwayError)
    writer = StoreWriter(f"sqlite:///{hub_file.parent / 'state' / 'hub.db'}")
    (act,) = writer.pending_acts("demo", 10)
    writer.close()
    assert isinstance(act, ActAsked)
    assert (act.kind, act.subject) == ("sweep.cancel", "s1")
