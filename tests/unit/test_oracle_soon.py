"""Who counts as standing settled when the oracle is asked whom it would show away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from firmware_sim.oracle.silence import _stood
from firmware_sim.oracle.soon import _settled
from firmware_sim.scoring.history import History, Stay

MINUTE = 60_000_000
HALF_AN_HOUR = 30 * MINUTE
UNWATCHED = 7


def stay(tag: int, place: int, from_min: int, to_min: int) -> Stay:
    return Stay(tag, from_min * MINUTE, to_min * MINUTE, place, "on_shelf", security=False, cause="")


def history(*stays: Stay) -> History:
    """Four books; those with stays were touched."""

    def watched(place: Any) -> Any:
        return (place >= 0) & (place != UNWATCHED)

    return cast(
        "History",
        SimpleNamespace(
            books=4,
            start=SimpleNamespace(us=0, place=np.array([1, 2, UNWATCHED, -1], dtype=np.int32)),
            touched={one.tag for one in stays},
            stays=lambda tag: [one for one in stays if one.tag == tag],
            on_watched=watched,
        ),
    )


def settled(found: History, at_min: int) -> list[int]:
    ((_, books),) = _settled(found, [at_min * MINUTE], HALF_AN_HOUR)
    return np.flatnonzero(books).tolist()


def test_untouched_books_on_watched_shelves_are_settled_half_an_hour_after_the_start() -> None:
    assert settled(history(), 29) == []
    assert settled(history(), 30) == [0, 1]


def test_a_book_that_was_put_back_is_settled_half_an_hour_later_and_not_while_it_is_away() -> None:
    moved = history(stay(0, 1, 0, 100), stay(0, -2, 100, 110), stay(0, 3, 110, 500))
    assert settled(moved, 99) == [0, 1]
    assert settled(moved, 100) == [1]
    assert settled(moved, 139) == [1]
    assert settled(moved, 140) == [0, 1]


def test_where_a_book_stood_when_it_was_heard_is_told_with_since_when() -> None:
    stays = [stay(0, 1, 0, 100), stay(0, -2, 100, 110), stay(0, 3, 110, 200), stay(0, 3, 210, 500)]
    assert _stood(stays, 105 * MINUTE, 0) == (1, 0), "heard in the very stroke in which it was taken"
    assert _stood(stays, 300 * MINUTE, 0) == (3, 110 * MINUTE)
    assert _stood([stay(0, -1, 0, 500)], 300 * MINUTE, 5) == (-1, 5)
