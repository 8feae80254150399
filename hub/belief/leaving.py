"""Has a silent tag left, or can it only not be heard? Pure.

A tag that hung m dB above an antenna's floor is silent for q quarters of an hour, though it stands as it stood, with

    D = Φ(−(m + drift · e(q)) / √(drift² · v(q) + s²))

where e, v are mean and variance of the largest of q throws, and s is how well m is known. If the books beside it were
moved, its shade was thrown anew: the mean falls towards the shelf's level by the part ρ of the spread that shade is, and

    H = Σ_u w(u) · Π Φ(−(m − ρ · (m − level) + u + drift · e(q)) / √(drift² · v(q) + s²))  +  deaf

over the antennas that heard it: they share the new shade u (normal, of variance shade² · (2 − ρ)); their drifts are their own, so in D, too, the
silences are multiplied.

Leaving and disturbing happen in the same busy hours, at rates λ and α. If T is the time in which it can have happened, B the time
since, and G the share of those taken that are gone so long (`hub.belief.absences`), then

    odds(gone : there) = λ T G / (D + (1 − e^(−αT)) · H · e^(−αB (1 − H)))

Two antennas' silences are hardly more than one as far as shade explains them (docs/belief.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.gauss import best_of, silent
from hub.belief.people import People
from hub.settings import EngineSettings

LEAST_SPAN_S: Final = 60.0
"""Nobody takes a book in less time than this between two looks of a restless antenna."""
SOON: Final = 20.0
"""How much more the map fears to show a book that has left than one away that stands: the first sends a reader to a gap, the second is heard again.
Larger: weak tags are away for some minutes every day; smaller: ordinary books are seen to leave late."""
MOST: Final = 0.9999
"""No silence is surer: a tag can fall off its book."""

_POINTS: Final = np.arange(-6.0, 6.5, 0.5)
"""Standard deviations of a new shade over which the antennas' silences are summed: fine enough for antennas that drift by a third of it."""
_WEIGHTS: Final = np.exp(-(_POINTS**2) / 2.0) / np.exp(-(_POINTS**2) / 2.0).sum()

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Silence:
    """What the antennas that heard some tags at the end have been silent for; columns of shape (rows, antennas)."""

    speaks: NDArray[np.bool_]
    """It looked since, and its silence says something."""
    margin_db: Floats
    """How far above its floor it heard the tag."""
    level_db: Floats
    """How far above its floor tags of that shelf are in the mean."""
    variance_db2: Floats
    """Of `margin_db`."""
    looks: Floats
    """Silent ones."""
    from_s: Ints
    """When it last heard the tag."""
    to_s: Ints
    """Its last look."""


def stays_silent(one: Silence, settings: EngineSettings) -> tuple[Floats, Floats, Floats]:
    """(D, H, drift alone) of each row: that a tag which is there is so silent, as it stood, and disturbed. 1 where nothing speaks.

    D is never below the chance that the tag was overlooked in each of the dwells.
    """
    drift2 = settings.drift_db**2
    quarters = np.minimum((one.to_s - one.from_s) / settings.drift_s + 1.0, np.maximum(one.looks, 1.0))
    best, share = best_of(quarters)
    lift = settings.drift_db * best
    as_it_stood = silent((one.margin_db + lift) / np.sqrt(drift2 * share + one.variance_db2))
    overlooked = settings.overlook ** np.minimum(one.looks, 8.0)
    shade2 = settings.shade_spread_db**2
    part = shade2 / (shade2 + settings.tag_spread_db**2 + settings.place_spread_db**2)
    fallen = one.margin_db - part * (one.margin_db - one.level_db)
    # The antennas share the new shade; how each of them drifts, and how well its margin is known, is its own.
    shades = _POINTS * np.sqrt(shade2 * (2.0 - part))
    own = np.sqrt(drift2 * share + one.variance_db2)
    silences = silent((fallen + lift)[:, :, None] / own[:, :, None] + shades / own[:, :, None])
    disturbed = np.where(one.speaks[:, :, None], silences, 1.0).prod(axis=1) @ _WEIGHTS + settings.deaf
    stood = np.where(one.speaks, as_it_stood, 1.0)
    d = np.maximum(stood.prod(axis=1), np.where(one.speaks, overlooked, 1.0).min(axis=1))
    return d, np.minimum(disturbed, 1.0), stood.min(axis=1)


def gone(one: Silence, now_s: int, people: People) -> tuple[Floats, Floats, Floats]:
    """(P(gone), P(gone) of the live state, chance of such drift) of each row, expected on its shelf."""
    settings = people.settings
    d, h, drifted = stays_silent(one, settings)
    most = np.iinfo(np.int64).max
    from_s = np.where(one.speaks, one.from_s, 0).max(axis=1)
    step_s = np.where(one.speaks, (one.to_s - one.from_s) / np.maximum(one.looks, 1.0), 0.0).max(axis=1)
    ended_s = np.where(one.speaks, one.to_s, most).min(axis=1)
    ended_s = np.where(ended_s == most, from_s, ended_s)
    # A weak tag is silent now and then while it stands: it can have left at any time since it was heard last.
    quarter = silent_quarter(one, settings)
    span_s = np.minimum(np.maximum(step_s, LEAST_SPAN_S) / np.maximum(1.0 - quarter, 1e-3), ended_s - from_s)
    upto_s = (from_s + np.maximum(span_s, 1.0)).astype(np.int64)
    busy_h = people.busy_h(from_s, upto_s)
    taken = settings.taken_per_1000_h / 1000.0 * busy_h * people.still_gone(from_s, now_s)
    rate = settings.disturbed_per_1000_h / 1000.0
    # Each later disturbance throws the shade anew, and the tag would probably be heard again.
    later_h = people.busy_h(upto_s, np.maximum(ended_s, upto_s))
    shaded = -np.expm1(-rate * busy_h) * h * np.exp(-rate * later_h * (1.0 - h))
    silence_any = one.speaks.any(axis=1)
    chance = np.where(silence_any, taken / (taken + d + shaded), 0.0)
    # At once what has hardly another reason to be silent; after a while what may be a weak tag's bad quarter of an hour, too.
    soon = SOON * taken
    plainly = soon / (soon + d + shaded)
    prior = min(settings.leaves * people.bustle.share, 0.5) * np.where(
        people.hours.open_s(from_s, upto_s) > 0.5 * (upto_s - from_s), 1.0, settings.closed_share
    )
    likely = prior / (prior + (1.0 - prior) * np.minimum(d + shaded, 1.0))
    waited = ended_s - from_s >= settings.leaves_after_s
    live = np.where(silence_any, np.where(waited, np.maximum(plainly, likely), plainly), 0.0)
    return np.minimum(chance, MOST), live, drifted


def silent_quarter(one: Silence, settings: EngineSettings) -> Floats:
    """Chance that all antennas that speak are silent for one quarter of an hour about a tag that is there."""
    once = silent(one.margin_db / np.sqrt(settings.drift_db**2 + one.variance_db2))
    result: Floats = np.where(one.speaks, once, 1.0).prod(axis=1)
    return result


def never_heard(
    level_db: NDArray[Any], quarters: NDArray[Any], busy_h: NDArray[Any], settings: EngineSettings
) -> Floats:
    """P(never was there) of tags that the antenna at their home has not heard in so many quarters and busy hours since."""
    best, share = best_of(quarters)
    arrangements = 1.0 + settings.disturbed_per_1000_h / 1000.0 * busy_h
    lighter, left = best_of(arrangements)
    spread2 = (
        settings.tag_spread_db**2
        + settings.place_spread_db**2
        + settings.shade_spread_db**2 * left
        + settings.drift_db**2 * share
    )
    mean = level_db + settings.drift_db * best + settings.shade_spread_db * lighter
    silence = np.minimum(silent(mean / np.sqrt(spread2)) + settings.mute, 1.0)
    result: Floats = settings.never_there / (settings.never_there + (1.0 - settings.never_there) * silence)
    return result
