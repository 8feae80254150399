"""The hub's process: puts taker, applier, outlet and keeper together, starts from what the disk holds, and stops in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import msgspec

from hub import health
from hub.acts import ActPoller
from hub.applier import HUB_ROLE, Applier
from hub.config import HubFiles
from hub.engine import Engine
from hub.events import ActAsked
from hub.health import HubHealth, Troubles
from hub.hubtime import HubTime
from hub.intake import Intake
from hub.journal import Journal
from hub.keeper import Keeper, Recovered
from hub.lane import Lane
from hub.memory import give_back, resident_bytes
from hub.outlet import WAITS, Outlet
from hub.rawlog import Compactor
from hub.republish import Republisher
from hub.series.open import open_series
from hub.series.port import Series
from hub.start import ask_database, load_sites, only_one, open_journal, recover, secret
from hub.store.read import StoreReader
from hub.store.write import StoreWriter
from hub.taker import Taker
from hub.words import StoreWords
from shelfwire import __version__, topics
from shelfwire.callnumbers import KEY_FORMAT
from shelfwire.clock import Clock, SystemClock
from shelfwire.errors import AwayError, FullError
from shelfwire.ids import digest_id
from shelfwire.link import Link
from shelfwire.retry import Backoff
from shelfwire.site.model import SiteHistory

log = logging.getLogger(__name__)
T = TypeVar("T")

HEALTH_EVERY_S: Final = 2.0
RETAIN_EVERY_S: Final = 3_600.0
STOP_S: Final = 10.0
"""An orderly stop waits this long for the database and the broker; what is left is done after the next start."""


async def run(files: HubFiles, *, clock: Clock | None = None, stop: asyncio.Event | None = None) -> None:
    """Run the hub until `stop` is set, or SIGTERM or SIGINT. Raises `InputError` before anything is started."""
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop.set)
    histories = load_sites(files)
    # What the hub makes is for its user, and for the group where the umask lets it (the map is another user of one group).
    os.umask(os.umask(0o077) | 0o007)
    files.state_dir.mkdir(0o770, parents=True, exist_ok=True)
    with only_one(files.state_dir):
        await Hub(files, histories, clock or SystemClock()).run(stop)


class Hub:
    """One hub. `run` starts everything, waits, and stops it in the order of the data."""

    def __init__(self, files: HubFiles, histories: dict[str, SiteHistory], clock: Clock) -> None:
        self.files = files
        self.histories = histories
        self.troubles = Troubles()
        self._clock = clock
        self._time = HubTime(clock.wall_us())
        self._started_us = self.now_us()
        self._ready = False
        self._parts: tuple[Taker, Applier, Outlet, Keeper, Compactor] | None = None
        self._lanes = (Lane(), Lane())
        self._settings = msgspec.structs.replace(
            files.engine_settings,
            unknown_secret=files.config.engine.unknown_secret or secret(files.state_dir),
        )
        self._digests = {
            site: digest_id(msgspec.json.encode(history).decode(), KEY_FORMAT)
            for site, history in histories.items()
        }
        """What the engine's catalogue was made for: the site file, and the format of sort keys."""

    def now_us(self) -> int:
        """The hub's time."""
        return self._time.at(self._clock.wall_us())

    async def run(self, stop: asyncio.Event) -> None:
        """See the class."""
        await self._say_health()
        stored = await _unless(stop, self._wait_for_database())
        if stored is None:
            return
        start = recover(self.files, stored)
        journal = open_journal(self.files, stored)
        try:
            await self._serve(stop, journal, start, stored)
        finally:
            journal.close()

    async def _wait_for_database(self) -> dict[str, int]:
        """Make the tables, and ask how far the rows are. Waits while the database is away."""
        failures = 0
        while True:
            try:
                found = await asyncio.to_thread(ask_database, self.files.database_url, list(self.histories))
            except (AwayError, FullError) as fault:
                failures += 1
                self.troubles.begin(
                    "database", f"{fault}; the hub waits before it takes anything", self.now_us()
                )
                await self._say_health()
                await asyncio.sleep(Backoff(longest_s=15.0).wait_s(failures, random.random()))  # noqa: S311 (no secret)
            else:
                self.troubles.end("database")
                return found

    async def _serve(
        self, stop: asyncio.Event, journal: Journal, start: Recovered, stored: dict[str, int]
    ) -> None:
        url = self.files.database_url
        writer = StoreWriter(url, self.files.config.store)
        readers = {site: StoreReader(url, site) for site in self.histories}
        series = open_series(self.files.config.series, self.files.state_dir, self.files.base)
        acks, live = self._lanes
        intakes = {
            site: Intake(frozenset(reader.agent for reader in history.now.readers), start.intakes.get(site))
            for site, history in self.histories.items()
        }
        outlet = Outlet(
            writer, series, StoreWords(readers), live=live, troubles=self.troubles, now_us=self.now_us
        )
        taker = Taker(journal, intakes, acks, self.troubles, self.now_us)
        self._replay_intake(taker, start)
        applier = Applier(
            engines={site: self._engine(site, start) for site in self.histories},
            histories=self.histories,
            taker=taker,
            outlet=outlet,
            catalogs=writer,
            imports_dir=self.files.imports_dir,
            applied=start.position,
            stored=stored,
            agents={(site, row.agent): row for site, reader in readers.items() for row in reader.agents()},
            troubles=self.troubles,
            now_us=self.now_us,
        )
        compactor = Compactor(self.files)
        keep = Keeper(
            files=self.files,
            taker=taker,
            applier=applier,
            outlet=outlet,
            writer=writer,
            sites=self._digests,
            troubles=self.troubles,
            now_us=self.now_us,
            compact=compactor.take,
        )
        again = Republisher(readers, live)
        link = self._link(taker, again)
        self._parts = (taker, applier, outlet, keep, compactor)
        self._ask_for_catalogs(taker, start, stored)
        work = [
            link.run(), acks.run(link), live.run(link), again.run(), taker.run(), applier.run(), outlet.run(), keep.run(),
            ActPoller(taker, outlet, writer, self.troubles, self.now_us).run(),
            self._tell(live, series), self._retain(outlet, writer), self._announce(taker, applier),
        ]  # fmt: skip
        give_back()
        gc.freeze()  # what was loaded now is never garbage: the collector need not look at it again and again
        gc.set_threshold(50_000, 20, 50)
        tasks = [asyncio.create_task(one) for one in work]
        try:
            await _first_of(stop, tasks)
            await self._stop(taker, applier, keep, acks, live)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await compactor.close()
            taker.close()
            outlet.close()
            await asyncio.to_thread(series.close)
            for reader in readers.values():
                reader.close()
            writer.close()
            self._ready = False
            await self._say_health()

    def _engine(self, site: str, start: Recovered) -> Engine:
        state = start.engines.pop(site, None)  # the engine has it now; nobody keeps a second copy
        if state is None:
            return Engine(self.histories[site], self._settings)
        return Engine.load(self.histories[site], self._settings, state)

    def _replay_intake(self, taker: Taker, start: Recovered) -> None:
        """What the journal holds behind the snapshot is known before the first message is taken."""
        count = 0
        for group in taker.journal.read(start.intake_position):
            for place, entry in enumerate(group.entries):
                if group.first + place > start.intake_position:
                    taker.replay(entry)
                    count += 1
        log.info(
            "started from position %d; %d entries of the journal are replayed up to %d",
            start.position, count, taker.journal.tail,
        )  # fmt: skip

    def _ask_for_catalogs(self, taker: Taker, start: Recovered, stored: dict[str, int]) -> None:
        """An engine that never saw this site file, or has no state beside an old database, gets the catalogue again."""
        for site, digest in self._digests.items():
            known = start.sites.get(site)
            if known == digest or (known is None and stored[site] == 0):
                continue
            act_id = digest_id("hub", "catalog", site, digest, self.now_us())
            act = ActAsked(act_id, HUB_ROLE, self.now_us(), "catalog.import", "", {"import_id": ""})
            taker.ask(site, act)

    def _link(self, taker: Taker, again: Republisher) -> Link:
        async def up() -> None:
            self.troubles.end("broker")
            again.all.set()

        async def down(reason: str) -> None:
            where = f"{self.files.config.broker.host}:{self.files.config.broker.port}"
            self.troubles.begin("broker", f"{where}: {reason}; agents keep their reports", self.now_us())

        return Link(
            self.files.config.broker,
            client_id=f"shelfwire-hub-{digest_id(*sorted(self.histories))[:12]}",
            filters=[name for site in self.histories for name in topics.hub_filters(site)],
            on_message=taker.on_message,
            on_up=up,
            on_down=down,
            base=self.files.base,
        )

    async def _announce(self, taker: Taker, applier: Applier) -> None:
        target = taker.journal.tail
        while applier.applied < target:  # noqa: ASYNC110 (a start that replays is looked at a few times a second)
            await asyncio.sleep(0.1)
        self._ready = True
        log.info("hub ready: %s at position %d", ", ".join(sorted(self.histories)), applier.applied)

    async def _tell(self, live: Lane, series: Series) -> None:
        while True:
            said = series.status()
            if said.last_error:
                text = f"{said.last_error}; {said.backlog_points} points wait on disk"
                self.troubles.begin("series", text, self.now_us())
            else:
                self.troubles.end("series")
            live.forget_old(self.now_us())
            await self._say_health()
            await asyncio.sleep(HEALTH_EVERY_S)

    async def _retain(self, outlet: Outlet, writer: StoreWriter) -> None:
        while True:
            await asyncio.sleep(RETAIN_EVERY_S)
            with contextlib.suppress(*WAITS):  # the outlet says so too
                await outlet.call(writer.retain, self.now_us())

    async def _stop(self, taker: Taker, applier: Applier, keep: Keeper, *lanes: Lane) -> None:
        """Leave little for the next start: apply, store, acknowledge, snapshot."""
        log.info("stopping")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                if "database" not in self.troubles and applier.applied >= taker.journal.tail - 1_000:
                    await keep.snapshot()
                if "broker" not in self.troubles:
                    for lane in lanes:
                        await lane.drained()

    async def _say_health(self) -> None:
        """Look in the loop, which owns all of it; only the bytes are written in a thread."""
        said = health.to_bytes(self._health())
        with contextlib.suppress(OSError):  # a full disk at the very first start; the log says the same
            await asyncio.to_thread(health.write, self.files.health_file, said)

    def _health(self) -> HubHealth:
        parts = self._parts
        said = HubHealth(
            at_us=self.now_us(),
            started_at_us=self._started_us,
            software=__version__,
            pid=os.getpid(),
            ready=self._ready,
            taking=self._ready and parts is not None and parts[0].taking,
            troubles=self.troubles.list(),
            memory_bytes=resident_bytes(),
        )
        if parts is not None:
            taker, applier, outlet, keep, compactor = parts
            logs = [
                one for books in taker.intakes.values() for agent in books.state.agents.values()
                for one in agent.logs.values()
            ]  # fmt: skip
            said = msgspec.structs.replace(
                said,
                position=taker.journal.tail,
                applied=applier.applied,
                stored=outlet.stored,
                waiting=taker.waiting,
                reports=taker.reports,
                observations=taker.observations,
                doubled=sum(one.doubled for one in logs),
                refused=taker.refused,
                dropped=taker.dropped,
                unsent=sum(lane.dropped for lane in self._lanes),
                unmatched=outlet.unmatched,
                cut_bytes=taker.journal.cut_bytes,
                held_back=sum(one.held_back for one in taker.intakes.values()),
                journal_bytes=taker.journal.size_bytes,
                raw_log_bytes=compactor.size_bytes,
                raw_log_skipped=compactor.skipped,
                snapshot_position=keep.position,
                ailing=[
                    health.Ailing(site=site, antenna=antenna, what=what, loss_db=loss_db)
                    for site, engine in applier.engines.items()
                    for antenna, what, loss_db in engine.ailing()
                ][: health.MOST_AILING],
            )
        return said


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`, or None when `stop` comes first."""
    task = asyncio.create_task(work)
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None


async def _first_of(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Returns at `stop`; raises what a task raised: a part that dies takes the hub with it, and the service manager starts it again."""
    waiting = asyncio.create_task(stop.wait())
    try:
        pending: set[asyncio.Task[Any]] = {waiting, *tasks}
        while not waiting.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {waiting}:
                task.result()
    finally:
        waiting.cancel()
