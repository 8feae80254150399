"""One site as the pages see it: its layout, its rows, its charts, and a memory that lasts until something changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from hub.catalog.model import RowFault
from hub.events import ActAsked
from hub.health import HubHealth
from hub.series.port import SeriesReader
from hub.store.acts import insert_act
from hub.store.config import StoreConfig
from hub.store.labels import LabelKind, drop_labels, stage_labels
from hub.store.read import StoreReader
from hub.store.read.health import Counts
from hub.store.sources import Source, list_sources
from hub.store.thrown import drop_import
from hub.views import FindingView, ShelfView
from shelfwire.callnumbers.labels import Row
from shelfwire.site.model import Bay, Floor, Site, SiteHistory
from web.changes import Changes
from web.memo import Memo

T = TypeVar("T")

KEEP_S: Final = 1.0
"""How long a shared answer may be shown without a sign from the broker. With 50 tablets on one map it is the difference
between one read of the store a second and fifty."""

KEPT_ANSWERS: Final = 256

TO_DO_STATES: Final = ("open", "claimed")
MAX_SORTED: Final = 5_000
"""Findings that are put into walking order at once; far more than a day's work, and about 50 ms."""


class Library:
    """One site."""

    def __init__(  # noqa: PLR0917 (its parts, in the order in which they are made)
        self,
        history: SiteHistory,
        engine: Any,
        charts: SeriesReader,
        changes: Changes,
        hub_health: Callable[[], HubHealth | None],
        tolerance_shelves: int = 1,
        kept_days: int = StoreConfig().item_events_days,
    ) -> None:
        self.history = history
        self.site: Site = history.now
        self.reader = StoreReader(engine, history.now.id)
        self.charts = charts
        self.hub_health = hub_health
        self.tolerance_shelves = tolerance_shelves
        """How far a book may drift from its home, as the hub decides it."""
        self.kept_days = kept_days
        """How long the hub keeps what happened to items."""
        self.slow = Memo()
        """Answers that take seconds to make."""
        self._engine = engine
        self._changes = changes
        self._lock = threading.Lock()
        self._kept: dict[Any, tuple[int, float, Future[Any]]] = {}

    @cached_property
    def floor_by_id(self) -> dict[str, Floor]:
        """Floors by id."""
        return {floor.id: floor for floor in self.site.floors}

    @cached_property
    def floor_of_bay(self) -> dict[str, str]:
        """Bay id → floor id."""
        return {
            bay.id: floor.id
            for floor in self.site.floors
            for rng in floor.ranges
            for face in rng.faces
            for bay in face.bays
        }

    @cached_property
    def face_of_bay(self) -> dict[str, tuple[str, str]]:
        """Bay id → id and label of its face."""
        return {
            bay.id: (face.id, face.label)
            for floor in self.site.floors
            for rng in floor.ranges
            for face in rng.faces
            for bay in face.bays
        }

    @cached_property
    def bay_of_shelf(self) -> dict[str, str]:
        """Shelf id → bay id."""
        return {shelf.id: shelf.bay for shelf in self.site.shelves}

    @cached_property
    def shelf_index(self) -> dict[str, int]:
        """Shelf id → its place in shelving order."""
        return {shelf.id: shelf.index for shelf in self.site.shelves}

    def shared(self, key: object, make: Callable[[], T]) -> T:
        """`make()`, or what it gave since the last change, at most `KEEP_S` ago. The same for every reader.

        Those that ask while it is being made wait for it. An error of `make` reaches all of them, and is not kept.
        """
        generation, now = self._changes.generation, time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == generation and now - kept[1] < KEEP_S:
                answer, mine = kept[2], False
            else:
                if len(self._kept) >= KEPT_ANSWERS:
                    self._kept.clear()
                answer, mine = Future(), True
                self._kept[key] = (generation, now, answer)
        if mine:
            try:
                answer.set_result(make())
            except BaseException as fault:
                with self._lock:
                    self._kept.pop(key, None)
                answer.set_exception(fault)
                raise
        return cast("T", answer.result())

    def shelf_states(self) -> dict[str, ShelfView]:
        """Every shelf's state by shelf id."""
        return self.shared("shelves", lambda: {row.shelf: row for row in self.reader.shelf_states()})

    def bay_of(self, shelf: str | None) -> Bay | None:
        """The bay in which a shelf is."""
        found = self.site.shelf_by_id.get(shelf) if shelf else None
        return self.site.bay_by_id.get(found.bay) if found else None

    def findings(self, states: Sequence[str], kinds: Sequence[str] | None) -> tuple[list[FindingView], int]:
        """Up to `MAX_SORTED` findings, and how many there are."""
        key = ("findings", tuple(states), kinds and tuple(kinds))
        return self.shared(key, lambda: self.reader.findings(states, kinds, MAX_SORTED, 0))

    def ask(self, act: ActAsked) -> None:
        """Hand in an act; the same id twice is one act."""
        insert_act(self._engine, self.site.id, act)

    def stage_labels(
        self,
        labels_id: str,
        rows: Sequence[Row],
        kind: LabelKind,
        source: str,
        faults: Iterable[RowFault],
    ) -> None:
        """Put a table of labels aside until somebody approves it."""
        stage_labels(self._engine, self.site.id, labels_id, rows, kind, source, faults)

    def drop_labels(self, labels_id: str) -> bool:
        """Throw a table of labels away that waits."""
        return drop_labels(self._engine, self.site.id, labels_id)

    def drop_import(self, import_id: str) -> bool:
        """Throw an import away that waits or was refused."""
        return drop_import(self._engine, self.site.id, import_id)

    def systems(self) -> list[Source]:
        """The library systems that are followed."""
        return list_sources(self._engine, self.site.id)

    def counts(self) -> Counts:
        """Counts of the whole site."""
        return self.shared("counts", self.reader.counts)

    def hub_state(self) -> dict[str, int]:
        """How far the hub is."""
        return self.shared("hub", self.reader.hub_state)

    def as_of_us(self) -> int | None:
        """When the hub last changed anything here."""
        return self.hub_state().get("changed_at_us")

    def walking_key(self, finding: FindingView) -> tuple[int, str]:
        """Place of a finding on a walk through the stacks: where it stands, else where it should."""
        shelf = finding.shelf or finding.home_from
        found = self.site.shelf_by_id.get(shelf) if shelf else None
        return (found.index if found else len(self.site.shelves), finding.id)
