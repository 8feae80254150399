"""What the demo does when a process of it does not come back, and what it leaves on the disk."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from click.testing import CliRunner
from helpers.sims import tiny_site

from firmware_sim import demo, scenario
from firmware_sim.children import Child
from firmware_sim.direct.plan import build
from firmware_sim.form import Scenario, Step
from firmware_sim.house import House
from firmware_sim.library import SimulatedLibrary
from firmware_sim.play import Play
from firmware_sim.story import Story
from firmware_sim.world import Deed, DeedKind
from shelfwire.data import config_file
from shelfwire.errors import AwayError


def house(folder: Path) -> House:
    return House(folder, tiny_site(), folder / "site.yaml", broker="amqtt")


async def test_a_broker_that_is_slow_to_start_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = house(tmp_path)
    monkeypatch.setattr(built.broker, "start", lambda: time.sleep(0.5))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    monkeypatch.setattr(built.broker, "kill", lambda: None)
    await built.kill("broker", 0.0)
    await built.start()
    ticking.cancel()
    assert ticks > 20


async def test_who_gives_up_a_start_leaves_no_broker_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = house(tmp_path)
    came: list[float] = []

    def start() -> None:
        time.sleep(0.3)
        came.append(time.monotonic())

    monkeypatch.setattr(built.broker, "start", start)
    starting = asyncio.create_task(built.start())
    await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert came


async def test_a_process_that_is_not_there_and_should_be_is_dead(tmp_path: Path) -> None:
    built = house(tmp_path)
    built.check()  # nothing was started yet
    built._started = True
    with pytest.raises(AwayError, match="broker"):
        built.check()
    built._expected_down.add("broker")
    built.check()
    built.add("hub", ["hub", "run"], "hub ready")
    with pytest.raises(AwayError, match="hub"):
        built.check()


async def test_a_process_that_does_not_come_back_ends_the_story(tmp_path: Path) -> None:
    class Gone:
        async def kill(self, name: str, for_s: float) -> None:
            raise AwayError(f"{name} does not start again after {for_s} s")

    told = Scenario(site="s", catalog="c", items=1, story=[Step(at_s=0.0, do="kill", what="hub", for_s=1.0)])
    story = Story(told, cast("SimulatedLibrary", None), cast("House", Gone()), say=str)
    with pytest.raises(AwayError, match="hub does not start again"):
        await asyncio.wait_for(story.run(), 5)


def play(folder: Path) -> Play:
    """A small library over the small site, nothing started."""
    path = config_file("scenarios/demo.yaml")
    small = msgspec.structs.replace(scenario.load(path), items=60)
    return Play(build(small, path, 1), folder, broker="amqtt", speed=1.0, say=str)


async def test_a_desk_that_cannot_book_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> str:
        raise AwayError("the database is away")

    shown = play(tmp_path)
    monkeypatch.setattr(House, "ask", fails)
    with caplog.at_level(logging.WARNING):
        shown._desk(Deed(at_us=1, kind="borrow", tag=0, came_from=0, went_to=-1, status="on_loan"))
        await asyncio.gather(*shown._asking, return_exceptions=True)
        await asyncio.sleep(0)
    assert "the database is away" in caplog.text
    await shown.stop()


async def test_the_desk_tells_each_change_of_a_books_status_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[Any, ...]] = []
    shown = play(tmp_path)

    def note(_house: House, *what: Any) -> str:
        told.append(what)
        return "id"

    monkeypatch.setattr(House, "ask", note)
    barcode = shown.library.world.barcode(3)
    deeds: list[tuple[DeedKind, int, str]] = [
        ("browse", -2, "on_shelf"), ("put_back", 0, "on_shelf"), ("borrow", -1, "on_shelf"), ("booked", -1, "on_loan"),
        ("to_desk", -5, "on_loan"), ("booked", -5, "on_shelf"), ("to_truck", -4, "on_shelf"),
    ]  # fmt: skip
    for kind, place, status in deeds:
        shown._desk(Deed(at_us=1, kind=kind, tag=3, came_from=0, went_to=place, status=status))
    stranger = shown.library.world.strangers_from
    shown._desk(Deed(at_us=1, kind="stranger", tag=stranger, came_from=-1, went_to=0, status=""))
    await asyncio.gather(*shown._asking)
    assert sorted(told, key=str) == [
        ("item.status", barcode, {"status": "on_loan"}),
        ("item.status", barcode, {"status": "on_shelf"}),
    ]
    await shown.stop()


def test_what_a_demo_keeps_is_closed_to_other_users_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Plain:
        def __init__(self, options: demo.Options, folder: Path) -> None:
            assert options.for_s is None
            self.folder = folder

        async def run(self) -> None:
            (self.folder / "hub").mkdir()
            (self.folder / "hub/hub.db").touch()

    monkeypatch.setattr(demo, "Demo", Plain)
    before = os.umask(0o022)
    try:
        done = CliRunner().invoke(demo.demo, ["--port", "0", "--state", str(tmp_path / "kept")])
    finally:
        os.umask(before)
    assert done.exit_code == 0, done.output
    made = [tmp_path / "kept", *(tmp_path / "kept").rglob("*")]
    assert {path.name for path in made} == {"kept", "run.lock", "hub", "hub.db"}
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_child_that_was_not_started_is_not_running(tmp_path: Path) -> None:
    child = Child("hub", [], log=tmp_path / "log", ready="ready")
    assert child.pid is None
    assert not child.died
