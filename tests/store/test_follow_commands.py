"""`shelfwire catalog run|check|sync` against a Koha and without a hub: what they refuse, and what the map shows afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers.http_standin import good, status
from helpers.hubs import SITE, HubProcess
from helpers.koha_server import CLIENT, SECRET, KohaServer, item
from helpers.store import take

from hub import health
from hub.catalog.follow import commands
from hub.catalog.follow.config import CatalogSource
from hub.catalog.http.door import Door
from hub.catalog.model import Item
from hub.config import read_hub
from hub.store.migrate import upgrade
from hub.store.sources import Source, list_sources
from hub.store.write import StoreWriter
from shelfwire import cli
from shelfwire.errors import AwayError
from shelfwire.link import BrokerConfig

DESK = {"name": "desk", "kind": "sip2", "options": {"host": "127.0.0.1", "port": 1}}


class Files:
    """A hub.yaml beside a database."""

    def __init__(self, folder: Path, koha: KohaServer) -> None:
        (folder / "koha.secret").write_text(f"{SECRET}\n")
        self.folder, self.database = folder, f"sqlite:///{folder / 'state' / 'hub.db'}"
        self.main: dict[str, Any] = {
            "name": "main",
            "kind": "koha",
            "options": {
                "url": koha.standin.url,
                "client_id": CLIENT,
                "client_secret_file": "koha.secret",
                "tries": 1,
                "requests_a_second": 100,
            },
        }
        (folder / "state").mkdir()
        upgrade(self.database)

    def run(self, words: str, *catalogs: dict[str, Any]) -> int:
        hub = HubProcess(self.folder, BrokerConfig(host="127.0.0.1", port=1), catalogs=list(catalogs))
        return cli.run(["catalog", *words.split(), "--config", str(hub.path)])

    def source(self) -> Source:
        (found,) = list_sources(self.database, SITE)
        return found


@pytest.fixture
def koha() -> Iterator[KohaServer]:
    with KohaServer(*(item(number) for number in range(1, 11))) as server:
        yield server


@pytest.fixture
def files(tmp_path: Path, koha: KohaServer, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr(commands, "WAIT_S", 0.0)
    return Files(tmp_path, koha)


def test_every_source_with_something_wrong_is_named_before_anything_starts(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = files.main | {"name": "odd", "kind": "kohaa"}
    plain = files.main | {"name": "plain", "kind": "csv"}
    twin = files.main | {"name": "twin", "site": SITE}
    assert files.run("check", files.main, odd, plain, twin, twin | {"site": "moon"}) == 2
    said = capsys.readouterr().err
    assert "catalogs: odd: kind 'kohaa': no such connector; there are alma, folio, koha, sip2\n" in said
    assert "catalogs: plain: kind 'csv': reads files" in said
    assert "two sources are named twin" in said
    assert "catalogs: twin: site moon is unknown; the hub serves demo" in said
    assert "catalogs: main: another source of its site is listed as complete too" in said


def test_a_source_that_is_not_named_in_the_file_is_refused(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert files.run("sync nobody", files.main) == 2
    assert "nobody: no such source under catalogs" in capsys.readouterr().err
    assert files.run("check") == 2
    assert "catalogs: is empty" in capsys.readouterr().err


def test_a_system_that_cannot_list_is_refused_before_anything_is_put_aside(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert files.run("sync desk", files.main | {"complete": False}, DESK) == 2
    assert "desk: sip2 cannot list items" in capsys.readouterr().err
    assert list_sources(files.database, SITE) == []


def test_a_lock_of_another_account_is_told_in_words(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    (
        files.folder / "state" / "catalog-main.lock"
    ).mkdir()  # as unwritable as another account's, even for root
    assert files.run("sync main", files.main) == 2
    assert "run this as the account that the hub runs as" in capsys.readouterr().err


def test_what_went_wrong_in_a_sync_stays_on_the_map(files: Files, koha: KohaServer) -> None:
    koha.standin.behave(good(), status(500))
    assert files.run("sync main", files.main) == 3
    assert files.source().state == "away"
    assert "500" in files.source().detail


def test_a_sync_that_waits_for_a_person_says_so_on_the_map(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = StoreWriter(files.database)
    take(writer, files.database, [Item(barcode=f"OLD{number}") for number in range(10)])
    writer.close()
    assert files.run("sync main", files.main) == 1
    assert "lacks 10 of 10 items (100.0%)" in capsys.readouterr().out
    assert files.source().state == "held"
    assert "--full --accept-drop 100" in files.source().detail


def test_a_sync_without_a_hub_puts_aside_and_says_when_it_will_be_taken(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert files.run("sync main", files.main) == 3
    assert "has not taken it yet; it takes it as soon as it runs" in capsys.readouterr().out
    assert files.source().state == "waiting"


def test_a_sync_tells_why_a_hub_that_runs_has_not_taken_it(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    in_trouble(files.folder / "state" / "health.json")
    assert files.run("sync main", files.main) == 1
    assert "it runs, but: journal: the disk is full" in capsys.readouterr().out


def in_trouble(file: Path) -> None:
    """What a hub whose disk is full says of itself."""
    now_us = time.time_ns() // 1000
    said = health.HubHealth(
        at_us=now_us, started_at_us=1, software="1", pid=1, ready=True, taking=False,
        troubles=[health.Trouble(what="journal", text="the disk is full", since_us=1)],
    )  # fmt: skip
    health.write(file, health.to_bytes(said))


def test_check_says_of_each_source_how_it_is(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = {"options": files.main["options"] | {"url": "http://127.0.0.1:1"}, "complete": False}
    assert files.run("check", files.main, files.main | nowhere | {"name": "branch"}) == 1
    said = capsys.readouterr().out
    assert "main: Koha (localhost:" in said
    assert "10 items" in said
    assert "branch: NOT well: Koha (127.0.0.1:1)" in said
    assert list_sources(files.database, SITE) == []


def test_a_source_that_another_process_holds_is_away_and_no_wrong_configuration(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(files):
        assert files.run("sync main", files.main) == 3, "2 would tell systemd never to start it again"
    assert "another `shelfwire catalog run` or `sync` follows it" in capsys.readouterr().err
    files.run("sync main", files.main)
    assert "The hub has not taken it yet" in capsys.readouterr().out


def test_a_follower_waits_for_a_sync_by_hand_and_a_stop_ends_the_waiting(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, stack = threading.Event(), contextlib.ExitStack()
    source = CatalogSource(name="main", kind="koha")
    monkeypatch.setattr(commands, "HELD_S", 0.01)
    HubProcess(files.folder, BrokerConfig(host="127.0.0.1", port=1), catalogs=[files.main])
    hub = read_hub(files.folder / "hub.yaml")
    with held(files):
        waiting = threading.Thread(target=commands._wait_alone, args=(hub, source, stack, stop))
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()
    with pytest.raises(AwayError), commands._alone(hub, source):
        pass
    stopped = threading.Event()
    stopped.set()
    commands._wait_alone(hub, source, contextlib.ExitStack(), stopped)
    stack.close()


@contextlib.contextmanager
def held(files: Files) -> Iterator[None]:
    """Another process that follows ``main``."""
    with (files.folder / "state" / "catalog-main.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_a_check_of_a_closed_port_is_told_in_seconds_and_in_words(
    files: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("hub.catalog.http.door.Door._wait", counted(waits))
    options = {name: value for name, value in files.main["options"].items() if name != "tries"}
    assert files.run("check", files.main | {"options": options | {"url": "http://127.0.0.1:1"}}) == 1
    assert len(waits) == 2
    assert "takes no connection (connection refused), 2 times" in capsys.readouterr().out


def counted(waits: list[float]) -> Any:
    """`Door._wait` that remembers how often it was called."""
    before = Door._wait

    def wait(self: Door, *given: Any) -> None:
        waits.append(0.0)
        monkeyed, self._sleep = self._sleep, lambda _: None
        try:
            before(self, *given)
        finally:
            self._sleep = monkeyed

    return wait


def test_options_of_the_library_that_are_smaller_hold_in_a_check(files: Files) -> None:
    source = CatalogSource(name="main", kind="koha", options={"tries": 1})
    assert commands._for_check(source).options == {"tries": 1}
    assert commands._for_check(msgspec.structs.replace(source, options={"tries": 9})).options == {"tries": 2}
    assert commands._for_check(msgspec.structs.replace(source, kind="sip2", options={})).options == {}


def test_ctrl_c_ends_a_sync_that_waits_for_a_system_that_is_away(
    files: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "STOP_S", 0.1)
    options = files.main["options"] | {"url": "http://127.0.0.1:1", "tries": 20}
    threading.Timer(0.8, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began_s = time.monotonic()
    assert files.run("sync main", files.main | {"options": options}) == cli.INTERRUPTED
    assert time.monotonic() - began_s < 10
    said = capsys.readouterr().err
    assert "trying again in" in said, "what it waits for is told meanwhile"
    assert "Stopping." in said
    assert files.source().state == "waiting"
