"""Taker, applier and outlet together, with a store and an engine that fail as told."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers.hubs import AGENT, SITE, T0, report, status

from hub import acts, health, outlet, service, taker
from hub.acts import ActPoller
from hub.applier import Applier
from hub.config import HubConfig, HubFiles
from hub.effects import ActAnswered, AgentChanged, Effect, Finding, Point
from hub.events import ActAsked, CatalogColumns, Event, ReportTaken, StatusHeard, Ticked
from hub.health import Troubles
from hub.intake import Intake
from hub.journal import Journal, Segment
from hub.keeper import Keeper
from hub.lane import Lane
from hub.outlet import Outlet
from hub.taker import Taker
from shelfwire import codec, topics
from shelfwire.clock import SystemClock
from shelfwire.data import config_file
from shelfwire.errors import AwayError, FullError, InputError
from shelfwire.link import Message
from shelfwire.messages import Report
from shelfwire.retry import Backoff
from shelfwire.site.load import load_site


class Engine:
    """Answers each report with an effect that names its number; fails on the number it is told."""

    def __init__(self, bad: int = 0) -> None:
        self.bad = bad
        self.events: list[Event] = []

    def handle(self, event: Event, now_us: int) -> list[Effect]:
        self.events.append(event)
        if isinstance(event, StatusHeard):
            return [agent_row()]
        if isinstance(event, ActAsked):
            return [ActAnswered(event.id, ok=True, detail="", at_us=now_us)]
        if isinstance(event, ReportTaken) and isinstance(event.message, Report):
            if event.message.seq == self.bad:
                raise ZeroDivisionError("of this test")
            return [ActAnswered(f"r{event.message.seq}", ok=True, detail="", at_us=now_us)]
        return []

    def ailing(self) -> list[tuple[str, str, float]]:
        return []

    def dump(self) -> dict[str, Any]:
        return {"seen": len(self.events)}


class Store:
    """Keeps the answers; away as long as it is told."""

    def __init__(self) -> None:
        self.away = False
        self.refuses = False
        self.unmatched = 0
        self.answers: list[str] = []
        self.agents: list[AgentChanged] = []
        self.positions: list[int] = []
        self.answered_at_import: list[str] = []
        self.imports = 0

    def apply(self, site: str, effects: Sequence[Effect], position: int, now_us: int) -> None:
        if self.refuses:
            raise InputError("the database is read-only, of this test")
        if self.away:
            raise AwayError("of this test")
        self.answers += [effect.id for effect in effects if isinstance(effect, ActAnswered)]
        self.agents += [effect for effect in effects if isinstance(effect, AgentChanged)]
        self.positions.append(position)

    def position(self, site: str) -> int:
        return 0

    def pending_acts(self, site: str, limit: int = 100) -> list[ActAsked]:
        if self.refuses:
            raise InputError("the database is read-only, of this test")
        return []

    def apply_import(self, site: str, import_id: str, shelf_index: Any, *_: Any) -> CatalogColumns:
        if self.away:
            raise AwayError("of this test")
        self.imports += 1
        self.answered_at_import = list(self.answers)
        return CatalogColumns(import_id, [1], ["b"], ["on_shelf"], [-1], [-1], ["none"], [], [])

    def apply_labels(self, site: str, labels_id: str, shelf_index: Any, _: Any) -> CatalogColumns:
        return self.apply_import(site, labels_id, shelf_index)

    def catalog(self, site: str, shelf_index: Any, _: Any) -> CatalogColumns:
        return self.apply_import(site, "", shelf_index)


class NoPoints:
    def write(self, points: Sequence[Point]) -> None:
        raise AssertionError


class Bench:
    """The parts of a hub without broker and database."""

    def __init__(self, folder: Path, engine: Engine, store: Store, stored: int = 0) -> None:
        self.time_us = T0
        self.troubles = Troubles()
        self.engine, self.store = engine, store
        self.acks = Lane()
        self.journal = Journal(folder / "journal", segment_bytes=50_000, max_bytes=10**9)
        self.taker = Taker(
            self.journal, {SITE: Intake(frozenset({AGENT}))}, self.acks, self.troubles, lambda: self.time_us
        )
        self.outlet = Outlet(
            store, NoPoints(), no_words, live=Lane(), troubles=self.troubles, now_us=lambda: self.time_us,
            backoff=Backoff(first_s=0.01, longest_s=0.02),
        )  # fmt: skip
        self.applier = Applier(
            engines={SITE: engine}, histories={SITE: load_site(config_file("sites/small.yaml"))}, taker=self.taker,
            outlet=self.outlet, catalogs=store, imports_dir=folder / "imports", applied=0, stored={SITE: stored}, agents={},
            troubles=self.troubles, now_us=lambda: self.time_us,
        )  # fmt: skip

    async def hear(self, *numbers: int) -> None:
        for number in numbers:
            await self.taker.on_message(
                Message(topics.dwells(SITE, AGENT), codec.encode(report(number)), retained=False)
            )

    async def hear_status(self) -> None:
        await self.taker.on_message(
            Message(topics.status(SITE, AGENT), codec.encode(status()), retained=False)
        )

    async def pass_time(self, steps: int = 20) -> None:
        for _ in range(steps):
            self.time_us += 60_000
            await asyncio.sleep(0.005)

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not done():
                self.time_us += 60_000
                await asyncio.sleep(0.005)


def agent_row() -> AgentChanged:
    """As the engine says it: it knows nothing of what intake counts."""
    return AgentChanged(
        agent=AGENT, online=True, boot="boot-a", log="log-a", at_us=T0, software="", trouble="", clock_offset_us=None,
        reports=0, doubled=0, missing=0, lost=0, faults={}, last_fault="", readers=[], outbox_reports=0, known=True,
    )  # fmt: skip


def no_words(site: str, finding: Finding) -> tuple[str | None, str]:
    return None, ""


@asynccontextmanager
async def running(
    folder: Path, engine: Engine | None = None, store: Store | None = None, stored: int = 0
) -> AsyncIterator[Bench]:
    bench = Bench(folder, engine or Engine(), store or Store(), stored)
    tasks = [asyncio.create_task(part.run()) for part in (bench.taker, bench.applier, bench.outlet)]
    try:
        yield bench
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        bench.taker.close()
        bench.outlet.close()


def wanted(last: int) -> list[str]:
    return [f"r{n}" for n in range(1, last + 1)]


async def test_effects_reach_the_store_in_order_once(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.hear(*range(1, 50), 7, 8)
        await bench.until(lambda: len(bench.store.answers) == 49)
        assert bench.store.answers == wanted(49)
        assert bench.store.positions == sorted(bench.store.positions)


async def test_an_event_that_breaks_the_engine_is_passed_over_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, engine=Engine(bad=3)) as bench:
        await bench.hear(*range(1, 6))
        await bench.until(lambda: "r5" in bench.store.answers)
        assert bench.store.answers == ["r1", "r2", "r4", "r5"]
        assert "engine" in bench.troubles
        assert "ZeroDivisionError" in caplog.text


async def test_while_the_store_is_away_everything_is_journalled_and_nothing_piles_up_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "MAX_WAITING", 10)
    monkeypatch.setattr(taker, "MAX_LIVE_BYTES", 4_000)
    store = Store()
    store.away = True
    async with running(tmp_path, store=store) as bench:
        for number in range(1, 120):
            await bench.hear(number)
            await bench.until(lambda number=number: bench.taker.reports == number and not bench.taker.waiting)  # type: ignore[misc]  # bound at once
        await bench.until(lambda: "database" in bench.troubles)
        assert sum(isinstance(event, ReportTaken) for event in bench.engine.events) < 119, "the engine waits"
        assert bench.taker._live_bytes <= 4_000
        upto = bench.taker.intakes[SITE].state.agents[AGENT].logs["log-a"].upto
        assert upto == 119
        store.away = False
        await bench.until(lambda: len(store.answers) == 119)
        assert store.answers == wanted(119)
        assert "database" not in bench.troubles


async def test_a_catalogue_waits_for_the_store_and_is_kept_for_a_replay(tmp_path: Path) -> None:
    store = Store()
    store.away = True
    async with running(tmp_path, store=store) as bench:
        bench.taker.ask(SITE, ActAsked("a", "staff", T0, "catalog.import", "", {"import_id": "i"}))
        bench.taker.ask(SITE, ActAsked("a", "staff", T0, "catalog.import", "", {"import_id": "i"}))
        await bench.until(lambda: "catalogue" in bench.troubles)
        await bench.hear(1)
        store.away = False
        await bench.until(lambda: "r1" in store.answers)
        assert store.answers == ["a", "r1"]
        assert [type(event) for event in bench.engine.events if not isinstance(event, Ticked)] == [
            CatalogColumns,
            ReportTaken,
        ]
        assert len(list((tmp_path / "imports").iterdir())) == 1


async def test_nothing_is_acknowledged_that_is_not_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as bench:
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        append = bench.journal.append

        def slow(entries: Any) -> int:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
            return append(entries)

        monkeypatch.setattr(bench.journal, "append", slow)
        await bench.hear(1, 2)
        await bench.pass_time()
        assert len(bench.acks) == 0
        gate.set()
        await bench.until(lambda: len(bench.acks) == 1)
        (waiting,) = bench.acks._waiting.values()
        assert codec.decode_ack(waiting.payload).upto == 2


async def test_a_snapshot_while_the_journal_is_full_knows_of_nothing_that_is_not_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taker, "FULL_EVERY_S", 0.01)
    async with running(tmp_path) as bench:
        await bench.hear(1)
        await bench.until(lambda: bench.taker.reports == 1 and bench.applier.applied == bench.journal.tail)
        monkeypatch.setattr(bench.journal, "_max_bytes", bench.journal.size_bytes)
        await bench.hear(2)
        bench.taker.ask(SITE, ActAsked("act", "staff", T0, "item.status", "b", {}))
        await bench.until(lambda: "journal" in bench.troubles)
        await bench.pass_time()
        position, intakes, asked = await bench.taker.state()
        assert (position, intakes[SITE].agents[AGENT].logs["log-a"].upto) == (bench.journal.tail, 1)
        assert asked == []
        monkeypatch.setattr(bench.journal, "_max_bytes", 10**9)
        await bench.until(lambda: bench.taker.reports == 2 and "journal" not in bench.troubles)
        assert (await bench.taker.state())[2] == ["act"]


async def test_no_snapshot_looks_at_a_group_that_the_disk_refused_in_the_moment_of_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taker, "FULL_EVERY_S", 0.01)
    async with running(tmp_path) as bench:
        await bench.hear(1)
        await bench.until(lambda: bench.taker.reports == 1 and len(bench.acks) == 1)
        append, full = bench.journal.append, [True]

        def refuse(entries: Any) -> int:
            if full:
                raise FullError("of this test")
            return append(entries)

        monkeypatch.setattr(bench.journal, "append", refuse)
        await bench.hear(2)
        await bench.until(lambda: "journal" in bench.troubles)
        looking = asyncio.create_task(bench.taker.state())
        rolled: list[int] = []
        bench.taker.between_groups(lambda: rolled.append(1))
        await bench.until(lambda: rolled == [1])
        assert not looking.done()
        full.clear()
        await bench.until(looking.done)
        position, intakes, _ = looking.result()
        assert (position, intakes[SITE].agents[AGENT].logs["log-a"].upto) == (bench.journal.tail, 2)


async def test_messages_that_cannot_be_read_find_no_unbounded_queue_and_wait_for_room_only_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taker, "MAX_WAITING_BYTES", 10 * taker.MESSAGE_BYTES)
    monkeypatch.setattr(taker, "ROOM_S", 0.01)
    bench = Bench(tmp_path, Engine(), Store())
    for _ in range(15):
        await bench.taker.on_message(Message(topics.dwells(SITE, AGENT), b"{", retained=False))
    assert (bench.taker.waiting, bench.taker.dropped) == (11, 4)
    bench.taker.close()
    bench.outlet.close()


async def test_what_was_asked_before_an_import_in_one_group_is_in_the_store_before_it(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        bench.taker.ask(SITE, ActAsked("s", "staff", T0, "item.status", "b", {"status": "lost"}))
        bench.taker.ask(SITE, ActAsked("i", "staff", T0, "catalog.import", "", {"import_id": "i"}))
        await bench.until(lambda: "i" in bench.store.answers)
        assert bench.store.answered_at_import == ["s"]


@pytest.mark.parametrize("spoilt", [b"", b"\x93\x01", b"{"])
async def test_a_kept_catalogue_that_is_not_whole_counts_as_none(tmp_path: Path, spoilt: bytes) -> None:
    (tmp_path / "imports").mkdir()
    kept = tmp_path / "imports" / f"{1:020d}.{SITE}.columns"
    kept.write_bytes(spoilt)
    async with running(tmp_path) as bench:
        bench.taker.ask(SITE, ActAsked("i", "staff", T0, "catalog.import", "", {"import_id": "i"}))
        await bench.until(lambda: bench.store.answers == ["i"])
        assert bench.store.imports == 1
        assert len(kept.read_bytes()) > len(spoilt)


async def test_counters_that_a_kill_left_behind_are_written_after_the_replay(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.hear_status()
        await bench.hear(*range(1, 6))
        await bench.until(lambda: bench.taker.reports == 5 and bench.applier.applied == bench.journal.tail)
        tail = bench.journal.tail
    bench = Bench(tmp_path, Engine(), Store(), stored=tail)
    for group in bench.journal.read(0):
        for entry in group.entries:
            bench.taker.replay(entry)
    tasks = [asyncio.create_task(part.run()) for part in (bench.taker, bench.applier, bench.outlet)]
    await bench.until(lambda: bool(bench.store.agents))
    assert bench.store.agents[-1].reports == 5
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    bench.taker.close()
    bench.outlet.close()


def keeper_of(bench: Bench, folder: Path) -> Keeper:
    async def compact(closed: list[Segment], in_a_hurry: bool) -> None:  # noqa: FBT001 (the keeper's signature)
        raise AssertionError

    return Keeper(
        files=HubFiles(path=folder / "hub.yaml", config=HubConfig(sites=["site.yaml"], state_dir=".")),
        taker=bench.taker, applier=bench.applier, outlet=bench.outlet, writer=bench.store, sites={},
        troubles=bench.troubles, now_us=lambda: bench.time_us, compact=compact,
    )  # fmt: skip


async def test_what_a_start_cut_off_the_journal_goes_with_the_next_snapshot(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        cut = tmp_path / "journal" / f"{1:020d}.cut"
        cut.write_bytes(b"raw tags")
        await bench.hear(1)
        await bench.until(lambda: bench.taker.reports == 1)
        await keeper_of(bench, tmp_path).snapshot()
        assert not cut.exists()
        assert len(list((tmp_path / "snapshots").iterdir())) == 1


async def test_a_database_that_refuses_in_the_middle_of_a_run_makes_everybody_wait_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "LOOK_S", 0.01)
    async with running(tmp_path) as bench:
        bench.store.refuses = True
        poller = ActPoller(bench.taker, bench.outlet, bench.store, bench.troubles, lambda: bench.time_us)
        polling = asyncio.create_task(poller.run())
        await bench.until(lambda: "acts" in bench.troubles)
        await keeper_of(bench, tmp_path).snapshot()
        assert "snapshot" in bench.troubles
        await bench.hear(1)
        await bench.until(lambda: "database" in bench.troubles)
        bench.store.refuses = False
        await bench.until(lambda: bench.store.answers == ["r1"] and "acts" not in bench.troubles)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


async def test_health_is_looked_at_in_the_loop_and_only_written_in_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, bool] = {}

    def noting(name: str, what: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            threads[name] = threading.current_thread() is threading.main_thread()
            return what(*args)

        return call

    (tmp_path / "state").mkdir()
    history = load_site(config_file("sites/small.yaml"))
    files = HubFiles(path=tmp_path / "hub.yaml", config=HubConfig(sites=["site.yaml"], state_dir="state"))
    hub = service.Hub(files, {SITE: history}, SystemClock())
    monkeypatch.setattr(hub, "_health", noting("look", hub._health))
    monkeypatch.setattr(health, "write", noting("write", health.write))
    await hub._say_health()
    assert threads == {"look": True, "write": False}
    assert health.read(files.health_file).pid == os.getpid()
