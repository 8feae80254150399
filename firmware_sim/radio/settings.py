"""Every number of the radio: its unit, its reason, its source. Pure.

Two of them are what an installer can measure, and decide the rest: the share of dwells in which a tag on the antenna's own shelf is heard, and the share in
which one on a neighbouring shelf is. The link budget is solved for these two (`firmware_sim.radio.budget`).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Decibels = Annotated[float, msgspec.Meta(ge=0, le=40)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
Rate = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class RadioSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The air of a scenario."""

    own_read: Rate = 0.95
    """Share of (tag, dwell) pairs in which an antenna hears an ordinary tag on its own shelf, at full power and the usual dwell. One pass reads 57–94 %
    by arrangement (handheld walks); a fixed antenna a shelf is nearer to the upper end. Assumption."""
    cross_read: Annotated[float, msgspec.Meta(ge=0, lt=0.9)] = 0.20
    """The same of a tag on a shelf next to the antenna's (above, below, beside, behind), mean of the four. No published figure; presets .05, .20, .40."""
    tag_spread_db: Decibels = 3.0
    """Standard deviation over tags, for ever: chips and antennas differ, and how they are stuck in. With nothing but this in common, six recorded walks through
    a shop of free-hanging goods (736/139/30/9/1 tags seen in 6/5/4/3/2 of them) come out within tolerance: see "Calibration" in ``docs/simulator.md``."""
    place_spread_db: Decibels = 4.0
    """Over (tag, place, antenna), as long as it stands there: multipath and orientation. Free tags show ± 10–20 dB. One tag's reads within a second
    of a walk spread by 3.5–4.2 dB (recounted from the shop's files)."""
    shade_spread_db: Decibels = 3.5
    """Over (tag, arrangement): how the books beside it detune and cover it, until one of them moves. Fitted, with the tag's 3 dB and 4.9 dB
    thrown anew in each handheld pass: one pass .827, two .932; twice as much in a bad arrangement: one pass .573, four .789."""
    pass_spread_db: Decibels = 2.0
    """Over (tag, antenna, quarter of an hour): drift, people, damp. With the three above it decides how alike two looks are.
    Of an antenna that hangs still nobody has recorded two looks hours apart: assumption."""
    channel_spread_db: Decibels = 1.3
    """Over (tag, place, antenna, channel). Median difference between channels of an Impinj R420: 1.3 dB."""
    noise_db: Decibels = 0.5
    """Per read within a channel: 0.2 to 0.9 (measured)."""
    fore_edge_db: Decibels = 3.0
    """Tags at the fore-edge are heard worse (Abcouwer and van Loon 2020: beside the spine always, at the fore-edge not always)."""
    near_metal_db: Decibels = 6.0
    """A bookend or upright within a few centimetres detunes the tag. Assumption."""
    weak_db: Decibels = 10.0
    """A damaged or badly made tag. Assumption."""
    glossy_db: Decibels = 1.5
    """Coated paper is heavy and lossy. Assumption."""
    disc_db: Decibels = 6.0
    """A disc in the cover is metal. Assumption."""
    on_top_db: Decibels = 2.0
    """A book lying on the row: its tag lies flat."""
    coupling_db: Decibels = 6.0
    """Loss between two tags that touch; falls off with their distance over 10 mm. Thin books side by side are the bad case."""
    second_ring_db: Decibels = 12.0
    """So much less than next to the antenna's shelf: one more loaded board or upright, twice the way (6 dB), or across the aisle. Assumption."""
    board_apart_db: Decibels = 2.5
    """An antenna that is meant for several boards hears each worse by this for a board's height from their middle; `own_read` is the mean of them.
    At 0.5–0.8 m before a bay a board's height is 1–2 dB of distance, and the tilt of antenna and tag comes on top. Assumption."""
    board_edge_db: Decibels = 2.0
    """Less at the ends of the board than before the antenna's middle."""
    person_db: Decibels = 4.0
    """Somebody, or a cart, stands before the bay. Assumption: a body beside the path costs less than one in it."""
    person_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.03
    """Of the half-minutes of open hours in which somebody stands before a given bay; a tenth of it at other hours. Only where people come. Assumption."""
    reference_db: Decibels = 8.0
    """Reference tags hang free at the front of the board: so much louder than a book's mean."""
    reads_a_second: Annotated[float, msgspec.Meta(gt=0, le=1200)] = 165.0
    """Of one reader, all tags together: 157–177 recorded from fixed readers; the 1,100 of the standard are not reached on shelves."""
    flag_s: tuple[Seconds, Seconds] = (0.5, 5.0)
    """How long a session-1 flag keeps a tag silent, powered or not (Gen2 air interface); fixed for each tag between the two."""
    flag_hold_s: tuple[Seconds, Seconds] = (2.0, 60.0)
    """How long a session-2 or -3 flag outlives the last power (the air interface says 2 s or more and no upper end, which is an assumption)."""
    floor_dbm: Annotated[float, msgspec.Meta(ge=-120, le=-20)] = -74.0
    """Nothing quieter was ever reported (measured)."""
    own_dbm: Annotated[float, msgspec.Meta(ge=-100, le=-20)] = -55.0
    """Median loudness of a tag on the own shelf; recordings lie between −35 (1 m, free) and −72."""
    loudness_slope: Annotated[float, msgspec.Meta(gt=0, le=2)] = 1.1
    """Decibels of loudness for each decibel of the forward link: readers compress the two-way 2.0 to 22 a decade of distance, against 20 of the forward
    link (slopes of 19–26 measured)."""
