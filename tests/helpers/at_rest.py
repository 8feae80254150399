"""What days of looks leave in an engine, written into its arrays: to hear 25 million tags until all rests would take hours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.belief.interface import Ints
from hub.belief.security import NOTHING
from hub.belief.slots import SLOTS
from hub.belief.stock import STATUS_CODE
from hub.engine import Engine
from hub.engine.board import AWAY
from hub.engine.stocking import keep

LOOKS, LOOKS_THEN = 1_000, 900
"""That each antenna has had: now, and when the lent books left."""
DAY_S = 86_400
_S = 1_000_000


def put_stock(engine: Engine, keys: list[str], home: NDArray[np.int32], now_s: int) -> None:
    """One item a tag; `home`: by row its shelf."""
    stock, tags = engine.stock, len(keys)
    stock.keys = keys
    stock.item_id, stock.barcode = np.arange(tags), np.arange(tags, dtype=np.uint64)
    stock.item_of_row = np.arange(tags, dtype=np.int32)
    stock.first_row = stock.item_of_row.copy()
    stock.status = np.full(tags, STATUS_CODE["on_shelf"], dtype=np.uint8)
    stock.flags = np.zeros(tags, dtype=np.uint16)
    stock.part_of_row, stock.parts_of_row = np.zeros(tags, dtype=np.uint8), np.zeros(tags, dtype=np.uint8)
    stock.home_from, stock.home_to = home, home.copy()
    stock.since_s = np.zeros(tags, dtype=np.uint32)
    engine._wire()
    keep(engine, np.full(tags, -1), now_s * _S)
    engine.security.form[:] = NOTHING


def put_heard(engine: Engine, rows: Ints, slot: int, antenna: NDArray[Any], *, dbm: Any, now_s: int) -> None:
    """That antenna hears these tags in each of its looks; it is remembered in their slot of that number."""
    slots, at = engine.belief.slots, rows * SLOTS + slot
    slots.antenna[at], slots.look[at], slots.mask[at] = antenna, LOOKS, 0xFFFFFFFF
    slots.loud_dbm[at], slots.readable[at], slots.heard_s[at] = dbm, 0.95, now_s


def put_at_rest(engine: Engine, lent: Ints, now_s: int) -> None:
    """All stand at home but those that were lent a day ago, and the store knows it; all antennas look. `lent`: their rows."""
    home, book, slots = engine.stock.home_from, engine.antennas, engine.belief.slots
    engine.belief.place[:] = engine.board.shown[:] = home
    engine.belief.known_s[:] = now_s - 2 * DAY_S
    engine.belief.away[lent], engine.board.shown[lent] = True, AWAY
    engine.stock.status[lent] = STATUS_CODE["on_loan"]
    slots.look[lent * SLOTS], slots.heard_s[lent * SLOTS] = LOOKS_THEN, now_s - DAY_S
    # The store was told at some time in the last minute that each was heard, as when rows are renewed once a minute.
    engine.board.shown_s[:] = now_s - np.arange(len(home)) % 60
    book.looks[:], book.share[:] = LOOKS, 1.0
    book.last_look_s[:], book.cover_since_s[:] = now_s, now_s - 2 * DAY_S
    book.last_end_us[:] = book.last_dwell_us[:] = now_s * _S
