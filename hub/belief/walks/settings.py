"""Every number of the model of walks that is not learned from them: its unit, its reason, and what breaks beside it. Pure.

`Habits` are learned from the walks; what stands there is where learning begins, and how far it may go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STRENGTHS: Final = 5
"""Classes of how well a tag was read in a walk, each as many tags. More: each holds too few of a small stock; one: a loud tag's silence says no more than a faint one's."""
NODES: Final = 9
"""Values of a tag's lasting strength at which it is integrated (Gauss-Hermite). Fewer lose the faint tail that misses come from."""
SESSION_NODES: Final = 5
"""The same of its strength in walks of one session."""
AROUND: Final = tuple(step / 2.0 for step in range(-12, 5))
"""Values of how much better or worse a group of neighbours was walked than the walk as a whole, in standard deviations of one tag's luck. Reaches further down than up: a panel is skipped, or passed in haste."""
AROUND_FREEDOM: Final = 4.0
"""Degrees of freedom of their (Student) distribution: now and then a panel is walked much worse. Larger: half a panel missed looks like theft."""
UNCOVERED: Final = 0.02
"""Share of (group, walk) that is not walked at all. Only tells how few silent neighbours prove it: three or four tags that are usually read."""
STRAY: Final = 0.01
"""Of the tags of a group that was not walked, the share that is read all the same, from afar."""

WALKED_ABOVE: Final = 0.3
"""First guess of what was walked: groups with more than this share of the best group's read share. Only where the finding of thresholds begins."""
SOLVES: Final = 3
"""Turns between a walk's thresholds and how well its places were walked. A fourth changed probabilities on recorded walks by 0.03 at most."""
TURNS: Final = 8
"""Turns between who left and how many leave. More change the share by less than a tag."""
HABIT_STEP: Final = 1.3
"""Habits are tried so much larger and smaller: about half of what the walks can tell."""
MOST_SESSIONS: Final = 8
"""Words for ways of walking that are told apart; memory grows with them. Gen2 has four."""

LEAVES: Final = 0.002
"""Share of the tags that leave between two walks, before the walks say otherwise. Larger: one silent walk of a strong tag becomes a loss."""
LEAVES_TAGS: Final = 400.0
"""Tags whose word that prior is worth. Smaller believes a few missed tags to be a burst."""
LEAVES_TAGS_AT_FIRST: Final = 1_000.0
"""The same while only one walk has seen the silence: a burst and a badly held walk look alike until the next."""
ABSENT: Final = 0.01
"""Share of the expected tags that never were there (list wrong, tag torn off)."""
MUTE: Final = 0.01
"""Share of the tags that never answer anybody. So a tag that was never read is never called lost: a person has to look."""
MOST_SURE: Final = 0.999
"""No probability beyond it: lists, people and readers err as well."""

LOST_ABOVE: Final = 0.98
"""Probability of being gone from which on a tag is called lost: to look for a tag that hangs in its place costs as much as fifty found a walk later."""
LOST_WALKS: Final = 2
"""Silent walks that covered it, before it may be called lost: one walk is one witness, whatever its probability."""
SUSPECTED_ABOVE: Final = 0.2
"""From here on it is suspected, and its probability is shown."""
COVERED_ABOVE: Final = 0.5
"""Share of the tags of its place that a walk could read, below which silence is told as *not looked at*, and counts as no silent walk. Larger: hasty walks never count."""

LEARN_FROM: Final = 4_000
"""Tags from which habits are learned; of a larger stock every n-th. Beyond it they change by less than their own uncertainty."""
GROUP: Final = 24
"""Neighbours in a group made from the order of reading, where no panel is told. Fewer cannot tell a skipped place from bad luck; more are no neighbours."""
GUESSED_SILENT: Final = 0.08
"""Share of a guessed group that may be silent beyond what was foretold, before nothing of it is called lost: part of it may hang where this walk did not go. 5 % that leave at random mostly stay below it."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a stock and its walks behave. All spreads in standard deviations of the luck that one tag has in one walk."""

    lasting: float = 0.7
    """Spread of the strength a tag keeps (chip, place, orientation)."""
    session: float = 0.5
    """Spread of what it has more or less in walks of one Gen2 session."""
    around: float = 0.3
    """Spread of how well a group of neighbours was walked."""
    lapse: float = 0.006
    """Share of the tags missed in a walk whatever their strength: somebody stood before it, it hung over."""


SPREADS: Final = Habits(lasting=0.5, session=0.6, around=0.6, lapse=0.7)
"""How sure the habits above are before the first walk: standard deviations of their logarithms. They come from simulated shops of several budgets (docs/walks.md)."""
