"""The shipped services and the shipped examples fit together: users, folders, what may be written."""

from __future__ import annotations

import configparser
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

import edge.config
import web.config
from hub.config import read_hub
from hub.sqlitefile import make_file
from hub.store.migrate import upgrade
from shelfwire.data import config_file

STATE = PurePosixPath("/var/lib")
SERVICES = ("hub", "edge", "web")


def unit(name: str) -> configparser.SectionProxy:
    """The section that says how a service runs; of keys that stand twice the last."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep capitals
    parser.read(config_file(f"systemd/shelfwire-{name}.service"))
    return parser["Service"]


def folder(name: str) -> PurePosixPath:
    """What a service may write."""
    return STATE / unit(name)["StateDirectory"]


@pytest.fixture
def group_umask() -> Iterator[None]:
    before = os.umask(int(unit("hub")["UMask"], 8))
    yield
    os.umask(before)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_as_a_user_of_its_own_and_reads_its_example(name: str) -> None:
    service = unit(name)
    assert service["User"] == f"shelfwire-{name}"
    assert service["ExecStart"].endswith(f" {name} run --config /etc/shelfwire/{name}.yaml")
    assert config_file(f"examples/{name}.yaml").exists()
    assert service["ProtectSystem"] == "strict"


def test_no_example_writes_outside_the_folder_of_its_service() -> None:
    hub = read_hub(config_file("examples/hub.yaml")).config
    assert PurePosixPath(hub.state_dir) == folder("hub")
    assert not hub.database
    assert PurePosixPath(edge.config.read(config_file("examples/edge.yaml")).state_dir) == folder("edge")
    assert PurePosixPath(
        web.config.load(config_file("examples/web.yaml")).config.secret_file
    ).parent == folder("web")


def test_the_map_reaches_the_database_of_the_hub() -> None:
    loaded = web.config.load(config_file("examples/web.yaml"))
    assert loaded.hub_file == config_file("examples/hub.yaml")
    assert unit("web")["Group"] == unit("hub")["Group"] == "shelfwire"
    assert PurePosixPath(unit("web")["ReadWritePaths"]) == folder("hub")
    assert unit("hub")["StateDirectoryMode"] == "2770"
    assert unit("hub")["UMask"] == unit("web")["UMask"] == "0007"


def test_the_follower_of_library_systems_shares_only_the_database_of_the_hub() -> None:
    service = unit("catalog")
    assert service["User"] == "shelfwire-catalog"
    assert service["Group"] == unit("hub")["Group"]
    assert service["UMask"] == unit("hub")["UMask"]
    assert service["ExecStart"].endswith(" catalog run --config /etc/shelfwire/hub.yaml")
    assert service["ProtectSystem"] == "strict"
    assert "StateDirectory" not in service
    assert PurePosixPath(service["ReadWritePaths"]) == folder("hub")


def test_what_two_services_do_not_share_is_closed_to_others() -> None:
    for name in ("web", "edge"):
        assert unit(name)["StateDirectoryMode"] == "0700"
    assert "ReadWritePaths" not in unit("hub")
    assert "ReadWritePaths" not in unit("edge")


@pytest.mark.usefixtures("group_umask")
def test_the_group_of_the_services_may_write_the_database_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'hub.db'}")
    make_file(tmp_path / "series.db")
    with sqlite3.connect(tmp_path / "series.db") as series:
        series.execute("PRAGMA journal_mode = WAL")
        series.execute("CREATE TABLE points (at_us INTEGER)")
        series.commit()
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    series.close()
    assert {"hub.db", "series.db", "series.db-wal", "series.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o660}


def test_the_page_about_the_services_names_their_users_and_folders() -> None:
    page = (config_file("examples/hub.yaml").parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    for name in SERVICES:
        assert f"| `{unit(name)['User']}` | `{unit(name)['Group']}` |" in page
        assert str(folder(name)) in page
    assert "| `shelfwire-catalog` | `shelfwire` |" in page
