"""Many partitions with the findings of one: tags are owned by the hash of their key, antennas are judged once. Pure.

A partition hears the reads of its own tags only, but every dwell. To judge a dwell as one partition would, it must be known what *all*
its tags prove: that is the dwell's `Header`, the sum of what the partitions say. The front sums up, judges, and shares with all of them,
read-only: the antennas (looks, coverage, trust), their levels, what people do, the catalogue's items, and the machine of findings. Partitions own
what there is much of: the rows of the belief, the index of tag keys, security, strangers.

The front reads the partitions' rows for what is about the whole: residents and lessons, moved ranges, sweeps, shelves, series. Here it copies
them at each tick, since all live in one process; no service runs it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from hub.belief.batch import Placed
from hub.belief.bustle import Bustle
from hub.belief.interface import Ints
from hub.belief.slots import SLOTS
from hub.belief.stock import Told
from hub.effects import Effect, TagLinked
from hub.engine import moving
from hub.engine.core import BATCH_DWELLS, Engine, Scanned
from hub.engine.header import headers_of, owner, pick
from hub.engine.hearing import judge, listen, take
from hub.engine.stocking import link, take_told
from hub.events import ActAsked, CatalogColumns, Event, Ticked
from hub.findings.machine import Subject
from hub.findings.watch import ItemWatch
from hub.settings import EngineSettings
from shelfwire.errors import PeerError
from shelfwire.site.model import SiteHistory
from shelfwire.tags.key import tag_key

REMEMBERED: Final = 1_000_000
"""Owners of EPCs kept by the front; some 100 bytes each. Beyond, all are found anew: a hash each."""
_ITEMS: Final = ("status", "since_s", "home_from", "home_to", "flags")


class _Bustle(Bustle):
    """Shared: departures count when all partitions have settled, so that none of them sees those of another before its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tags = 0
        self._seen = 0

    def pass_time(self, now_s: int, tags: int, taken_per_1000_h: float, weight: float = 1.0) -> None:  # noqa: ARG002 (of all tags)
        """See `Bustle`; of all tags, whoever asks."""
        super().pass_time(now_s, self.tags, taken_per_1000_h, weight)

    def see(self, left: int) -> None:
        """See `Bustle`."""
        self._seen += left

    def settle(self) -> None:
        """All have settled."""
        super().see(self._seen)
        self._seen = 0


class _PartWatch(ItemWatch):
    """Findings of a partition's own tags."""

    replaced: frozenset[int]
    """Rows that say a part of an item which another tag, of whatever partition, says too and is heard."""

    def settle(self, places: Ints, now_us: int) -> list[Effect]:  # noqa: ARG002 (the front does it)
        """The front settles for all."""
        return []

    def _there_by_another_tag(self, row: int) -> bool:
        return row in self.replaced


class Part(Engine):
    """One partition: an engine that knows its own tags, and shares the rest with the front."""

    def __init__(self, front: Engine, settings: EngineSettings) -> None:
        super().__init__(front.history, settings)
        self.numbers: Ints = np.zeros(0, dtype=np.int64)
        """By row: the front's row of the same tag."""
        self.antennas = self.belief.antennas = front.antennas
        self.belief.levels, self.belief.people = front.belief.levels, front.belief.people
        self.machine, self.moved = front.machine, front.moved
        self._wire()

    def _watch(self) -> None:
        super()._watch()
        watch = _PartWatch(
            self.site_id, self.stock, self.index, self.belief, self.machine,
            security=self.security, settings=self.settings, moved=self.moved,
        )  # fmt: skip
        watch.replaced = frozenset()
        self.items = watch

    def _linked(self, subject: Subject) -> bool:  # noqa: ARG002 (the front knows)
        """The front knows all tags, and settles what is about none."""
        return True

    def number(self, front: Engine) -> None:
        """After new rows: find them at the front, and take over what it knows of the items."""
        self.numbers = front.index.codes(self.stock.keys, self.stock.rows)
        for name in _ITEMS:
            setattr(self.stock, name, getattr(front.stock, name))
        self.stock.part_of_row = front.stock.part_of_row[self.numbers]

    def replace(self, front: Engine) -> None:
        """Look up which tags speak for others."""
        there = (front.belief.place >= 0) & ~front.belief.away
        assert isinstance(self.items, _PartWatch)
        self.items.replaced = frozenset(
            row
            for row, number in (enumerate(self.numbers.tolist()) if front.stock.doubles else ())
            if any(there[other] for other in front.stock.doubles.get(number, ()))
        )


class Parts:
    """The front and its partitions, in lockstep. Events go in as into `Engine`, and what shall be done comes out."""

    def __init__(self, history: SiteHistory, settings: EngineSettings, count: int) -> None:
        self.front = Engine(history, settings)
        self._bustle = _Bustle()
        self.front.belief.people.bustle = self._bustle
        self.parts = [Part(self.front, settings) for _ in range(count)]
        self._references = frozenset(
            tag for site in history.versions for a in site.antennas for tag in a.reference_tags
        )
        self._owners: dict[tuple[str, int | None], int] = {}

    def handle(self, event: Event, now_us: int) -> list[Effect]:
        """Apply one event at hub time `now_us`."""
        for part in self.parts:
            part.follow_clock(now_us)
        match event:
            case Ticked():
                self.front.follow_clock(now_us)
                return self._tick(now_us)
            case CatalogColumns():
                return self._catalogue(event, now_us)
            case ActAsked():
                self._gather()
                effects = self.front.handle(event, now_us)
                for part in self.parts:
                    if event.kind.startswith("item."):
                        part.handle(event, now_us)
                    elif event.kind.startswith("moved."):
                        part.belief.expect(part.homes(np.arange(part.stock.rows)), now_us // 1_000_000)
                return effects
        return self.front.handle(event, now_us)

    def _catalogue(self, columns: CatalogColumns, now_us: int) -> list[Effect]:
        effects = self.front.handle(columns, now_us)
        owners = [owner(key, len(self.parts)) for key in columns.link_key]
        for number, part in enumerate(self.parts):
            own = [at for at, one in enumerate(owners) if one == number]
            links = {
                name: [getattr(columns, name)[at] for at in own]
                for name in ("link_key", "link_item", "link_part")
                if getattr(columns, name)
            }
            part.handle(msgspec.structs.replace(columns, **links), now_us)
            part.number(self.front)
        self._bustle.tags = self.front.stock.rows
        return effects

    # --- a tick -----------------------------------------------------------------------------------------------

    def _tick(self, now_us: int) -> list[Effect]:
        front = self.front
        for one in (front, *self.parts):
            one.begin(now_us)
        dwells = front.inbox.take(now_us)
        for at in range(0, len(dwells), BATCH_DWELLS):
            self._hear(dwells[at : at + BATCH_DWELLS], now_us)
        effects = [effect for part in self.parts for effect in self._link(part, now_us)]
        self._gather()
        effects += moving.look(front, now_us)
        if self.parts[0].scan_is_due(now_us):
            effects += self._scan(now_us)
        for part in self.parts:
            part.strangers.forget(now_us // 1_000_000)
        effects += front.oversee(now_us)
        for part in self.parts:
            part.security_unused = front.security_unused
        return [*effects, *front.board.series(front.belief, front.stock, front.machine, now_us)]

    def _hear(self, dwells: list[Placed], now_us: int) -> None:
        """Each partition says what its tags prove; all are judged together; each believes what it heard."""
        heard = [listen(part, own) for part, own in zip(self.parts, self._split(dwells), strict=True)]
        sums = headers_of(heard[0])
        for one in heard[1:]:
            sums = [mine + other for mine, other in zip(sums, headers_of(one), strict=True)]
        proofs = [(one.known, one.references) for one in sums]
        samples = {at: one.sample for at, one in enumerate(sums)}
        judged = judge(self.front, dwells, proofs, samples, now_us)
        for part, own in zip(self.parts, heard, strict=True):
            take(part, own, judged)

    def _split(self, dwells: Sequence[Placed]) -> list[list[Placed]]:
        """The dwells as each partition gets them: all, each with its own tags."""
        made: list[list[Placed]] = [[] for _ in self.parts]
        for dwell in dwells:
            tags = dwell.of.tags
            words = tags.pc if tags.pc is not None else [None] * len(tags.epc)
            owners = [self._owner(epc, pc) for epc, pc in zip(tags.epc, words, strict=True)]
            for number, own in enumerate(made):
                at = [i for i, one in enumerate(owners) if one == number]
                some = msgspec.structs.replace(dwell.of, tags=pick(tags, at))
                own.append(replace(dwell, of=some))
        return made

    def _owner(self, epc: str, pc: int | None) -> int:
        """Reference tags are the first one's, and what is no tag."""
        known = self._owners.get((epc, pc))
        if known is None:
            if len(self._owners) >= REMEMBERED:
                self._owners.clear()
            try:
                known = 0 if epc in self._references else owner(tag_key(epc, pc), len(self.parts))
            except PeerError:
                known = 0
            self._owners[epc, pc] = known
        return known

    def _link(self, part: Part, now_us: int) -> list[Effect]:
        """Tags of one partition that told their item; the front numbers them."""
        front, effects = self.front, link(part, now_us)
        # Read from the effects: to ask the stock would list all links ever told, in each partition and tick.
        new = [
            Told(one.tag_key, one.item_id, one.part, one.parts)
            for one in effects
            if isinstance(one, TagLinked)
        ]
        if new:
            rows = front.stock.rows
            take_told(front, new, now_us)
            added = front.stock.rows - rows
            front.belief.grow(front.homes(np.arange(rows, rows + added)), now_us // 1_000_000)
            front.board.grow(added)
            front.security.grow(added)
            part.number(front)
            self._bustle.tags = front.stock.rows
        return effects

    def _scan(self, now_us: int) -> list[Effect]:
        """All weigh and settle before the first one senses: a tag may speak for one of another partition."""
        scanned: list[Scanned] = [part.scan(now_us) for part in self.parts]
        self._bustle.settle()
        self._gather()
        effects = [effect for one in scanned for effect in one.effects]
        for part, one in zip(self.parts, scanned, strict=True):
            part.replace(self.front)
            effects += part.sense(one, now_us)
        return effects

    def _gather(self) -> None:
        """The front sees the partitions' rows, and their strangers."""
        front = self.front
        for part in self.parts:
            at = part.numbers
            for holder, other, names in (
                (front.belief, part.belief, ("place", "away", "known_s")),
                (front.security, part.security, ("state",)),
            ):
                for name in names:
                    getattr(holder, name)[at] = getattr(other, name)
            for name, values in part.belief.slots.dump().items():
                getattr(front.belief.slots, name).reshape(-1, SLOTS)[at] = values.reshape(-1, SLOTS)
        front.strangers.seen = {name: one for part in self.parts for name, one in part.strangers.seen.items()}
        for name in ("reads", "not_watched", "cards"):
            setattr(front.strangers, name, sum(getattr(part.strangers, name) for part in self.parts))
