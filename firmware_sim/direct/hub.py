"""The real engine of the hub, in process, as one of those that are judged. Pure.

What the service does around it stands here without disk and broker: intake takes each number of each outbox once, reports go into the engine at their
arrival, ticks let it decide, findings are noted when a person could see them, and commands are handed on.

**How often it decides.** A live hub ticks every second and weighs 25,000 tags in each: all of a usual library again and again on the same evidence.
Here a tick comes once a step, and while reports come every tag is weighed once in `WEIGH_S`; when all was weighed since the last report, it rests until the next
one. Nothing is lost by it: the belief changes when dwells are applied, all dwells are applied in their order whenever the tick comes, the engine's memory of
looks is in the reads and not in the weighing, and its waits are counted in looks and hours. A finding can be shown later by up to `WEIGH_S` and a step, never
earlier, and a state that lasts shorter than that may go unseen, as it would for a person. The gap between ticks stays below the minute after which
the engine takes it for its own absence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from firmware_sim.direct.reports import Reporter, TagTable
from firmware_sim.hearing import Delivery
from firmware_sim.scenario import Scenario
from firmware_sim.scoring.subject import NEVER_HEARD, NOWHERE, Places, Shown
from hub.belief.interface import NEVER
from hub.effects import Effect, Finding, PutFinding, SendCommand, SweepChanged
from hub.engine import Engine
from hub.events import ActAsked, CatalogColumns, Event, ReportTaken, StatusHeard, Ticked
from hub.intake import Heard, Intake
from hub.settings import EngineSettings, SweepSettings
from shelfwire.errors import InputError, PeerError
from shelfwire.messages import AgentStatus, Command, Report
from shelfwire.site.model import SiteHistory
from shelfwire.tags.key import tag_key
from shelfwire.topics import AgentTopic

WEIGH_S: Final = 90.0
"""While reports come, every tag is weighed once in this time: at the cycles of minutes that direct runs poll with, at least once between two looks."""
NEWS: Final = 1.1
"""So much more than its share is weighed in a tick, because the engine takes tags heard at strange places before their turn."""
LONGEST_STEP_S: Final = 45.0
"""The engine takes a gap of 60 s between ticks for its own absence, in which no shelf grows stale."""
LITTLE: Final = 1e-6
PIECE: Final = 250_000
"""Tags weighed in one stroke at most: each needs about 600 bytes meanwhile. A larger library is weighed in several ticks of a step."""
_OVER: Final = frozenset({"verified", "dismissed", "resolved"})


class Library(Protocol):
    """What is asked of `firmware_sim.world.World` at the start."""

    @property
    def stock(self) -> Any: ...  # noqa: D102 (see World)
    def barcode(self, tag: int) -> str: ...  # noqa: D102
    def status_of(self, tag: int) -> str: ...  # noqa: D102


def settings_of(scenario: Scenario, path: str = "scenario") -> EngineSettings:
    """The engine's settings as a hub.yaml with the scenario's ``engine:`` and ``sweeps:`` would have them. Raises `InputError`."""
    try:
        sweeps = msgspec.convert(scenario.sweeps, SweepSettings)
        settings = msgspec.convert(scenario.engine, EngineSettings)
    except msgspec.ValidationError as fault:
        raise InputError(f"{path}: engine or sweeps: {fault}") from fault
    return msgspec.structs.replace(settings, sweeps=sweeps)


def in_bulk(settings: EngineSettings, rows: int, *, weigh_s: float, step_s: float) -> EngineSettings:
    """The same decisions with less work: each tag is weighed once in `weigh_s`, and rows for a map that nobody looks at are held back."""
    share = min(1.0, NEWS * step_s / weigh_s)
    pieces = pieces_of(rows, share)
    return msgspec.structs.replace(
        settings,
        scan_every_s=0.25,
        # the engine counts at most 2 s between two scans
        scan_rows_per_s=int(rows * share / pieces / min(2.0, step_s / pieces)) + 1,
        place_rows_per_tick=1,
        refresh_rows_per_tick=1,
        refresh_s=1e9,
        series_every_s=1e9,
    )


def pieces_of(rows: int, share: float) -> int:
    """In how many ticks a step's share of the tags is weighed."""
    return max(1, -(-int(rows * share) // PIECE))


class HubSubject:
    """`firmware_sim.scoring.subject.Subject` around `hub.engine.Engine`."""

    def __init__(
        self,
        history: SiteHistory,
        world: Library,
        reporter: Reporter,
        settings: EngineSettings,
        *,
        start_us: int,
        step_s: float,
        weigh_s: float = WEIGH_S,
        name: str = "hub",
    ) -> None:
        rows = int(world.stock.count)
        self.name = name
        self._awake = in_bulk(settings, rows, weigh_s=weigh_s, step_s=step_s)
        self._asleep = msgspec.structs.replace(self._awake, scan_every_s=1e9)
        self._share = min(1.0, step_s / weigh_s)
        self._unweighed = 0.0
        """Share of the tags that were not weighed since the last report."""
        self._ticked_us = start_us
        self.engine = Engine(history, self._awake)
        self.intake = Intake(frozenset(reader.agent for reader in history.now.readers))
        self.observations = 0
        self.commands: list[tuple[str, Command]] = []
        """(agent, command) that wait to be sent; who drives the run takes them."""
        self.sweeps: list[SweepChanged] = []
        """Sweeps that ended, with their counts."""
        self.on_effect: Callable[[Effect], None] | None = None
        """For those who want to see more (the watch page)."""
        self._reporter = reporter
        self._site_id = history.now.id
        self._barcode = world.barcode
        self._boots: dict[str, str] = {}
        self._shown: dict[str, Shown] = {}
        self._acts = 0
        self._effects(self.engine.handle(catalogue_of(world, reporter.table), start_us), start_us)

    # --- what it hears ----------------------------------------------------------------------------------------

    def take(self, delivery: Delivery) -> None:
        """A report arrived; one that came before is counted and left."""
        now_us = delivery.arrived_us
        if self._boots.get(delivery.agent) != delivery.boot:
            self._birth(delivery)
        message = self._reporter.message(delivery)
        topic = AgentTopic(self._site_id, delivery.agent, "dwells")
        for taken in self.intake.admit(Heard(topic, b"", message, None), now_us):
            if isinstance(taken.event, ReportTaken) and isinstance(taken.event.message, Report):
                self.observations += len(delivery.heard.tag)
            self._handle(taken.event, now_us)
            self._unweighed = 1.0

    def status(self, tag: int, status: str, now_us: int) -> None:
        """The desk has booked it."""
        self._acts += 1
        act = ActAsked(
            f"desk-{self._acts}", "system", now_us, "item.status", self._barcode(tag), {"status": status}
        )
        self._handle(act, now_us)

    def tick(self, now_us: int) -> None:
        """Apply what has come, weigh, decide."""
        self.intake.chase(now_us)
        pieces = 1
        if self._unweighed > LITTLE:
            self.engine.settings = self._awake
            pieces = pieces_of(self.engine.stock.rows, self._share * NEWS)
            self._unweighed = max(0.0, self._unweighed - self._share)
        else:
            self.engine.settings = self._asleep
        from_us, self._ticked_us = self._ticked_us, now_us
        for piece in range(1, pieces + 1):
            self._handle(Ticked(), from_us + (now_us - from_us) * piece // pieces)

    def take_commands(self) -> list[tuple[str, Command]]:
        """What the hub wants its readers to do since it was asked last."""
        found, self.commands = self.commands, []
        return found

    def ask(self, kind: str, subject: str, body: dict[str, Any], now_us: int) -> None:
        """A person asks for something (`hub.engine.acts`), for example a sweep."""
        self._acts += 1
        self._handle(ActAsked(f"person-{self._acts}", "staff", now_us, kind, subject, body), now_us)

    # --- what it believes -------------------------------------------------------------------------------------

    def shown(self) -> list[Shown]:
        """All findings so far, in the order of their opening."""
        return list(self._shown.values())

    def places(self) -> Places:
        """Shelf and probability of each book; of one that shares its antenna with other shelves, the probability of the whole zone."""
        engine = self.engine
        rows = engine.stock.rows
        place = engine.belief.place
        shelf = np.where(engine.belief.away, NOWHERE, np.where(place == NEVER, NEVER_HEARD, place)).astype(
            np.int32
        )
        sure = np.zeros(rows, dtype=np.float32)
        zone_of = np.append(engine.geometry.zone_of_shelf, -1)
        for at in range(0, rows, PIECE):
            part = np.arange(at, min(rows, at + PIECE))
            weighed = engine.weigh(part)
            own = weighed.candidates == zone_of[place[part]][:, None]
            chance = np.where(own, weighed.chances, 0.0).sum(axis=1) * (1.0 - weighed.away)
            sure[part] = np.where(engine.belief.away[part], weighed.away, chance)
        sure[shelf == NEVER_HEARD] = np.nan
        return Places(shelf, sure)

    # --- inside -----------------------------------------------------------------------------------------------

    def _birth(self, delivery: Delivery) -> None:
        """An agent's process began: its birth comes before its first report."""
        self._boots[delivery.agent] = delivery.boot
        status = AgentStatus(
            agent=delivery.agent, boot=delivery.boot, log=delivery.log, online=True,
            at_us=delivery.made_us + delivery.clock_us, wall_at_us=delivery.made_us + delivery.wall_us,
        )  # fmt: skip
        topic = AgentTopic(self._site_id, delivery.agent, "status")
        if delivery.arrived_us - delivery.made_us > 60_000_000:  # noqa: PLR2004 (a backlog: nobody knows when its process was born)
            return
        for taken in self.intake.admit(Heard(topic, b"", status, None), delivery.arrived_us):
            assert isinstance(taken.event, StatusHeard)
            self._handle(taken.event, delivery.arrived_us)

    def _handle(self, event: Event, now_us: int) -> None:
        self._effects(self.engine.handle(event, now_us), now_us)

    def _effects(self, effects: list[Effect], now_us: int) -> None:
        for effect in effects:
            if isinstance(effect, PutFinding):
                self._show(effect.finding, now_us)
            elif isinstance(effect, SendCommand):
                self.commands.append((effect.agent, effect.command))
            elif isinstance(effect, SweepChanged) and effect.state not in {"planned", "running"}:
                self.sweeps.append(effect)
            if self.on_effect is not None:
                self.on_effect(effect)

    def _show(self, finding: Finding, now_us: int) -> None:
        known = self._shown.get(finding.id)
        if known is None:
            if finding.state in _OVER:
                return
            places = self.engine.geometry.shelf_index
            self._shown[finding.id] = Shown(
                kind=finding.kind,
                tag=-1 if finding.item_id is None else finding.item_id,
                place=places.get(finding.shelf or "", -1),
                antenna=finding.antenna or "",
                opened_us=now_us,
                confidence=finding.confidence,
                raw=finding.why.get("raw"),
            )
        elif finding.state in _OVER:
            known.closed_us = now_us
        else:
            known.closed_us = None


def catalogue_of(world: Library, table: TagTable) -> CatalogColumns:
    """The catalogue as an import brings it: item ids are tag numbers, links by tag key."""
    stock = world.stock
    count = int(stock.count)
    pcs = table.pcs[:count].tolist()
    keys = [_key(epc, pc) for epc, pc in zip(table.epcs[:count].tolist(), pcs, strict=True)]
    ids = list(range(count))
    # one number object a shelf, not two an item: 25 million items are made into a catalogue only once, and must fit
    shelves = np.array(range(int(stock.home_to.max()) + 1), dtype=object)
    return CatalogColumns(
        import_id="simulated",
        item_id=ids,
        barcode=[world.barcode(tag) for tag in ids],
        status=[world.status_of(tag) for tag in ids],
        home_from=shelves[stock.home_from].tolist(),
        home_to=shelves[stock.home_to].tolist(),
        home_source=["list"] * count,
        link_key=keys,
        link_item=ids,
    )


def _key(epc: str, pc: int) -> str:
    """The tag key; the very text of the EPC where they are the same, so that it is kept once."""
    try:
        key = tag_key(epc, pc)
    except PeerError as fault:
        raise InputError(f"the simulated tag {epc} has no key: {fault}") from fault
    return epc if key == epc else key
