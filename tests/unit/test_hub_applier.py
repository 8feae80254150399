"""Taker, applier and outlet together, with a store and an engine that fail as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers.hubs import AGENT, SITE, T0, report

from hub import outlet, taker
from hub.applier import Applier
from hub.effects import ActAnswered, Effect, Finding, Point
from hub.events import ActAsked, CatalogColumns, Event, ReportTaken, Ticked
from hub.health import Troubles
from hub.intake import Intake
from hub.journal import Journal
from hub.lane import Lane
from hub.outlet import Outlet
from hub.taker import Taker
from shelfwire import codec, topics
from shelfwire.data import config_file
from shelfwire.errors import AwayError
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
        if isinstance(event, ReportTaken) and isinstance(event.message, Report):
            if event.message.seq == self.bad:
                raise ZeroDivisionError("of this test")
            return [ActAnswered(f"r{event.message.seq}", ok=True, detail="", at_us=now_us)]
        return []

    def dump(self) -> dict[str, Any]:
        return {"seen": len(self.events)}


class Store:
    """Keeps the answers; away as long as it is told."""

    def __init__(self) -> None:
        self.away = False
        self.answers: list[str] = []
        self.positions: list[int] = []

    def apply(self, site: str, effects: Sequence[Effect], position: int, now_us: int) -> None:
        if self.away:
            raise AwayError("of this test")
        self.answers += [effect.id for effect in effects if isinstance(effect, ActAnswered)]
        self.positions.append(position)

    def position(self, site: str) -> int:
        return 0

    def pending_acts(self, site: str, limit: int = 100) -> list[ActAsked]:
        return []

    def apply_import(self, site: str, import_id: str, shelf_index: Any) -> CatalogColumns:
        if self.away:
            raise AwayError("of this test")
        return CatalogColumns(import_id, [1], ["b"], ["on_shelf"], [-1], [-1], ["none"], [], [])

    def catalog(self, site: str, shelf_index: Any) -> CatalogColumns:
        return self.apply_import(site, "", shelf_index)


class NoPoints:
    def write(self, points: Sequence[Point]) -> None:
        raise AssertionError


class Bench:
    """The parts of a hub without broker and database."""

    def __init__(self, folder: Path, engine: Engine, store: Store) -> None:
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
            outlet=self.outlet, catalogs=store, imports_dir=folder / "imports", applied=0, stored={SITE: 0}, agents={},
            troubles=self.troubles, now_us=lambda: self.time_us,
        )  # fmt: skip

    async def hear(self, *numbers: int) -> None:
        for number in numbers:
            await self.taker.on_message(
                Message(topics.dwells(SITE, AGENT), codec.encode(report(number)), retained=False)
            )

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not done():
                self.time_us += 60_000
                await asyncio.sleep(0.005)


def no_words(site: str, finding: Finding) -> tuple[str | None, str]:
    return None, ""


@asynccontextmanager
async def running(
    folder: Path, engine: Engine | None = None, store: Store | None = None
) -> AsyncIterator[Bench]:
    bench = Bench(folder, engine or Engine(), store or Store())
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
        for _ in range(20):
            bench.time_us += 60_000
            await asyncio.sleep(0.005)
        assert len(bench.acks) == 0
        gate.set()
        await bench.until(lambda: len(bench.acks) == 1)
        (waiting,) = bench.acks._waiting.values()
        assert codec.decode_ack(waiting.payload).upto == 2
