"""Acts about the status of items: a desk's or a person's word about one, a source's answer about many. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import numpy as np

from hub.belief.stock import STATUS_CODE
from hub.catalog.identifiers import flag_bits
from hub.catalog.model import Flag, ItemStatus
from hub.effects import Effect, ItemEvent, ItemStatusChanged
from hub.engine.state import EngineState
from hub.events import ActAsked
from hub.findings.machine import RefusedError
from shelfwire.ids import digest_id

STATES_AT_ONCE: Final = 500
"""Rows of one act ``item.states``: what a library system is asked about at a time."""
LONGEST_WORD: Final = 200
_NAMED: Final = 5
_S: Final = 1_000_000


def apply(engine: EngineState, act: ActAsked, now_us: int) -> tuple[list[Effect], str]:
    """``item.status`` or ``item.states``. Raises `RefusedError` in words."""
    if act.kind == "item.states":
        return _states(engine, act, now_us)
    return _status(engine, act, now_us), "noted"


def _status(engine: EngineState, act: ActAsked, now_us: int) -> list[Effect]:
    place = engine.stock.find(act.subject)
    if place is None:
        raise RefusedError(f"no item has the barcode or id {act.subject[:60]!r}")
    status = act.body.get("status")
    if not isinstance(status, str) or status not in STATUS_CODE:
        raise RefusedError(f"{str(status)[:60]!r} is no status; want one of {', '.join(STATUS_CODE)}")
    # The source's own word is not known: what it said before is about another state.
    said = msgspec.convert({"barcode": act.subject[:200] or "-", "status": status}, Said)
    effects = _say(engine, act.id, said, place, now_us)
    return [*effects, *_settle(engine, [place], now_us)]


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a source says of one item; the row of an act ``item.states``."""

    barcode: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    status: ItemStatus
    source_status: str = ""
    """Cut to `LONGEST_WORD`: a talkative source must not have its whole answer refused."""
    flags: list[Flag] | None = None
    """None: as they were."""


class States(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of an act ``item.states``."""

    states: Annotated[list[Said], msgspec.Meta(max_length=STATES_AT_ONCE)]


def _states(engine: EngineState, act: ActAsked, now_us: int) -> tuple[list[Effect], str]:
    """What a source says of many items: all rows are taken, or, if one has not the right form, none."""
    try:
        said = msgspec.convert(act.body, States).states
    except msgspec.ValidationError as fault:
        raise RefusedError(f"these are no states of items: {fault}") from fault
    effects: list[Effect] = []
    places: list[int] = []
    changed = 0
    unknown: list[str] = []
    for one in said:
        place = engine.stock.find_barcode(one.barcode)
        if place is None:
            unknown.append(one.barcode)
            continue
        rows = _say(engine, f"{act.id}/{one.barcode}", one, place, now_us)
        changed += len(rows) > 1
        effects += rows
        places.append(place)
    detail = f"{len(places)} states taken, {changed} items changed"
    if unknown:
        detail += f"; no item has the barcode {', '.join(unknown[:_NAMED])}" + (
            f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        )
    return [*effects, *_settle(engine, places, now_us)], detail


def _say(engine: EngineState, name: str, said: Said, place: int, now_us: int) -> list[Effect]:
    """Take one item's state. History keeps changes of status only: a source is asked about an item again and again."""
    stock = engine.stock
    item_id = int(stock.item_id[place])
    changed = stock.say(place, STATUS_CODE[said.status], now_us // _S)
    if said.flags is not None:
        stock.flags[place] = flag_bits(said.flags)
    flags = None if said.flags is None else tuple(said.flags)
    word = said.source_status[:LONGEST_WORD]
    row = ItemStatusChanged(item_id, said.status, now_us, word, flags)
    if not changed:
        return [row]
    detail: dict[str, Any] = {"status": said.status}
    if word:
        detail["source_status"] = word
    event = ItemEvent(
        id=digest_id(engine.site_id, "act", name), item_id=item_id, at_us=now_us, kind="status", shelf=None,
        probability=None, detail=detail,
    )  # fmt: skip
    return [row, event]


def _settle(engine: EngineState, places: list[int], now_us: int) -> list[Effect]:
    """Findings that do not fit the new states end at once; the tags of these items are weighed in the next tick."""
    engine.weigh_soon(np.flatnonzero(np.isin(engine.stock.item_of_row, places)))
    return engine.items.settle(np.array(places, dtype=np.int64), now_us)
