"""Rows for the tags of a stock that changed: a new catalogue, or tags that told their item. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from hub.belief.index import UNKNOWN
from hub.belief.interface import Ints
from hub.belief.stock import Told
from hub.effects import Effect, TagLinked
from hub.engine.state import EngineState

_S: Final = 1_000_000


def take_told(engine: EngineState, told: list[Told], now_us: int) -> list[Effect]:
    """Rows for links that tags told, of which the index has none yet. The other arrays follow with `keep`."""
    unknown = engine.index.codes((one.key for one in told), len(told)) == UNKNOWN
    taken = engine.stock.grow([one for one, new in zip(told, unknown.tolist(), strict=True) if new])
    engine.index.add([one.key for one in taken])
    return [
        TagLinked(
            tag_key=one.key, item_id=one.item_id, part=one.part, parts=one.parts, at_us=now_us
        )
        for one in taken
    ]  # fmt: skip


def keep(engine: EngineState, kept: Ints, now_us: int) -> None:
    """All that is remembered of tags follows a new stock: row i was row `kept[i]`; -1: new."""
    engine.belief.stock(kept, engine.homes(np.arange(len(kept))), now_us // _S)
    engine.board.stock(kept)
    engine.security.stock(kept)


def link(engine: EngineState, now_us: int) -> list[Effect]:
    """Tags that told their item get their rows; many at a time, because all arrays are copied for it."""
    before = engine.stock.rows
    effects = take_told(engine, engine.reading.due(now_us), now_us)
    if effects:
        new = np.arange(before, engine.stock.rows)
        engine.belief.grow(engine.homes(new), now_us // _S)
        engine.board.grow(len(new))
        engine.security.grow(len(new))
    return effects
