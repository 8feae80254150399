"""Every number of the zone model that is not learned: its unit, its reason, and what breaks beside it. Pure.

What can be learned from the calibration (how much each witness weighs, how far memory reaches, how sure it may be) is learned there, and is not here.
"""

from __future__ import annotations

from typing import Final

FOLDS: Final = 5
"""Parts of the calibration that are foretold from the other parts. Fewer train on too little, more take longer."""
LEAST_STAYS: Final = 3
"""A zone needs so many stays for whole stays to be held out; with fewer, the stays are cut in time, and the report says so."""
LEAST_TAGS: Final = 3
"""A zone needs so many tags for whole tags to be held out."""
STAY_GAP_S: Final = 60.0
"""A tag unheard for so long may have been moved: a new stay, perhaps with another multipath. Longer joins what should be held out apart."""
STAY_GAP_WINDOWS: Final = 5
"""The same in windows, for long windows."""
PURE: Final = 0.8
"""A calibration window with a smaller share of reads in one zone (the tag was on its way) teaches nothing."""

BINS: Final = 24
"""Steps of loudness from the quietest to the loudest hundredth. More need more reads; fewer blur 1 dB steps of a 40 dB range."""
BLUR: Final = 1.5
"""Standard deviation in bins by which counts are smoothed: about the 2–3 dB by which a place differs from the next."""
POOL: Final = 4.0
"""Windows that the pool (the antenna's, then all antennas') is worth beside a zone's own. 0: one window of a rare zone is believed for ever."""
TAIL: Final = 0.02
"""Of any distribution, spread evenly over all bins: no single read can say more than ln(1/TAIL)."""
COUNT_STEPS: Final = 8
"""Classes of how often an antenna heard a tag in a window: 0, 1, 2–3, 4–7, … 64 and more."""

PROTOTYPES: Final = 600
"""Calibration windows kept for comparison, at most. Time grows with it; beyond, neighbours in time say the same again."""
BANDS: Final = (1.0, 2.5)
"""Widths of the comparison, in median distances to the nearest window of another part. Which is right is weighed by the calibration."""
NARROWEST: Final = 0.05
"""Least width, in standard deviations of loudness: constant loudness must not divide by 0."""
SHARE_SCALE: Final = 1.5
"""Standard deviations of loudness that a whole share of the reads is worth (square root of shares)."""
UNHEARD: Final = 0.5
"""An antenna that heard nothing stands so many standard deviations below its quietest hundredth."""
SHAPE_DEPTH: Final = 2.5
"""Standard deviations below the loudest antenna at which the others end: a weaker tag loses its quiet antennas first."""
KERNEL_POOL: Final = 1.0
"""Windows that all zones together are worth in each zone's comparison."""

DRIFT: Final = 0.3
"""Standard deviations of loudness by which each antenna is shifted in the windows that are foretold: some 2 dB, as radios drift within hours (`pass_spread_db` of the
simulated one). A calibration made in one go cannot know it, and what is learned without it promises too much."""
OVERLAP: Final = 0.15
"""Share of a tag's reads that are in another zone than the one before, from which on the times of the calibration cannot be one clock's. A tag that is carried
about is read dozens of times in each zone; two recordings laid over each other change at every second or fourth read."""

CHANNEL_READS: Final = 20.0
"""Reads that the belief in no difference between channels is worth. Channels differ by 1.3 dB in the median (facts/radio.md)."""

FIRST_WEIGHT: Final = 0.1
"""What each witness weighs before the calibration has spoken. All nine together are then about one independent witness."""
RIDGE: Final = 2.0
"""Trust in it: one stay with a loss of a nat pulls as hard as weights that are 1 off."""
MOST_WEIGHT: Final = 3.0
"""No witness weighs more, however well it did in the calibration."""
FIT_CELLS: Final = 3_000_000
"""Weights are fitted to so many numbers (windows × witnesses × zones) at most, evenly through the calibration; nine weights need no more."""
PRIOR_POWER: Final = 0.5
"""Power of the calibration's shares of time in the prior: whoever calibrates chooses how long a tag stands where, so half-way to equal shares."""

MEMORIES: Final = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
"""How much of what was believed a window before still counts; which, is learned. 1 would take every window for a new witness."""
TEMPERATURES: Final = (0.6, 0.8, 1.0, 1.25)
"""Powers of the final probability that are tried. Below 1: less sure."""
DOUBTS: Final = (0.002, 0.005, 0.01, 0.02, 0.05)
"""Shares of the prior that are mixed into what is shown; which, is learned. 0 would promise certainty, and one blunder would cost without end."""
CHANGES: Final = 10
"""With fewer changes of zone the calibration does not say how long tags stay."""
UNKNOWN_MEMORY_S: Final = 20.0
"""Then memory reaches no further back than this (or two windows): in twenty seconds somebody can carry a book to another zone."""
LONGEST_STAY_S: Final = 600.0
"""And tags are taken to stay no longer than this, on the mean."""

OFF_TIMES: Final = 2.0
"""An antenna that is silent to all tags for so many times its longest silence in the calibration, while others hear, is taken for off."""
OFF_WINDOWS: Final = 20
"""And for at least so many windows in which another antenna heard something."""
FOREIGN: Final = 6.0
"""Spreads by which the median loudness of the reads may lie outside the calibration's before it is taken for another unit."""

SILENT_WINDOWS: Final = 60
"""Of each gap in a tag's reads at most so many windows get a row of their own; a gap of hours in windows of a second would fill the report with nothing."""
SILENT_ROWS: Final = 100_000
"""And no more in all than this and as many as there are windows with reads; fewer of each gap otherwise."""

CHUNK: Final = 20_000
"""Windows worked on at a time, at most."""
CHUNK_CELLS: Final = 8_000_000
"""Numbers held at a time: windows × (antennas + witnesses × zones)."""
LESSON_CELLS: Final = 20_000_000
"""The same for all calibration windows; of a larger calibration stretches of `LESSON_RUN` windows are kept, evenly through it."""
LESSON_RUN: Final = 50
"""Windows. Shorter would leave no neighbours for the memory to be learned from."""
