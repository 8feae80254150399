"""The command line, and the map as a process of its own."""

from __future__ import annotations

import contextlib
import io
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.webs import free_port

from hub.store.migrate import upgrade
from shelfwire.cli import run
from shelfwire.data import config_file
from shelfwire.errors import InputError
from web import config
from web.wiring import read_secret


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Configuration of a hub and a map beside a broker that is away."""
    site = config_file("sites/small.yaml")
    broker = f"broker: {{host: 127.0.0.1, port: {free_port()}}}\n"
    (tmp_path / "hub.yaml").write_text(f"sites: [{site}]\nstate_dir: state\n{broker}", encoding="utf-8")
    (tmp_path / "web.yaml").write_text(f"hub: hub.yaml\nport: 0\n{broker}", encoding="utf-8")
    return tmp_path


@contextlib.contextmanager
def map_process(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "shelfwire", "web", "run", "--config", str(folder / "web.yaml"), *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        line = ""
        while not line.startswith("map: ") and process.poll() is None:
            line = process.stderr.readline()
        try:
            yield process, line.removeprefix("map: ").strip()
        finally:
            process.kill()


def status(address: str, host: str | None = None) -> int:
    request = urllib.request.Request(address, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code


def add(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO("three small words\n"))
    return run(["web", "user", "add", *more, "--password-stdin", "--config", str(folder / "web.yaml")])


def test_what_the_map_makes_is_closed_to_other_users_of_the_machine(folder: Path) -> None:
    with map_process(folder) as (_, address):
        assert status(f"{address}s/demo/map") == 503
        made = [folder / "state", folder / "web.secret", *(folder / "state").rglob("*")]
        assert [path for path in made if path.stat().st_mode & 0o007] == []


def test_the_map_waits_for_the_hub_and_ends_cleanly_with_streams_open(folder: Path) -> None:
    with map_process(folder) as (process, address):
        assert status(f"{address}s/demo/map") == 503
        upgrade(f"sqlite:///{folder / 'state/hub.db'}")
        assert status(f"{address}s/demo/map") == 200
        assert status(address, host="evil.example") == 421
        with urllib.request.urlopen(f"{address}s/demo/events", timeout=10) as stream:
            assert stream.readline().startswith(b"retry:")
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - start < 6


def test_another_address_is_refused_until_a_user_exists(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade_later = ["web", "run", "--config", str(folder / "web.yaml"), "--host", "0.0.0.0"]
    (folder / "state").mkdir()
    upgrade(f"sqlite:///{folder / 'state/hub.db'}")
    assert run(upgrade_later) == 2
    assert "no user exists yet" in capsys.readouterr().err
    assert add(folder, capsys, monkeypatch, "desk", "--role", "librarian") == 0
    with map_process(folder, "--host", "0.0.0.0") as (_, address):
        port = address.rstrip("/").rsplit(":", 1)[1]
        assert status(f"http://127.0.0.1:{port}/s/demo/map") == 200  # the log-in page, after a redirect


def test_users_are_added_listed_and_removed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = ["--config", str(folder / "web.yaml")]
    assert add(folder, capsys, monkeypatch, "desk", "--role", "shelver") == 0
    assert add(folder, capsys, monkeypatch, "desk", "--role", "shelver") == 2
    assert "this name is taken" in capsys.readouterr().err
    assert run(["web", "user", "list", *configured]) == 0
    assert capsys.readouterr().out == "desk\tshelver\n"
    assert run(["web", "user", "remove", "desk", *configured]) == 0
    assert run(["web", "user", "remove", "desk", *configured]) == 2


@pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 41, "a/b", "<b>"])
def test_a_name_that_is_none_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert add(folder, capsys, monkeypatch, "--role", "shelver", "--", name) == 2


def test_a_password_is_never_an_argument(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["web", "user", "add", "desk", "--role", "shelver", "--password", "three small words"]) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hub: hub.yaml\nunknown: 1\n", "unknown"),
        ("hub: hub.yaml\nport: 70000\n", "port"),
        ("hub: hub.yaml\nstreams: 0\n", "streams"),
        ("hub: hub.yaml\nnames: ['http://x/']\n", "no host name"),
        ("hub: hub.yaml\nbroker: {host: example.org}\n", "tls"),
        ("port: 1\n", "hub"),
        ("[", "web.yaml"),
    ],
)
def test_a_wrong_configuration_is_named_and_nothing_starts(folder: Path, text: str, said: str) -> None:
    (folder / "web.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        config.load(folder / "web.yaml")


def test_the_shipped_example_is_read() -> None:
    assert config.load(config_file("examples/web.yaml")).config.port == 8080


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "web.secret"
    made = read_secret(path)
    assert len(made) == 32
    assert path.stat().st_mode & 0o077 == 0
    assert read_secret(path) == made
    path.write_bytes(b"short")
    with pytest.raises(InputError, match="too short"):
        read_secret(path)


def test_a_port_that_is_taken_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert run(["web", "run", "--config", str(folder / "web.yaml"), "--port", port]) == 2
    assert f"port {port}" in capsys.readouterr().err
