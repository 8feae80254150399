"""What a sweep saw, tag by tag, and the rows of its report. Pure.

A million items are weighed in pieces, one a tick, so that the end of a large sweep holds up nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.belief.interface import Bools, Floats, Ints
from hub.belief.stock import ELSEWHERE, Stock
from hub.engine.state import EngineState
from hub.sweep import plan
from hub.sweep.plan import Row, Shelves, Sweep

PIECE: Final = 50_000
"""Expected items reported in one stroke: a third of a second and some 50 MB. More: the hub stands still; fewer: the end takes long."""


@dataclass(frozen=True)
class Seen:
    """Some tags at the end of a sweep; columns of equal length."""

    heard: Bools
    """In this sweep."""
    shelf: Ints
    """Where a heard tag is believed, or the shelf of its likeliest zone; -1: not heard, or no place."""
    confidence: Floats
    """That it is there or, if it was not heard, that it is away."""


def found_so_far(engine: EngineState, sweep: Sweep) -> int:
    """Expected items of which the first tag was heard since the start. Reads only when: nothing is weighed."""
    places = engine.stock.places(np.array(sweep.expected, dtype=np.int64))
    rows = engine.stock.first_row[places[places >= 0]].astype(np.int64)
    newest_s, _ = engine.belief.slots.last_heard(rows[rows >= 0])
    return int((newest_s >= _second(sweep)).sum())


def report_on(engine: EngineState, sweep: Sweep) -> bool:
    """Make one more piece of the report; whether it is whole now.

    Each expected item once; in the last piece also what else stands wrong in the area, and unknown tags without a name.
    """
    done = len(sweep.rows)
    sweep.rows += _expected(engine, sweep, sweep.expected[done : done + PIECE])
    if len(sweep.rows) < len(sweep.expected):
        return False
    sweep.rows += [*_unexpected(engine, sweep), *_strangers(engine, sweep)]
    return True


def _expected(engine: EngineState, sweep: Sweep, items: list[int]) -> list[Row]:
    stock, ids = engine.stock, engine.geometry.shelf_ids
    expected = np.array(items, dtype=np.int64)
    places = stock.places(expected)
    item, row = _without_replaced(engine, sweep, *_tags_of(stock, places))
    seen = _seen(engine, row, sweep)
    whole = plan.covered_spans(sweep, len(ids), stock.home_from[places[item]], stock.home_to[places[item]])
    code = plan.outcomes(seen.heard, seen.shelf, _at_home(engine, places[item], seen.shelf), whole)
    said: list[Row] = []
    speaks = plan.worst(item, code, len(expected)).tolist()
    for item_id, place, at in zip(items, places.tolist(), speaks, strict=True):
        home = _named(ids, int(stock.home_from[place]) if place >= 0 else -1)
        if at < 0:
            said.append((item_id, "not_covered", home, None, 0.0))
            continue
        outcome = plan.RANKED[int(code[at])]
        said.append(
            (item_id, outcome, home, _named(ids, int(seen.shelf[at])), round(float(seen.confidence[at]), 3))
        )
    return said


def _unexpected(engine: EngineState, sweep: Sweep) -> list[Row]:
    """Items beyond the expected, heard in the area, that stand outside their home or should be elsewhere at all.

    What has no home stands wrong nowhere.
    """
    stock, belief, ids = engine.stock, engine.belief, engine.geometry.shelf_ids
    in_scope = np.zeros(len(ids) + 1, dtype=bool)
    in_scope[sweep.shelves] = True
    rows = np.flatnonzero(in_scope[belief.place] & ~belief.away)
    rows = rows[belief.slots.last_heard(rows)[0] >= _second(sweep)]
    place = stock.item_of_row[rows].astype(np.int64)
    outside = (stock.home_from[place] >= 0) & ~_at_home(engine, place, belief.place[rows])
    wrong = (outside | ELSEWHERE[stock.status[place]]) & ~np.isin(
        stock.item_id[place], np.array(sweep.expected, dtype=np.int64)
    )
    _, first = np.unique(place[wrong], return_index=True)
    rows, place = rows[wrong][first], place[wrong][first]
    seen = _seen(engine, rows, sweep)
    return [
        (int(stock.item_id[one]), "unexpected", _named(ids, int(stock.home_from[one])), ids[shelf], round(sure, 3))
        for one, shelf, sure in zip(place.tolist(), seen.shelf.tolist(), seen.confidence.tolist(), strict=True)
    ]  # fmt: skip


def _strangers(engine: EngineState, sweep: Sweep) -> list[Row]:
    g = engine.geometry
    heard = [
        g.own_shelves[one.antenna][0]
        for one in engine.strangers.seen.values()
        if one.last_s >= _second(sweep) and one.antenna in sweep.looks and g.own_shelves[one.antenna]
    ]
    return [(None, "unknown", None, g.shelf_ids[shelf], 0.9) for shelf in heard]


def _tags_of(stock: Stock, places: Ints) -> tuple[Ints, Ints]:
    """All (number of the item in `places`, row of a tag of it). Places of -1 have none."""
    number = np.full(len(stock.item_id), -1, dtype=np.int64)
    have = np.flatnonzero(places >= 0)
    number[places[have]] = have
    first = number[stock.item_of_row]
    rows = np.flatnonzero(first >= 0)
    more = [
        (int(number[place]), row)
        for row, others in stock.more.items()
        for place in others
        if number[place] >= 0
    ]
    shared = np.array(more, dtype=np.int64).reshape(-1, 2)
    return np.concatenate([first[rows], shared[:, 0]]), np.concatenate([rows, shared[:, 1]])


def _without_replaced(engine: EngineState, sweep: Sweep, item: Ints, row: Ints) -> tuple[Ints, Ints]:
    """Leave out tags that were not heard while another tag said the same part of the same item: they were replaced or torn off."""
    doubles = engine.stock.doubles
    if not doubles:
        return item, row
    newest_s, _ = engine.belief.slots.last_heard(np.arange(engine.stock.rows))
    heard = newest_s >= _second(sweep)
    silent = np.flatnonzero(~heard[row])
    replaced = [at for at in silent.tolist() if any(heard[other] for other in doubles.get(int(row[at]), ()))]
    return np.delete(item, replaced), np.delete(row, replaced)


def _seen(engine: EngineState, rows: Ints, sweep: Sweep) -> Seen:
    heard = np.zeros(len(rows), dtype=bool)
    shelf = np.full(len(rows), -1, dtype=np.int64)
    confidence = np.zeros(len(rows))
    first = np.append(engine.geometry.zone_first, -1)
    # Nearly always once: an item has one tag. A set of a hundred parts must not fill the memory.
    for at in range(0, len(rows), PIECE):
        piece = slice(at, at + PIECE)
        weighed = engine.weigh(rows[piece])
        heard[piece] = weighed.newest_s >= _second(sweep)
        place = engine.belief.place[rows[piece]]
        shelf[piece] = np.where(heard[piece], np.where(place >= 0, place, first[weighed.zone]), -1)
        confidence[piece] = np.where(heard[piece], 1.0 - weighed.away, weighed.away)
    return Seen(heard, shelf, confidence)


def _at_home(engine: EngineState, place: Ints, shelf: Ints | Shelves) -> Bools:
    """Whether shelves lie within the homes of items (by place), widened by the tolerance."""
    tolerance = engine.settings.tolerance_shelves
    first, last = engine.stock.home_from[place], engine.stock.home_to[place]
    result: Bools = (first >= 0) & (shelf >= 0) & (shelf >= first - tolerance) & (shelf <= last + tolerance)
    return result


def _named(ids: list[str], shelf: int) -> str | None:
    return ids[shelf] if shelf >= 0 else None


def _second(sweep: Sweep) -> int:
    return sweep.started_at_us // 1_000_000
