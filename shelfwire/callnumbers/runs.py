"""The longest run of a row that nowhere descends. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T", bytes, int)


def longest_run(row: Sequence[T]) -> list[int]:
    """Where its members stand, ascending. O(n log n); equal neighbours are in order."""
    tails: list[T] = []
    ends: list[int] = []
    before: list[int] = []
    for at, one in enumerate(row):
        length = bisect_right(tails, one)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [one]
        ends[length : length + 1] = [at]
    run: list[int] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        run.append(at)
        at = before[at]
    return run[::-1]
