"""From the journal through the engines to the outlet. Owns the engines; everything they see stands in the journal.

Events come from memory while the engine keeps up, and from the journal's files after a start or when the database was away for
long. Either way they come in the same order with the same times, so the state and the effects are the same.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeGuard

import msgspec

from hub import snapshot
from hub.catalog.filing import Filing
from hub.effects import ActAnswered, AgentChanged, Effect
from hub.events import ActAsked, CatalogColumns, Event
from hub.frames import Entry
from hub.health import Troubles
from hub.intake import AgentBook, Intake
from hub.journal import sync_folder
from hub.memory import give_back
from hub.outlet import Batch, Catalogs, Outlet
from hub.snapshot import Frozen
from hub.taker import LiveGroup, Taker, from_journal
from shelfwire.errors import AwayError, FullError, ShelfwireError
from shelfwire.site.model import SiteHistory

log = logging.getLogger(__name__)

RECOUNT_US: Final = 5_000_000
"""How often an agent's row is written again because only its counters moved."""
IMPORT: Final = "catalog.import"
"""Body: `import_id`, and `accepted_share` (0 to 1) where a person accepts that a complete listing drops so much."""
LABELS: Final = "catalog.labels"
"""Body: `labels_id`."""
HUB_ROLE: Final = "hub"
"""The role in acts that the hub asks of itself; they have no row that waits for an answer."""

_columns: Final = msgspec.msgpack.Decoder(CatalogColumns)


class SiteEngine(Protocol):
    """What the hub asks of `hub.engine.Engine`."""

    def handle(self, event: Event, now_us: int) -> list[Effect]:
        """Pure."""
        ...

    def dump(self) -> dict[str, Any]:
        """Everything needed to go on."""
        ...

    def ailing(self) -> list[tuple[str, str, float]]:
        """Antennas that hear less than they used to: id, word, decibels."""
        ...


class Applier:
    """See the module. Run `run` as a task."""

    def __init__(
        self,
        *,
        engines: Mapping[str, SiteEngine],
        histories: dict[str, SiteHistory],
        taker: Taker,
        outlet: Outlet,
        catalogs: Catalogs,
        imports_dir: Path,
        applied: int,
        stored: dict[str, int],
        agents: dict[tuple[str, str], AgentChanged],
        troubles: Troubles,
        now_us: Callable[[], int],
    ) -> None:
        self.engines = engines
        self.applied = applied
        """The last position that the engines have seen."""
        self.after_import = asyncio.Event()
        """A catalogue was taken: a snapshot soon saves its replay."""
        self._histories = histories
        self._taker = taker
        self._outlet = outlet
        self._catalogs = catalogs
        self._imports_dir = imports_dir
        self._stored = stored
        self._troubles = troubles
        self._now_us = now_us
        self._agents = dict(agents)
        """(site, agent) → its row as the engine said it last; at the start as the database has it."""
        self._told: dict[tuple[str, str], AgentChanged] = {}
        """The same as it was handed to the store."""
        self._recounted_us = 0
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Apply, until cancelled."""
        while True:
            if self.applied >= self._taker.journal.tail:
                async with self._taker.committed:
                    if self.applied >= self._taker.journal.tail:
                        await self._taker.committed.wait()
            tail = self._taker.journal.tail
            found = False
            for group in self._next_groups():
                found = True
                await self._apply(group)
                await asyncio.sleep(0)  # the link and the taker have their turn
            if not found:  # positions that were skipped, because the database was ahead of this folder
                self.applied = max(self.applied, tail)
                await self._outlet.put([], self.applied)

    async def freeze(self) -> Frozen:
        """The engines between two groups, by site; copied before any of them goes on."""
        async with self._lock:
            return snapshot.freeze(
                self.applied, {site: engine.dump() for site, engine in self.engines.items()}
            )

    def _next_groups(self) -> Iterator[LiveGroup]:
        live = self._taker.take_live(self.applied)
        if live is not None:
            yield live
            return
        for group in self._taker.journal.read(self.applied):
            yield from_journal(group)
            if self._taker.live and self._taker.live[0].first <= self.applied + 1:
                return

    async def _apply(self, group: LiveGroup) -> None:
        async with self._lock:
            effects: dict[str, list[Effect]] = {}
            for place, (entry, event) in enumerate(group.items):
                position = group.first + place
                if event is None or position <= self.applied or entry.site not in self.engines:
                    continue
                if _is_import(event):
                    # What came before it in this group changes rows that the import reads: they are written first.
                    await self._hand_over(effects, position - 1, entry.now_us)
                made = await self._handle(entry, event, position)
                is_new = position > self._stored.get(entry.site, 0)
                self._note_agents(entry.site, made, is_told=is_new)
                if made and is_new:
                    effects.setdefault(entry.site, []).extend(made)
            now_us = group.items[-1][0].now_us if group.items else 0
            self._recount(effects, now_us)
            await self._put(effects, group.last, now_us)
            self.applied = group.last

    async def _hand_over(self, effects: dict[str, list[Effect]], position: int, now_us: int) -> None:
        """Let all effects up to `position` reach the store before anything else."""
        await self._put(effects, position, now_us)
        effects.clear()
        await self._outlet.reach(position)

    async def _put(self, effects: dict[str, list[Effect]], position: int, now_us: int) -> None:
        batches = [Batch(site, position, now_us, made) for site, made in effects.items()]
        await self._outlet.put(batches, position)

    async def _handle(self, entry: Entry, event: Event, position: int) -> list[Effect]:
        engine = self.engines[entry.site]
        if _is_import(event):
            return await self._import(entry, event, position)
        return self._engine_handles(engine, event, entry.now_us)

    def _engine_handles(self, engine: SiteEngine, event: Event, now_us: int) -> list[Effect]:
        """What the engine makes of one event.

        A fault in it is a bug, but no reason to stop taking what agents send: the event is passed over, here and in every
        replay, and the trouble stays until the hub is started again.
        """
        try:
            return engine.handle(event, now_us)
        except Exception as fault:
            log.exception("the engine failed on a %s; it is passed over", type(event).__name__)
            text = f"a bug: {type(fault).__name__} on a {type(event).__name__}: {fault}; see the log, and tell the project"
            self._troubles.begin("engine", text, self._now_us())
            return []

    async def _import(self, entry: Entry, act: ActAsked, position: int) -> list[Effect]:
        """Take a catalogue: rows in the store, columns to the engine; the columns stay on disk for a replay."""
        asked_by_hub = act.role == HUB_ROLE
        try:
            columns = await self._columns_of(entry.site, act, position)
        except ShelfwireError as fault:
            log.warning("act %s: %s", act.id, fault)
            return (
                []
                if asked_by_hub
                else [ActAnswered(act.id, ok=False, detail=str(fault)[:2_000], at_us=entry.now_us)]
            )
        effects = self._engine_handles(self.engines[entry.site], columns, entry.now_us)
        self.after_import.set()
        text = f"{len(columns.item_id)} items with {len(columns.link_key)} tags are in the catalogue"
        if act.kind == LABELS:
            homes = sum(shelf >= 0 for shelf in columns.home_from)
            text = f"{homes} of {len(columns.item_id)} items have a home"
        del columns
        give_back()
        log.info("site %s: %s", entry.site, text)
        if not asked_by_hub:
            effects = [*effects, ActAnswered(act.id, ok=True, detail=text, at_us=entry.now_us)]
        return effects

    async def _columns_of(self, site: str, act: ActAsked, position: int) -> CatalogColumns:
        path = self._imports_dir / f"{position:020d}.{site}.columns"
        kept = await asyncio.to_thread(_kept, path)
        if kept is not None:
            return kept
        take = self._taking(site, act)
        while True:
            try:
                columns = await self._outlet.call(take)
                await asyncio.to_thread(_keep, path, columns)
            except (AwayError, FullError, OSError) as fault:
                self._troubles.begin("catalogue", f"an import waits: {fault}", self._now_us())
                await asyncio.sleep(2.0)
                continue
            self._troubles.end("catalogue")
            return columns

    def _taking(self, site: str, act: ActAsked) -> Callable[[], CatalogColumns]:
        """What the store is to do for an act: take an import, take labels, or only read the catalogue."""
        now = self._histories[site].now
        shelf_index = {shelf.id: shelf.index for shelf in now.shelves}
        filing = Filing.of(now.callnumbers)
        if act.kind == LABELS:
            labels_id = str(act.body.get("labels_id") or act.subject)
            return partial(self._catalogs.apply_labels, site, labels_id, shelf_index, filing)
        import_id = str(act.body.get("import_id") or act.subject)
        if act.role == HUB_ROLE and not import_id:
            return partial(self._catalogs.catalog, site, shelf_index, filing)
        share = act.body.get("accepted_share")
        accepted = float(share) if isinstance(share, int | float) and not isinstance(share, bool) else 0.0
        return partial(self._catalogs.apply_import, site, import_id, shelf_index, filing, accepted)

    def _note_agents(self, site: str, made: list[Effect], *, is_told: bool) -> None:
        """Remember the agents' rows and put intake's counters into them.

        Not `is_told`: the store has these effects from an earlier life of the hub, with the counters of that moment. Intake was
        replayed to the end already, so a row of now must not count as told: `_recount` writes it when the replay is through.
        """
        for place, effect in enumerate(made):
            if isinstance(effect, AgentChanged):
                row = counted(effect, self._taker.intakes[site])
                self._agents[site, effect.agent] = effect
                if is_told:
                    self._told[site, effect.agent] = row
                made[place] = row

    def _recount(self, effects: dict[str, list[Effect]], now_us: int) -> None:
        """Write rows again whose counters alone have moved, or that a stop left behind."""
        if 0 <= now_us - self._recounted_us < RECOUNT_US or self.applied < max(self._stored.values()):
            return
        self._recounted_us = now_us
        for (site, agent), row in self._agents.items():
            after = counted(row, self._taker.intakes[site])
            if after != self._told.get((site, agent)):
                self._told[site, agent] = after
                effects.setdefault(site, []).append(after)


def counted(row: AgentChanged, intake: Intake) -> AgentChanged:
    """An agent's row with what intake counted."""
    book = intake.state.agents.get(row.agent, AgentBook())
    logs = list(book.logs.values())
    return msgspec.structs.replace(
        row,
        reports=sum(one.taken for one in logs),
        doubled=sum(one.doubled for one in logs),
        missing=sum(one.missing() + one.given_up for one in logs),
        lost=sum(one.lost for one in logs),
        faults=row.faults | book.faults,
        known=row.agent in intake.agents,
    )


def _is_import(event: Event) -> TypeGuard[ActAsked]:
    return isinstance(event, ActAsked) and event.kind in {IMPORT, LABELS}


def _kept(path: Path) -> CatalogColumns | None:
    """The columns of an import as the engine got them; None: not there, or not whole, and the store is asked again."""
    try:
        return _columns.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as fault:
        log.warning("%s: cannot be read: %s; the store is asked again", path, fault)
        return None


def _keep(path: Path, columns: CatalogColumns) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(msgspec.msgpack.encode(columns))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
