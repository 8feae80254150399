"""Misplaced books at the n-th independent covered look of their shelf: the reference score. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.scoring.history import EXPECTED, History
from firmware_sim.scoring.looks import FAR_US, Looks
from firmware_sim.scoring.subject import Shown
from firmware_sim.scoring.truth import Rules
from firmware_sim.world.stock import DEAD
from hub.catalog.model import EXPECTED_ON_SHELF

LOOKS: Final = 10
"""The curve is drawn for so many."""
SCORED: Final = 5
"""The look at which a subject is judged."""
DECIDE_US: Final = 300_000_000
"""So long after a look it is asked what is shown: the watermark, and a weighing of every tag (two minutes in a direct run)."""


class Confusion(msgspec.Struct, kw_only=True):
    """Books at one look: misplaced and shown, not misplaced and shown, misplaced and not shown."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    books: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Stays of books on watched shelves that can be judged; columns."""

    tag: Int32
    place: Int32
    from_us: Int64
    to_us: Int64
    outside: Bools


def standing(history: History, rules: Rules) -> Standing:
    """Every stay on a watched shelf but those of dead tags, of drifted books, of moved ranges, and of books that the catalogue has elsewhere."""
    still = _untouched(history, rules)
    rows: list[tuple[int, int, int, int, bool]] = []
    for tag in history.touched:
        if tag >= history.books or history.tag_place[tag] == DEAD:
            continue
        for stay in history.stays(tag):
            shelved = stay.place >= 0 and history.watched[stay.place]
            if not shelved or stay.status not in EXPECTED_ON_SHELF:
                continue
            home, near = (
                history.at_home(tag, stay.place, 0),
                history.at_home(tag, stay.place, rules.tolerance),
            )
            if home or not (near or history.moved(stay)):
                rows.append((tag, stay.place, stay.from_us, stay.to_us, not home))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Standing(
        np.concatenate([still.tag, columns[0].astype(np.int32)]),
        np.concatenate([still.place, columns[1].astype(np.int32)]),
        np.concatenate([still.from_us, columns[2]]),
        np.concatenate([still.to_us, columns[3]]),
        np.concatenate([still.outside, columns[4] != 0]),
    )


def _untouched(history: History, rules: Rules) -> Standing:
    """Books that nobody touched in the whole run."""
    n, start = history.books, history.start
    place = start.place[:n]
    home = (place >= history.home_from[:n]) & (place <= history.home_to[:n])
    tolerance = rules.tolerance
    near = (place >= history.home_from[:n] - tolerance) & (place <= history.home_to[:n] + tolerance)
    good = history.on_watched(place) & EXPECTED[start.status[:n]] & (home | ~near)
    good &= history.tag_place[:n] != DEAD
    good[[tag for tag in history.touched if tag < n]] = False
    tag = np.flatnonzero(good).astype(np.int32)
    return Standing(
        tag,
        place[tag],
        np.full(len(tag), start.us, np.int64),
        np.full(len(tag), history.end_us, np.int64),
        ~home[tag],
    )


def curve(stays: Standing, looks: Looks, shown: Iterable[Shown], end_us: int) -> list[Confusion]:
    """What is shown at the first, second … look of each stay that lasted until then."""
    opened = _open_times(shown, end_us)
    order = np.argsort(stays.place, kind="stable")
    shelves, first = np.unique(stays.place[order], return_index=True)
    ends = [*first[1:].tolist(), len(order)]
    groups = [order[begin:end] for begin, end in zip(first.tolist(), ends, strict=False)]
    found = []
    for number in range(1, LOOKS + 1):
        at_us = np.full(len(stays.tag), FAR_US, dtype=np.int64)
        for shelf, rows in zip(shelves.tolist(), groups, strict=True):
            at_us[rows] = looks.nth_us(shelf, stays.from_us[rows], number)
        at_us = np.where(at_us < FAR_US, at_us + DECIDE_US, at_us)
        asked = (at_us <= stays.to_us) & (at_us <= end_us)
        found.append(_confusion(stays, at_us, asked, opened))
    return found


def _confusion(
    stays: Standing, at_us: Int64, asked: Bools, opened: dict[int, list[tuple[int, int]]]
) -> Confusion:
    flagged = np.isin(stays.tag, np.fromiter(opened, dtype=np.int32, count=len(opened))) & asked
    said = np.zeros(len(stays.tag), dtype=np.bool_)
    for row in np.flatnonzero(flagged).tolist():
        when = int(at_us[row])
        said[row] = any(from_us <= when < to_us for from_us, to_us in opened[int(stays.tag[row])])
    outside = stays.outside & asked
    return Confusion(
        tp=int((said & outside).sum()),
        fp=int((said & asked & ~outside).sum()),
        fn=int((outside & ~said).sum()),
        books=int(asked.sum()),
    )


def _open_times(shown: Iterable[Shown], end_us: int) -> dict[int, list[tuple[int, int]]]:
    """By tag: when a `misplaced` about it was open."""
    found: dict[int, list[tuple[int, int]]] = {}
    for one in shown:
        if one.kind == "misplaced":
            closed_us = end_us + 1 if one.closed_us is None else one.closed_us
            found.setdefault(one.tag, []).append((one.opened_us, closed_us))
    return found


def total(parts: Sequence[Sequence[Confusion]]) -> list[Confusion]:
    """Curves of several seeds added up."""
    return [
        Confusion(
            tp=sum(one.tp for one in look), fp=sum(one.fp for one in look), fn=sum(one.fn for one in look),
            books=sum(one.books for one in look),
        )
        for look in zip(*parts, strict=True)
    ]  # fmt: skip
