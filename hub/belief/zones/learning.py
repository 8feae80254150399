"""From reads of known zones to a model that knows how good it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np

from hub.belief.zones import folds, memory, settings
from hub.belief.zones.cells import cells_of
from hub.belief.zones.measures import Measure, measure, measure_rule
from hub.belief.zones.memory import Memory, Track
from hub.belief.zones.reads import Floats, Ints, Reads, Windows, channel_offsets, evened, joined, windows_of
from hub.belief.zones.tables import Scale, scale_of
from hub.belief.zones.weights import fit, softmax, weighed
from hub.belief.zones.witnesses import NAMES, Learned, learned, loudest_zone, plain_log, prior_of, said
from shelfwire.errors import InputError


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What came out when parts of the calibration were foretold from the other parts.

    The model's figures are made harder than the rules': in the windows that it foretells, each antenna is shifted by `settings.DRIFT`.
    """

    held_out: str
    """`stays`, `stretches of time`, or `tags`."""
    parts: int
    """So many of them in all."""
    model: Measure
    """As shown: with memory."""
    window_alone: Measure
    loudest_antenna: Measure
    plain_likelihood: Measure


@dataclass(frozen=True, slots=True)
class Weighing:
    """Weights for one kind of tags, and how they did."""

    weights: Floats
    memory: Memory
    held: Held


@dataclass(frozen=True, slots=True)
class Model:
    """All that is needed to judge other reads."""

    step_s: float
    antennas: int
    zones: int
    prior: Floats
    offsets: dict[tuple[int, int], float]
    known: Learned
    tags: Ints
    """Tags of the calibration, sorted."""
    of_known: Weighing
    of_strangers: Weighing
    """The same object where too few tags were calibrated to know how strangers do."""
    longest_silence: Ints
    """Of each antenna, in windows in which others heard something."""
    loudness: tuple[float, float]
    """Median and spread of the calibration's."""
    notes: tuple[str, ...]

    def named(self, way: Weighing) -> dict[str, float]:
        """Witness → weight."""
        return dict(zip(NAMES, np.round(way.weights, 3).tolist(), strict=True))

    @property
    def chunk(self) -> int:
        """Windows that are worked on at a time."""
        return chunk_of(self.antennas, self.zones)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Calibration windows: those that are foretold, and those that teach (the same and those half a window later)."""

    windows: Windows
    shifted: Windows
    both: Windows
    scale: Scale
    antennas: int
    zones: int
    prior: Floats
    drift: float
    """Loudness by which an antenna changes from one day to the next."""


def learn(reads: Reads, *, window_s: float, antennas: int, zones: int) -> Model:
    """`reads` with their zones. There must be at least one of an antenna; zones without a clear window keep the pool's picture."""
    reads, restarted = each_zone_apart(reads, window_s)
    offsets = channel_offsets(reads, settings.CHANNEL_READS)
    loudness = evened(reads, offsets)
    scale = scale_of(loudness)
    loudness = scale.within(loudness)
    cells = antennas + len(NAMES) * zones
    windows = _kept(_clear(windows_of(reads, loudness, window_s, pure=settings.PURE)), cells)
    shifted = _kept(_clear(windows_of(reads, loudness, window_s, pure=settings.PURE, shift=0.5)), cells)
    if not len(windows):
        raise InputError(
            f"no window of {window_s:g} s has {settings.PURE:.0%} of its reads in one zone; choose shorter windows"
        )
    lesson = _Lesson(
        windows,
        shifted,
        joined(windows, shifted),
        scale,
        antennas,
        zones,
        prior_of(windows.zone, zones),
        settings.DRIFT * float(np.nanstd(loudness)) if np.isfinite(loudness).any() else 0.0,
    )
    stays = folds.stays_of(windows)
    stay = memory.stay_s(windows, stays)
    apart = folds.by_stay(windows, stays, zones)
    kind = "stretches of time" if apart is None else "stays"
    fold, part = folds.by_time(windows) if apart is None else apart
    of_known = _weighed(lesson, fold, part, kind, stay)
    tags = folds.by_tag(windows, zones)
    of_strangers = of_known if tags is None else _weighed(lesson, *tags, "tags", stay)
    every = np.concatenate([part, _parts(part, windows, shifted)])
    known = learned(lesson.both, every, lesson.scale, antennas=antennas, zones=zones)
    told = loudness[np.isfinite(loudness)]
    return Model(
        window_s, antennas, zones, lesson.prior, offsets, known, np.unique(reads.tag), of_known, of_strangers,
        longest_silences(reads, window_s, antennas),
        (float(np.median(told)), float(np.std(told))) if len(told) else (0.0, 0.0),
        tuple(_notes(windows, told, zones, in_time=apart is None, no_strangers=tags is None, restarted=restarted)),
    )  # fmt: skip


def _clear(windows: Windows) -> Windows:
    return windows.pick(np.flatnonzero(windows.zone >= 0))


def _kept(windows: Windows, cells: int) -> Windows:
    """All of them, or as many as memory allows, in stretches that follow each other."""
    room = settings.LESSON_CELLS // cells
    if len(windows) <= room:
        return windows
    runs = np.arange(len(windows)) // settings.LESSON_RUN
    count = int(runs[-1]) + 1
    chosen = np.unique(np.linspace(0, count - 1, max(1, room // settings.LESSON_RUN)).astype(np.int64))
    return windows.pick(np.flatnonzero(np.isin(runs, chosen)))


def drifted(windows: Windows, number: int, drift: float) -> Windows:
    """As if recorded on another day: each antenna a little louder or quieter, in each fold otherwise. Not thrown: the same calibration gives the same model."""
    shift = drift * np.sqrt(2.0) * np.sin(2.4 * (number + 1) * (windows.antenna + 1) + number)
    return replace(windows, loudness=windows.loudness + shift)


def chunk_of(antennas: int, zones: int) -> int:
    """Windows that are worked on at a time."""
    return int(np.clip(settings.CHUNK_CELLS // (antennas + len(NAMES) * zones), 64, settings.CHUNK))


def _parts(part: Ints, windows: Windows, shifted: Windows) -> Ints:
    return folds.carried(part, windows, shifted)


def _weighed(lesson: _Lesson, fold: Ints, part: Ints, kind: str, stay: tuple[float, int]) -> Weighing:
    """Foretell each fold from the others, weigh the witnesses on it, and measure with weights that other folds gave."""
    windows, zones = lesson.windows, lesson.zones
    size = len(windows)
    heard = np.zeros((size, len(NAMES), zones))
    plain, loudest = np.zeros((size, zones)), np.zeros(size, dtype=np.int64)
    all_fold = np.concatenate([fold, folds.carried(fold, windows, lesson.shifted)])
    all_part = np.concatenate([part, folds.carried(part, windows, lesson.shifted)])
    tried = np.zeros(size, dtype=np.bool_)
    for number in np.unique(fold):
        teach = np.flatnonzero((all_fold != number) & (all_fold != folds.NONE))
        ask = np.flatnonzero(fold == number)
        if not len(teach):
            continue
        known = learned(
            lesson.both.pick(teach), all_part[teach], lesson.scale, antennas=lesson.antennas, zones=zones
        )
        chunk = chunk_of(lesson.antennas, zones)
        for begin in range(0, len(ask), chunk):
            rows = ask[begin : begin + chunk]
            some = windows.pick(rows)
            plain[rows], loudest[rows] = (
                plain_log(known, some),
                loudest_zone(known, cells_of(some, lesson.antennas)),
            )
            later = drifted(some, int(number), lesson.drift)
            cells = cells_of(later, lesson.antennas)
            heard[rows] = said(known, later, cells, np.ones(cells.count.shape, dtype=np.bool_))
        tried[ask] = True
    at = np.flatnonzero(tried)
    heard, plain, loudest, zone = heard[at], plain[at], loudest[at], windows.zone[at]
    log = np.zeros((len(at), zones))
    for number in np.unique(fold[at]):
        ask = fold[at] == number
        log[ask] = weighed(
            heard[ask], fit(heard[~ask], zone[~ask], part[at][~ask], lesson.prior), lesson.prior
        )
    track = Track(windows.tag[at], windows.number[at], windows.step_s, lesson.prior)
    how = memory.chosen(log, zone, track, stay)
    belief = memory.shown(memory.carried(log, track, how), lesson.prior, how)
    held = Held(
        held_out=kind,
        parts=len(np.unique(part)),
        model=measure(belief, zone),
        window_alone=measure(softmax(log), zone),
        loudest_antenna=measure_rule(loudest, zone),
        plain_likelihood=measure(softmax(plain + lesson.prior), zone),
    )
    return Weighing(fit(heard, zone, part[at], lesson.prior), how, held)


def longest_silences(reads: Reads, window_s: float, antennas: int) -> Ints:
    """Of each antenna: windows in a row in which it heard no tag at all, while another did."""
    known = reads.antenna >= 0
    number = np.floor(reads.t_s[known] / window_s).astype(np.int64)
    busy, at = np.unique(number, return_inverse=True)
    longest = np.full(antennas, len(busy), dtype=np.int64)
    for antenna in range(antennas):
        heard = np.unique(at.ravel()[reads.antenna[known] == antenna])
        if len(heard):
            longest[antenna] = int(np.diff(np.concatenate([[-1], heard, [len(busy)]])).max()) - 1
    return longest


def each_zone_apart(reads: Reads, window_s: float) -> tuple[Reads, bool]:
    """Where a tag seems to be in several zones at once, the zones were recorded one by one with a clock that began anew: put them one after the other."""
    order = np.lexsort((reads.t_s, reads.tag))
    same = np.diff(reads.tag[order]) == 0
    changes = int((same & (np.diff(reads.zone[order]) != 0)).sum())
    if changes <= settings.OVERLAP * max(int(same.sum()), 1):
        return reads, False
    number = np.floor(reads.t_s / window_s).astype(np.int64)
    length = (
        int(number.max() - number.min()) + 1 + 2 * settings.STAY_GAP_WINDOWS
    ) * window_s + 2 * settings.STAY_GAP_S
    later = np.ceil(length / window_s) * window_s * reads.zone
    return replace(reads, t_s=reads.t_s + later), True


def _notes(
    windows: Windows, told: Floats, zones: int, *, in_time: bool, no_strangers: bool, restarted: bool
) -> list[str]:
    found = []
    if restarted:
        found.append(
            "tags are in several zones at once in the calibration: each zone was taken as recorded for itself"
        )
    count = np.bincount(windows.zone, minlength=zones)
    if (count == 0).any():
        found.append(
            f"{int((count == 0).sum())} zones have no clear calibration window; they look like the mean of all"
        )
    if not len(told) or float(np.std(told)) == 0.0:
        found.append(
            "loudness is constant or not told in the calibration; only who hears, and how often, counts"
        )
    if in_time:
        found.append(
            f"a zone has fewer than {settings.LEAST_STAYS} stays: stays were cut in time, and the held-out figures flatter"
        )
    if no_strangers:
        found.append(
            f"a zone has fewer than {settings.LEAST_TAGS} tags: how well tags do that the calibration does not know, is not measured"
        )
    return found
