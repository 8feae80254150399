"""What an explanation is made of and what it says. Plain data. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from hub.effects import AntennaChanged, Evidence
from hub.views import FindingView, ShelfView

AWAY: Final = "away"
"""In place of a shelf id: on no shelf that is listened to."""
NOWHERE: Final = ""
"""In place of a shelf id: not heard yet, or not known."""
PIECES: Final = 5
"""Pieces of evidence that an explanation shows, heaviest first. What comes behind them says next to nothing."""

Basis = Literal["now", "change", "unmoved", "before", "unheard", "unknown", "forgotten"]
"""Where the answer comes from: the belief as it is; a change that the history holds; it never moved since, and what placed it
is no longer kept; what its first kept change says of the place before; never heard until then; not in the catalogue then; the
history is not kept so far back."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What was believed of one tag of an item, as the store holds it."""

    tag_key: str
    at_us: int
    """When it was weighed so."""
    answer: str
    """Shelf id, `AWAY` or `NOWHERE`."""
    probability: float | None
    candidates: list[tuple[str, float]]
    """Shelf ids and `AWAY`, best first; empty: not kept."""
    evidence: list[Evidence]
    """Heaviest first; empty: not kept, or nothing was heard."""
    before: str | None = None
    """Where it was before this change; None: not kept."""
    last_heard_at_us: int | None = None
    """None: never, or not kept."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that the store knows about one item at one time."""

    since_us: int
    """When the item came into the catalogue."""
    now: list[Held]
    """Each tag's belief as it is now."""
    then: list[Held]
    """Each tag's newest change at or before the time that is asked for."""
    after: Held | None
    """The first change after it."""
    shelves: dict[str, ShelfView]
    antennas: dict[str, AntennaChanged]
    """As they are now, those that matter here."""
    findings: list[FindingView]
    """Those that stood open then."""
    written_at_us: int | None = None
    """When the hub last wrote anything; None: never, or not asked."""


def contender(answer: str, candidates: Sequence[tuple[str, float]]) -> str:
    """What an answer is compared with: the best other shelf, else `AWAY`, else `NOWHERE`. `candidates`: best first."""
    others = [place for place, _ in candidates if place != answer]
    shelves = [place for place in others if place != AWAY]
    return (shelves or others or [NOWHERE])[0]


class Doubt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is missing or would change the answer; `kind` is one of `hub.explain.sentences.DOUBTS`."""

    kind: str
    shelf: str | None = None
    antenna: str | None = None
    at_us: int | None = None
    heard: int | None = None
    looks: int | None = None
    rssi_dbm: float | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an item is believed where it is."""

    item_id: int
    barcode: str
    title: str
    asked_at_us: int | None
    """The time that was asked for; None: now."""
    as_of_us: int | None
    """The hub has written nothing since: it stands still, or its antennas do. None: it writes, or the past was asked for."""
    basis: Basis
    at_us: int | None
    """When the belief was weighed so, or the change that tells of it was."""
    tag_key: str | None
    tags: int
    """How many tags the item has; the explanation is about one of them."""
    answer: str
    """Shelf id, ``away``, or empty: not known."""
    probability: float | None
    rival: str
    """The next best answer; empty: none."""
    rival_probability: float | None
    against: str
    """What the evidence is weighed against: of a shelf outside of the home the home, else the best other shelf or, where there is none,
    ``away``; empty: nothing."""
    home_from: str | None
    home_to: str | None
    at_home: list[str]
    """Which of the shelves named here are its home."""
    last_heard_at_us: int | None
    candidates: list[tuple[str, float]]
    """Best first. The home of what stands outside of it is always among them; 0: less than is kept."""
    evidence: list[Evidence]
    """At most five, heaviest first."""
    doubts: list[Doubt]
    findings: list[FindingView]
