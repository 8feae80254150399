"""Comparing a window as a whole with windows of known zones: all antennas at once, since one place is heard by all of them together. Pure.

Each window is a point: median loudness of each antenna and its share of the reads. A zone is a cloud of such points (it has many places), so its density is a sum of
heavy-tailed kernels. *Whole* compares loudness as it is; *shape* only how far each antenna lies below the loudest, so that the strength of the tag does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.belief.zones import settings
from hub.belief.zones.cells import Cells
from hub.belief.zones.reads import Bools, Floats, Ints

Kind = int
_PRODUCT = 262_144
"""Multiplications of one matrix product: below this the usual libraries use one core, and threads of others are not waited for; and the result fits into its own memory."""
WHOLE: Kind = 0
SHAPE: Kind = 1


@dataclass(frozen=True, slots=True)
class Axes:
    """How loudness becomes coordinates."""

    middle: Floats
    """Of each antenna: its median loudness."""
    floor: Floats
    """Where one that heard nothing is put."""
    spread: float


def axes_of(cells: Cells) -> Axes:
    """From calibration windows."""
    level = cells.level
    told = level[np.isfinite(level)]
    all_middle = float(np.median(told)) if len(told) else 0.0
    spread = float(np.std(told)) if len(told) else 1.0
    spread = spread if spread > 1e-9 else 1.0  # noqa: PLR2004 (constant)
    middle, floor = [], []
    for antenna in range(level.shape[1]):
        its = level[np.isfinite(level[:, antenna]), antenna]
        middle.append(float(np.median(its)) if len(its) else all_middle)
        low = float(np.quantile(its, 0.01)) if len(its) else all_middle
        floor.append(low - settings.UNHEARD * spread)
    return Axes(np.array(middle), np.array(floor), spread)


def points(axes: Axes, cells: Cells, kind: Kind) -> Floats:
    """Window × 2·antenna; loudness first, then shares."""
    heard = cells.heard
    level = np.where(np.isfinite(cells.level), cells.level, axes.middle)
    level = np.where(heard, level, axes.floor) / axes.spread
    if kind == SHAPE:
        top = np.where(heard, level, -np.inf).max(axis=1, keepdims=True)
        top = np.where(np.isfinite(top), top, 0.0)
        level = np.where(heard, np.maximum(level - top, -settings.SHAPE_DEPTH), -settings.SHAPE_DEPTH)
    share = cells.count / np.maximum(cells.count.sum(axis=1, keepdims=True), 1.0)
    return np.concatenate([level, settings.SHARE_SCALE * np.sqrt(share)], axis=1)


@dataclass(frozen=True, slots=True)
class Prints:
    """Points of known zones."""

    kind: Kind
    axes: Axes
    at: Floats
    zone: Ints
    weight: Floats
    widths: tuple[float, ...]


def prints_of(cells: Cells, zone: Ints, weight: Floats, part: Ints, axes: Axes, *, kind: Kind) -> Prints:
    """`part`: what was recorded together; widths come from distances between parts, since neighbours in time are alike for no good reason."""
    chosen = _some(zone)
    at = points(axes, cells, kind)[chosen]
    near = _nearest(at, zone[chosen], part[chosen])
    widths = tuple(max(settings.NARROWEST, band * near) for band in settings.BANDS)
    return Prints(kind, axes, at, zone[chosen], weight[chosen], widths)


def _some(zone: Ints) -> NDArray[np.intp]:
    """At most PROTOTYPES, as many of each zone, evenly through it."""
    zones = np.unique(zone)
    room = max(8, settings.PROTOTYPES // max(1, len(zones)))
    kept = []
    for each in zones:
        at = np.flatnonzero(zone == each)
        kept.append(at[np.unique(np.linspace(0, len(at) - 1, min(room, len(at))).astype(np.intp))])
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, dtype=np.intp)


def _nearest(at: Floats, zone: Ints, part: Ints) -> float:
    """Median distance to the nearest point of the same zone and another part; of any other part where there is none."""
    if len(at) < 2:  # noqa: PLR2004 (no distances)
        return 1.0
    squares = _squares(at, at)
    other = part[:, None] != part[None, :]
    squares[~other] = np.inf
    same = np.where(zone[:, None] == zone[None, :], squares, np.inf).min(axis=1)
    best = np.where(np.isfinite(same), same, squares.min(axis=1))
    best = best[np.isfinite(best)]
    return float(np.sqrt(np.median(best))) if len(best) else 1.0


def compared(prints: Prints, cells: Cells, listening: Bools, zones: int) -> list[Floats]:
    """Log-density for each width, window × zone; antennas that did not listen are left out of the distance."""
    size = (len(cells.count), zones)
    found = [np.zeros(size) for _ in prints.widths]
    if not len(prints.at) or not len(cells.count):
        return found
    at = points(prints.axes, cells, prints.kind)
    member = np.zeros((len(prints.at), zones), dtype=np.float32)
    member[np.arange(len(prints.at)), prints.zone] = prints.weight
    held = member.sum(axis=0)
    all_held = max(float(held.sum()), 1e-9)
    masks, of = np.unique(listening, axis=0, return_inverse=True)
    of = of.ravel()
    for number, mask in enumerate(masks):
        rows = np.flatnonzero(of == number)
        on = np.concatenate([mask, mask])
        if not on.any():
            continue
        known = prints.at[:, on]
        step = max(8, _PRODUCT // max(1, known.size))
        for begin in range(0, len(rows), step):
            part = rows[begin : begin + step]
            squares = _squares(at[part][:, on], known)
            for width, into in zip(prints.widths, found, strict=True):
                near = squares * np.float32(len(on) / on.sum() / width**2)
                near += np.float32(1.0)
                np.multiply(near, near, out=near)
                np.multiply(near, near, out=near)
                np.reciprocal(near, out=near)
                sums = near @ member
                pooled = sums.sum(axis=1, keepdims=True) / all_held
                into[part] = np.log(
                    (sums + settings.KERNEL_POOL * pooled + 1e-12) / (held + settings.KERNEL_POOL)
                )
    return found


def _squares(left: Floats, right: Floats) -> NDArray[np.float32]:
    left, right = left.astype(np.float32), right.astype(np.float32)
    found: NDArray[np.float32] = (
        (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None, :] - 2 * left @ right.T
    )
    np.maximum(found, np.float32(0.0), out=found)
    return found
