"""Reads of unknown zones → each tag's belief, window by window. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from hub.belief.zones import memory, settings
from hub.belief.zones.cells import cells_of
from hub.belief.zones.learning import Model
from hub.belief.zones.reads import Bools, Floats, Ints, Reads, Windows, evened, windows_of
from hub.belief.zones.weights import softmax, weighed
from hub.belief.zones.witnesses import loudest_zone, plain_log, said


@dataclass(frozen=True, slots=True)
class Judgement:
    """Windows with reads, in the order of tag and time."""

    tag: Ints
    number: Ints
    reads: Ints
    belief: Floats
    """window × zone: the probability that is shown."""
    alone: Floats
    """The same by this window alone."""
    loudest: Ints
    """Zone by the rule of the loudest antenna, for comparison."""
    plain: Floats
    """By the plain likelihood, for comparison."""
    off: tuple[int, ...]
    """Antennas that were taken for off at some time."""
    notes: tuple[str, ...]


def judge(model: Model, reads: Reads, *, smooth: bool = False) -> Judgement:
    """Any order, any tags; reads of antennas that the calibration does not know are left out."""
    loudness = model.known.tables.scale.within(evened(reads, model.offsets))
    windows = windows_of(reads, loudness, model.step_s, pure=settings.PURE)
    listening, off = _listening(model, reads)
    size = (len(windows), model.zones)
    log, plain = np.zeros(size), np.zeros(size)
    loudest = np.zeros(len(windows), dtype=np.int64)
    known = np.isin(windows.tag, model.tags)
    for begin in range(0, len(windows), model.chunk):
        rows = np.arange(begin, min(begin + model.chunk, len(windows)))
        some = windows.pick(rows)
        cells = cells_of(some, model.antennas)
        heard = said(model.known, some, cells, listening(some.number))
        own = known[rows]
        for of, way in ((own, model.of_known), (~own, model.of_strangers)):
            log[rows[of]] = weighed(heard[of], way.weights, model.prior)
        plain[rows], loudest[rows] = plain_log(model.known, some), loudest_zone(model.known, cells)
    belief = np.zeros(size)
    for of, way in ((known, model.of_known), (~known, model.of_strangers)):
        carry = memory.smoothed if smooth else memory.carried
        track = memory.Track(windows.tag[of], windows.number[of], model.step_s, model.prior)
        told = carry(log[of], track, way.memory)
        belief[of] = memory.shown(told, model.prior, way.memory)
    return Judgement(
        windows.tag, windows.number, np.diff(windows.first), belief, softmax(log), loudest,
        softmax(plain + model.prior), tuple(off), tuple(_notes(model, reads, windows, known)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Silent:
    """Windows in which a tag was not read (or only by antennas that the calibration does not know), between its first and its last window."""

    tag: Ints
    number: Ints
    belief: Floats
    most: int
    """Of each gap."""


def silent(model: Model, reads: Reads, found: Judgement) -> Silent:
    """What was believed before, fading to the prior; the first `SILENT_WINDOWS` of each gap, fewer where there are very many."""
    number = np.floor(reads.t_s / model.step_s).astype(np.int64)
    pairs = np.unique(np.stack([reads.tag, number]), axis=1)
    tag, when = pairs[0], pairs[1]
    # every window of any read, then those that follow it silently
    gap = np.maximum(np.where(np.diff(tag, append=-1) == 0, np.diff(when, append=0) - 1, 0), 0)
    most = settings.SILENT_WINDOWS
    while int(np.minimum(gap, most).sum()) > settings.SILENT_ROWS + len(tag):
        most //= 2
    length = 1 + np.minimum(gap, most)
    row = np.repeat(np.arange(len(tag)), length)
    step = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    tag, when = tag[row], when[row] + step
    # the judged window at or before each of them
    wide = int(when.max() - when.min()) + 1 if len(when) else 1
    low = int(when.min()) if len(when) else 0
    judged = found.tag * wide + found.number - low
    at = np.searchsorted(judged, tag * wide + when - low, side="right") - 1
    before = (at >= 0) & (found.tag[at] == tag) if len(judged) else np.zeros(len(tag), dtype=np.bool_)
    same = before.copy()
    same[before] = found.number[at[before]] == when[before]
    share = np.exp(model.prior)
    belief = np.tile(share, (len(tag), 1))
    stay = np.where(np.isin(tag, model.tags), model.of_known.memory.stay_s, model.of_strangers.memory.stay_s)
    passed_s = np.zeros(len(tag))
    passed_s[before] = (when[before] - found.number[at[before]]) * model.step_s
    fade = np.exp(-passed_s / stay)[:, None]
    belief[before] = share + fade[before] * (found.belief[at[before]] - share)
    return Silent(tag[~same], when[~same], belief[~same], most)


class _Listening:
    """Which antenna was on, window by window."""

    def __init__(self, busy: Ints, on: Bools) -> None:
        self._busy = busy
        self._on = on

    def __call__(self, number: Ints) -> Bools:
        return self._on[np.minimum(np.searchsorted(self._busy, number), len(self._busy) - 1)]


def _listening(model: Model, reads: Reads) -> tuple[_Listening, list[int]]:
    """An antenna that heard nothing of any tag for far longer than it ever did in the calibration was off: its silence says nothing."""
    some = reads.antenna >= 0
    busy, at = np.unique(np.floor(reads.t_s[some] / model.step_s).astype(np.int64), return_inverse=True)
    on = np.ones((max(1, len(busy)), model.antennas), dtype=np.bool_)
    off = []
    for antenna in range(model.antennas):
        heard = np.unique(at.ravel()[reads.antenna[some] == antenna])
        limit = max(settings.OFF_WINDOWS, settings.OFF_TIMES * int(model.longest_silence[antenna]))
        edges = np.concatenate([[-1], heard, [len(busy)]])
        for before, after in itertools.pairwise(edges.tolist()):
            if after - before - 1 > limit:
                on[before + 1 : after, antenna] = False
        if not on[: len(busy), antenna].all():
            off.append(antenna)
    return _Listening(busy, on), off


def _notes(model: Model, reads: Reads, windows: Windows, known: Bools) -> list[str]:
    found = []
    unseen = int((reads.antenna < 0).sum())
    if unseen:
        found.append(f"{unseen} reads of antennas that the calibration does not know were left out")
    told = reads.rssi[np.isfinite(reads.rssi)]
    middle, spread = model.loudness
    if len(told) and spread > 0 and abs(float(np.median(told)) - middle) > settings.FOREIGN * spread:
        found.append(
            f"the loudness of the reads (median {np.median(told):.1f}) is far from the calibration's ({middle:.1f}): another unit or setting? It then says little"
        )
    strangers = len(np.unique(windows.tag[~known]))
    if strangers:
        found.append(f"{strangers} tags are not in the calibration")
    return found
