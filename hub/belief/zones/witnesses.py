"""All that is learned from one set of calibration windows, and what each witness then says of other windows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.belief.zones import settings
from hub.belief.zones.cells import Cells, cells_of
from hub.belief.zones.prints import SHAPE, WHOLE, Prints, axes_of, compared, prints_of
from hub.belief.zones.reads import Bools, Floats, Ints, Windows
from hub.belief.zones.tables import Scale, Tables, summed, tables_of

NAMES: Final = (
    "loudness, one witness an antenna",
    "loudness, root of the reads",
    "share of the reads, one witness",
    "share of the reads, root of the reads",
    "how often each antenna heard",
    *(f"place, {word}" for word in ("narrow", "wide")),
    *(f"place without the tag's strength, {word}" for word in ("narrow", "wide")),
)


@dataclass(frozen=True, slots=True)
class Learned:
    """Tables and points."""

    tables: Tables
    whole: Prints
    shape: Prints
    zones: int
    names_zone: Ints
    """antenna → zone, for the rule of the loudest antenna."""


def learned(windows: Windows, part: Ints, scale: Scale, *, antennas: int, zones: int) -> Learned:
    """From windows of known zones, each half over the next: so each counts half."""
    weight = np.full(len(windows), 0.5)
    cells = cells_of(windows, antennas)
    axes = axes_of(cells)
    return Learned(
        tables_of(windows, cells, weight, zones, scale),
        prints_of(cells, windows.zone, weight, part, axes, kind=WHOLE),
        prints_of(cells, windows.zone, weight, part, axes, kind=SHAPE),
        zones,
        _named(cells, windows.zone, zones),
    )


def said(known: Learned, windows: Windows, cells: Cells, listening: Bools) -> Floats:
    """Window × witness × zone, log-likelihoods; what is common to all zones is taken out."""
    each = [
        *summed(known.tables, windows, cells, listening),
        *compared(known.whole, cells, listening, known.zones),
        *compared(known.shape, cells, listening, known.zones),
    ]
    found: Floats = np.stack(each, axis=1)
    found -= found.mean(axis=2, keepdims=True)
    return found


def loudest_zone(known: Learned, cells: Cells) -> Ints:
    """The rival: the zone of the antenna with the loudest read; of most reads, where loudness is not told."""
    loud = np.where(np.isfinite(cells.loudest), cells.loudest, -1e9 + cells.count)
    return known.names_zone[loud.argmax(axis=1)] if len(loud) else np.empty(0, dtype=np.int64)


def plain_log(known: Learned, windows: Windows) -> Floats:
    """The other rival: each read an independent witness, by antenna and loudness. window × zone."""
    if not len(windows.antenna):
        return np.zeros((len(windows), known.zones))
    tables = known.tables
    each = tables.loud[windows.antenna, tables.scale.bins(windows.loudness)] + tables.share[windows.antenna]
    found: Floats = np.add.reduceat(each, windows.first[:-1], axis=0)
    return found


def _named(cells: Cells, zone: Ints, zones: int) -> Ints:
    """Of each antenna the zone in which it is the loudest in the largest share of windows."""
    loud = np.where(np.isfinite(cells.loudest), cells.loudest, -1e9 + cells.count)
    wins = np.zeros((cells.count.shape[1], zones))
    np.add.at(wins, (loud.argmax(axis=1), zone), 1.0)
    wins /= np.maximum(np.bincount(zone, minlength=zones), 1)
    # one that never wins: where it is heard most
    reads = np.zeros_like(wins)
    for at in range(zones):
        reads[:, at] = cells.count[zone == at].sum(axis=0)
    found: Ints = (wins + 1e-12 * reads / max(float(reads.max(initial=0.0)), 1.0)).argmax(axis=1)
    return found


def prior_of(zone: Ints, zones: int) -> Floats:
    """Log-prior: shares of the calibration's windows, half-way to equal shares."""
    share = (np.bincount(zone, minlength=zones) + 1.0) ** settings.PRIOR_POWER
    found: Floats = np.log(share / share.sum())
    return found
