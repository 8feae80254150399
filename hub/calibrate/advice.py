"""What an installer should do next, in the order in which it pays. Pure.

First what makes the hub believe wrong things (cables exchanged, antennas that do not work), then what it cannot know (no reference
tags, nobody listens), then what could be better.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, get_args

import msgspec

from hub.calibrate.survey import Hears, Survey, Surveyed

Kind = Literal[
    "exchanged", "hears_other", "never", "not_working", "deaf", "references_lost", "unmeasured", "losing", "no_references",
    "few_references", "unwatched", "weaker", "loud_neighbours", "no_books", "no_lap", "wait",
]  # fmt: skip
ORDER: Final[tuple[Kind, ...]] = get_args(Kind)
WRONG: Final = frozenset(
    {"exchanged", "hears_other", "never", "not_working", "deaf", "references_lost", "losing"}
)
"""What makes the hub blind or wrong; the rest makes it less sure."""

OTHER_SHARE: Final = 0.2
"""Another shelf is heard better than its own if it is heard in so much more of the looks. Above what the largest ring of neighbours
makes of luck (20 books of each: 0.1), below what an exchanged cable makes (0.8)."""
LEAST_BOOKS: Final = 5
"""On a shelf before it is compared."""
FEW_LOOKS: Final = 32
"""That a tag's memory reaches back; before, shares are luck."""
FEW_BOOKS: Final = 15
"""That teach an antenna; with fewer its levels are mostly those of its kind."""
WANTED_REFERENCES: Final = 2
"""One can fall off or be covered by a book, and the shelf would go blind."""
HEARD_REFERENCES: Final = 0.8
"""Of its reference tags in the mean; below, one of them hangs badly."""
WEAKER_DB: Final = 5.0
"""Below the antennas of its kind. They differ by 1 dB among themselves (furniture, cable); 5 dB halve the reading distance."""
LOUD_NEIGHBOURS_DB: Final = 6.0
"""Own shelves should be so much louder than the next ones, or which of them a book stands on is guessed; usual are 16 dB."""

MOMENTS_S: Final = 120.0
"""After the hub's start: a slow reader's first round of its antennas and two births of its agent. Who has not spoken by then is asked about."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    kind: Kind
    antenna: str = ""
    other: str = ""
    """Another antenna, with which it may be exchanged."""
    shelf: str = ""
    db: float = 0.0
    number: int = 0

    @property
    def wrong(self) -> bool:
        """Whether the hub is blind or wrong until it is done."""
        return self.kind in WRONG


def too_young(survey: Survey, began_us: int | None) -> bool:
    """Whether antennas had not spoken when the snapshot was taken, and could hardly have. `began_us`: when what is kept of the hub begins; None: nothing is."""
    if not survey.at_us:
        return True
    dwells = [one.dwells for one in survey.antennas if one.shelves]
    young = began_us is not None and survey.at_us - began_us < MOMENTS_S * 1e6
    return young and 0 in dwells and max(dwells) < FEW_LOOKS


def advise(survey: Survey) -> list[Advice]:
    """All of it, the most urgent first."""
    best = {one.antenna: _heard_better(one) for one in survey.antennas}
    meant = {shelf: one.antenna for one in survey.antennas for shelf in one.shelves}
    found: list[Advice] = []
    paired: set[str] = set()
    for one in survey.antennas:
        if one.antenna in paired:
            continue
        other = best[one.antenna]
        if other is None:
            found += _about(one, survey)
            continue
        partner = meant.get(other.shelf, "")
        back = best.get(partner)
        if back is not None and back.shelf in one.shelves:
            paired.add(partner)
            found.append(Advice(kind="exchanged", antenna=one.antenna, other=partner, shelf=other.shelf))
        else:
            found.append(Advice(kind="hears_other", antenna=one.antenna, other=partner, shelf=other.shelf))
    found += [Advice(kind="unwatched", shelf=shelf) for shelf in survey.unwatched]
    return sorted(found, key=lambda one: (ORDER.index(one.kind), -abs(one.db), one.antenna, one.shelf))


def _heard_better(one: Surveyed) -> Hears | None:
    """Another shelf that it hears clearly better than each of its own; None: as it should be."""
    if one.looks < FEW_LOOKS:
        return None
    own = max((hears.share for hears in one.hears if hears.own), default=0.0)
    own_books = sum(hears.tags for hears in one.hears if hears.own)
    others = [hears for hears in one.hears if not hears.own and hears.tags >= LEAST_BOOKS]
    best = max(others, key=lambda hears: (hears.share, hears.shelf), default=None)
    if best is None or own_books < LEAST_BOOKS or best.share < own + OTHER_SHARE:
        return None
    return best


def _about(one: Surveyed, survey: Survey) -> Iterator[Advice]:
    """What is to be said of an antenna that hears the shelves it is meant for."""
    if not one.shelves:
        return
    if not one.dwells:
        yield Advice(kind="never", antenna=one.antenna)
        return
    if one.ill in {"lost", "elsewhere"} or (not one.looks and one.references):
        yield Advice(kind="not_working", antenna=one.antenna)
    elif one.ill != "well":
        yield Advice(kind="deaf" if one.ill == "deaf" else "losing", antenna=one.antenna, db=one.loss_db)
    if not one.usable:
        yield Advice(kind="unmeasured", antenna=one.antenna)
    yield from _references(one)
    if one.looks < FEW_LOOKS:
        yield Advice(kind="wait", antenna=one.antenna, number=FEW_LOOKS - one.looks)
    elif not one.laps:
        yield Advice(kind="no_lap", antenna=one.antenna)
    elif one.own_tags < FEW_BOOKS:
        yield Advice(kind="no_books", antenna=one.antenna, number=one.own_tags)
    elif one.usable:
        yield from _levels(one, survey)


def _references(one: Surveyed) -> Iterator[Advice]:
    if not one.references:
        yield Advice(kind="no_references", antenna=one.antenna)
    elif one.reference_share is not None and one.reference_share < HEARD_REFERENCES:
        heard = round(100 * one.reference_share)
        yield Advice(kind="references_lost", antenna=one.antenna, number=heard)
    elif one.references < WANTED_REFERENCES:
        yield Advice(kind="few_references", antenna=one.antenna, number=one.references)


def _levels(one: Surveyed, survey: Survey) -> Iterator[Advice]:
    usual = survey.kind_margin_db.get(len(one.shelves), one.margin_db)
    if one.margin_db < usual - WEAKER_DB:
        yield Advice(kind="weaker", antenna=one.antenna, db=round(usual - one.margin_db, 1))
    if one.own_dbm - one.near_dbm < LOUD_NEIGHBOURS_DB:
        yield Advice(kind="loud_neighbours", antenna=one.antenna, db=round(one.own_dbm - one.near_dbm, 1))
