"""Where effects go: rows to the store, then messages to the broker and points to the series, in the order of the journal.

All blocking calls of the database run in one thread of their own, so that the loop keeps taking messages and their order is kept. While
the database is away, effects wait here up to a bound; then the engine waits, and what the agents send waits in the
journal. Nothing is lost, and the troubles say so.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, ParamSpec, Protocol, TypeVar

from msgspec import structs

from hub import notices
from hub.catalog.filing import Filing
from hub.effects import Effect, Finding, Point, SendCommand, ShelfChanged, SweepChanged
from hub.events import ActAsked, CatalogColumns
from hub.health import Troubles
from hub.lane import Lane
from hub.notices import Notice
from shelfwire.errors import AwayError, FullError, InputError
from shelfwire.retry import Backoff

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

MAX_WAITING: Final = 50_000
"""Effects that wait for the database: some 50 MB. A first scan of a large site makes as many in half a minute."""
MAX_GROUP: Final = 5_000
"""Effects in one transaction, so that a page never waits long for its read on PostgreSQL, nor a writer on SQLite."""

WAITS: Final = (AwayError, FullError, InputError)
"""What the store raises and a wait may mend. `InputError` too: a database that refuses us now took us at the start."""


class Writer(Protocol):
    """What the hub asks of `hub.store.write.StoreWriter`."""

    unmatched: int

    def apply(self, site: str, effects: Sequence[Effect], position: int, now_us: int) -> None:
        """Write one group."""
        ...

    def position(self, site: str) -> int:
        """What the rows have reached."""
        ...

    def pending_acts(self, site: str, limit: int = 100) -> list[ActAsked]:
        """Acts without an answer."""
        ...


class Words(Protocol):
    """What a card says about a finding; from the store, in its thread."""

    def __call__(self, site: str, finding: Finding) -> tuple[str | None, str]:
        """(barcode, sentence)."""
        ...


class PointSink(Protocol):
    """What the hub asks of `hub.series.port.Series`."""

    def write(self, points: Sequence[Point]) -> None:
        """Keep points; never blocks for a server."""
        ...


class Batch(NamedTuple):
    """Effects of one site up to one position."""

    site: str
    position: int
    now_us: int
    effects: list[Effect]


class Outlet:
    """See the module. Run `run` as a task."""

    def __init__(
        self,
        writer: Writer,
        series: PointSink,
        words: Words,
        *,
        live: Lane,
        troubles: Troubles,
        now_us: Callable[[], int],
        backoff: Backoff | None = None,
    ) -> None:
        self._writer = writer
        self._series = series
        self._words = words
        self._live = live
        self._troubles = troubles
        self._now_us = now_us
        self._backoff = backoff or Backoff(longest_s=15.0)
        self._waiting: deque[Batch] = deque()
        self._count = 0
        self._changed = asyncio.Condition()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub-store")
        self.handed = 0
        """The last position that was handed in, with or without effects."""
        self.stored = 0
        """The last position whose effects, and all before them, are in the store."""

    @property
    def unmatched(self) -> int:
        """Effects about an item or act of which the store has no row."""
        return self._writer.unmatched

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one blocking call of the store in its thread, behind those that wait there already."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))

    async def put(self, batches: Sequence[Batch], position: int) -> None:
        """Hand in the effects of all events up to `position`; waits while too many wait."""
        async with self._changed:
            while self._count >= MAX_WAITING:
                await self._changed.wait()
            for batch in batches:
                self._waiting.append(batch)
                self._count += len(batch.effects)
            self.handed = position
            if not self._waiting and self._count == 0:
                self.stored = position
            self._changed.notify_all()

    async def reach(self, position: int) -> None:
        """Returns when everything up to `position` is in the store."""
        async with self._changed:
            while self.stored < position:
                await self._changed.wait()

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            async with self._changed:
                while not self._waiting:
                    await self._changed.wait()
                group = self._next_group()
            await self._store(group)
            self._publish(group)
            async with self._changed:
                self._count -= len(group.effects)
                if self._count == 0 and not self._waiting:
                    self.stored = self.handed
                elif self._waiting:
                    self.stored = max(self.stored, min(group.position, self._waiting[0].position - 1))
                self._changed.notify_all()

    def close(self) -> None:
        """Let the thread end when its last call is done."""
        self._thread.shutdown(wait=True)

    def _next_group(self) -> Batch:
        """What waits first, with what follows for the same site."""
        first = self._waiting.popleft()
        effects = list(first.effects)
        position, now_us = first.position, first.now_us
        while self._waiting and self._waiting[0].site == first.site and len(effects) < MAX_GROUP:
            more = self._waiting.popleft()
            effects += more.effects
            position, now_us = more.position, more.now_us
        return Batch(first.site, position, now_us, effects)

    async def _store(self, group: Batch) -> None:
        failures = 0
        while True:
            try:
                await self.call(self._writer.apply, group.site, group.effects, group.position, group.now_us)
                found = notices.newest_findings(group.effects)
                said = await self.call(self._say, group.site, found) if found else []
            except WAITS as fault:
                failures += 1
                text = f"{fault}; findings stand still, reports are still taken into the journal"
                self._troubles.begin("database", text, self._now_us())
                await asyncio.sleep(self._backoff.wait_s(failures, random.random()))  # noqa: S311 (no secret)
                continue
            self._troubles.end("database")
            for notice in said:
                self._send(notice)
            return

    def _say(self, site: str, found: list[Finding]) -> list[Notice]:
        return [
            notices.finding(
                site, one, *(self._words(site, one) if one.state in notices.SHOWN else (None, ""))
            )
            for one in found
        ]

    def _publish(self, group: Batch) -> None:
        points: list[Point] = []
        for effect in group.effects:
            match effect:
                case ShelfChanged():
                    self._send(notices.shelf(group.site, effect))
                case SweepChanged():
                    self._send(notices.sweep(group.site, effect))
                case SendCommand():
                    self._send(notices.command(group.site, effect))
                case Point():
                    points.append(structs.replace(effect, tags={"site": group.site} | effect.tags))
                case _:
                    pass  # a row alone; findings are said when their words are there
        if points:
            self._series.write(points)

    def _send(self, notice: Notice) -> None:
        if 0 < notice.expires_at_us < self._now_us():
            return
        self._live.put(
            notice.topic,
            notice.payload,
            key=notice.key,
            retain=notice.retain,
            expires_at_us=notice.expires_at_us,
        )


class Catalogs(Protocol):
    """Where the engine's catalogue comes from."""

    def apply_import(
        self, site: str, import_id: str, shelf_index: dict[str, int], filing: Filing, accepted_share: float
    ) -> CatalogColumns:
        """Take a staged import."""
        ...

    def apply_labels(
        self, site: str, labels_id: str, shelf_index: dict[str, int], filing: Filing
    ) -> CatalogColumns:
        """Take a staged table of labels."""
        ...

    def catalog(self, site: str, shelf_index: dict[str, int], filing: Filing) -> CatalogColumns:
        """The catalogue as it stands."""
        ...
