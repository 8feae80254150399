"""Moved ranges in the engine: looked for now and then, approved, rejected and undone by a person. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from hub.belief.stock import EXPECTED
from hub.effects import Effect, HomesMoved, HomesRestored, ItemEvent, PutFinding
from hub.engine.state import EngineState
from hub.events import ActAsked
from hub.findings.machine import RefusedError
from hub.findings.moved import Group, Ints, Standing
from hub.findings.ranges import KIND, Approval, NewHome, RangeWatch
from shelfwire.ids import digest_id

LOOK_US: Final = 30_000_000
ROWS_A_SECOND: Final = 100_000
"""The groups are looked for every `LOOK_US`, or so much less often in a large library that it costs a hundredth of a core."""
SAMPLE: Final = 2_000
"""Books that are weighed for the confidence of a group."""
_S: Final = 1_000_000


def look(engine: EngineState, now_us: int) -> list[Effect]:
    """Follow the groups, when it is time."""
    moved, stock = engine.moved, engine.stock
    every_us = max(LOOK_US, len(stock.item_id) * _S // ROWS_A_SECOND)
    if 0 <= now_us - moved.looked_us < every_us or not len(stock.item_id):
        return []
    moved.looked_us = now_us
    watch = _watch(engine)

    def sure(items: Ints, target: int) -> float:
        """Mean probability that items stand in a range."""
        rows = stock.first_row[items[:: max(1, len(items) // SAMPLE)]].astype(np.int64)
        weighed = engine.weigh(np.sort(rows))
        g = engine.geometry
        within = (weighed.candidates >= 0) & (
            watch.areas.range_of[g.zone_first[weighed.candidates]] == target
        )
        chance = (weighed.chances * within).sum(axis=1) * (1 - weighed.away)
        return float(chance.mean())

    return watch.look(_standing(engine), stock.item_id, sure, now_us)


def _watch(engine: EngineState) -> RangeWatch:
    return RangeWatch(engine.geometry, engine.machine, engine.moved, engine.settings)


def _standing(engine: EngineState) -> Standing:
    """All items, by their first tag; one without a tag stands nowhere."""
    stock, belief = engine.stock, engine.belief
    row = stock.first_row
    place = np.append(belief.place, -1)[row].astype(np.int64)
    return Standing(
        first=stock.home_from.astype(np.int64),
        last=stock.home_to.astype(np.int64),
        place=place,
        here=(place >= 0) & ~np.append(belief.away, True)[row],
        expected=EXPECTED[stock.status],
    )


def apply(engine: EngineState, act: ActAsked, now_us: int) -> tuple[list[Effect], str]:
    """``moved.approve``, ``moved.reject``, ``moved.undo``. Raises `RefusedError` in words."""
    engine.moved.looked_us = 0
    if act.kind == "moved.undo":
        return _undo(engine, act.subject, now_us)
    subject = engine.machine.subject_of(act.subject)
    finding = engine.machine.findings.get(subject) if subject is not None else None
    if subject is None or finding is None or finding.kind != KIND or finding.state not in {"open", "claimed"}:
        raise RefusedError(f"{act.subject[:60]!r} is no proposal that waits for an answer")
    if act.kind == "moved.reject":
        body = act.body | {"reason": str(act.body.get("reason") or "the range was not moved")}
        return [engine.machine.act("finding.dismiss", finding.id, act.role, body, now_us)], "rejected"
    if finding.why.get("grows"):
        raise RefusedError("books are still being moved; approve when no more have come for half an hour")
    watch = _watch(engine)
    standing = _standing(engine)
    group = watch.group(subject.name, standing)
    if group is None:
        raise RefusedError("these books do not stand there any more")
    homes = _homes(engine, group, standing)
    engine.moved.flows.pop(subject.name, None)
    why = finding.why | {"template": "moved_range_approved", "approved_us": now_us, "homes": len(homes)}
    settled = [
        msgspec.structs.replace(put.finding, why=why) for put in engine.machine.refute(subject, now_us)
    ]
    engine.moved.approve(Approval(settled[0], homes))
    effects = [PutFinding(one) for one in settled] + _give(engine, finding.id, homes, now_us)
    moved = HomesMoved(
        finding=finding.id, at_us=now_us, homes=[(one.item_id, one.first, one.last) for one in homes]
    )
    return [*effects, moved], f"{len(homes)} items have a new home"


def _homes(engine: EngineState, group: Group, standing: Standing) -> list[NewHome]:
    """Where each book of a group belongs from now on: where it stands.

    Antennas do not tell the shelves of one zone apart, so the home is all of it. What is on loan, away, or elsewhere still follows the
    books of its shelf if that was emptied.
    """
    g, stock, ids = engine.geometry, engine.stock, engine.geometry.shelf_ids
    first, last = np.full(len(ids), -1, dtype=np.int64), np.full(len(ids), -1, dtype=np.int64)
    for shelf in group.emptied.tolist():
        places = np.sort(standing.place[group.members[standing.home[group.members] == shelf]])
        cut = len(places) // 10
        first[shelf], last[shelf] = places[cut], places[len(places) - 1 - cut]
    rest = np.isin(standing.home, group.emptied)
    rest &= ~standing.here | standing.outside(engine.settings.tolerance_shelves)
    rest[group.members] = False
    followers = np.flatnonzero(rest)
    items = np.concatenate([group.members, followers])
    low = np.concatenate([standing.place[group.members], first[standing.home[followers]]])
    high = np.concatenate([standing.place[group.members], last[standing.home[followers]]])
    low, high = g.zone_first[g.zone_of_shelf[low]], g.zone_last[g.zone_of_shelf[high]]
    return [
        NewHome(
            int(stock.item_id[item]), ids[stock.home_from[item]], ids[stock.home_to[item]], ids[one], ids[other]
        )
        for item, one, other in zip(items.tolist(), low.tolist(), high.tolist(), strict=True)
    ]  # fmt: skip


def _undo(engine: EngineState, finding_id: str, now_us: int) -> tuple[list[Effect], str]:
    """Give the items their old homes back, where nothing else has given them another one since."""
    approval = engine.moved.approved.get(finding_id)
    if approval is None:
        raise RefusedError(f"{finding_id[:60]!r} is no approved move that this hub remembers")
    del engine.moved.approved[finding_id]
    back = [NewHome(one.item_id, one.first, one.last, one.old_first, one.old_last) for one in approval.homes]
    given = _give(engine, finding_id, back, now_us)
    why = approval.finding.why | {"undone_us": now_us}
    undone = msgspec.structs.replace(
        approval.finding, state="dismissed", reason="the approval was undone", changed_at_us=now_us, why=why
    )
    restored = HomesRestored(finding=finding_id, at_us=now_us)
    return [PutFinding(undone), *given, restored], f"{len(given)} items have their old home again"


def _give(engine: EngineState, finding_id: str, homes: list[NewHome], now_us: int) -> list[Effect]:
    """Set the homes of the items that have the old one still, and note it in their history."""
    stock, index = engine.stock, engine.geometry.shelf_index
    places = stock.places(np.array([one.item_id for one in homes], dtype=np.int64)).tolist()
    effects: list[Effect] = []
    touched = []
    for home, place in zip(homes, places, strict=True):
        old = (index.get(home.old_first), index.get(home.old_last))
        first, last = index.get(home.first), index.get(home.last)
        if place < 0 or first is None or last is None:
            continue
        if (int(stock.home_from[place]), int(stock.home_to[place])) != old:
            continue
        stock.home_from[place], stock.home_to[place] = first, last
        touched.append(place)
        effects.append(_event(engine, finding_id, home, now_us))
    engine.belief.expect(engine.homes(np.arange(stock.rows)), now_us // _S)
    engine.weigh_soon(np.flatnonzero(np.isin(stock.item_of_row, touched)))
    return effects


def _event(engine: EngineState, finding_id: str, home: NewHome, now_us: int) -> ItemEvent:
    detail: dict[str, Any] = {
        "finding": finding_id, "was": [home.old_first, home.old_last], "home": [home.first, home.last],
    }  # fmt: skip
    return ItemEvent(
        id=digest_id(engine.site_id, "home", finding_id, home.item_id, now_us), item_id=home.item_id, at_us=now_us,
        kind="home", shelf=home.first, probability=None, detail=detail,
    )  # fmt: skip
