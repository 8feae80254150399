"""Found by the simulated library: a loud tag whose own antenna was kept out by four neighbours."""

from __future__ import annotations

import numpy as np

from hub.belief.batch import TagReads
from hub.belief.likelihood import Likelihood
from hub.belief.slots import SLOTS, Slots


def hear(slots: Slots, antenna: int, look: int, loud_dbm: float) -> None:
    looks = np.full(9, look, dtype=np.int64)
    one = TagReads(
        row=np.array([0]),
        antenna=np.array([antenna]),
        look=np.array([look]),
        loud_dbm=np.array([loud_dbm], dtype=np.float32),
        at_s=np.array([1_000 + look]),
    )
    slots.hear(Likelihood(), looks, one)


def remembered(slots: Slots) -> set[int]:
    return set(slots.antenna[:SLOTS].tolist())


def test_four_neighbours_of_a_loud_tag_do_not_keep_its_own_antenna_out() -> None:
    slots = Slots(1)
    for look in (1, 2, 3):
        for neighbour in range(4):
            hear(slots, neighbour, look, -62.0 - neighbour)
    hear(slots, 8, 3, -44.0)
    assert remembered(slots) == {0, 1, 2, 8}


def test_a_fifth_antenna_that_is_hardly_louder_stays_out() -> None:
    slots = Slots(1)
    for look in (1, 2, 3):
        for neighbour in range(4):
            hear(slots, neighbour, look, -62.0)
    hear(slots, 8, 3, -59.0)
    assert remembered(slots) == {0, 1, 2, 3}
