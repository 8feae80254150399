"""The engine: every event of one site goes in, and what shall be done comes out. Pure.

Reports only wait in the inbox; a tick applies all dwells behind the watermark in one batch, weighs a part of the
tags anew, and says what changed. The cost of a dwell does not depend on how many tags are silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from hub.belief.batch import Placed, each_once
from hub.belief.geometry import Geometry
from hub.belief.hours import Hours
from hub.belief.interface import Homes, Weighed
from hub.belief.looks import Antennas
from hub.belief.stock import Stock
from hub.clocks import Clocks
from hub.effects import Effect
from hub.engine import acts, moving, teaching
from hub.engine.hearing import hear
from hub.engine.rounds import due
from hub.engine.state import EngineState, agents_of
from hub.engine.stocking import keep, link, take_told
from hub.engine.sweeps import Sweeps
from hub.events import (
    ActAsked,
    CatalogColumns,
    Event,
    PeerMisbehaved,
    ReplyHeard,
    ReportTaken,
    StatusHeard,
    Ticked,
)
from hub.findings.loans import count_off, loans_of
from hub.findings.machine import Machine, Subject
from hub.findings.places import PlaceWatch
from hub.findings.watch import ItemWatch, conditions
from hub.settings import EngineSettings
from shelfwire.messages import AgentStatus, Dwell, Lost, Report, Silence
from shelfwire.site.model import Antenna, SiteHistory

_S: Final = 1_000_000
BATCH_DWELLS: Final = 4_000
"""Dwells applied in one stroke: bounds the memory of a backlog of hours."""
OFF_COUNTED_US: Final = 60 * _S
"""Distance of the questions how many books have their security off."""
ASLEEP_US: Final = 60 * _S
"""A gap between two ticks longer than this is the hub's own absence, no news about shelves."""
STEP_BACK_US: Final = 60 * _S
"""An event so much older than the last tick: the hub's clock was set back. Less is waited for (see `hub.hubtime`)."""


@dataclass(frozen=True)
class Scanned:
    """Some tags, weighed and settled."""

    effects: list[Effect]
    weighed: Weighed | None = None
    """None: there was nothing to weigh."""
    homes: Homes | None = None


class Engine(EngineState):
    """All state of one site. Replaying the same events with the same times gives the same state and effects."""

    def __init__(self, history: SiteHistory, settings: EngineSettings) -> None:
        super().__init__(history, settings)
        self.sweeps = Sweeps(self)
        self._scan_us = self._second_us = self._awake_us = self._security_us = 0
        self._next_row = 0
        self._wire()

    def _wire(self) -> None:
        """Everything that is derived from site and catalogue."""
        self.wire()
        teaching.follow(self)
        self._watch()

    def _watch(self) -> None:
        self.items = ItemWatch(
            self.site_id,
            self.stock,
            self.index,
            self.belief,
            self.machine,
            security=self.security,
            settings=self.settings,
            moved=self.moved,
        )
        self._places = PlaceWatch(self.geometry, self.antennas, self.machine, self.settings)

    # --- events -----------------------------------------------------------------------------------------------

    def handle(self, event: Event, now_us: int) -> list[Effect]:
        """Apply one event at hub time `now_us` (microseconds, as journalled)."""
        self.follow_clock(now_us)
        match event:
            case ReportTaken():
                self._report(event.message, event.arrived_at_us)
            case Ticked():
                return self._tick(now_us)
            case ActAsked():
                return acts.apply(self, self.sweeps, event, now_us)
            case CatalogColumns():
                return self._catalogue(event, now_us)
            case StatusHeard():
                self._status(event.status, event.arrived_at_us)
            case PeerMisbehaved():
                self.agents.fault(event.agent, event.fault, event.detail)
            case ReplyHeard():
                if not event.reply.ok:
                    self.agents.fault(event.agent, "refused_command", event.reply.detail)
        return []

    def follow_clock(self, now_us: int) -> None:
        """The hub's clock may have been set back."""
        if self.tick_us - now_us > STEP_BACK_US:
            self._step_back(now_us)

    def _report(self, message: Report | Lost, arrived_at_us: int) -> None:
        agent = message.agent
        offset_us = self.clocks.heard(agent, message.boot, message.made_at_us, arrived_at_us)
        lost = isinstance(message, Lost)
        upto = message.upto if isinstance(message, Lost) else message.seq
        self.agents.taken(agent, message.boot, message.log, message.seq, upto, lost=lost, at_us=arrived_at_us)
        self.inbox.told(agent, arrived_at_us, message.made_at_us + offset_us)
        # What was lost waits for its turn like a dwell: applied at once, it would make older dwells late that wait already.
        spans = message.spans if isinstance(message, Lost) else message.dwells
        for span in spans:
            # Never into the future: whatever a clock says, a dwell ended before its report arrived.
            ended_us = min(span.ended_at_us + offset_us, arrived_at_us)
            started_us = min(span.started_at_us + offset_us, ended_us)
            antenna = self._antenna(agent, span.reader, span.port, ended_us)
            if antenna is not None:
                of = span if isinstance(span, Dwell) else _unheard(span)
                self.inbox.put(Placed(antenna.index, started_us, ended_us, of, lost=lost))

    def _status(self, status: AgentStatus, arrived_at_us: int) -> None:
        """A birth goes out at once, before any backlog: it tells the boot's clock best."""
        self.agents.status(status, arrived_at_us)
        if status.online and status.at_us:
            self.clocks.heard(status.agent, status.boot, status.at_us, arrived_at_us)

    def _antenna(self, agent: str, reader: str, port: int, at_us: int) -> Antenna | None:
        """The antenna behind a reader's port at that time; None, and counted, if the site does not say so."""
        site = self.history.at(at_us)
        antenna = site.antenna_at.get((reader, port))
        if antenna is None:
            self.agents.fault(
                agent, "unknown_port", f"the site has no antenna at reader {reader} port {port}"
            )
            return None
        owner = site.reader_by_id.get(reader)
        if owner is None or owner.agent != agent:
            self.agents.fault(agent, "foreign_reader", f"reader {reader} belongs to another agent")
            return None
        return antenna

    def _catalogue(self, columns: CatalogColumns, now_us: int) -> list[Effect]:
        old = {key: row for row, key in enumerate(self.stock.keys)}
        told = self.stock.told()
        before, self.stock = self.stock, Stock.of(columns)
        self.stock.follow(before, now_us // _S)
        self._next_row, self.news = 0, self.news[:0]
        self.lessons.begin_anew()
        self.wire()
        # A link that a tag told stays until the catalogue has one for this tag, or not its item any more.
        self.reading.begin_anew()
        effects: list[Effect] = [*take_told(self, told, now_us)]
        kept = np.fromiter(
            (old.get(key, -1) for key in self.stock.keys), dtype=np.int64, count=self.stock.rows
        )
        del old
        keep(self, kept, now_us)
        self._watch()
        of_items = [one for one in (*self.machine.findings, *self.machine.suspicions) if one.item_id >= 0]
        linked = {one for one in of_items if self._linked(one)}
        effects += self.machine.settle((one for one in of_items if one not in linked), now_us)
        about = {one.item_id for one in linked}
        return effects + self.items.settle(self.stock.places(np.array(sorted(about), dtype=np.int64)), now_us)

    def _linked(self, subject: Subject) -> bool:
        """Whether the tag that a finding is about is still one of its item."""
        row = int(self.index.codes([subject.name], 1)[0])
        return row >= 0 and any(
            int(self.stock.item_id[place]) == subject.item_id for place in self.stock.items_of(row)
        )

    def _step_back(self, now_us: int) -> None:
        """The hub's clock was set back: nothing that was remembered may lie in the future, or all that comes would be late.

        What was measured in the span that comes again is dated now. That breaks coverage, so no silence counts twice.
        """
        self.clocks.step_back(self.tick_us - now_us)
        self.inbox.step_back(now_us)
        self.agents.step_back(now_us)
        self.antennas.step_back(now_us)
        self.lessons.step_back(now_us // _S)
        self.belief.step_back(now_us // _S)
        self.strangers.step_back(now_us // _S)
        self.security.step_back(now_us // _S)
        self.stock.step_back(now_us // _S)
        self.board.step_back(now_us)
        self.machine.step_back(now_us)
        self.moved.step_back(now_us)
        self.sweeps.step_back(now_us)
        self._awake_us = self.tick_us = now_us
        self._scan_us, self._second_us = min(self._scan_us, now_us), min(self._second_us, now_us)
        self._security_us = min(self._security_us, now_us)

    # --- a tick -----------------------------------------------------------------------------------------------

    def _tick(self, now_us: int) -> list[Effect]:
        self.begin(now_us)
        dwells = self.inbox.take(now_us)
        for at in range(0, len(dwells), BATCH_DWELLS):
            hear(self, dwells[at : at + BATCH_DWELLS], now_us)
        effects = link(self, now_us)
        effects += moving.look(self, now_us)
        if self.scan_is_due(now_us):
            scanned = self.scan(now_us)
            effects += scanned.effects
            effects += self.sense(scanned, now_us)
        effects += self.oversee(now_us)
        effects += self.board.series(self.belief, self.stock, self.machine, now_us)
        return effects

    def begin(self, now_us: int) -> None:
        """A tick begins: the time, the site in force, the hours."""
        if now_us - self.tick_us > ASLEEP_US:
            self._awake_us = now_us
        self.tick_us = now_us
        self._follow_site(now_us)
        self.belief.people.hours = self._hours(now_us)
        self.reading.begin(now_us)

    def _follow_site(self, now_us: int) -> None:
        """Another version of the site may be in force since the last tick."""
        site = self.history.at(now_us)
        if site is self.geometry.site:
            return
        before = {one.id: one for one in self.geometry.site.antennas}
        for antenna in site.antennas:
            known = before.pop(antenna.id, None)
            if known is not None and known.hears != antenna.hears:
                self.belief.slots.forget_antenna(antenna.index)
                teaching.forget(self, antenna.index, min(site.valid_from_us, now_us))
        self.geometry = Geometry(site, self.history.antenna_ids, self.settings.near_m)
        self.belief.follow(self.geometry)
        self.belief.expect(self.homes(np.arange(self.stock.rows)), now_us // _S)
        self.agents.know(agents_of(site))
        self._wire()

    def scan_is_due(self, now_us: int) -> bool:
        """Whether tags are to be weighed now."""
        return now_us - self._scan_us >= self.settings.scan_every_s * _S

    def scan(self, now_us: int) -> Scanned:
        """Weigh a part of the tags anew: news first, then round and round, so that silence is weighed too."""
        span_s = min((now_us - self._scan_us) / _S, 2.0)
        self._scan_us = now_us
        rows = self.stock.rows
        if not rows:
            return Scanned([])
        count = min(rows, max(1, int(self.settings.scan_rows_per_s * span_s)))
        news, self.news = self.news[: count // 2], self.news[count // 2 :]
        turn, self._next_row = due(self, self._next_row, count, len(news))
        chosen = each_once(np.concatenate([turn, news]))
        weighed = self.weigh(chosen)
        homes = self.homes(chosen)
        before = self.board.census.before(self.belief, chosen)
        self.belief.settle(weighed, homes)
        self.board.census.moved(self.belief, chosen, before)
        effects = self.board.places(self.belief, self.stock, weighed, now_us)
        return Scanned(effects, weighed, homes)

    def sense(self, scanned: Scanned, now_us: int) -> list[Effect]:
        """What the weighed rows change in the findings."""
        weighed, homes = scanned.weighed, scanned.homes
        if weighed is None or homes is None:
            return []
        rows = weighed.rows
        hold = self.hold_shelves[self.belief.place[rows]]
        loans = loans_of(
            self.stock, self.security, rows, hold, self.settings, unused=self.security_unused
        )  # fmt: skip
        found = conditions(self.belief, weighed, homes, loans, self.settings, now_s=now_us // _S)
        return self.items.sense(found, weighed, now_us)

    def oversee(self, now_us: int) -> list[Effect]:
        """Once a second what is not about single tags: antennas, shelves, strangers, sweeps, agents."""
        if now_us - self._second_us < _S:
            return []
        self._second_us = now_us
        self.antennas.doors(now_us, closed=self._closed(now_us))
        teaching.teach(self, now_us)
        self.strangers.forget(now_us // _S)
        looked_at_s = self.antennas.looked_at_s(self.geometry)
        effects: list[Effect] = [*self.machine.dated(), *self._places.antennas(now_us)]
        effects += self._places.shelves(looked_at_s, self._awake_us, now_us)
        effects += self._places.strangers(self.strangers, now_us)
        effects += self._security(now_us)
        effects += self.sweeps.tick(now_us)
        effects += self.board.antennas(self.belief, now_us)
        effects += self.board.shelves(self.belief, self.stock, self.machine, looked_at_s, now_us)
        offsets = {name: self.clocks.offset_us(name, one.boot) for name, one in self.agents.agents.items()}
        return effects + list(self.agents.changes(offsets, now_us))

    def _security(self, now_us: int) -> list[Effect]:
        """Ask once a minute whether the library uses the security of its tags at all."""
        if 0 <= now_us - self._security_us < OFF_COUNTED_US:
            return []
        self._security_us = now_us
        count = count_off(self.stock, self.security, self.belief.place, self.belief.away)
        effects, self.security_unused = self._places.security(count, now_us, was_unused=self.security_unused)
        return effects

    def _hours(self, now_us: int) -> Hours:
        """Opening hours in the site's time as it is now."""
        zone = ZoneInfo(self.geometry.site.timezone)
        offset = datetime.fromtimestamp(now_us / _S, tz=UTC).astimezone(zone).utcoffset()
        seconds = int(offset.total_seconds()) if offset is not None else 0
        return Hours.of(self.settings.opening, self.settings.closing, seconds)

    def _closed(self, now_us: int) -> bool:
        closing, opening = self.settings.closing, self.settings.opening
        if closing is None or opening is None:
            return False
        local = datetime.fromtimestamp(now_us / _S, tz=UTC).astimezone(ZoneInfo(self.geometry.site.timezone))
        clock = local.strftime("%H:%M")
        return closing <= clock < opening if closing <= opening else clock >= closing or clock < opening

    def ailing(self) -> list[tuple[str, str, float]]:
        """Antennas that hear less than they used to: id, what it is (`teaching.AILMENTS`), decibels; the worst first."""
        return teaching.ailing(self)

    # --- snapshots --------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Everything needed to go on: plain data and copies of the arrays, which nobody changes any more."""
        return {
            "shelves": list(self.geometry.shelf_ids),
            "valid_from_us": self.geometry.site.valid_from_us,
            "clocks": self.clocks.dump(),
            "inbox": self.inbox.dump(),
            "agents": self.agents.dump(),
            "antennas": self.antennas.dump(),
            "belief": self.belief.dump(),
            "teaching": teaching.dump(self),
            "stock": self.stock.dump(),
            "strangers": self.strangers.dump(),
            "security": self.security.dump(),
            "reading": self.reading.dump(),
            "security_unused": [self.security_unused, self._security_us],
            "machine": self.machine.dump(),
            "moved": self.moved.dump(),
            "board": self.board.dump(),
            "sweeps": self.sweeps.dump(),
            "answered": [[act, *answer] for act, answer in self.answered.items()],
            "news": self.news.copy(),
            "times": [self.tick_us, self._scan_us, self._second_us, self._awake_us, self._next_row],
        }

    @classmethod
    def load(cls, history: SiteHistory, settings: EngineSettings, state: dict[str, Any]) -> Engine:
        """The engine as `dump` left it. The site may have grown since: shelves are found again by their ids."""
        engine = cls(history, settings)
        engine.clocks = Clocks.load(state["clocks"])
        engine.inbox.restore(state["inbox"])
        engine.agents.restore(state["agents"])
        engine.antennas = Antennas.load(state["antennas"], len(history.antenna_ids), settings)
        engine.belief.antennas = engine.antennas
        engine.belief.restore(state["belief"])
        teaching.restore(engine, state.get("teaching", {}))
        engine.stock = Stock.load(state["stock"])
        engine.strangers.restore(state["strangers"])
        engine._restore_reading(state)
        engine.machine = Machine.load(state["machine"])
        if "moved" in state:
            engine.moved.restore(state["moved"])
        engine.board.restore(state["board"])
        engine.sweeps.restore(state["sweeps"])
        engine.answered = {act: (ok, detail) for act, ok, detail in state["answered"]}
        engine.news = np.array(state["news"], dtype=np.int64)
        times = state["times"]
        engine.tick_us, engine._scan_us, engine._second_us, engine._awake_us, engine._next_row = times
        engine._adopt_site(state)
        engine.belief.people.hours = engine._hours(engine.tick_us)
        return engine

    def _restore_reading(self, state: dict[str, Any]) -> None:
        """What tags said; a hub before tags were read has nothing of it."""
        if "reading" not in state:
            self.security.stock(np.full(self.stock.rows, -1))
            return
        self.security.restore(state["security"])
        self.security_unused, self._security_us = state["security_unused"]
        if not self.reading.restore(state["reading"]):
            self.security.forget()

    def _adopt_site(self, state: dict[str, Any]) -> None:
        """Use the version of the site that was in force, with today's numbers for its shelves."""
        for site in self.history.versions:
            if site.valid_from_us == state["valid_from_us"]:
                self.geometry = Geometry(site, self.history.antenna_ids, self.settings.near_m)
        self.belief.follow(self.geometry)
        moved = [self.geometry.shelf_index.get(shelf, -1) for shelf in state["shelves"]]
        if moved != list(range(len(moved))):
            table = np.array([*moved, -2, -1], dtype=np.int32)
            self.belief.place, self.board.shown = table[self.belief.place], table[self.board.shown]
            self.stock.renumber(np.array(moved, dtype=np.int64))
        self._wire()


def _unheard(span: Silence) -> Dwell:
    return Dwell(
        reader=span.reader, port=span.port, started_at_us=span.started_at_us, ended_at_us=span.ended_at_us
    )
