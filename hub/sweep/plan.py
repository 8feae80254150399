"""A sweep: what it expects, what it asks of the readers, how far it is, and what it found. Pure.

The expected set is frozen at the start: all items with a home that reaches into the area. Each of them ends as exactly
one of found in place, found elsewhere, missing, or not covered. Unexpected items (they stand in the area, outside their
home or against their status) and unknown tags come on top.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hub.belief.geometry import Geometry
from hub.belief.interface import Bools, Ints
from hub.belief.stock import EXPECTED, Stock
from hub.effects import SendCommand, SweepChanged, SweepRows
from hub.settings import SweepSettings
from shelfwire.ids import digest_id
from shelfwire.messages import StartCycle
from shelfwire.site.model import Site

OUTCOMES: Final = ("found_in_place", "found_elsewhere", "missing", "unexpected", "unknown", "not_covered")
SweepState = Literal["planned", "running", "done", "failed", "cancelled"]
Shelves = NDArray[np.int32]
"""Shelf indices by item, as the catalogue holds them; -1: none."""
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
    """Antenna → its trusted looks that began since the start, for all antennas meant for the scope."""
    expected: list[int] = []
    """Item ids, frozen."""
    covered: list[int] = []
    """Shelves that had their looks."""
    ending: SweepState | None = None
    """How it ends, while its report is being made; None: it goes on."""
    detail: str = ""
    rows: list[Row] = []
    """The report so far: of the first of the expected items, in their order."""


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
    """Ids of the items that the catalogue expects on these shelves: status, and the home span reaches there."""
    inside = _count_in_spans(shelves, all_shelves, stock.home_from, stock.home_to)
    return stock.item_id[EXPECTED[stock.status] & (inside > 0)]


def _count_in_spans(shelves: list[int], all_shelves: int, first: Shelves, last: Shelves) -> Ints:
    """How many of `shelves` lie in each span; 0 for no span (-1)."""
    marked = np.zeros(all_shelves, dtype=np.int64)
    marked[shelves] = 1
    sums = np.concatenate([[0], np.cumsum(marked)])
    counted: Ints = np.where(first >= 0, sums[last + 1] - sums[np.maximum(first, 0)], 0)
    return counted


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


def freeze(sweep: Sweep, stock: Stock, all_shelves: int) -> None:
    """From now on the expected set stands."""
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
    """Note the shelves covered since; whether all that can be are. A shelf is covered when one of its antennas looked enough.

    `looks`: by antenna, the trusted looks that began since the start.
    """
    sweep.looks = {antenna: int(looks[antenna]) for antenna in sweep.looks}
    enough = {antenna for antenna, count in sweep.looks.items() if count >= sweep.need}
    watched = [shelf for shelf in sweep.shelves if geometry.shelf_antennas[shelf]]
    sweep.covered = [shelf for shelf in watched if enough.intersection(geometry.shelf_antennas[shelf])]
    return len(sweep.covered) == len(watched)


RANKED: Final = ("found_in_place", "not_covered", "found_elsewhere", "missing")
"""Outcomes of an expected item, by code; of an item with several tags, the tag with the highest speaks."""


def outcomes(heard: Bools, shelf: Ints, at_home: Bools, home_covered: Bools) -> Ints:
    """What a sweep says of tags of expected items, as codes of `RANKED`; columns of equal length.

    Missing is only what was not heard while all shelves of its home had their looks.
    """
    found = np.where(at_home, 0, 2)
    result: Ints = np.where(heard & (shelf >= 0), found, np.where(home_covered & ~heard, 3, 1))
    return result


def worst(item: Ints, code: Ints, items: int) -> Ints:
    """For each of `items`, which tag speaks for it: the first of those with the highest code; -1: it has no tag.

    So an item is found in place only when all its tags are.
    """
    order = np.lexsort((-np.arange(len(item)), code, item))
    speaks = np.full(items, -1, dtype=np.int64)
    last = np.flatnonzero(np.append(item[order][1:] != item[order][:-1], True)[: len(item)])
    speaks[item[order[last]]] = order[last]
    return speaks


def covered_spans(sweep: Sweep, all_shelves: int, first: Shelves, last: Shelves) -> Bools:
    """Whether all shelves of each home span had their looks."""
    have = _count_in_spans(sweep.covered, all_shelves, first, last)
    result: Bools = (first >= 0) & (have == last + 1 - first)
    return result


def refused(
    sweep_id: str, scope: str, asked_by: str, *, shelves: list[str], why: str, now_us: int
) -> SweepChanged:
    """The row of a sweep that nobody waited for and that could not start: it must not fail in silence."""
    return SweepChanged(
        id=sweep_id, scope=scope, state="failed", asked_by=asked_by, started_at_us=now_us, ended_at_us=now_us,
        shelves=shelves, covered=[], expected=0, found_in_place=0, found_elsewhere=0, missing=0, unexpected=0, unknown=0,
        not_covered=0, detail=why,
    )  # fmt: skip


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
