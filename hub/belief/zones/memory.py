"""From window to window: what was believed before, and how much of it still counts. Pure.

    before(t) = prior + exp(−Δ / stay) · (belief(t − Δ) − prior)        belief(t) ∝ before(t)^memory · evidence(t)

Tags stay where they are for `stay_s` on the mean, so belief fades to the prior over a gap. `memory` < 1 forgets evidence too: windows of a tag that stands still share its multipath, and
are far from independent; with 0.8 all earlier windows together count about as four. Only the past is used, unless smoothing is asked for.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import msgspec
import numpy as np

from hub.belief.zones import settings
from hub.belief.zones.reads import Floats, Ints, Windows
from hub.belief.zones.weights import softmax


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What is carried over."""

    memory: float
    """Power of the belief before: 0 none, towards 1 all."""
    stay_s: float
    """Mean time in a zone."""
    power: float
    """Of the probability that is shown; below 1 less sure than the sum."""
    doubt: float
    """Share of the shown probability that is the prior's: that all witnesses are wrong together."""
    learned: bool
    """Whether the calibration had enough changes of zone to say how long tags stay."""


def stay_s(windows: Windows, stays: Ints) -> tuple[float, int]:
    """Mean time in a zone, and how many changes of zone were seen."""
    step = np.diff(windows.number)
    same = (np.diff(windows.tag) == 0) & (step * windows.step_s <= settings.STAY_GAP_S)
    changes = int((same & (np.diff(windows.zone) != 0)).sum())
    seen_s = float(step[same].sum() * windows.step_s) + len(np.unique(stays)) * windows.step_s
    return max(windows.step_s, seen_s / (changes + 1)), changes


@dataclass(frozen=True, slots=True)
class Track:
    """Windows in the order of tag and time."""

    tag: Ints
    number: Ints
    step_s: float
    prior: Floats
    """Logarithms."""


def carried(log: Floats, track: Track, how: Memory) -> Floats:
    """Belief after each window, as probabilities. `log`: evidence with the prior in it, window × zone, in the order of tag and time."""
    tag, number, step_s, prior = track.tag, track.number, track.step_s, track.prior
    share = np.exp(prior)
    evidence = log - prior
    found = np.empty_like(log)
    new = np.concatenate([[True], np.diff(tag) != 0])[: len(tag)]
    begins = np.flatnonzero(new)
    rank = np.arange(len(tag)) - np.repeat(begins, np.diff(np.concatenate([begins, [len(tag)]])))
    order = np.argsort(rank, kind="stable")
    ends = np.cumsum(np.bincount(rank)) if len(rank) else np.empty(0, dtype=np.int64)
    passed_s = np.maximum(np.diff(number, prepend=number[:1]), 0) * step_s
    fade = np.exp(-passed_s / how.stay_s)
    at = 0
    for end in ends.tolist():
        rows = order[at:end]
        if at == 0:
            before = np.broadcast_to(prior, (len(rows), len(prior)))
        else:
            was = share + fade[rows, None] * (found[rows - 1] - share)
            before = how.memory * np.log(np.maximum(was, 1e-12)) + (1 - how.memory) * prior
        found[rows] = softmax(before + evidence[rows])
        at = end
    return found


def smoothed(log: Floats, track: Track, how: Memory) -> Floats:
    """Belief with the windows after it as well."""
    ahead = carried(log, track, how)
    turned = Track(-track.tag[::-1], -track.number[::-1], track.step_s, track.prior)
    back = carried(log[::-1], turned, how)[::-1]
    # each holds the window's own evidence once
    both = np.log(np.maximum(ahead, 1e-12)) + np.log(np.maximum(back, 1e-12)) - log
    return softmax(both)


def shown(belief: Floats, prior: Floats, how: Memory) -> Floats:
    """As sure as the calibration allows."""
    return (1 - how.doubt) * softmax(how.power * np.log(np.maximum(belief, 1e-12))) + how.doubt * np.exp(
        prior
    )


def chosen(log: Floats, zone: Ints, track: Track, stays: tuple[float, int]) -> Memory:
    """The memory and the power that promised most to the true zones."""
    mean_s, changes = stays
    step_s, prior = track.step_s, track.prior
    learned = changes >= settings.CHANGES
    stay = mean_s if learned else min(mean_s, settings.LONGEST_STAY_S)
    reach = max(2 * step_s, settings.UNKNOWN_MEMORY_S)
    best, least = (
        Memory(memory=0.0, stay_s=stay, power=1.0, doubt=settings.DOUBTS[-1], learned=learned),
        np.inf,
    )
    for much in settings.MEMORIES:
        if not learned and step_s / (1 - much) > reach * (1 + 1e-9):
            continue
        belief = carried(log, track, msgspec.structs.replace(best, memory=much))
        for power, doubt in itertools.product(settings.TEMPERATURES, settings.DOUBTS):
            how = Memory(memory=much, stay_s=stay, power=power, doubt=doubt, learned=learned)
            promised = shown(belief, prior, how)[np.arange(len(zone)), zone]
            loss = -float(np.log(np.maximum(promised, 1e-12)).mean()) if len(zone) else np.inf
            if loss < least - 1e-6:
                best, least = how, loss
    return best
