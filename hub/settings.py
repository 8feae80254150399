"""Every number that tunes the deciding heart: its unit, its reason, and what breaks beside it. Pure.

They stand under ``engine:`` in hub.yaml. Those of the radio model are stated assumptions (docs/belief.md): no published
table gives them for packed library shelves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]


class SweepSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a sweep is made."""

    nightly: ClockTime | None = None
    """Start of the nightly sweep over the whole site, local time of the site; None: no nightly sweep."""
    scope: str = "all"
    """Of the nightly sweep."""
    dwell_ms: Annotated[int, msgspec.Meta(ge=50, le=60_000)] = 4_000
    """Longer than the usual 0.5-2 s, so that the last weak tags of a full shelf get their turn; over 10 s only time passes."""
    power_dbm: Annotated[float, msgspec.Meta(ge=0, le=36)] | None = None
    """None: as the reader is set. Stronger finds shaded tags and hears more neighbours."""
    looks: Count = 3
    """Trusted looks that cover a shelf. Fewer: a tag shaded once is called missing; more: nights get long."""
    limit_s: Positive = 7_200.0
    """A sweep that is not done by then ends with what it has; the rest is *not covered*."""


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The engine of one hub. Defaults are those of a usual library; a demo shortens the long times."""

    # --- time -------------------------------------------------------------------------------------------------
    watermark_s: Positive = 30.0
    """Longest wait for a slow agent before newer evidence is applied. Longer: everything is shown later; shorter: an agent
    behind a bad link is out of step with its neighbours' shelves."""
    live_agent_s: Positive = 5.0
    """An agent that reported within this time is waited for. Agents report every 0.25 s; 5 s spans a reconnect."""
    late_h: Positive = 24.0
    """Dwells older than this count in the history only. Older evidence says nothing about a book that people carry."""

    # --- what a dwell proves ----------------------------------------------------------------------------------
    reference_share: Share = 0.5
    """Part of an antenna's reference tags that a trusted dwell has heard. Higher: one covered tag blinds a shelf;
    lower: a half-dead antenna is believed."""
    resident_share: Share = 0.3
    """Without reference tags: part of the usual number of known tags. Higher: a busy day blinds the shelf; lower: a cable
    that hears only the loudest is believed."""
    s1_hold_s: Positive = 5.0
    """A Gen2 S1 flag lasts 0.5-5 s, powered or not (Gen2 air interface); below 5 a flag may pass for absence."""
    s2_hold_s: Positive = 120.0
    """S2 and S3 flags last over 2 s without power and for ever with it; chips hold them for a minute and more."""
    silent_dwells: Count = 5
    """Untrusted dwells in a row that make a `silent_antenna`. Fewer: a trolley before the shelf is one."""
    unheard_s: Positive = 300.0
    """An antenna without a dwell for this long is *unheard*. A cycle of 32 antennas takes 64 s at most."""
    stale_after_s: Positive = 900.0
    """A shelf without a trusted look for this long is stale, and coverage is broken. Below two cycles it flickers."""

    # --- the radio model: assumptions until an antenna has learned its own (`hub.belief.levels`) ------------------
    own_dbm: float = -55.0
    near_dbm: float = -72.0
    far_dbm: float = -84.0
    floor_dbm: float = -66.4
    """Mean loudness of a tag on the antenna's own shelf, on a neighbouring one (above, below, beside, behind), and two such steps away;
    and the loudness at which a tag is heard in half of its looks. Most neighbours stand below it: 20 % are heard. A lower floor:
    silence proves more than it does; a louder neighbour: moved books are seen later."""
    tag_spread_db: Positive = 3.3
    shade_spread_db: Positive = 3.9
    """What all antennas have in common of one tag: its chip, for ever, and how the books beside it cover it, until they are moved.
    Both decide how much one antenna's silence excuses another's."""
    place_spread_db: Positive = 4.8
    """Multipath of one tag at one place before one antenna, with what antennas of a class differ in. Smaller: a loud
    neighbour moves books; larger: loudness says little."""
    drift_s: Positive = 900.0
    drift_db: Positive = 2.2
    """From one quarter of an hour (`drift_s`) to the next. Looks of one quarter are one witness, and the best of n quarters lifts a tag by this
    times the largest of n throws. Larger: silence proves nothing before the evening."""
    overlook: Share = 0.02
    """A tag that is in hearing does not get its turn in a dwell, or somebody stands before it. Smaller: one crowded dwell takes books away."""
    window_quarters: Count = 4
    """So many quarters of silence count against a place: those of about an hour. More: a book that has just come is not believed."""
    far_below_db: Positive = 18.0
    far_spread_db: Positive = 9.0
    """Shelves that are more than two steps away: so much below those two steps away, and how much that differs (echoes, an antenna
    hub that hangs). A larger spread: a book heard only from afar stays in doubt; smaller: one echo moves it."""
    near_m: Positive = 1.1
    """Bays whose middles are nearer than this stand beside each other (0.9-1 m)."""
    elsewhere: Share = 0.01
    """Share of the books that stand outside their home, anywhere. Larger: shaded books are called misplaced."""
    drifted: Share = 0.05
    """Weight of a shelf within the tolerance around the home, against 1 for the home."""
    tolerance_shelves: Annotated[int, msgspec.Meta(ge=0, le=20)] = 1
    """Books drift by a board every week. 0: each drift is a finding."""
    place_certain: Share = 0.6
    """A tag changes place when the new one is at least this probable and was heard twice. Lower: flicker."""
    fresh_s: Positive = 600.0
    """An antenna's word loses half its weight when the tag was heard elsewhere this much later."""

    # --- away -------------------------------------------------------------------------------------------------
    taken_per_1000_h: Positive = 3.6
    """Books taken from their shelves by anybody, per 1,000 books and open hour; most are back within minutes. Larger: shaded
    books are called away; smaller: weak tags are seen to leave late."""
    disturbed_per_1000_h: Positive = 130.0
    """Books beside which something was taken or put, so that their shade is thrown anew, in an hour in which as many are seen to leave as above.
    Many are put back before the next look: they disturb, and are not seen to leave. Larger: weak books that leave are found late."""
    closed_share: Share = 0.03
    """Of both rates while the doors are closed: staff, cleaners, thieves."""
    gone_for: tuple[tuple[Share, Positive], ...] = ((0.4, 0.05), (0.4, 2.5), (0.2, 1e9))
    """Of the books taken, which share is gone for how many open hours in the mean: looked into, read at a table, carried off. Nobody
    brings one back at night. More carried off: weak tags are called missing."""
    deaf: Share = 3e-5
    """Probability that a disturbance silences any tag, however loud: put in upside down behind metal. The floor under all silence."""
    mute: Share = 0.003
    """Probability that a tag never heard cannot answer at all (torn, dead, under foil)."""
    never_there: Share = 0.005
    """Share of the books that the catalogue expects on a shelf and that were gone before the hub came."""
    leaves: Share = 0.8
    """Prior of the live state, at most one half: that a book which has been silent for `leaves_after_s` in a usual open hour was taken up.
    Only the map's *away* goes by it. Smaller: weak books that have left are shown in their place for hours; larger: more that stand are shown away."""
    leaves_after_s: Annotated[float, msgspec.Meta(ge=0.0)] = 1_500.0
    """Its silence has lasted so long, if it can be shade or drift as well. Shorter: weak tags are away whenever a quarter of an hour is bad to
    them (of 1,000 that stand, sixteen have been silent for five to fifteen minutes); longer: weak books that left are seen to leave late."""
    leaves_unexpected: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)] = 0.9
    """The same for a book that the catalogue says is elsewhere (on loan, in transit …)."""
    away_above: Share = 0.65
    back_below: Share = 0.3
    """Away is shown from the first on and withdrawn below the second. Close together: it flickers."""
    presumed_quarters: Count = 1
    """A tag never heard is taken to stand at its home, weak or shaded, after so many quarters of an hour of silence there."""

    # --- findings ---------------------------------------------------------------------------------------------
    false_alarms_per_10000: Annotated[float, msgspec.Meta(ge=0.01, le=20.0)] = 1.0
    """Errands for nothing that the library bears, of each kind, per 10,000 items a night (`hub.findings.decision`). Lower: fewer
    false findings, and true ones are found later or never; higher: the other way round."""
    missing_above: Share = 0.7
    """A missing book is away with this probability, where the library bears one false alarm per 10,000 items a night."""
    misplaced_above: Share = 0.9
    misplaced_below: Share = 0.5
    misplaced_looks: Count = 3
    """A book is misplaced when it was that probable through so many looks; the finding falls below the second."""
    unexpected_looks: Count = 6
    unexpected_after_s: Annotated[float, msgspec.Meta(ge=0.0)] = 900.0
    """A returned book is often back before the desk has booked it: this many looks and this long."""
    processing_after_h: Annotated[float, msgspec.Meta(ge=0.0)] = 24.0
    """A new book often stands in its place before it is booked out of processing; for so long that is nothing."""
    requested_is_held: bool = False
    """Whether a book that somebody has asked for, and that stands on its shelf still, is *held*: a list for those who fetch."""
    security_looks: Count = 3
    security_after_s: Annotated[float, msgspec.Meta(ge=0.0)] = 900.0
    """Security against the loan state: self-checks tell the catalogue minutes after they have changed the tag."""
    security_share: Share = 0.2
    """Where so many of the books on the shelves have their security off, the library does not use it: one question instead of a
    finding a book."""
    longest_use_h: Positive = 24.0
    """Longest use inside the library; a book away for longer, under coverage, is missing."""
    missing_looks: Count = 5
    """Silent looks, of each antenna that used to hear it, that a missing book needs at least."""
    missing_after_h: Annotated[float, msgspec.Meta(ge=0.0)] = 4.0
    """Hours of coverage without the tag, before closing and after, that a book missing at night needs. Fewer: what drifts
    below hearing for an hour is called missing in the evening and found again at midnight; the list is for the morning."""
    listed_before_opening_h: Annotated[float, msgspec.Meta(ge=0.0)] = 2.0
    """What is missing at night is shown from so many hours before the doors open, when the night's evidence is in. More: what drifts below
    hearing for some hours is called missing, and heard again before the morning; fewer: the list is late for who comes early."""
    dark_share: Share = 0.05
    """Where a larger part of the shelves went dark (reader, agent or broker dead) within `longest_use_h`, no book is newly called missing:
    some twenty of 10,000 are put into a wrong place a day, and one of them may stand there. Smaller: one dead antenna holds up the list."""
    closing: ClockTime | None = None
    opening: ClockTime | None = None
    """Local hours without people; then `missing_looks` after closing are enough. None: only `longest_use_h` counts."""
    moved_items: Count = 10
    """So many books of moved shelves make one question (`moved_range`) instead of a finding each. Fewer: a reader's armful is one."""
    moved_share: Share = 0.3
    """A shelf is moved when so much of what is heard of it stands in one other range. Lower: misplaced books of a nearly empty shelf
    are a move; higher: the first books of a move are shown one by one."""
    moved_settles_s: Positive = 1_800.0
    """A move goes on while it grows within this time; so long its stragglers are waited for. A lunch break is longer: then they are shown."""
    unknown_stays_h: Positive = 6.0
    """An unknown tag is a finding when it stays this long; clothes, cards and lent books pass (law)."""
    unknown_table: Count = 200_000
    """Unknown tags watched at a time, hashed; more are only counted. About 150 bytes each."""
    unknown_secret: str = ""
    """The day's key is made from this. The hub makes one on its first start; with an empty one the hash can be guessed."""

    # --- what tags say ----------------------------------------------------------------------------------------
    tags_asked_per_s: Count = 5_000
    """Tags decoded a second at most, each once: strangers whether they name an item, and as many known ones how they tell their security.
    About 20 µs each; more: a new stock holds up the reads of its first minutes; fewer: its books are found later."""
    link_every_s: Positive = 2.0
    """Tags that named their item get their rows together, this often: all arrays are copied for it (25 ms a million rows)."""
    links_at_once: Count = 5_000
    """Of them; more would fill a tick with rows for the store."""

    # --- work -------------------------------------------------------------------------------------------------
    scan_rows_per_s: Count = 25_000
    """Tags weighed anew a second; the whole stock of a million in 40 s, a usual library at once. More costs 4 µs each."""
    scan_every_s: Positive = 0.25
    """Least time between two scans, so that a busy hub weighs in large batches."""
    place_rows_per_tick: Count = 2_000
    """`PlaceChanged` a tick: the first hour of a new site does not choke the store; the rest waits its turn."""
    refresh_rows_per_tick: Count = 200
    """Rows whose last-heard time is written again although nothing moved."""
    refresh_s: Positive = 60.0
    """The same row not more often than this."""
    series_every_s: Positive = 10.0
    """Distance of points in the series."""
    command_expires_s: Positive = 60.0
    """A command that an agent gets later than this is ignored: nobody wants last night's sweep at noon."""
    sweeps: SweepSettings = SweepSettings()

    def __post_init__(self) -> None:
        """Raises `ValueError` where two settings contradict each other: each alone may be sound."""
        if faults := list(_contradictions(self)):
            raise ValueError("; ".join(faults))


LEAST_THRESHOLD: Final = 0.6
"""However many false alarms a library bears: below this a finding is a guess (`hub.findings.decision`)."""
ROUNDED: Final = 1e-9
"""Shares that are written in decimals may sum to a little more than one."""


def _contradictions(of: EngineSettings) -> Iterator[str]:
    for low, high in (("back_below", "away_above"), ("misplaced_below", "misplaced_above")):
        below, above = getattr(of, low), getattr(of, high)
        if below >= above:
            yield f"`{low}` ({below:g}) must be less than `{high}` ({above:g})"
    if LEAST_THRESHOLD <= of.misplaced_below < of.misplaced_above:
        yield f"`misplaced_below` ({of.misplaced_below:g}) must be less than {LEAST_THRESHOLD:g}: findings may open from there on"
    shares = [share for share, _ in of.gone_for]
    if sum(shares) > 1 + ROUNDED:
        parts = " + ".join(f"{share:g}" for share in shares)
        yield f"the shares of `gone_for` ({parts}) must not sum to more than 1"
    hours = {"opening": of.opening, "closing": of.closing}
    unset = [name for name, at in hours.items() if at is None]
    if len(unset) == 1:
        (known,) = hours.keys() - unset
        yield f"`{known}` is {hours[known]} and `{unset[0]}` is not set: set both, or neither"
