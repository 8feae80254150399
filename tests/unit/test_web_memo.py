"""Answers that take seconds are made beside the requests, once."""

from __future__ import annotations

import threading
from itertools import count

import pytest

from web.memo import KEPT, Memo


def test_an_answer_is_made_once_and_kept() -> None:
    memo, made = Memo(), count()
    assert [memo.get("a", lambda: next(made), 10) for _ in range(3)] == [0, 0, 0]


def test_a_page_does_not_wait_longer_than_it_says() -> None:
    memo, go = Memo(), threading.Event()
    assert memo.get("a", go.wait, 0.01) is None
    assert memo.get("a", go.wait, 0.01) is None
    go.set()
    assert memo.get("a", go.wait, 10) is True


def test_an_error_is_raised_and_the_next_one_that_asks_tries_again() -> None:
    memo = Memo()

    def fail() -> str:
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        memo.get("a", fail, 10)
    assert memo.get("a", lambda: "back", 10) == "back"


def test_the_oldest_answer_goes() -> None:
    memo, made = Memo(), count()
    for key in range(KEPT + 1):
        memo.get(key, lambda: next(made), 10)
    assert memo.get(KEPT, lambda: next(made), 10) == KEPT
    assert memo.get(0, lambda: next(made), 10) == KEPT + 1
