"""The buttons of the watch page: what each breaks or lets people do, and how it is taken back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec
import numpy as np

from firmware_sim.dice import mix
from firmware_sim.direct.broken import Holding
from firmware_sim.direct.plan import Simulation
from firmware_sim.direct.run import DirectRun
from firmware_sim.faults.model import AGENT_FAULTS, ANTENNA_FAULTS, READER_FAULTS, Fault, FaultKind
from firmware_sim.hearing import Bools
from firmware_sim.radio import Radio
from firmware_sim.world import FAR_SHELVES, Deed, DeedKind
from shelfwire.site.model import Antenna, Bay

FaultButton = Literal[
    "antenna_unplugged", "cable_loss", "hub_port_stuck", "reader_dead", "reader_slow", "corrupt_frames", "link_cut",
    "link_lossy", "duplicates", "reordering", "clock_wrong", "disk_full", "agent_killed", "broker_killed", "hub_killed",
]  # fmt: skip
DeedButton = Literal["carry_away", "bring_here", "take", "borrow", "lay_on_top", "stranger"]

FAULTS: Final[Mapping[FaultButton, float | None]] = {
    "antenna_unplugged": None, "cable_loss": 12.0, "hub_port_stuck": None, "reader_dead": None, "reader_slow": 5.0,
    "corrupt_frames": 0.3, "link_cut": None, "link_lossy": 0.3, "duplicates": 0.5, "reordering": 0.5, "clock_wrong": 3.0,
    "disk_full": None, "agent_killed": None, "broker_killed": None, "hub_killed": None,
}  # fmt: skip
"""How bad each is, in the unit of `firmware_sim.faults.model`."""
DEEDS: Final[tuple[DeedButton, ...]] = (
    "carry_away",
    "bring_here",
    "take",
    "borrow",
    "lay_on_top",
    "stranger",
)
CROSS: Final = (0.05, 0.20, 0.40)
"""How often a neighbouring shelf's tags are heard: little, usual, bad."""
KEPT: Final = 60
"""Presses that are remembered; faults that still hold are never forgotten."""

_NEEDS: Final[Mapping[str, DeedKind]] = {
    "carry_away": "misplace", "bring_here": "misplace", "take": "take", "borrow": "borrow", "lay_on_top": "browse",
}  # fmt: skip
_BACK: Final[Mapping[DeedKind, tuple[DeedKind, ...]]] = {
    "misplace": ("fix",),
    "take": ("bring_back",),
    "borrow": ("return",),
    "put_on_top": ("browse", "put_back"),
    "stranger": ("stranger_gone",),
}


class Refused(Exception):  # noqa: N818 (no error: an answer)
    """It cannot be done now; `key` names the words."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(slots=True)
class Press:
    """One thing that a visitor did."""

    number: int
    kind: str
    """A `FaultButton`, a `DeedButton`, or ``cross_read``."""
    at_us: int
    bay: str
    names: dict[str, Any]
    """What the words need: ids, tags, numbers."""
    holding: Holding | None = None
    deed: Deed | None = None
    before: float = 0.0
    over: bool = False
    """It was taken back."""

    @property
    def lasts(self) -> bool:
        """A fault that still holds."""
        return self.holding is not None and not self.over


@dataclass(slots=True)
class Presses:
    """All that visitors did to one run."""

    run: DirectRun
    all: list[Press] = field(default_factory=list)
    _number: int = 0

    @property
    def sim(self) -> Simulation:
        """What it is done to."""
        return self.run.simulation

    def active(self, kind: str, bay: Bay) -> Press | None:
        """The press of this button whose fault holds in this bay now."""
        wanted = frozenset(targets(self.sim, kind, bay))
        for one in reversed(self.all):
            if one.kind == kind and one.lasts and frozenset(one.names["what"]) == wanted:
                return one
        return None

    def break_(self, kind: FaultButton, bay: Bay) -> Press:
        """A fault begins where this bay's antennas, readers or agent are. Raises `Refused`."""
        what = targets(self.sim, kind, bay)
        if not what and kind not in {"broker_killed", "hub_killed"}:
            raise Refused("no_antenna")
        if self.active(kind, bay) is not None:
            raise Refused("holds_already")
        fault = Fault(fault=_fault(kind), what=tuple(what), amount=FAULTS[kind])
        holding = self.sim.broken.begin(fault, self.run.now_us)
        self._felt()
        return self._keep(kind, bay.id, {"what": what, "amount": FAULTS[kind]}, holding=holding)

    def let(self, kind: DeedButton, bay: Bay, tag: int | None) -> Press:
        """Somebody does something to a book of this bay, or to the one that is meant. Raises `Refused`."""
        deed = _DOES[kind](self.sim, bay.id, tag)
        if deed is None:
            raise Refused("no_book" if tag is None else "not_this_book")
        return self._keep(
            kind, bay.id, {"tag": deed.tag, "from": deed.came_from, "to": deed.went_to}, deed=deed
        )

    def bleed(self, rate: float, bay: Bay) -> Press:
        """Neighbouring shelves are heard so often from now on: the same tags and places, another air. Raises `Refused`."""
        sim = self.sim
        before = sim.radio.settings.cross_read
        if rate == before:
            raise Refused("holds_already")
        self._air(rate)
        return self._keep("cross_read", bay.id, {"what": [], "amount": rate}, before=before)

    def take_back(self, number: int) -> Press:
        """It is mended, or the book is put right. Raises `Refused`."""
        press = next((one for one in self.all if one.number == number), None)
        if press is None or press.over:
            raise Refused("over_already")
        if press.holding is not None:
            self._mend(press)
        elif press.kind == "cross_read":
            self._air(press.before)
        elif press.deed is not None:
            self._put_right(press.deed)
        press.over = True
        return press

    def _mend(self, press: Press) -> None:
        holding = press.holding
        if holding is not None:
            self.sim.broken.end(holding, self.run.now_us)
            self._felt()

    def _felt(self) -> None:
        """Antennas are in their new state at once, so that it is seen while the time stands still; the run does the rest."""
        self.sim.broken.wire(self.sim.wiring, self.run.now_us)
        self.run.faults_changed()

    def _put_right(self, deed: Deed) -> None:
        world = self.sim.world
        last = world.last_deed(deed.tag)
        if last is None or last.at_us != deed.at_us or last.kind != deed.kind:
            raise Refused("moved_on")
        for kind in _BACK[deed.kind]:
            if world.do(kind, deed.tag) is None:
                raise Refused("moved_on")

    def _air(self, rate: float) -> None:
        sim = self.sim
        settings = msgspec.structs.replace(sim.radio.settings, cross_read=rate)
        sim.radio = Radio(sim.world, seed=sim.seed, settings=settings, wiring=sim.wiring)

    def _keep(
        self,
        kind: str,
        bay: str,
        names: dict[str, Any],
        *,
        holding: Holding | None = None,
        deed: Deed | None = None,
        before: float = 0.0,
    ) -> Press:
        self._number += 1
        press = Press(
            self._number, kind, self.run.now_us, bay, names, holding=holding, deed=deed, before=before
        )
        self.all.append(press)
        if len(self.all) > KEPT:
            self.all.remove(next((one for one in self.all if not one.lasts), self.all[0]))
        return press


def targets(sim: Simulation, kind: str, bay: Bay) -> list[str]:
    """Ids of what a fault strikes where this bay hangs; none for what is central, or where nothing hangs."""
    antennas = antennas_of(sim, bay)
    if kind == "hub_port_stuck":
        return [antennas[0].id] if antennas else []
    if kind in ANTENNA_FAULTS:
        return [one.id for one in antennas]
    readers = list(dict.fromkeys(one.reader for one in antennas))
    if kind in READER_FAULTS:
        return readers
    if kind in AGENT_FAULTS:
        return list(dict.fromkeys(sim.site.reader_by_id[name].agent for name in readers))
    return []


def antennas_of(sim: Simulation, bay: Bay) -> list[Antenna]:
    """All antennas that are meant for a bay's shelves, from the top down, each once."""
    found = [one for shelf in bay.shelves for one in sim.site.heard_by.get(shelf.id, ())]
    return list({one.id: one for one in found}.values())


def _fault(kind: FaultButton) -> FaultKind:
    return kind


def fits(sim: Simulation, kind: str, bay: Bay, tag: int) -> bool:
    """Whether this button can be meant for that book."""
    world = sim.world
    if tag >= world.strangers_from or kind not in _NEEDS:
        return False
    if kind == "bring_here" and not _far(sim, bay.id)[tag]:
        return False
    return world.can(_NEEDS[kind], tag)


def _far(sim: Simulation, bay: str) -> Bools:
    """By book: every shelf of this bay is well away from its home span."""
    first, end = sim.site.spans[bay]
    stock = sim.world.stock
    found: Bools = (stock.home_from - FAR_SHELVES >= end) | (stock.home_to + FAR_SHELVES < first)
    return found


def _carry_away(sim: Simulation, bay: str, tag: int | None) -> Deed | None:
    if not _room_far_away(sim, tag, bay):
        return None
    return sim.world.do("misplace", tag, of=None if tag is not None else bay)


def _room_far_away(sim: Simulation, tag: int | None, bay: str) -> bool:
    """Whether the library is large enough for a misplaced one of these books."""
    stock = sim.world.stock
    first, end = sim.site.spans[bay]
    low = (first - 1 if tag is None else int(stock.home_from[tag])) - FAR_SHELVES
    high = (end if tag is None else int(stock.home_to[tag])) + FAR_SHELVES
    watched = (one.index for one in sim.site.shelves if one.id in sim.site.heard_by)
    return any(not low <= at <= high for at in watched)


def _bring_here(sim: Simulation, bay: str, tag: int | None) -> Deed | None:
    """By dice a book from well away, if none is meant."""
    world = sim.world
    far = _far(sim, bay)
    if tag is None:
        able = np.flatnonzero(world.able("misplace") & far)
        if not len(able):
            return None
        tag = int(able[int(mix(sim.seed, world.now_us, len(world.log))[0]) % len(able)])
    return world.do("misplace", tag, to=bay) if tag < len(far) and far[tag] else None


def _told(kind: DeedKind) -> Callable[[Simulation, str, int | None], Deed | None]:
    return lambda sim, bay, tag: sim.world.do(kind, tag, of=None if tag is not None else bay)


def _lay_on_top(sim: Simulation, bay: str, tag: int | None) -> Deed | None:
    """Taken into a hand, and put down lying on its row."""
    world = sim.world
    taken = world.do("browse", tag, of=None if tag is not None else bay)
    return None if taken is None else world.do("put_on_top", taken.tag)


def _stranger(sim: Simulation, bay: str, tag: int | None) -> Deed | None:  # noqa: ARG001 (a new one always)
    return sim.world.do("stranger", to=bay)


_DOES: Final[Mapping[str, Callable[[Simulation, str, int | None], Deed | None]]] = {
    "carry_away": _carry_away,
    "bring_here": _bring_here,
    "take": _told("take"),
    "borrow": _told("borrow"),
    "lay_on_top": _lay_on_top,
    "stranger": _stranger,
}
