"""Binned distributions for each zone and antenna, shrunk toward the antenna's and all antennas' pools, and what they say of windows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.belief.zones import settings
from hub.belief.zones.cells import Cells
from hub.belief.zones.reads import Bools, Floats, Ints, Windows


@dataclass(frozen=True, slots=True)
class Scale:
    """How loudness is cut into bins; the same for all antennas, so that they can be pooled."""

    lowest: float
    width: float

    def within(self, loudness: Floats) -> Floats:
        """A wild value is taken for a very loud or quiet one, so that no mean is made of it."""
        room = settings.BINS * self.width
        return np.clip(loudness, self.lowest - room, self.lowest + 2 * room)

    def bins(self, loudness: Floats) -> Ints:
        """0 … BINS + 1; the first and the last hold all beyond. BINS + 2: not told."""
        with np.errstate(invalid="ignore"):
            at = np.clip(np.floor((loudness - self.lowest) / self.width) + 1, 0, settings.BINS + 1)
        return np.where(np.isfinite(loudness), at, settings.BINS + 2).astype(np.int64)


def scale_of(loudness: Floats) -> Scale:
    """From the quietest to the loudest hundredth; constant loudness gets one bin."""
    told = loudness[np.isfinite(loudness)]
    if not len(told):
        return Scale(0.0, 1.0)
    low, high = np.quantile(told, [0.01, 0.99])
    width = float(high - low) / settings.BINS
    return Scale(float(low) - width / 2, width * (1 + 1 / settings.BINS) if width > 0 else 1.0)


@dataclass(frozen=True, slots=True)
class Tables:
    """Log-probabilities, the last axis is the zone."""

    scale: Scale
    loud: Floats
    """antenna × bin × zone; the last bin (not told) is 0 for all."""
    share: Floats
    """antenna × zone: of the window's reads."""
    often: Floats
    """antenna × class of count × zone."""


def tables_of(windows: Windows, cells: Cells, weight: Floats, zones: int, scale: Scale) -> Tables:
    """`weight`: what each window counts. Within a window, each antenna's reads count as one."""
    antennas = cells.count.shape[1]
    return Tables(
        scale,
        _loud(windows, cells, weight, zones, scale),
        _share(cells, windows.zone, weight, zones),
        _often(cells, windows.zone, weight, zones, antennas),
    )


def _loud(windows: Windows, cells: Cells, weight: Floats, zones: int, scale: Scale) -> Floats:
    antennas, bins = cells.count.shape[1], settings.BINS + 2
    window = np.repeat(np.arange(len(windows)), np.diff(windows.first))
    at = scale.bins(windows.loudness)
    told = at < bins
    window, at, antenna = window[told], at[told], windows.antenna[told]
    each = weight[window] / cells.count[window, antenna]
    flat = (windows.zone[window] * antennas + antenna) * bins + at
    counted = np.bincount(flat, each, minlength=zones * antennas * bins).reshape(zones, antennas, bins)
    own: Floats = counted.astype(np.float64) @ _blur(bins)
    even = np.full(bins, 1.0 / bins)
    whole = _shrunk(own.sum(axis=(0, 1)), even)
    of_antenna = _shrunk(own.sum(axis=0), whole)
    found = (1 - settings.TAIL) * _shrunk(own, of_antenna) + settings.TAIL * even
    log = np.zeros((antennas, bins + 1, zones))
    log[:, :bins] = np.log(found).transpose(1, 2, 0)
    return log


def _share(cells: Cells, zone: Ints, weight: Floats, zones: int) -> Floats:
    each = cells.count / np.maximum(cells.count.sum(axis=1, keepdims=True), 1)
    own = np.zeros((zones, each.shape[1]))
    np.add.at(own, zone, each * weight[:, None])
    even = np.full(each.shape[1], 1.0 / each.shape[1])
    found = _shrunk(own, _shrunk(own.sum(axis=0), even))
    return np.log((1 - settings.TAIL) * found + settings.TAIL * even).T


def _often(cells: Cells, zone: Ints, weight: Floats, zones: int, antennas: int) -> Floats:
    classes = settings.COUNT_STEPS
    step = count_class(cells.count)
    flat = (zone[:, None] * antennas + np.arange(antennas)) * classes + step
    counted = np.bincount(
        flat.ravel(), np.repeat(weight, antennas), minlength=zones * antennas * classes
    ).reshape(zones, antennas, classes)
    own: Floats = counted.astype(np.float64) @ _blur(classes, 0.5)
    even = np.full(classes, 1.0 / classes)
    found = _shrunk(own, _shrunk(own.sum(axis=0), even))
    return np.log((1 - settings.TAIL) * found + settings.TAIL * even).transpose(1, 2, 0)


def count_class(count: Floats) -> Ints:
    """Classes 0, 1, 2–3, 4–7 and so on, up to the last."""
    steps = np.where(count > 0, np.floor(np.log2(np.maximum(count, 1))) + 1, 0)
    return np.minimum(steps, settings.COUNT_STEPS - 1).astype(np.int64)


def _shrunk(own: Floats, pool: Floats) -> Floats:
    """Toward the pool, which is worth POOL windows."""
    found: Floats = (own + settings.POOL * pool) / (own.sum(axis=-1, keepdims=True) + settings.POOL)
    return found


def _blur(bins: int, width: float = settings.BLUR) -> Floats:
    """A matrix that spreads each bin over its neighbours; what would fall off the ends stays inside."""
    apart = np.arange(bins)[:, None] - np.arange(bins)[None, :]
    kernel = np.exp(-0.5 * (apart / width) ** 2)
    spread: Floats = kernel / kernel.sum(axis=1, keepdims=True)
    return spread


def summed(tables: Tables, windows: Windows, cells: Cells, listening: Bools) -> list[NDArray[np.float64]]:
    """What the tables say, each window × zone: loudness as one witness an antenna, as √n witnesses; shares likewise; counts."""
    zones = tables.share.shape[1]
    size = (len(windows), zones)
    each = 1.0 / np.maximum(cells.count, 1.0)
    one, root = np.zeros(size), np.zeros(size)
    if len(windows.antenna):
        window = np.repeat(np.arange(len(windows)), np.diff(windows.first))
        said = tables.loud[windows.antenna, tables.scale.bins(windows.loudness)]
        worth = each[window, windows.antenna]
        one = np.add.reduceat(said * worth[:, None], windows.first[:-1], axis=0)
        root = np.add.reduceat(said * np.sqrt(worth)[:, None], windows.first[:-1], axis=0)
    heard = np.where(listening, cells.count, 0.0)
    total = np.maximum(heard.sum(axis=1, keepdims=True), 1.0)
    # among the antennas that listened
    lost = np.log(np.maximum(listening.astype(np.float64) @ np.exp(tables.share), 1e-9))
    share = (heard @ tables.share) / total - lost * (heard.sum(axis=1, keepdims=True) > 0)
    often = np.zeros(size)
    step = count_class(cells.count)
    for antenna in range(cells.count.shape[1]):
        often += tables.often[antenna, step[:, antenna]] * listening[:, antenna, None]
    return [one, root, share, share * np.sqrt(total), often]
