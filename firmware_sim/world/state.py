"""What is where, what the catalogue says of it, and what can happen to it now. Pure.

The daily processes (`firmware_sim.world.people`) and the stories both move books through this; each move writes one deed.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

import numpy as np

from firmware_sim.dice import mix
from firmware_sim.hearing import Bools, Int32, UInt16
from firmware_sim.world.deeds import Deed, DeedKind, Log
from firmware_sim.world.epcs import ALLIANCE_PC, PLAIN_PC, stranger_epc
from firmware_sim.world.habits import Planted
from firmware_sim.world.places import AWAY, HAND, TABLE
from firmware_sim.world.pool import Pool
from firmware_sim.world.rules import ON_LOAN, Facts, allows
from firmware_sim.world.shelving import Shelving, UInt8, UInt32
from firmware_sim.world.start import begin
from firmware_sim.world.stock import Stock
from hub.catalog.model import STATUSES
from shelfwire.site.model import Site

_FOR_A_WHILE: Final = frozenset({HAND, TABLE})
"""Places from which a reader puts a book back where it stood."""
ANYHOW: Final = -2
"""Instead of the number of a last deed: whatever has happened since."""


class State:
    """One site with its books at `now_us`. Columns: see `Shelving`."""

    def __init__(self, site: Site, stock: Stock, *, start_us: int, seed: int, planted: Planted) -> None:
        start = begin(site, stock, planted, seed)
        self.site = site
        self.stock = stock
        self.now_us = start_us
        self.log = Log()
        self.strangers_from = stock.count
        self.strangers = planted.strangers
        self.first_place: Int32 = start.place.copy()
        """Where each tag was at the start, planted ones included; the log goes on from here."""
        self.status: UInt8 = start.status
        """What the catalogue says of each book; places in `hub.catalog.model.STATUSES`."""
        self.first_status: UInt8 = start.status.copy()
        self.armed: Bools = start.armed
        """The security bit of each tag."""
        self.first_armed: Bools = start.armed.copy()
        self.shelving = Shelving(site, stock.thickness_mm, start.place, start.order)
        self.shelving.lying = start.lying
        self.shelving.settle()
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        self._last_deed = np.full(len(start.place), -1, dtype=np.int32)
        self.agenda: list[tuple[int, int, DeedKind, int, int]] = []
        self._promises = 0
        self._came_from: dict[int, tuple[int, int]] = {}
        """Books that are off their shelf for a while → where they stood, and the book to their left (−1: they stood first)."""
        self.moved_home: dict[int, int] = {}
        """Books of moved ranges → the shelf where staff now put them; the catalogue still says `Stock.home`."""
        self.lent = Pool(
            len(start.status),
            np.flatnonzero((start.place[: stock.count] == AWAY) & (start.status == ON_LOAN)),
        )
        """Books that are out on loan and can come back."""
        self.unbooked: dict[int, int] = {}
        """What the desk has done and the catalogue does not know yet: the status to come."""

    # What is where

    @property
    def place(self) -> Int32:
        """Where each tag is (`firmware_sim.world.places`); strangers at the end, then room for more."""
        return self.shelving.place

    @property
    def lying(self) -> Bools:
        """Which tags lie on top of the row."""
        return self.shelving.lying

    @property
    def arrangement(self) -> UInt32:
        """How often each tag, or one of the two books on each side, was moved: its shading is drawn anew."""
        return self.shelving.arrangement

    @property
    def x_mm(self) -> UInt16:
        """The middle of each book from the left end of its board."""
        return self.shelving.x_mm

    @property
    def revision(self) -> UInt32:
        """Of each shelf: bumped whenever anything on it changes."""
        return self.shelving.revision

    @property
    def thickness_mm(self) -> UInt8:
        """Of each tag's book, strangers too."""
        return self.shelving.thickness_mm

    def on_shelf(self, shelf: int) -> Int32:
        """Tags on a shelf from left to right, strangers and lying ones too. A row that never changes: the next deed makes a new one."""
        return self.shelving.row(shelf)

    def where(self, tag: int, at_us: int) -> int:
        """The place at that time, from the start and the log alone."""
        found = self.log.place_at(int(self._last_deed[tag]), at_us)
        return int(self.first_place[tag]) if found is None else found

    def last_deed(self, tag: int) -> Deed | None:
        """What happened to it last; None: it stands as at the start."""
        line = int(self._last_deed[tag])
        return None if line < 0 else self.log[line]

    def at_home(self, tag: int) -> bool:
        """Whether the book is in its home span now."""
        return bool(self.stock.home_from[tag] <= self.place[tag] <= self.stock.home_to[tag])

    def home_of(self, tag: int) -> int:
        """The shelf where staff put it."""
        return self.moved_home.get(tag, int(self.stock.home[tag]))

    def status_of(self, tag: int) -> str:
        """What the catalogue says; for a stranger empty."""
        return STATUSES[self.status[tag]] if tag < self.strangers_from else ""

    # What a tag says

    def epc(self, tag: int) -> str:
        """What the tag says now: an alliance tag whose security bit is off has another first bit."""
        if tag >= self.strangers_from:
            number = tag - self.strangers_from
            return stranger_epc(number, int(mix(self._seed, number, 44)[0]))
        return self.stock.epc(tag, lent=not self.armed[tag])

    def pc(self, tag: int) -> int:
        """The PC word."""
        return int(self.stock.pc[tag]) if tag < self.strangers_from else PLAIN_PC

    def barcode(self, tag: int) -> str:
        """The catalogue's barcode; for a stranger empty."""
        return self.stock.barcode(tag) if tag < self.strangers_from else ""

    def security(self, tag: int) -> bool:
        """Whether the tag's security bit is armed: a gate would ring."""
        return bool(self.armed[tag])

    def tells_security(self, tag: int) -> bool:
        """Whether a read shows that bit: only alliance tags carry it in their EPC."""
        return self.pc(tag) == ALLIANCE_PC

    # What can happen

    def can(self, kind: DeedKind, tag: int) -> bool:
        """Whether this can happen to this tag now."""
        if kind == "stranger_gone":
            return tag >= self.strangers_from and bool(self.place[tag] >= 0)
        if tag >= self.strangers_from:
            return False
        if kind == "booked":
            return tag in self.unbooked
        if kind == "bring_back" and tag in self.unbooked:
            return False
        return bool(allows(kind, self._facts(tag)))

    def able(self, kind: DeedKind) -> Bools:
        """`can` for all books at once."""
        found: Bools = allows(kind, self._facts(slice(0, self.stock.count)))
        return found

    def _facts(self, books: int | slice) -> Facts:
        stock = self.stock
        return Facts(self.place[books], self.status[books], stock.home_from[books], stock.home_to[books])

    # What is promised

    def promise(self, at_us: int, kind: DeedKind, tag: int) -> None:
        """It will happen at that time, if it still can."""
        self._promise(at_us, kind, tag, ANYHOW)

    def _promise(self, at_us: int, kind: DeedKind, tag: int, line: int) -> None:
        """The same; with a `line`, only if the tag's last deed is still that one."""
        self._promises += 1
        heappush(self.agenda, (at_us, self._promises, kind, tag, line))

    def promise_next(self, at_us: int, kind: DeedKind, tag: int) -> None:
        """It will happen if nothing else happens to the tag before."""
        self._promise(at_us, kind, tag, int(self._last_deed[tag]))

    def pop_promise(self) -> tuple[DeedKind, int] | None:
        """The next promise that can still be kept; None: it cannot, and is dropped."""
        _, _, kind, tag, line = heappop(self.agenda)
        still = line == ANYHOW or line == int(self._last_deed[tag])
        return (kind, tag) if still and self.can(kind, tag) else None

    # What happens

    def move(
        self,
        kind: DeedKind,
        tag: int,
        to: int,
        at: int = 0,
        *,
        lying: bool = False,
        status: int | None = None,
        armed: bool | None = None,
    ) -> Deed:
        """Do it and write it down. `at`: before which book of the row it is put."""
        came_from = int(self.place[tag])
        stranger = tag >= self.strangers_from
        if kind != "booked":
            self.shelving.take(tag, min(to, AWAY))
            if to >= 0:
                self.shelving.put(tag, to, at, lying=lying)
            if to not in _FOR_A_WHILE:
                self._came_from.pop(tag, None)
        if status is not None:
            self.status[tag] = status
        if armed is not None:
            self.armed[tag] = armed
        if not stranger:
            self.lent.keep(tag, to == AWAY and self.status[tag] == ON_LOAN)
        deed = Deed(
            at_us=self.now_us,
            kind=kind,
            tag=tag,
            came_from=came_from,
            went_to=to,
            status="" if stranger else STATUSES[self.status[tag]],
            lying=bool(self.lying[tag]),
            security=bool(self.armed[tag]),
        )
        self._last_deed[tag] = self.log.append(deed, int(self._last_deed[tag]))
        return deed

    def new_stranger(self) -> int:
        """The number of a stranger that is nowhere yet."""
        tag = self.strangers_from + self.strangers
        self.strangers += 1
        if tag >= len(self.place):
            capacity = self.strangers_from + 2 * self.strangers
            more = capacity - len(self.place)
            self.shelving.grow(capacity)
            self.armed = np.concatenate([self.armed, np.zeros(more, dtype=np.bool_)])
            self.first_place = np.concatenate([self.first_place, np.full(more, AWAY, dtype=np.int32)])
            self.first_armed = np.concatenate([self.first_armed, np.zeros(more, dtype=np.bool_)])
            self._last_deed = np.concatenate([self._last_deed, np.full(more, -1, dtype=np.int32)])
        return tag

    # Where it is put

    def slot_at_home(self, tag: int, shelf: int) -> int:
        """The place in the row before the first book that follows it in call-number order; the end, if none does."""
        row = self.on_shelf(shelf)
        for at, other in enumerate(row.tolist()):
            if tag < other < self.strangers_from and abs(self.home_of(other) - shelf) <= 1:
                return at
        return len(row)

    def slot_as_before(self, tag: int) -> tuple[int, int]:
        """(shelf, place in its row) where it was taken from; its home, if that is not known."""
        if tag not in self._came_from:
            return self.home_of(tag), self.slot_at_home(tag, self.home_of(tag))
        shelf, left = self._came_from[tag]
        if left < 0:
            return shelf, 0
        if int(self.place[left]) == shelf:
            return shelf, self.shelving.index(left, shelf) + 1
        return shelf, self.slot_at_home(tag, shelf)

    def remember(self, tag: int) -> None:
        """Somebody takes it from its shelf and will put it back."""
        shelf = int(self.place[tag])
        at = self.shelving.index(tag, shelf)
        self._came_from[tag] = (shelf, int(self.on_shelf(shelf)[at - 1]) if at else -1)
