"""What the belief is told of tags, and what it says of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEVER = -1
"""The place of a tag that was never located."""


@dataclass(frozen=True)
class Homes:
    """What the catalogue says of some tags; columns of equal length."""

    first: Ints
    """First shelf of the home span; -1: no home."""
    last: Ints
    expected: Bools
    """The catalogue expects it on its shelf."""
    since_s: Ints
    """When it came to expect it there, or ceased to, as far as that is remembered; 0: always."""

    @property
    def middle(self) -> Ints:
        """Its middle shelf, where a book stands most probably if nothing else is known; -1: no home."""
        return np.where(self.first >= 0, (self.first + self.last) // 2, -1)

    def pick(self, at: Ints) -> Homes:
        """Some of them."""
        return Homes(self.first[at], self.last[at], self.expected[at], self.since_s[at])


@dataclass(frozen=True)
class Weighed:
    """The belief about some tags at one time; columns of equal length, `rows` says whose."""

    rows: Ints
    zone: Ints
    """The most probable zone; -1: nothing was heard that could name one."""
    certainty: Floats
    """Probability of that zone if the tag is in the building's shelves at all."""
    at_home: Floats
    """Of the home span with its tolerance, in the same sense."""
    away: Floats
    """Probability that it is on no shelf."""
    live: Floats
    """The same for the map's state *away*, which is shown within minutes and asks nobody to do anything."""
    still: Floats
    """Chance that a tag which stands as it stood drifts into such a silence; 1: it is heard."""
    hits: Floats
    """Effective hits, lately, by antennas meant for that zone or one beside it."""
    seen: Floats
    """Looks, of the last 32 of each, in which those antennas heard it, as far as no other has heard it since."""
    silent_looks: Ints
    """Looks since the last read, least over the antennas that used to hear it."""
    closed_looks: Ints
    """Of these, those since the doors closed; 0 while they are open."""
    covered_s: Ints
    """Seconds of unbroken coverage since the last read, least over those antennas, and since the catalogue expects it on its shelf."""
    newest_s: Ints
    """Last read, in seconds; 0: never."""
    candidates: Ints
    """Zones, shape (rows, candidates); -1: none."""
    chances: Floats
    """Their probabilities, same shape, each row sums to 1 or 0."""
