"""What a bay looks like in truth and as the hub believes it, as plain data that a page can draw. Pure.

The truth knows where on its board each book stands. The hub knows only the board: there books are laid out in call-number order, strays at the right end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np

from firmware_sim.direct.plan import Simulation
from firmware_sim.hearing import Bools, Int32, Int64
from hub.belief.interface import NEVER
from hub.belief.stock import EXPECTED
from hub.catalog.model import EXPECTED_ON_SHELF
from hub.effects import Finding
from hub.engine import Engine
from hub.findings.machine import LIVE
from shelfwire.site.model import Bay

Look = Literal["home", "drift", "wrong", "lent", "strange", "away", "missing", "never"]
"""How a book is drawn.

`home`: on its own board; `drift`: on the board beside it, still in its home span; `wrong`: elsewhere; `lent`: the catalogue does not expect it here; `strange`: no
catalogue knows it; and in the belief alone `away`, `missing` (a finding) and `never` (not heard yet): an outline where it was last, or where it belongs.
"""

COLOURS: Final = 4
THIN_MM: Final = 6
"""Nothing is drawn thinner, or nobody could point at it."""
LYING_MM: Final = 40
"""A lying book is drawn at least so thick."""
GAP_MM: Final = 1


class Spine(msgspec.Struct, frozen=True, kw_only=True):
    """One book as it is drawn; lengths in millimetres of the board."""

    tag: int
    """−1: a tag of which the hub keeps only a hash."""
    x: int
    """Its left edge from the left end of the board."""
    wide: int
    high: int
    look: Look
    colour: int
    lying: bool = False
    sure: int = 100
    """Percent; of the truth always 100."""
    found: str = ""
    """Kind of the open finding about it."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """One shelf in both worlds."""

    id: str
    number: int
    wide: int
    true: list[Spine]
    believed: list[Spine]
    apart: list[int]
    """Tags of which truth and belief differ."""
    state: str
    """The hub's word for the shelf: `quiet`, `attention`, `stale`, `unwatched`."""
    deaf: bool
    """In truth no antenna of it can hear now."""


class BayView(msgspec.Struct, frozen=True, kw_only=True):
    """A bay from the top board down."""

    id: str
    boards: list[Board]
    somebody: bool
    """A person or a cart stands before it."""


def by_item(engine: Engine) -> dict[int, Finding]:
    """Open findings about items; of two the one that a person would be shown first."""
    found: dict[int, Finding] = {}
    for subject, finding in engine.machine.findings.items():
        if finding.state in LIVE and subject.item_id >= 0:
            found.setdefault(subject.item_id, finding)
    return found


def bay_view(sim: Simulation, engine: Engine, bay: Bay, states: Mapping[str, str]) -> BayView:
    """Both sides of one bay, now. `states`: the hub's states of shelves by id."""
    finder = _Finder(sim, engine)
    boards = []
    for shelf in bay.shelves:
        true = _true(sim, shelf.index)
        believed, unclear = finder.board(shelf.index)
        boards.append(
            Board(
                id=shelf.id, number=shelf.number, wide=round(shelf.width_m * 1000), true=true, believed=believed,
                apart=unclear, state=states.get(shelf.id, "quiet"), deaf=_deaf(sim, shelf.id),
            )
        )  # fmt: skip
    return BayView(
        id=bay.id, boards=boards, somebody=sim.radio.somebody(bay.shelves[0].index, sim.world.now_us)
    )


def true_look(sim: Simulation, tag: int, shelf: int) -> Look:
    """How a tag on a shelf stands there in truth."""
    world, stock = sim.world, sim.world.stock
    if tag >= world.strangers_from:
        return "strange"
    if world.status_of(tag) not in EXPECTED_ON_SHELF:
        return "lent"
    if int(stock.home[tag]) == shelf:
        return "home"
    return "drift" if int(stock.home_from[tag]) <= shelf <= int(stock.home_to[tag]) else "wrong"


def _true(sim: Simulation, shelf: int) -> list[Spine]:
    world = sim.world
    found = []
    for tag in world.on_shelf(shelf).tolist():
        wide, high = _size(sim, tag)
        middle = int(world.x_mm[tag])
        lying = bool(world.lying[tag])
        if lying:
            wide, high = high, min(wide, LYING_MM)
        found.append(
            Spine(
                tag=tag, x=max(0, middle - wide // 2), wide=wide, high=high, look=true_look(sim, tag, shelf),
                colour=_colour(tag), lying=lying,
            )
        )  # fmt: skip
    return found


def _size(sim: Simulation, tag: int) -> tuple[int, int]:
    world = sim.world
    wide = max(THIN_MM, int(world.thickness_mm[tag]) - GAP_MM)
    high = int(world.stock.height_mm[tag]) if tag < world.stock.count else 200
    return wide, high


def _colour(tag: int) -> int:
    """Neighbours differ, and it is the same on both sides."""
    return (tag * 7 + tag // 3) % COLOURS


def _deaf(sim: Simulation, shelf: str) -> bool:
    antennas = sim.site.heard_by.get(shelf, ())
    wiring = sim.wiring
    return bool(antennas) and all(
        bool(wiring.deaf[one.index]) or int(wiring.listens_as[one.index]) != one.index for one in antennas
    )


class _Finder:
    """Asks the engine about the books of a bay. Its rows are the world's tags (`firmware_sim.direct.hub.catalogue_of`)."""

    def __init__(self, sim: Simulation, engine: Engine) -> None:
        self._sim = sim
        self._engine = engine
        self._findings = by_item(engine)
        belief, rows = engine.belief, engine.stock.rows
        self._expected = EXPECTED[engine.stock.status[:rows]]
        self._never = (belief.place == NEVER) & ~belief.away
        self._gone = belief.away | self._never
        home = sim.world.stock.home[:rows]
        self._place: Int32 = np.where(belief.place == NEVER, home, belief.place).astype(np.int32)
        self._apart = apart(sim, engine)

    def board(self, shelf: int) -> tuple[list[Spine], list[int]]:
        """What the hub believes of a board, and the tags there of which the truth says otherwise."""
        rows = np.flatnonzero(self._place == shelf)
        rows = rows[~self._gone[rows] | self._expected[rows]]  # lent and away: as it should be
        spines = self._spines(rows.astype(np.int64), shelf) + self._strange(shelf)
        here = {one.tag for one in spines if one.tag >= 0}
        here |= {tag for tag in self._sim.world.on_shelf(shelf).tolist() if tag < len(self._apart)}
        width = round(self._sim.site.shelves[shelf].width_m * 1000)
        return _laid_out(spines, width), sorted(tag for tag in here if self._apart[tag])

    def _spines(self, rows: Int64, shelf: int) -> list[Spine]:
        if not len(rows):
            return []
        engine = self._engine
        weighed = engine.weigh(rows)
        zone = engine.geometry.zone_of_shelf[shelf]
        here = np.where(weighed.candidates == zone, weighed.chances, 0.0).sum(axis=1) * (1.0 - weighed.away)
        found = []
        for at, tag in enumerate(rows.tolist()):
            finding = self._findings.get(tag)
            look = self._look(tag, shelf, finding)
            chance = float(weighed.away[at]) if look in {"away", "missing"} else float(here[at])
            wide, high = _size(self._sim, tag)
            found.append(
                Spine(
                    tag=tag, x=0, wide=wide, high=high, look=look, colour=_colour(tag),
                    sure=0 if look == "never" else percent(chance),
                    found="" if finding is None else finding.kind,
                )
            )  # fmt: skip
        return sorted(found, key=lambda one: (one.look == "wrong", one.tag))

    def _look(self, tag: int, shelf: int, finding: Finding | None) -> Look:
        stock = self._sim.world.stock
        if self._gone[tag]:
            if finding is not None and finding.kind == "missing":
                return "missing"
            return "never" if self._never[tag] else "away"
        if not self._expected[tag]:
            return "lent"
        if int(stock.home[tag]) == shelf:
            return "home"
        return "drift" if int(stock.home_from[tag]) <= shelf <= int(stock.home_to[tag]) else "wrong"

    def _strange(self, shelf: int) -> list[Spine]:
        """Unknown tags that have stayed here long enough to be a finding."""
        name = self._sim.site.shelves[shelf].id
        return [
            Spine(
                tag=-1, x=0, wide=24, high=200, look="strange", colour=0, found="unknown_tag",
                sure=percent(finding.confidence),
            )
            for subject, finding in self._engine.machine.findings.items()
            if subject.kind == "unknown_tag" and finding.state in LIVE and finding.shelf == name
        ]  # fmt: skip


def percent(chance: float) -> int:
    """Whole percent, never none and never all."""
    return max(1, min(99, int(chance * 100)))


def apart(sim: Simulation, engine: Engine) -> Bools:
    """By book: the hub believes it elsewhere than it is. One antenna's shelves count as one place, and all places off the shelves as one."""
    rows = engine.stock.rows
    zones = np.append(engine.geometry.zone_of_shelf, -1)
    true = sim.world.place[:rows]
    belief = engine.belief
    said = np.where(belief.away | (belief.place == NEVER), -1, belief.place)
    found: Bools = zones[np.maximum(true, -1)] != zones[said]
    return found


def _laid_out(spines: list[Spine], width: int) -> list[Spine]:
    """Side by side from the left end; pressed together where they would not fit."""
    whole = sum(one.wide + GAP_MM for one in spines)
    tight = min(1.0, (width - 4) / whole) if whole else 1.0
    x, found = 0.0, []
    for one in spines:
        wide = max(2, int(one.wide * tight))
        found.append(msgspec.structs.replace(one, x=int(x), wide=wide))
        x += (one.wide + GAP_MM) * tight
    return found
