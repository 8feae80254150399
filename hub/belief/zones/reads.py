"""Reads as columns, sorted into windows. Pure.

A *window* here is one stretch of S seconds, from a whole multiple of S on, of one tag. Windows in which the tag was not read have no row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reads:
    """`n` reads in any order; columns of equal length."""

    t_s: Floats
    antenna: Ints
    """0 … antennas − 1; −1: one that the calibration does not know."""
    tag: Ints
    rssi: Floats
    """In whatever unit; NaN: not told."""
    channel: Ints
    """−1: not told."""
    zone: Ints
    """0 … zones − 1 in a calibration; −1 elsewhere."""

    def __len__(self) -> int:
        return len(self.t_s)

    def pick(self, at: NDArray[np.intp] | Bools) -> Reads:
        """Some of them."""
        return Reads(
            self.t_s[at], self.antenna[at], self.tag[at], self.rssi[at], self.channel[at], self.zone[at]
        )


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows in the order of tag and time, and their reads sorted likewise. Reads of window `i` are `first[i]:first[i + 1]`."""

    tag: Ints
    number: Ints
    """The window begins at `number` · `step_s`."""
    first: Ints
    antenna: Ints
    loudness: Floats
    """Of each read, channels evened out; NaN: not told."""
    zone: Ints
    """Of each window: the one of `PURE` of its reads, else −1."""
    step_s: float

    def __len__(self) -> int:
        return len(self.tag)

    def pick(self, at: Ints) -> Windows:
        """Some of them, in that order, with their reads."""
        length = np.diff(self.first)[at]
        first = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        reads = np.repeat(self.first[at] - first[:-1], length) + np.arange(int(first[-1]))
        return Windows(
            self.tag[at], self.number[at], first, self.antenna[reads], self.loudness[reads], self.zone[at], self.step_s
        )  # fmt: skip


def windows_of(
    reads: Reads, loudness: Floats, window_s: float, *, pure: float, shift: float = 0.0
) -> Windows:
    """Sort reads into windows of `window_s`. `shift`: windows begin that share of one later, and have the number of the one in which they begin."""
    known = reads.antenna >= 0
    reads, loudness = reads.pick(known), loudness[known]
    number = np.floor(reads.t_s / window_s - shift).astype(np.int64)
    order = np.lexsort((loudness, reads.antenna, number, reads.tag))
    tag, number = reads.tag[order], number[order]
    begins = np.flatnonzero(np.concatenate([[True], (np.diff(tag) != 0) | (np.diff(number) != 0)]))
    if not len(order):
        begins = begins[:0]
    first = np.concatenate([begins, [len(order)]]).astype(np.int64)
    zone = _zones(reads.zone[order], first, pure)
    return Windows(tag[begins], number[begins], first, reads.antenna[order], loudness[order], zone, window_s)


def _zones(zone: Ints, first: Ints, pure: float) -> Ints:
    """The zone of each window; −1 where there is none, or no clear one."""
    windows = len(first) - 1
    if not len(zone) or int(zone.max()) < 0:
        return np.full(windows, -1, dtype=np.int64)
    length = np.diff(first)
    of = np.repeat(np.arange(windows), length)
    pair, count = np.unique(of * (int(zone.max()) + 2) + zone + 1, return_counts=True)
    most = np.full(windows, -1, dtype=np.int64)
    clear = count >= pure * length[pair // (int(zone.max()) + 2)]
    most[(pair // (int(zone.max()) + 2))[clear]] = (pair % (int(zone.max()) + 2) - 1)[clear]
    return most


def channel_offsets(reads: Reads, worth: float) -> dict[tuple[int, int], float]:
    """(antenna, channel) → loudness above the same tag's mean in the same zone before the same antenna. Empty where channels are not told."""
    told = (reads.channel >= 0) & np.isfinite(reads.rssi) & (reads.antenna >= 0)
    if not told.any() or len(np.unique(reads.channel[told])) < 2:  # noqa: PLR2004 (one channel has no other to differ from)
        return {}
    some = reads.pick(told)
    _, place = np.unique(np.stack([some.tag, some.zone, some.antenna]), axis=1, return_inverse=True)
    place = place.ravel()
    mean = np.bincount(place, some.rssi) / np.bincount(place)
    pair, at = np.unique(np.stack([some.antenna, some.channel]), axis=1, return_inverse=True)
    at = at.ravel()
    above = np.bincount(at, some.rssi - mean[place]) / (np.bincount(at) + worth)
    return {(int(a), int(c)): float(v) for a, c, v in zip(pair[0], pair[1], above, strict=True)}


def evened(reads: Reads, offsets: dict[tuple[int, int], float]) -> Floats:
    """Loudness without what channels differ by."""
    if not offsets or not len(reads):
        return reads.rssi
    lowest = int(reads.channel.min())
    pair, at = np.unique(
        (reads.antenna + 1) * (int(reads.channel.max()) - lowest + 1) + reads.channel - lowest, return_inverse=True
    )  # fmt: skip
    wide = int(reads.channel.max()) - lowest + 1
    lift = np.array([offsets.get((int(p // wide) - 1, int(p % wide) + lowest), 0.0) for p in pair])
    found: Floats = reads.rssi - lift[at.ravel()]
    return found


def joined(left: Windows, right: Windows) -> Windows:
    """One after the other."""
    return Windows(
        np.concatenate([left.tag, right.tag]),
        np.concatenate([left.number, right.number]),
        np.concatenate([left.first, right.first[1:] + left.first[-1]]),
        np.concatenate([left.antenna, right.antenna]),
        np.concatenate([left.loudness, right.loudness]),
        np.concatenate([left.zone, right.zone]),
        left.step_s,
    )
