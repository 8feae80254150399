"""Dice that are thrown in turn, one stream a purpose: splitmix64 over a counter, alike on every machine. Pure."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from firmware_sim.dice import Floats, Numbers, uniform
from firmware_sim.hearing import Int64

_WORD: Final = 0xFFFFFFFFFFFFFFFF
_AT_ONCE: Final = 512
"""Throws made together; one alone would cost twenty times as much."""
_STEPS: Final = 4096
"""Waiting times are kept to this part of their mean, so that no machine's logarithm can change a deed."""


def throw(seed: int, tags: Int64, name: int) -> Floats:
    """0 ≤ x < 1 for each tag, whoever asks first; `name` says for what."""
    return uniform(seed & _WORD, tags.astype(np.uint64), name)


class Throws:
    """`seed` and `stream` name the sequence; others are not disturbed by how many are taken from it."""

    def __init__(self, seed: int, stream: int) -> None:
        self._names = (seed & _WORD, stream)
        self._thrown = 0
        self._left: list[float] = []

    def one(self) -> float:
        """0 ≤ x < 1."""
        if not self._left:
            numbers: Numbers = np.arange(self._thrown, self._thrown + _AT_ONCE, dtype=np.uint64)
            self._left = uniform(*self._names, numbers)[::-1].tolist()
            self._thrown += _AT_ONCE
        return self._left.pop()

    def below(self, count: int) -> int:
        """One of 0 … `count` − 1, all alike."""
        return int(self.one() * count)

    def us(self, span_s: tuple[float, float]) -> int:
        """A time in microseconds between the shortest and the longest, in seconds."""
        shortest, longest = span_s
        return int((shortest + (longest - shortest) * self.one()) * 1_000_000)

    def wait(self) -> float:
        """The waiting time of a process that happens once a unit of time on average (exponential); never 0."""
        return (round(-math.log(1.0 - self.one()) * _STEPS) + 0.5) / _STEPS
