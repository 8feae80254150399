"""One and several partitions beside each other, fed the same events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from helpers.shelves import Library

from firmware_sim.direct.hub import HubSubject, catalogue_of
from hub.effects import Effect, Finding, PutFinding
from hub.engine import Engine
from hub.engine.parts import Parts
from hub.events import CatalogColumns, Event

Told = tuple[Any, ...]


class Both:
    """An engine and its partitioned twin."""

    def __init__(self, one: Engine, many: Parts) -> None:
        self.one, self.many = one, many
        self.told: tuple[list[Told], list[Told]] = ([], [])
        """What each said of findings, in the order of time."""

    def handle(self, event: Event, now_us: int) -> list[Effect]:
        """Both get it; returns what the whole one says."""
        effects = self.one.handle(event, now_us)
        self.told[0].extend(findings(effects))
        self.told[1].extend(findings(self.many.handle(event, now_us)))
        return effects

    def compare(self) -> None:
        """The same findings, of the same confidence at the same times, and the same places."""
        assert self.told[1] == self.told[0]
        one = self.one
        assert standing(self.many.parts) == standing([one])
        assert sum(part.stock.rows for part in self.many.parts) == one.stock.rows
        front = self.many.front.antennas.dump()
        for name, values in one.antennas.dump().items():
            assert repr(values) == repr(front[name]), name


def findings(effects: Iterable[Effect]) -> list[Told]:
    """Without their ids; those of one tick sorted, as partitions answer in their own order."""
    return sorted((words(one.finding) for one in effects if isinstance(one, PutFinding)), key=repr)


def words(one: Finding) -> Told:
    """What a finding says."""
    about = one.kind, one.item_id, one.tag_key, one.part, one.antenna, one.shelf, one.home_from, one.home_to
    return *about, one.opened_at_us, one.changed_at_us, one.state, one.confidence, repr(one.why)


def standing(parts: Iterable[Engine]) -> dict[str, tuple[int, bool]]:
    """By tag key: shelf, and whether it is away."""
    found: dict[str, tuple[int, bool]] = {}
    for part in parts:
        rows = zip(part.stock.keys, part.belief.place.tolist(), part.belief.away.tolist(), strict=True)
        found |= {key: (place, away) for key, place, away in rows}
    return found


class BothSubject(HubSubject):
    """A simulated hub whose events its twin gets, too."""

    both: Both

    def beside(self, many: Parts, library: Any, start_us: int) -> Both:
        """From the catalogue on."""
        many.handle(catalogue_of(library, self._reporter.table), start_us)
        self.both = Both(self.engine, many)
        return self.both

    def _handle(self, event: Event, now_us: int) -> None:
        if hasattr(self, "both"):
            for part in self.both.many.parts:
                part.settings = self.engine.settings
            self._effects(self.both.handle(event, now_us), now_us)


class TwinLibrary(Library):
    """The vocabulary of the policy tests, for both."""

    def __init__(self, parts: int, **options: Any) -> None:
        super().__init__(**options)
        self.link_part: list[int] = []
        """Which part of its item each tag is; empty: as they come."""
        self.both = Both(self.engine, Parts(self.history, self.settings, parts))

    def send(self, event: Event) -> list[Effect]:
        """To both."""
        if isinstance(event, CatalogColumns):
            event = msgspec.structs.replace(event, link_part=self.link_part)
        if self._catalogued != len(self.books) and not isinstance(event, CatalogColumns):
            self.catalogue()
        effects = self.both.handle(event, self.now_us)
        self.effects += effects
        return effects
