"""A sweep: what it expects, what it asks of the readers, how far it is, and what it found. Pure.

The expected set is frozen at the start. Each of its items ends as exactly one of found in place, found elsewhere,
missing, or not covered; unexpected items and unknown tags come on top.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, Literal

import msgspec
import numpy as np

from hub.belief.geometry import Geometry
from hub.belief.interface import Ints
from hub.belief.stock import EXPECTED, Stock
from hub.effects import SendCommand, SweepChanged, SweepRows
from hub.settings import SweepSettings
from shelfwire.ids import digest_id
from shelfwire.messages import StartCycle
from shelfwire.site.model import Site

OUTCOMES: Final = ("found_in_place", "found_elsewhere", "missing", "unexpected", "unknown", "not_covered")
SweepState = Literal["planned", "running", "done", "failed", "cancelled"]
Row = tuple[int | None, str, str | None, str | None, float]
"""(item_id, outcome, home shelf, heard shelf, confidence)"""


class Sweep(msgspec.Struct, kw_only=True):
    """A running sweep, plain data."""

    id: str
    scope: str
    asked_by: str
    started_at_us: int
    dwell_ms: int
    power_dbm: float | None
    need: int
    """Trusted looks that cover a shelf."""
    limit_s: float
    shelves: list[int]
    """Indices of the shelves in scope."""
    looks: dict[int, int]
    """Antenna → its count of looks at the start, for all antennas meant for the scope."""
    expected: list[int] = []
    """Item ids, frozen."""
    covered: list[int] = []
    """Shelves that had their looks."""


def scope_shelves(site: Site, scope: str) -> list[int]:
    """Shelf indices of ``all`` or the id of a floor, range, face, bay or shelf; empty: there is no such place."""
    if scope == "all":
        return [shelf.index for shelf in site.shelves]
    faces = {
        bay.id: face.id
        for floor in site.floors
        for rng in floor.ranges
        for face in rng.faces
        for bay in face.bays
    }
    return [s.index for s in site.shelves if scope in (s.floor, s.range, faces.get(s.bay), s.bay, s.id)]


def expected_items(stock: Stock, shelves: list[int], all_shelves: int) -> Ints:
    """Ids of the items that the catalogue expects on these shelves: status, and home span begins there."""
    inside = np.zeros(all_shelves + 1, dtype=bool)
    inside[shelves] = True
    chosen = EXPECTED[stock.status] & inside[stock.home_from] & (stock.home_from >= 0)
    return stock.item_id[chosen]


def start(
    sweep_id: str, scope: str, asked_by: str, geometry: Geometry, settings: SweepSettings, *, now_us: int
) -> Sweep | None:
    """A sweep over `scope`, before anything is frozen; None when no antenna hears any shelf of it."""
    shelves = scope_shelves(geometry.site, scope)
    antennas = sorted({antenna for shelf in shelves for antenna in geometry.shelf_antennas[shelf]})
    if not antennas:
        return None
    return Sweep(
        id=sweep_id,
        scope=scope,
        asked_by=asked_by,
        started_at_us=now_us,
        dwell_ms=settings.dwell_ms,
        power_dbm=settings.power_dbm,
        need=settings.looks,
        limit_s=settings.limit_s,
        shelves=shelves,
        looks=dict.fromkeys(antennas, 0),
    )


def freeze(sweep: Sweep, stock: Stock, looks: Ints, all_shelves: int) -> None:
    """From now on the expected set and the counts of looks stand."""
    sweep.looks = {antenna: int(looks[antenna]) for antenna in sweep.looks}
    sweep.expected = expected_items(stock, sweep.shelves, all_shelves).tolist()


def commands(sweep: Sweep, geometry: Geometry, now_us: int, *, over: bool) -> list[SendCommand]:
    """To each reader of the scope: the sweep's cycle for at most its time limit or, when it is `over`, the usual one."""
    ports: dict[str, list[int]] = {}
    for antenna in geometry.site.antennas:
        if antenna.index in sweep.looks:
            ports.setdefault(antenna.reader, []).append(antenna.port)
    sent = []
    for reader, numbers in sorted(ports.items()):
        known = geometry.site.reader_by_id.get(reader)
        if known is None:
            continue
        usual: dict[str, Any] = {"reader": reader, "expires_at_us": now_us + 60_000_000}
        usual["id"] = digest_id(geometry.site.id, sweep.id, reader, "over" if over else "start")
        if not over:
            usual |= {"ports": sorted(numbers), "dwell_ms": sweep.dwell_ms, "power_dbm": sweep.power_dbm}
            usual |= {"for_s": min(sweep.limit_s, 86_400.0), "sweep": sweep.id}
        sent.append(SendCommand(known.agent, StartCycle(**usual)))
    return sent


def progress(sweep: Sweep, geometry: Geometry, looks: Ints) -> bool:
    """Note the shelves covered since; whether all that can be are. A shelf is covered when one of its antennas looked enough."""
    enough = {a for a, before in sweep.looks.items() if looks[a] - before >= sweep.need}
    watched = [shelf for shelf in sweep.shelves if geometry.shelf_antennas[shelf]]
    sweep.covered = [shelf for shelf in watched if enough.intersection(geometry.shelf_antennas[shelf])]
    return len(sweep.covered) == len(watched)


class Sight(msgspec.Struct, frozen=True):
    """What is known of one item at the end of a sweep."""

    item_id: int
    home: int
    """First shelf of the home span."""
    home_covered: bool
    """All shelves of the home span had their looks."""
    heard: bool
    """In this sweep."""
    place: int
    """Shelf where it is believed; -1: none."""
    at_home: bool
    confidence: float


def outcome(sight: Sight) -> str:
    """What a sweep says of an expected item."""
    if sight.heard and sight.place >= 0:
        return "found_in_place" if sight.at_home else "found_elsewhere"
    return "missing" if sight.home_covered and not sight.heard else "not_covered"


def rows_of(
    sights: list[Sight], strangers: list[tuple[str, float]], shelf_ids: list[str], expected: set[int]
) -> list[Row]:
    """The rows of the report; `strangers`: (shelf, confidence) of unknown tags, which stay nameless."""
    rows: list[Row] = []
    for sight in sights:
        home = shelf_ids[sight.home] if sight.home >= 0 else None
        heard = shelf_ids[sight.place] if sight.heard and sight.place >= 0 else None
        result = outcome(sight) if sight.item_id in expected else "unexpected"
        rows.append((sight.item_id, result, home, heard, round(sight.confidence, 3)))
    rows.extend((None, "unknown", None, shelf, confidence) for shelf, confidence in strangers)
    return rows


def changed(
    sweep: Sweep,
    geometry: Geometry,
    state: SweepState,
    detail: str,
    *,
    rows: list[Row] | None = None,
    ended_at_us: int | None = None,
    found: int = 0,
) -> SweepChanged:
    """The sweep's row; `rows` once it has ended, `found` items before."""
    count = Counter(row[1] for row in rows or ())
    return SweepChanged(
        id=sweep.id,
        scope=sweep.scope,
        state=state,
        asked_by=sweep.asked_by,
        started_at_us=sweep.started_at_us,
        ended_at_us=ended_at_us,
        shelves=[geometry.shelf_ids[shelf] for shelf in sweep.shelves],
        covered=[geometry.shelf_ids[shelf] for shelf in sweep.covered],
        expected=len(sweep.expected),
        found_in_place=count["found_in_place"] if rows is not None else found,
        found_elsewhere=count["found_elsewhere"],
        missing=count["missing"],
        unexpected=count["unexpected"],
        unknown=count["unknown"],
        not_covered=count["not_covered"],
        detail=detail,
    )


def report(sweep: Sweep, rows: list[Row]) -> SweepRows:
    """The rows as an effect."""
    return SweepRows(sweep=sweep.id, rows=rows)
