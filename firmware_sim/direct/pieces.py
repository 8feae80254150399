"""What was heard, in another order, in pieces, or as the spans of what is lost. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Delivery, Dwells, Heard, Int64


def lost(deliveries: list[Delivery]) -> Delivery:
    """One record in the place of reports that the agent could not keep: each antenna, from its first dwell to its last."""
    antenna = np.concatenate([one.heard.dwells.antenna for one in deliveries])
    started = np.concatenate([one.heard.dwells.started_us for one in deliveries])
    ended = np.concatenate([one.heard.dwells.ended_us for one in deliveries])
    which, first, of = np.unique(antenna, return_index=True, return_inverse=True)
    from_us: Int64 = started[first]
    to_us: Int64 = np.zeros(len(which), dtype=np.int64)
    np.maximum.at(to_us, of, ended)
    some = deliveries[0].heard.dwells
    same = np.zeros(len(which), dtype=np.intp)
    dwells = Dwells(which, from_us, to_us, some.power_dbm[same], some.dual[same], some.session[same])
    none = np.zeros(len(which) + 1, dtype=np.int64)
    heard = Heard(dwells, none, np.zeros(0, np.int32), np.zeros(0, np.uint16), np.zeros(0, np.int16))
    return replace(deliveries[-1], heard=heard, lost="the disk was full", doubtful=None)


def in_order(heard: Heard, order: NDArray[np.intp]) -> Heard:
    """The same dwells in another order, each with its reads."""
    if (order[1:] > order[:-1]).all():
        return heard
    counts = np.diff(heard.first)[order]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    reads = np.arange(first[-1]) + np.repeat(heard.first[order] - first[:-1], counts)
    return Heard(heard.dwells.pick(order), first, heard.tag[reads], heard.count[reads], heard.rssi[reads])


def piece(heard: Heard, a: int, b: int) -> Heard:
    """Dwells a … b - 1, without a copy."""
    dwells = heard.dwells
    low, high = int(heard.first[a]), int(heard.first[b])
    cut = Dwells(
        dwells.antenna[a:b], dwells.started_us[a:b], dwells.ended_us[a:b], dwells.power_dbm[a:b], dwells.dual[a:b],
        dwells.session[a:b],
    )  # fmt: skip
    return Heard(
        cut, heard.first[a : b + 1] - low, heard.tag[low:high], heard.count[low:high], heard.rssi[low:high]
    )
