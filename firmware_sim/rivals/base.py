"""All of a rival but the place: catalogue, home spans, and findings by the hub's own thresholds. Pure, vectorised over tags.

A rival says of each tag which antenna it is with, or none. What follows from that is the same for all of them, and for the hub: tolerance, looks that make a
misplaced book, longest use, closing, statuses. They have no coverage and no trust: silence is silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Delivery, Float32, Int32, Int64
from firmware_sim.rivals.findings import Findings
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.subject import NEVER_HEARD, NOWHERE, Places, Shown
from firmware_sim.world import World
from hub.catalog.model import EXPECTED_ON_SHELF, STATUSES
from hub.settings import EngineSettings
from shelfwire.site.model import Site

NOBODY: Final = -1
"""With no antenna."""
SHORTEST_S: Final = 10.0
"""It decides not more often than this."""
SILENT_S: Final = 600.0
"""The published silence time-out (EdgeX rfid-llrp-inventory: departed threshold)."""
SILENT_CYCLES: Final = 3
"""… and at least so many cycles: the published one assumes a reader that never pauses."""
_REMEMBERED: Final = 100_000
"""Numbers of reports remembered against doubles, a log: of 100,000 the newer half at least, which is three days of reports every 5 s."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue and the site say; all that a rival may know besides the reads."""

    site: Site
    home_from: Int32
    home_to: Int32
    status: NDArray[np.uint8]
    settings: EngineSettings
    cycle_s: float
    """The antennas come round in this time."""
    start_us: int

    @classmethod
    def of(cls, world: World, settings: EngineSettings, *, cycle_s: float) -> Known:
        """The catalogue as it is now."""
        n = world.stock.count
        return cls(
            world.site, world.stock.home_from, world.stock.home_to, world.status[:n].copy(), settings,
            cycle_s, world.now_us,
        )  # fmt: skip

    @property
    def silent_us(self) -> int:
        """Silence after which a tag is taken for gone."""
        return int(max(SILENT_S, SILENT_CYCLES * self.cycle_s) * 1e6)


@dataclass(frozen=True, slots=True)
class Reads:
    """Reads since the last decision, in the order of their arrival; columns."""

    tag: Int32
    antenna: Int32
    at_us: Int64
    rssi: Float32
    count: Float32
    share: Float32
    """Its answers ÷ those of the tag that answered most in the same dwell: the read rate within the dwell."""


class Rival:
    """A subject without a model. A kind of rival implements `_hear` and `_where`."""

    name = "rival"
    kinds = frozenset({"misplaced", "missing", "unexpected", "held", "unknown_tag"})
    """It has no notion of the others."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._books = len(known.home_from)
        self._status = known.status.copy()
        self._status_us: Int64 = np.full(self._books, known.start_us, dtype=np.int64)
        self._heard_us: Int64 = np.full(self._books, -1, dtype=np.int64)
        self._first, self._last = _spans(known.site)
        self._waiting: list[Delivery] = []
        self._numbers: dict[tuple[str, str], set[int]] = {}
        self._decided_us = known.start_us
        self._every_us = int(max(SHORTEST_S, known.cycle_s) * 1e6)
        doors = Doors(known.settings.closing, known.settings.opening, known.site.timezone)
        self._findings = Findings(known.settings, doors, self._books, self._every_us)
        self._antenna: Int32 = np.full(self._books, NOBODY, dtype=np.int32)

    # --- as a subject -----------------------------------------------------------------------------------------

    def take(self, delivery: Delivery) -> None:
        """Keep it until the next decision; what never left the agent says nothing, and a double is left."""
        if delivery.lost or not len(delivery.heard.tag):
            return
        if delivery.log:
            numbers = self._numbers.setdefault((delivery.agent, delivery.log), set())
            if delivery.seq in numbers:
                return
            numbers.add(delivery.seq)
            if len(numbers) > _REMEMBERED:
                numbers.difference_update(sorted(numbers)[: _REMEMBERED // 2])
        self._waiting.append(delivery)

    def status(self, tag: int, status: str, now_us: int) -> None:
        """The desk has booked it."""
        self._status[tag] = STATUSES.index(status)
        self._status_us[tag] = now_us

    def tick(self, now_us: int) -> None:
        """Decide, once a cycle."""
        if now_us - self._decided_us < self._every_us:
            return
        reads = self._reads()
        self._grow(reads)
        fresh = np.zeros(len(self._heard_us), dtype=np.bool_)
        fresh[reads.tag] = True
        np.maximum.at(self._heard_us, reads.tag, reads.at_us)
        self._hear(reads)
        self._antenna = self._where(now_us)
        self._decided_us += (now_us - self._decided_us) // self._every_us * self._every_us
        shelf = self._shelves(self._antenna)
        n = self._books
        self._findings.items(
            shelf=shelf[:n], fresh=fresh[:n], expected=EXPECTED[self._status], home_from=self._known.home_from,
            home_to=self._known.home_to,
            silent_since_us=np.maximum(np.maximum(self._heard_us[:n], self._status_us), self._known.start_us), now_us=now_us,
        )  # fmt: skip
        self._findings.strangers(shelf[n:], now_us)

    def shown(self) -> list[Shown]:
        """All findings so far."""
        return self._findings.shown

    def places(self) -> Places:
        """Where the books are, as of the last decision; it promises nothing."""
        n = self._books
        shelf = self._shelves(self._antenna)[:n]
        shelf = np.where((shelf < 0) & (self._heard_us[:n] < 0), np.int32(NEVER_HEARD), shelf)
        return Places(shelf.astype(np.int32), np.full(n, np.nan, dtype=np.float32))

    # --- a kind of rival --------------------------------------------------------------------------------------

    def _hear(self, reads: Reads) -> None:
        raise NotImplementedError

    def _where(self, now_us: int) -> Int32:
        """The antenna of each tag, or `NOBODY`."""
        raise NotImplementedError

    def _extend(self, tags: int) -> None:
        """So many tags are known from now on (strangers came)."""
        raise NotImplementedError

    # --- inside -----------------------------------------------------------------------------------------------

    def _reads(self) -> Reads:
        """All that waits, as columns; reference tags left out."""
        parts = [_columns(one) for one in self._waiting]
        self._waiting.clear()
        if not parts:
            parts = [_NOTHING]
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return Reads(*columns)

    def _grow(self, reads: Reads) -> None:
        wanted = int(reads.tag.max(initial=-1)) + 1
        short = wanted - len(self._heard_us)
        if short > 0:
            self._heard_us = np.append(self._heard_us, np.full(short, -1, dtype=np.int64))
            self._antenna = np.append(self._antenna, np.full(short, NOBODY, dtype=np.int32))
            self._extend(wanted)

    def _shelves(self, antenna: Int32) -> Int32:
        """The shelf that each antenna stands for; of several the one in the book's home, else the first."""
        near = np.maximum(antenna, 0)
        first, last = self._first[near], self._last[near]
        n = self._books
        home = np.clip(self._known.home_from, first[:n], last[:n])
        at_home = (home >= self._known.home_from) & (home <= self._known.home_to)
        shelf = first.copy()
        shelf[:n] = np.where(at_home, home, first[:n])
        return np.where(antenna >= 0, shelf, np.int32(NOWHERE)).astype(np.int32)


EXPECTED: Final[Bools] = np.array([name in EXPECTED_ON_SHELF for name in STATUSES])
"""By status code."""

_Columns = tuple[Int32, Int32, Int64, Float32, Float32, Float32]
_NOTHING: Final[_Columns] = (
    np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32),
    np.zeros(0, np.float32),
)  # fmt: skip


def _columns(delivery: Delivery) -> _Columns:
    """The reads of one delivery; times as the report has them, but never after its arrival."""
    heard = delivery.heard
    dwell = heard.dwell_of
    most = np.ones(len(heard.dwells), dtype=np.float32)
    count = heard.count.astype(np.float32)
    np.maximum.at(most, dwell, count)
    books = heard.tag >= 0
    tag, dwell, count = heard.tag[books], dwell[books], count[books]
    ended_us = np.minimum(heard.dwells.ended_us + delivery.clock_us, delivery.arrived_us)
    return (
        tag,
        heard.dwells.antenna[dwell],
        ended_us[dwell],
        heard.rssi[books].astype(np.float32),
        count,
        count / most[dwell],
    )


def _spans(site: Site) -> tuple[Int32, Int32]:
    """By antenna: the first and the last shelf that it is meant for."""
    index = {shelf.id: shelf.index for shelf in site.shelves}
    hears = [[index[name] for name in antenna.hears] or [NOWHERE] for antenna in site.antennas]
    first = np.array([min(one) for one in hears], dtype=np.int32)
    return first, np.array([max(one) for one in hears], dtype=np.int32)
