"""All that an engine remembers of its site, and the views that several of its parts share. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from hub.belief.batch import each_once
from hub.belief.geometry import Geometry
from hub.belief.index import FIRST_REFERENCE, TagIndex
from hub.belief.interface import Bools, Homes, Ints, Weighed
from hub.belief.lessons import Lessons
from hub.belief.looks import Antennas
from hub.belief.model import ShelfBelief
from hub.belief.security import TagSecurity
from hub.belief.stock import Stock
from hub.belief.strangers import Strangers
from hub.clocks import Clocks
from hub.engine.agents import AgentTable
from hub.engine.board import Board
from hub.engine.inbox import Inbox
from hub.engine.reading import TagReading
from hub.findings.machine import Machine
from hub.findings.ranges import MovedRanges
from hub.findings.watch import ItemWatch
from hub.settings import EngineSettings
from shelfwire.site.model import Site, SiteHistory

MAX_NEWS: Final = 50_000
"""Rows that wait to be weighed out of turn. A moved range is 800; beyond the bound all rows are news, and the round does as well."""


class EngineState:
    """The state of one site; `hub.engine.core.Engine` moves it."""

    items: ItemWatch

    def __init__(self, history: SiteHistory, settings: EngineSettings) -> None:
        self.history = history
        self.settings = settings
        self.site_id = history.now.id
        self.clocks = Clocks()
        self.inbox = Inbox(settings)
        self.agents = AgentTable(agents_of(history.now))
        self.antennas = Antennas(len(history.antenna_ids), settings)
        self.geometry = Geometry(history.now, history.antenna_ids, settings.near_m)
        self.belief = ShelfBelief(self.geometry, settings, self.antennas)
        self.lessons = Lessons()
        self.stock = Stock()
        self.security = TagSecurity(history.now.tags.afi)
        self.reading = TagReading(history.now.tags, settings)
        self.strangers = Strangers(settings.unknown_secret or self.site_id, settings.unknown_table)
        self.machine = Machine()
        self.moved = MovedRanges()
        self.board = Board(self.site_id, settings)
        self.answered: dict[str, tuple[bool, str]] = {}
        """Acts that were done or refused: id → answer."""
        self.security_unused = False
        """So many books stand on the shelves with their security off that the library cannot be using it."""
        self.news: Ints = np.zeros(0, dtype=np.int64)
        """Rows to be weighed before their turn comes round, sorted."""
        self.tick_us = 0
        self.wire()

    def wire(self) -> None:
        """The tag index and the antennas' reference tags, from site and catalogue."""
        references = sorted(
            {tag for site in self.history.versions for a in site.antennas for tag in a.reference_tags}
        )
        number = {epc: i for i, epc in enumerate(references)}
        shelves = self.geometry.site.shelves
        held = set(self.geometry.site.hold_shelves)
        self.hold_shelves: Bools = np.array([*(shelf.id in held for shelf in shelves), False])
        """By shelf, and False behind them for what has no place."""
        self.index = TagIndex(self.stock.keys, references)
        self.guards = {
            antenna.index: {FIRST_REFERENCE - number[tag] for tag in antenna.reference_tags}
            for antenna in self.geometry.site.antennas
        }

    def weigh_soon(self, rows: Ints) -> None:
        """Weigh these rows out of turn."""
        if len(rows):
            self.news = each_once(np.concatenate([self.news, rows]))[:MAX_NEWS]

    def weigh(self, rows: Ints) -> Weighed:
        """The belief about some tags, now."""
        return self.belief.weigh(rows, self.homes(rows), self.tick_us // 1_000_000)

    def homes(self, rows: Ints) -> Homes:
        """What the catalogue says of each tag's first item."""
        return self.stock.homes(rows)


def agents_of(site: Site) -> list[str]:
    """The agents that the site's readers belong to."""
    return sorted({reader.agent for reader in site.readers})
