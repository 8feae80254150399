"""A simulated library whose reports are kept as a real hub keeps them: journal, raw log, store; without broker and clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from helpers.direct import small_scenario

from firmware_sim.direct.hub import settings_of
from firmware_sim.direct.items import items_of
from firmware_sim.direct.plan import Simulation, build
from firmware_sim.direct.reports import Reporter
from firmware_sim.hearing import Delivery
from firmware_sim.scoring.subject import Places, Shown
from hub import rawlog
from hub.catalog.filing import Filing
from hub.config import HubFiles, read_hub
from hub.effects import ActAnswered, Effect, Finding, PutFinding
from hub.engine import Engine
from hub.events import ActAsked, CatalogColumns, Event, ReportTaken, Ticked
from hub.frames import Entry
from hub.intake import Note, pack
from hub.journal import Disk, Journal
from hub.rerun.trial import Unseen, quiet
from hub.store.acts import insert_act
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.write import StoreWriter
from shelfwire import codec, config
from shelfwire.data import config_file

SECOND_US = 1_000_000
LATER = "2030-03-04T22:00:00"
"""Behind the wall clock, by which imports are dated: the catalogue is older than the first report."""


def simulated(items: int = 200, *, seed: int = 1, **more: Any) -> Simulation:
    """A small library in which a tenth of the books stand in wrong places."""
    usual: dict[str, Any] = {
        "starts_at": LATER,
        "polling": {"dwell_ms": 1000, "every_s": 300},
        "planted": {"misplaced": 0.1},
        "engine": {"unheard_s": 700, "stale_after_s": 1500},
    }
    scenario = small_scenario(items, **(usual | more))
    return build(scenario, Path(config_file("scenarios/demo.yaml")), seed)


class _Unsynced(Disk):
    """No power is cut in these tests."""

    def sync(self, fd: int) -> None:
        """Trust the operating system."""


class KeptHub:
    """Takes what a simulation delivers, as one that is judged: journal, engine and store, with ticks as the hub makes them.

    `tick_s` above 1: fewer ticks, so that a test takes seconds.
    """

    def __init__(
        self, simulation: Simulation, folder: Path, url: str | None = None, *, tick_s: float = 1.0
    ) -> None:
        self.name = "kept"
        self._every_us = int(tick_s * 1e6)
        self.files = write_files(simulation, folder, "hub.yaml", url)
        self.url = self.files.database_url
        self.site = simulation.history.now
        self.findings: dict[str, Finding] = {}
        """As the engine said them last."""
        self.observations = 0
        self._reporter = Reporter(simulation.site, simulation.tags)
        self._world = simulation.world
        self._simulation = simulation
        self.files.state_dir.mkdir(parents=True, exist_ok=True)
        upgrade(self.url)
        self._writer = StoreWriter(self.url)
        self.journal = Journal(
            self.files.journal_dir, segment_bytes=10**9, max_bytes=10**10, disk=_Unsynced()
        )
        self.engine = Engine(simulation.history, quiet(self.files.engine_settings, tick_s))
        self.engine.board = Unseen(self.site.id, self.engine.settings)
        self._tick_us = simulation.start_us
        self._acts = 0
        self._waiting: list[Effect] = []
        self._import(simulation)

    def _import(self, simulation: Simulation) -> None:
        site, now_us = self.site, simulation.start_us
        items = items_of(simulation.world, site.shelves)
        stage_import(self.url, site.id, "first", items, [], "simulated.csv")
        act = ActAsked("import-first", "staff", now_us, "catalog.import", "", {"import_id": "first"})
        insert_act(self.url, site.id, act)
        index = {shelf.id: shelf.index for shelf in site.shelves}
        columns = self._writer.apply_import(site.id, "first", index, Filing.of(site.callnumbers))
        position = self.journal.append(
            [Entry(now_us, site.id, "event", pack(act)), Entry(now_us, site.id, "tick")]
        )
        self._keep_columns(columns, position)
        self._answer(act, now_us)
        self._do(columns, now_us)
        self._do(Ticked(), now_us)

    def _keep_columns(self, columns: CatalogColumns, position: int) -> None:
        self.files.imports_dir.mkdir(parents=True, exist_ok=True)
        path = self.files.imports_dir / f"{position:020d}.{self.site.id}.columns"
        path.write_bytes(msgspec.msgpack.encode(columns))

    # --- what a simulation asks of one that is judged ----------------------------------------------------------

    def take(self, delivery: Delivery) -> None:
        """A report arrives: one group of the journal, and its tick."""
        now_us = delivery.arrived_us
        self._seconds(now_us)
        message = self._reporter.message(delivery)
        self.observations += len(delivery.heard.tag)
        self._group(
            Entry(now_us, self.site.id, "report", codec.encode(message)), ReportTaken(message, now_us)
        )

    def status(self, tag: int, status: str, now_us: int) -> None:
        """The desk has booked it."""
        self.ask("item.status", self._world.barcode(tag), {"status": status}, now_us)

    def ask(self, kind: str, subject: str, body: dict[str, Any], now_us: int) -> None:
        """An act of somebody."""
        self._acts += 1
        self._seconds(now_us)
        act = ActAsked(f"act-{self._acts}", "staff", now_us, kind, subject, body)
        insert_act(self.url, self.site.id, act)
        self._group(Entry(now_us, self.site.id, "event", pack(act)), act)

    def tick(self, now_us: int) -> None:
        """The simulation has come so far."""
        self._seconds(now_us)

    def shown(self) -> list[Shown]:
        """Nothing: what it found stands in its store."""
        return []

    def places(self) -> Places:
        """Not asked."""
        raise NotImplementedError

    def strangers(self) -> list[str]:
        """EPCs of tags that are no item's and were carried past."""
        world = self._world
        return [world.epc(world.strangers_from + number) for number in range(world.strangers)]

    def write_other(self, name: str, **engine: Any) -> None:
        """A hub.yaml beside its own, with other settings."""
        write_files(self._simulation, self.files.base, name, **engine)

    # --- what is kept -----------------------------------------------------------------------------------------

    def compact(self) -> None:
        """What the journal holds so far goes into the raw log, and is given back."""
        self.store()
        self.journal.roll()
        self.journal.append([Entry(self._tick_us, self.site.id, "note", pack(Note()))])
        references = {epc for antenna in self.site.antennas for epc in antenna.reference_tags}
        known = rawlog.known_tags(self.files, {self.site.id: references})
        for segment in self.journal.segments[:-1]:
            rawlog.compact(self.files, segment, known)
            self.journal.drop(segment)

    def close(self) -> None:
        """Let go of the files."""
        self.journal.close()
        self._writer.close()

    def _answer(self, act: ActAsked, now_us: int) -> None:
        self._put([ActAnswered(act.id, ok=True, detail="done", at_us=now_us)])

    def _seconds(self, until_us: int) -> None:
        while self._tick_us + self._every_us < until_us:
            self._tick_us += self._every_us
            self.journal.append([Entry(self._tick_us, self.site.id, "tick")])
            self._do(Ticked(), self._tick_us)

    def _group(self, entry: Entry, event: Event) -> None:
        is_due = self._every_us <= SECOND_US or entry.now_us - self._tick_us >= self._every_us
        tick = [Entry(entry.now_us, self.site.id, "tick")] if is_due else []
        self.journal.append([entry, *tick])
        self._do(event, entry.now_us)
        if is_due:
            self._tick_us = entry.now_us
            self._do(Ticked(), entry.now_us)

    def _do(self, event: Event, now_us: int) -> None:
        self._put(self.engine.handle(event, now_us))

    def _put(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, PutFinding):
                self.findings[effect.finding.id] = effect.finding
        self._waiting += effects

    def store(self) -> None:
        """Let the store reach what the engine said."""
        self._writer.apply(self.site.id, self._waiting, self.journal.tail, self._tick_us)
        self._waiting = []


def write_files(
    simulation: Simulation, folder: Path, name: str, url: str | None = None, **engine: Any
) -> HubFiles:
    """A hub.yaml of that name beside its site; `engine`: settings that differ from the scenario's."""
    folder.mkdir(parents=True, exist_ok=True)
    assert simulation.form is not None
    config.write(folder / "site.yaml", msgspec.to_builtins(simulation.form))
    settings_of(simulation.scenario)
    plain: dict[str, Any] = {"sites": ["site.yaml"], "state_dir": "state", "journal": {"min_free_bytes": 0}}
    plain["engine"] = simulation.scenario.engine | engine
    plain["sweeps"] = simulation.scenario.sweeps
    if url is not None:
        plain["database"] = url
    config.write(folder / name, plain)
    return read_hub(folder / name)
