"""SMURF: a window for each tag that grows and shrinks with how well it is read. Pure.

Jeffery, Garofalakis, Franklin: *Adaptive Cleaning for RFID Data Streams*, VLDB 2006, the algorithm for single tags. Reads are taken for a binomial sample: a tag
with read rate p is seen at least once in w epochs with probability 1 − (1 − p)^w, so the window has to be w* = ln(1/δ) ÷ p epochs long. If far fewer
epochs than w·p saw it (two standard deviations), it has moved or left, and the window is halved.

An epoch here is a cycle of the antennas. The read rate within an epoch is what the paper takes from the reader's tag list: answers ÷ interrogations; the answers
of the tag that answered most in the same dwell stand for the interrogations.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Float32, Int32, Int64
from firmware_sim.rivals.base import NOBODY, Known, Reads, Rival

DELTA: Final = 0.05
"""Chance to miss a tag in its window, as published."""
GROWS: Final = 2
"""Epochs by which a window grows at a time (published: additive increase)."""
LONGEST: Final = 25
"""Epochs; a tag that answers in one slot of eight has such a window. The paper sets no bound; beyond it memory would be the limit."""
_LOG: Final = math.log(1 / DELTA)


class Smurf(Rival):
    """Place: the antenna with the most reads in the tag's window. Gone: none in it."""

    name = "smurf"

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        self._epoch = 0
        self._rate: Float32 = np.zeros((LONGEST, self._books), dtype=np.float32)
        """By epoch (ring) and tag: the best read rate of any antenna; 0: not read."""
        self._window: Int32 = np.ones(self._books, dtype=np.int32)
        self._seen: list[tuple[Int64, Int32, Float32]] = []
        """By epoch, newest last: (tag, antenna, answers)."""

    def _hear(self, reads: Reads) -> None:
        self._epoch += 1
        row = self._rate[self._epoch % LONGEST]
        row[:] = 0.0
        np.maximum.at(row, reads.tag, reads.share)
        self._seen = [*self._seen[-(LONGEST - 1) :], (reads.tag.astype(np.int64), reads.antenna, reads.count)]

    def _where(self, now_us: int) -> Int32:  # noqa: ARG002 (its clock is the epoch)
        ages = (self._epoch - np.arange(LONGEST)) % LONGEST
        inside = (ages[:, None] < self._window[None, :]) & (self._rate > 0)
        seen = inside.sum(axis=0)
        mean = np.where(seen > 0, (self._rate * inside).sum(axis=0) / np.maximum(seen, 1), 0.0)
        place = self._most_read()
        self._adapt(seen, mean)
        return place

    def _adapt(self, seen: NDArray[np.intp], mean: NDArray[np.float64]) -> None:
        """Windows for the next epoch, as the paper's algorithm 1 has it."""
        w = self._window
        wanted = np.where(mean > 0, np.ceil(_LOG / np.maximum(mean, 1e-6)), 1).astype(np.int64)
        grown = np.maximum(np.minimum(w + GROWS, wanted), 1)
        expected = w * mean
        left = (seen < expected) & (expected - seen > 2 * np.sqrt(np.maximum(w * mean * (1 - mean), 0.0)))
        shrunk = np.maximum(np.minimum(w // 2, wanted), 1)
        w = np.where(wanted > w, grown, np.where(left, shrunk, w))
        self._window = np.minimum(np.where(seen > 0, w, 1), LONGEST).astype(np.int32)

    def _most_read(self) -> Int32:
        """Of each tag the antenna with the most answers in its window; the newest of equals."""
        place = np.full(len(self._window), NOBODY, dtype=np.int32)
        longest = int(self._window.max(initial=1))
        antennas = len(self._known.site.antennas)
        keys, answers, ages = [], [], []
        for age, (tag, antenna, count) in enumerate(reversed(self._seen[-longest:])):
            near = self._window[tag] > age
            keys.append(tag[near] * antennas + antenna[near])
            answers.append(count[near])
            ages.append(np.full(len(keys[-1]), age))
        key = np.concatenate(keys) if keys else np.zeros(0, np.int64)
        if not len(key):
            return place
        pairs, which = np.unique(key, return_inverse=True)
        total = np.bincount(which, np.concatenate(answers), len(pairs))
        newest = np.full(len(pairs), LONGEST)
        np.minimum.at(newest, which, np.concatenate(ages))
        order = np.lexsort((-newest, total))
        place[pairs[order] // antennas] = pairs[order] % antennas
        return place

    def _extend(self, tags: int) -> None:
        short = tags - len(self._window)
        self._rate = np.pad(self._rate, ((0, 0), (0, short)))
        self._window = np.pad(self._window, (0, short), constant_values=1)
